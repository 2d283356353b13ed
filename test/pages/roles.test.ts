import type { BrowserContextOptions, Page } from 'playwright-core';
import { expect } from 'vitest';
import { choosePin, PIN, run, SIZES, servedPages, title, typeCode } from './citizen.ts';
import { look, sampled } from './running-demo.ts';

/** A helper and a representative on the running product: let in, acting, and ended. */

const pages = servedPages();

const press = (page: Page, name: string) => page.getByRole('button', { name }).click();
const follow = (page: Page, name: string) => page.getByRole('link', { name, exact: true }).click();

/** Somebody new, with the code on the other's page. */
async function begin(from: Page, name: string, options: BrowserContextOptions) {
  const code = (await from.locator('.big-code').textContent()) ?? '';
  const other = await pages.newBrowser(options);
  await typeCode(other.page, { ...pages.demo, code });
  return {
    ...other,
    async finish() {
      await other.page.getByLabel('Hva heter du?').fill(name);
      await choosePin(other.page);
    },
  };
}

for (const [script, javaScriptEnabled] of sampled({ with: true, without: false })) {
  const seeing = (findings: string[]) => async (page: Page, name: string) =>
    // axe itself is a script.
    void (javaScriptEnabled && findings.push(...(await look(page, name))));

  run(`${script} JavaScript a helper is let in, helps, is listed and ended`, async () => {
    const findings: string[] = [];
    const see = seeing(findings);
    const name = `Nora Eksempel ${script}`;
    const { page, complaints } = await pages.kari({ ...SIZES.phone, javaScriptEnabled });
    await follow(page, 'Meg');
    await follow(page, 'Hvem som kan hjelpe meg');
    await see(page, 'others-none');
    await page.getByText('Et hjem uten telefon eller nettbrett').click();
    await see(page, 'others-without-phone');
    await follow(page, 'Slipp inn en hjelper');
    await see(page, 'helper-give');
    await page.getByLabel('Siste dag').fill('2001-01-01');
    await press(page, 'Lag en kode');
    await page.getByText('Den kan ikke være før i dag').waitFor();
    await see(page, 'helper-give-wrong');
    await page.goto(`${pages.demo.url}/me/others/new/helper`);
    await press(page, 'Lag en kode');
    await title(page, 'Koden til hjelperen din');
    await see(page, 'helper-code');
    const helper = await begin(page, name, { ...SIZES.phone, javaScriptEnabled });
    await helper.page.getByText('blir du hjelper for Kari Eksempel').waitFor();
    await see(helper.page, 'helper-begin');
    await helper.finish();
    await title(helper.page, 'Boksen hjemme');
    await helper.page.getByText('Du hjelper Kari Eksempel.').waitFor();
    expect(await helper.page.locator('body').textContent()).not.toMatch(/mmHg|\d+\/\d+ /);
    await see(helper.page, 'helper-box');
    await page.goto(`${pages.demo.url}/me/others`);
    await page.getByRole('heading', { name: name }).waitFor();
    await see(page, 'others-helper');
    await follow(page, `Se mer eller endre: ${name}`);
    await page.getByText('Tok i bruk en telefon').waitFor();
    await see(page, 'other-helper');
    await press(page, `Avslutt nå: ${name}`);
    await page.getByRole('heading', { name: 'Avsluttet det siste året' }).waitFor();
    await see(page, 'others-ended');
    await helper.page.goto(`${pages.demo.url}/box`);
    await title(helper.page, 'Velkommen');
    expect(findings).toEqual([]);
    expect(complaints.filter((text) => !/status of 422/.test(text))).toEqual([]);
    await page.context().close();
    await helper.page.context().close();
  });

  run(
    `${script} JavaScript a representative is let in, shares for another, and goes on for themselves`,
    async () => {
      const findings: string[] = [];
      const see = seeing(findings);
      const { page } = await pages.kari({ ...SIZES.desktop, javaScriptEnabled });
      await page.goto(`${pages.demo.url}/me/others/new/representative`);
      await see(page, 'representative-give');
      await page.getByLabel('Fremtidsfullmakt').check();
      await press(page, 'Lag en kode');
      const name = `Eva Eksempel ${script}`;
      const eva = await begin(page, name, { ...SIZES.phone, javaScriptEnabled });
      await eva.page.getByText('Grunnlag: fremtidsfullmakt').waitFor();
      await see(eva.page, 'representative-begin');
      await eva.finish();
      await title(eva.page, 'Hva jeg deler');
      await eva.page.getByText('Du handler for Kari Eksempel.').waitFor();
      await see(eva.page, 'representative-shares');
      // Their own readings too: a person of the household, with the same PIN and browser.
      const own = await pages.demo.iomt(
        'portal',
        'code',
        '--person',
        'Ola Eksempel',
        '--role',
        'representative',
        '--basis',
        'guardian',
        '--sees-values',
      );
      await typeCode(eva.page, { ...pages.demo, code: own });
      await see(eva.page, 'representative-joins');
      await eva.page.locator('#own-pin').fill(PIN);
      await press(eva.page, 'Gå videre');
      await title(eva.page, 'Målingene mine');
      await eva.page.getByText('Du handler for Ola Eksempel.').waitFor();
      await see(eva.page, 'representative-readings');
      await press(eva.page, 'Bytt til Kari Eksempel');
      await eva.page.getByText('Du handler for Kari Eksempel.').waitFor();
      await eva.page.goto(`${pages.demo.url}/me`);
      await see(eva.page, 'representative-me');
      await press(eva.page, 'Logg ut');
      await eva.page.getByLabel('PIN', { exact: true }).fill(PIN);
      await press(eva.page, 'Logg inn');
      await title(eva.page, 'Hvem er du her for?');
      await see(eva.page, 'acting');
      await press(eva.page, 'Ola Eksempel, som representant');
      await title(eva.page, 'Målingene mine');
      expect(findings).toEqual([]);
      await page.context().close();
      await eva.page.context().close();
    },
  );
}

run(
  'the box is opened for help for an hour, and closed; pages of roles fit at 320 px, dark and forced',
  async () => {
    const { page } = await pages.kari(SIZES.phone);
    const findings: string[] = [];
    await page.goto(`${pages.demo.url}/box`);
    await press(page, 'Åpne for hjelp');
    await title(page, 'Koden til den som hjelper deg');
    findings.push(...(await look(page, 'help-code')));
    const nils = await begin(page, 'Nils Tekniker', SIZES.phone);
    await nils.finish();
    await nils.page.getByText('Du er sluppet inn til').waitFor();
    await page.goto(`${pages.demo.url}/box`);
    await page.getByText('Nils Tekniker kan hjelpe til').waitFor();
    findings.push(...(await look(page, 'box-help-open')));
    await page.getByText('For en tekniker').click();
    findings.push(...(await look(page, 'box-technical')));
    await page.goto(`${pages.demo.url}/me/capacity`);
    findings.push(...(await look(page, 'capacity')));
    for (const [scheme, language, options] of [
      ['dark', 'nb', { colorScheme: 'dark' }],
      ['forced', 'nn', { colorScheme: 'light', forcedColors: 'active', reducedMotion: 'reduce' }],
    ] as const) {
      await page.emulateMedia(options);
      await page.setViewportSize({ width: 320, height: 640 });
      for (const path of [
        'me/others',
        'me/others/new/representative',
        'me/capacity',
        'acting',
        'box',
        'box/counts',
      ]) {
        await page.goto(`${pages.demo.url}/${path}?lang=${language}`);
        findings.push(...(await look(page, `${path.replaceAll('/', '-')}-${scheme}-${language}`)));
      }
    }
    await page.goto(`${pages.demo.url}/box?lang=nb`);
    await press(page, 'Avslutt nå: Nils Tekniker');
    await title(page, 'Boksen hjemme');
    await nils.page.goto(`${pages.demo.url}/box`);
    await title(nils.page, 'Velkommen');
    expect(findings).toEqual([]);
    await page.context().close();
    await nils.page.context().close();
  },
);

run("a card's QR code brings the code, which is filled in and stays in no history", async () => {
  const { page } = await pages.newBrowser(SIZES.phone);
  await page.goto(`${pages.demo.url}/welcome#12345678`);
  await expect.poll(() => page.getByLabel('Kode').inputValue()).toBe('1234 5678');
  expect(page.url()).toBe(`${pages.demo.url}/welcome`);
  await page.goto('about:blank');
  await page.goto(`${pages.demo.url}/welcome#<b>1`);
  expect(await page.getByLabel('Kode').inputValue()).toBe('');
  await page.context().close();
});
