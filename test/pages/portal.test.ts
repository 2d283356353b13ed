import type { BrowserContextOptions } from 'playwright-core';
import { expect } from 'vitest';
import {
  button,
  choosePin,
  link,
  looking,
  menu,
  PIN,
  run,
  SIZES,
  servedPages,
  title,
  typeCode,
} from './citizen.ts';
import { look, sampled } from './running-demo.ts';

const pages = servedPages();

run('a measurement appears on an open page by itself, and is said', async () => {
  const { page, complaints, close } = await pages.kari(SIZES.desktop);
  const held = async () =>
    JSON.parse(await pages.demo.iomt('readings', 'list', '--held', '--json'));
  await expect.poll(async () => (await held()).length, { timeout: 120_000 }).toBeGreaterThan(0);
  const [{ id, kind }] = await held();
  await page.goto(`${pages.demo.url}/readings/${kind}?lang=nb`);
  const rows = page.locator('#kind tbody tr');
  const before = await rows.count();
  // Somebody says whose it is, elsewhere.
  await pages.demo.iomt('readings', 'assign', id, 'Kari Eksempel');
  await expect.poll(() => rows.count()).toBeGreaterThan(before);
  await page.getByText('Det har kommet noe nytt på siden.').waitFor({ state: 'attached' });
  expect(complaints).toEqual([]);
  await close();
});

for (const [size, options] of sampled(SIZES)) {
  for (const script of ['with', 'without'] as const) {
    run(
      `on a ${size}, ${script} JavaScript: welcome, PIN, readings, sign out, sign in`,
      async () => {
        const javaScriptEnabled = script === 'with';
        const visitor = await pages.newBrowser({ ...options, javaScriptEnabled });
        const { page, complaints, close } = visitor;
        const { findings, see } = looking(page, size, javaScriptEnabled);

        await page.goto(pages.demo.url);
        expect(new URL(page.url()).pathname).toBe('/welcome');
        await see('welcome');
        // After five wrong codes everybody waits: one for each size, and one without a script.
        if (javaScriptEnabled || size === 'phone') {
          await page.getByLabel('Kode').fill('0000 0000');
          await page.getByRole('button', { name: 'Neste' }).click();
          await page.getByText('Denne koden virker ikke').waitFor();
          await see('welcome-wrong');
        }
        await typeCode(page, pages.demo);
        await page.getByText('Hei, Kari Eksempel').waitFor();
        await see('begin');
        await choosePin(page);
        await title(page, 'Målingene mine');

        const pressure = page.getByRole('listitem').filter({ hasText: 'Blodtrykk' });
        await expect
          .poll(
            async () => {
              if (!javaScriptEnabled) await page.reload();
              return pressure.count();
            },
            { timeout: 120_000 },
          )
          .toBe(1);
        expect(await pressure.textContent()).toMatch(
          /\d+\/\d+\smmHg.*Målt.*Karis blodtrykksmåler|Felles blodtrykksmåler/s,
        );
        expect(await pressure.getByText('DEMO', { exact: true }).count()).toBe(1);
        await see('readings');

        for (const [entry, heading] of [
          ['Boksen', 'Boksen hjemme'],
          ['Meg', 'Meg'],
        ] as const) {
          await menu(page, entry);
          await title(page, heading);
          await see(entry.toLowerCase());
        }
        await page.getByRole('button', { name: 'Logg ut', exact: true }).click();
        await page.getByRole('heading', { name: 'Logg inn' }).waitFor();
        await see('sign-in');
        await page.goto(`${pages.demo.url}/me`);
        expect(new URL(page.url()).pathname).toBe('/sign-in');
        await page.getByLabel('PIN', { exact: true }).fill('999111');
        await page.getByRole('button', { name: 'Logg inn' }).click();
        await page.getByText('PIN-en er ikke riktig').waitFor();
        await see('sign-in-wrong');
        await page.getByLabel('PIN', { exact: true }).fill(PIN);
        await page.getByRole('button', { name: 'Logg inn' }).click();
        await page.getByRole('heading', { name: 'Meg', level: 1 }).waitFor();

        expect(findings).toEqual([]);
        expect(complaints.filter((text) => !/status of 422/.test(text))).toEqual([]);
        await close();
      },
    );
  }
}

const NARROW = { viewport: { width: 320, height: 640 } };
const SCHEMES: Record<string, BrowserContextOptions> = {
  dark: { ...NARROW, colorScheme: 'dark' },
  forced: { ...NARROW, forcedColors: 'active', reducedMotion: 'reduce' },
  // What is left of a desktop's window.
  'zoom-200': { viewport: { width: 640, height: 450 }, deviceScaleFactor: 2 },
  'zoom-400': { viewport: { width: 320, height: 225 }, deviceScaleFactor: 4 },
};
for (const [name, options] of sampled(SCHEMES)) {
  run(`${name}: every page fits and has no finding`, async () => {
    const { page, complaints, close } = await pages.kari(options);
    const findings: string[] = [];
    for (const path of ['/', '/box', '/me', '/welcome', '/nowhere']) {
      for (const language of ['nb', 'nn', 'en']) {
        await page.goto(`${pages.demo.url}${path}?lang=${language}`);
        findings.push(...(await look(page, `${path.slice(1) || 'readings'}-${name}-${language}`)));
      }
    }
    await page.goto(`${pages.demo.url}/me?lang=nb`);
    await page.getByRole('button', { name: 'Lag en kode' }).click();
    await page.getByRole('heading', { name: 'Koden din' }).waitFor();
    findings.push(...(await look(page, `code-${name}`)));
    expect(findings).toEqual([]);
    expect(complaints.filter((text) => !/status of 404/.test(text))).toEqual([]);
    await close();
  });
}

run('by a name that may have passkeys: switched on, signed in by it, switched off', async () => {
  const { page, complaints, close } = await pages.newBrowser(SIZES.phone);
  const { findings, see } = looking(page, 'phone');
  const url = pages.demo.url.replace('127.0.0.1', 'localhost');
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('WebAuthn.enable');
  const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      ...({ protocol: 'ctap2', transport: 'internal' } as const),
      ...{ hasResidentKey: true, hasUserVerification: true, isUserVerified: true },
      automaticPresenceSimulation: true,
    },
  });
  const use = 'Bruk fingeravtrykk, ansikt eller skjermlås';
  const signOut = async () => {
    await page.goto(`${url}/me`);
    await button(page, 'Logg ut').click();
    await title(page, 'Logg inn');
  };

  await typeCode(page, { ...pages.demo, url });
  await choosePin(page);
  await title(page, 'Målingene mine');
  await page.goto(`${url}/me`);
  await link(page, 'Slå på eller av').click();
  await see('passkeys-none');
  await page.getByLabel('PIN', { exact: true }).fill(PIN);
  await button(page, 'Slå på').click();
  await page.getByText('Det er slått på. Neste gang').waitFor();
  await see('passkeys');
  await signOut();
  await devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false });
  await button(page, use).click();
  await page.getByText('Det ble avbrutt').waitFor();
  await see('sign-in-passkey');
  await devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: true });
  await button(page, use).click();
  await title(page, 'Målingene mine');

  // A browser that is new here, on the same phone. The page that is left does not ask any more.
  await page.goto('about:blank');
  await page.context().clearCookies();
  await page.goto(`${url}/welcome`);
  await see('welcome-passkey');
  await button(page, use).click();
  await title(page, 'Målingene mine');
  await page.goto(`${url}/me/passkeys`);
  await button(page, 'Slå av').click();
  await page.getByText('Det er slått av.').waitFor();
  await signOut();
  expect(await button(page, use).count()).toBe(0);
  expect(findings).toEqual([]);
  expect(complaints).toEqual([]);
  await close();
});
