import { readFileSync } from 'node:fs';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { expect } from 'vitest';
import { button, link, looking, PIN, run, servedPages, title, WAYS } from './citizen.ts';
import { keyboard, tabTo } from './hands.ts';
import { look, notSampled, picture, sampled } from './running-demo.ts';

const pages = servedPages(60);

/** A browser that was never here, in which Kari signs in and has a blood pressure. */
async function signedIn(options: BrowserContextOptions) {
  const visitor = await pages.kari(options);
  const { page } = visitor;
  const chart = link(page, 'Kurve og liste Blodtrykk');
  const isThere = async () => {
    await page.reload();
    return (await chart.count()) > 0;
  };
  await expect.poll(isThere, { timeout: 120_000, interval: 1_000 }).toBe(true);
  return visitor;
}

const status = (page: Page, text: string) =>
  page.getByRole('status').filter({ hasText: text }).waitFor();

async function fileOf(page: Page, kind: string): Promise<string> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.locator(`a[href="/files/readings.${kind}"]`).click(),
  ]);
  expect(download.suggestedFilename()).toMatch(new RegExp(`^readings-[\\d-]{10}\\.${kind}$`));
  return readFileSync(await download.path(), 'latin1');
}

for (const [way, options] of sampled(WAYS)) {
  run(`${way}: look, comment, delete, save, print, be reminded`, async () => {
    const { page, complaints, close } = await signedIn(options);
    const { findings, see } = looking(page, way, options.javaScriptEnabled);

    await see('my-readings');
    await link(page, 'Kurve og liste Blodtrykk').click();
    await title(page, 'Blodtrykk');
    await see('kind-month');
    for (const period of [/Uke$/, /År$/, /Tidligere$/, /^Senere/]) {
      await link(page, period).click();
      await title(page, 'Blodtrykk');
    }
    await see('kind-year');
    await page.locator('.reading-row').first().click();
    await page.getByRole('heading', { name: 'Hva som har skjedd med den' }).waitFor();
    await see('reading');
    expect(await page.locator('ol.way').textContent()).toMatch(/Målt .*Lagret her /s);
    await page.getByLabel('Kommentar', { exact: true }).fill('etter trappene');
    const shown = page.getByLabel('Vis den også til dem som får se denne målingen');
    expect(await shown.isChecked()).toBe(false);
    await shown.check();
    await button(page, 'Lagre kommentaren').click();
    await status(page, 'Kommentaren din er lagret.');
    await page.getByText('«etter trappene»').waitFor();
    expect(await shown.isChecked()).toBe(true);
    await see('reading-commented');
    await link(page, 'Slett denne målingen').click();
    await title(page, 'Slette denne målingen?');
    await see('reading-delete');
    await button(page, 'Ja, slett').click();
    await status(page, 'Målingen er slettet.');
    await see('reading-deleted');

    await link(page, 'Målingene mine').first().click();
    await link(page, 'Skriv ut og lagre').click();
    await title(page, 'Skriv ut og lagre');
    await see('files');
    expect(await fileOf(page, 'csv')).toContain('DEMO');
    expect(await fileOf(page, 'ndjson')).toMatch(/^\{"resourceType":"/);
    expect(await fileOf(page, 'pdf')).toMatch(/^%PDF-[\s\S]*%%EOF\s*$/);
    await link(page, 'Skriv ut med store bokstaver').click();
    await title(page, 'Målingene til Kari Eksempel');
    await see('print-large');
    expect(await button(page, 'Skriv ut nå').isVisible()).toBe(options.javaScriptEnabled);
    await page.emulateMedia({ media: 'print' });
    expect(await page.getByRole('navigation', { name: 'Sider' }).isVisible()).toBe(false);
    await picture(page, `printed-large-${way}`);
    await page.emulateMedia({ media: 'screen' });

    await page.goto(`${pages.demo.url}/me`);
    await link(page, 'Påminnelse om å måle').click();
    await page.getByLabel('Klokkeslett').fill('08:00');
    await see('reminder');
    await button(page, 'Lagre').click();
    await status(page, 'Påminnelsen din er kl. 08:00.');
    for (const path of ['/', '/box']) {
      await page.goto(pages.demo.url + path);
      await page.getByText('mål kl. 08:00').waitFor();
    }
    await page.goto(`${pages.demo.url}/me`);
    await link(page, 'Slett målinger').click();
    await see('delete');
    await page.getByLabel('Fra og med').fill('2020-01-01');
    await page.getByLabel('Til og med').fill('2020-01-31');
    await button(page, 'Se hvor mange det er').click();
    await page.getByText('Du har ingen målinger fra').waitFor();
    await link(page, 'Nei, gå tilbake').click();
    await button(page, 'Se hvor mange det er').click();
    await page.getByText(/^Du har .* måling/).waitFor();
    await see('delete-sure');
    expect(findings).toEqual([]);
    expect(complaints).toEqual([]);
    await close();
  });
}

/** Each language once: how wide its words are has little to do with the colours. */
const SCHEMES: Record<string, readonly [readonly string[], BrowserContextOptions]> = {
  dark: [['nb', 'nn'], { colorScheme: 'dark' }],
  forced: [['en'], { forcedColors: 'active', reducedMotion: 'reduce' }],
};
for (const [name, [languages, options]] of notSampled(SCHEMES)) {
  run(`at 320 px with ${name} colours every own page fits`, async () => {
    const { page, complaints, close } = await signedIn({
      ...options,
      viewport: { width: 320, height: 640 },
    });
    const findings: string[] = [];
    const id = await page.locator('.links a').first().getAttribute('href');
    for (const [path, what] of [
      ['/', 'my-readings'],
      ['/readings/blood-pressure?period=week', 'kind'],
      [id ?? '', 'reading'],
      ['/readings/add', 'typing-kinds'],
      ['/readings/add/blood-pressure', 'typing-form'],
      ['/files', 'files'],
      ['/files/print?size=large', 'print'],
      ['/me', 'me'],
      ['/me/delete', 'delete'],
      ['/me/wipe', 'wipe'],
      ['/me/reminder', 'reminder'],
    ] as const) {
      for (const language of languages) {
        await page.goto(
          `${pages.demo.url}${path}${path.includes('?') ? '&' : '?'}lang=${language}`,
        );
        findings.push(...(await look(page, `${what}-${name}-${language}`)));
      }
    }
    expect(findings).toEqual([]);
    expect(complaints).toEqual([]);
    await close();
  });
}

run('by keyboard alone: everything about me is deleted', async () => {
  const { page, close } = await signedIn(WAYS.desktop);
  const findings: string[] = [];
  await keyboard.press(page, 'link', 'Meg');
  await title(page, 'Meg');
  await keyboard.press(page, 'link', 'Slett alt om meg');
  await title(page, 'Slett alt om meg');
  findings.push(...(await look(page, 'wipe-desktop')));
  await tabTo(page, page.locator('#pin'));
  await page.keyboard.type('999111');
  await page.keyboard.press('Enter');
  await page.getByText('PIN-en er ikke riktig').waitFor();
  findings.push(...(await look(page, 'wipe-wrong-desktop')));
  await tabTo(page, page.locator('#pin'));
  await page.keyboard.type(PIN);
  await page.keyboard.press('Enter');
  await title(page, 'Alt om deg er slettet');
  findings.push(...(await look(page, 'wiped-desktop')));
  await page.goto(pages.demo.url);
  expect(new URL(page.url()).pathname).toBe('/welcome');
  expect(await pages.demo.iomt('people', 'list')).not.toContain('Kari');
  expect(findings).toEqual([]);
  await close();
});
