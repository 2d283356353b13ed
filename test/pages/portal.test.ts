import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { look, type RunningDemo, startDemo } from './running-demo.ts';

const CHROMIUM = '/usr/bin/chromium';
const have = existsSync(CHROMIUM);
const PIN = '274913';
const SIZES = {
  phone: { viewport: { width: 360, height: 740 } },
  desktop: { viewport: { width: 1280, height: 900 } },
} as const;

let demo: RunningDemo;
let browser: Browser;

beforeAll(async () => {
  if (!have) return;
  demo = await startDemo();
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
});
afterAll(async () => {
  await browser?.close();
  await demo?.stop();
});

/** A browser that was never here. */
async function newBrowser(options: BrowserContextOptions) {
  const context = await browser.newContext({ locale: 'nb-NO', ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  return { page, complaints, close: () => context.close() };
}

async function welcome(page: Page, code: string, url = demo.url): Promise<void> {
  await page.goto(url);
  await page.getByLabel('Kode').fill(code);
  await page.getByRole('button', { name: 'Neste' }).click();
}

async function begin(page: Page): Promise<void> {
  await page.getByLabel('PIN', { exact: true }).fill(PIN);
  const again = page.getByLabel('Samme PIN én gang til');
  if (await again.count()) await again.fill(PIN);
  await page.getByRole('button', { name: 'Ferdig' }).click();
  await page.getByRole('heading', { name: 'Målingene mine' }).waitFor();
}

test.skipIf(!have)('a measurement appears on an open page by itself, and is said', async () => {
  const { page, complaints, close } = await newBrowser(SIZES.desktop);
  await welcome(page, demo.code);
  await begin(page);
  const held = async () => JSON.parse(await demo.iomt('readings', 'list', '--held', '--json'));
  await expect.poll(async () => (await held()).length, { timeout: 60_000 }).toBeGreaterThan(0);
  const [{ id, kind }] = await held();
  await page.goto(`${demo.url}/readings/${kind}?lang=nb`);
  const rows = page.locator('#kind tbody tr');
  const before = await rows.count();
  // Somebody says whose it is, elsewhere.
  await demo.iomt('readings', 'assign', id, 'Kari Eksempel');
  await expect.poll(() => rows.count(), { timeout: 20_000 }).toBeGreaterThan(before);
  await page.getByText('Det har kommet noe nytt på siden.').waitFor({ state: 'attached' });
  expect(complaints).toEqual([]);
  await close();
});

for (const [size, options] of Object.entries(SIZES)) {
  for (const script of ['with', 'without'] as const) {
    test.skipIf(!have)(
      `on a ${size}, ${script} JavaScript: welcome, PIN, readings, sign out, sign in`,
      async () => {
        const javaScriptEnabled = script === 'with';
        const { page, complaints, close } = await newBrowser({ ...options, javaScriptEnabled });
        const findings: string[] = [];
        const see = async (name: string) =>
          // axe itself is a script.
          void (javaScriptEnabled && findings.push(...(await look(page, `${name}-${size}`))));

        await page.goto(demo.url);
        expect(new URL(page.url()).pathname).toBe('/welcome');
        await see('welcome');
        await page.getByLabel('Kode').fill('0000 0000');
        await page.getByRole('button', { name: 'Neste' }).click();
        await page.getByText('Denne koden virker ikke').waitFor();
        await see('welcome-wrong');
        await welcome(page, demo.code);
        await page.getByText('Hei, Kari Eksempel').waitFor();
        await see('begin');
        await begin(page);

        const pressure = page.getByRole('listitem').filter({ hasText: 'Blodtrykk' });
        await expect
          .poll(
            async () => {
              if (!javaScriptEnabled) await page.reload();
              return pressure.count();
            },
            { timeout: 60_000 },
          )
          .toBe(1);
        expect(await pressure.textContent()).toMatch(
          /\d+\/\d+\smmHg.*Målt.*Kari cuff|Shared cuff/s,
        );
        expect(await pressure.getByText('DEMO', { exact: true }).count()).toBe(1);
        await see('readings');

        for (const [link, title] of [
          ['Boksen', 'Boksen hjemme'],
          ['Meg', 'Meg'],
        ] as const) {
          await page
            .getByRole('navigation', { name: 'Sider' })
            .getByRole('link', { name: link })
            .click();
          await page.getByRole('heading', { name: title, level: 1 }).waitFor();
          await see(link.toLowerCase());
        }
        await page.getByRole('button', { name: 'Logg ut', exact: true }).click();
        await page.getByRole('heading', { name: 'Logg inn' }).waitFor();
        await see('sign-in');
        await page.goto(`${demo.url}/me`);
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

const SCHEMES: Record<string, BrowserContextOptions> = {
  dark: { colorScheme: 'dark', viewport: { width: 320, height: 640 } },
  forced: {
    forcedColors: 'active',
    reducedMotion: 'reduce',
    viewport: { width: 320, height: 640 },
  },
};
for (const [name, options] of Object.entries(SCHEMES)) {
  test.skipIf(!have)(
    `at 320 px with ${name} colours every page fits and has no finding`,
    async () => {
      const { page, complaints, close } = await newBrowser(options);
      await welcome(page, demo.code);
      await begin(page);
      const findings: string[] = [];
      for (const path of ['/', '/box', '/me', '/welcome', '/nowhere']) {
        for (const language of ['nb', 'nn', 'en']) {
          await page.goto(`${demo.url}${path}?lang=${language}`);
          findings.push(
            ...(await look(page, `${path.slice(1) || 'readings'}-${name}-${language}`)),
          );
        }
      }
      await page.goto(`${demo.url}/me?lang=nb`);
      await page.getByRole('button', { name: 'Lag en kode' }).click();
      await page.getByRole('heading', { name: 'Koden din' }).waitFor();
      findings.push(...(await look(page, `code-${name}`)));
      expect(findings).toEqual([]);
      expect(complaints.filter((text) => !/status of 404/.test(text))).toEqual([]);
      await close();
    },
  );
}

test.skipIf(!have)(
  'by a name that may have passkeys: switched on, signed in by it, switched off',
  async () => {
    const { page, complaints, close } = await newBrowser(SIZES.phone);
    const findings: string[] = [];
    const see = async (name: string) => void findings.push(...(await look(page, name)));
    const url = demo.url.replace('127.0.0.1', 'localhost');
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('WebAuthn.enable');
    const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        ...({ protocol: 'ctap2', transport: 'internal' } as const),
        ...{ hasResidentKey: true, hasUserVerification: true, isUserVerified: true },
        automaticPresenceSimulation: true,
      },
    });
    const press = (name: string) => page.getByRole('button', { name, exact: true }).click();
    const use = 'Bruk fingeravtrykk, ansikt eller skjermlås';
    const signOut = async () => {
      await page.goto(`${url}/me`);
      await press('Logg ut');
      await page.getByRole('heading', { name: 'Logg inn' }).waitFor();
    };

    await welcome(page, demo.code, url);
    await begin(page);
    await page.goto(`${url}/me`);
    await page.getByRole('link', { name: 'Slå på eller av' }).click();
    await see('passkeys-none');
    await page.getByLabel('PIN', { exact: true }).fill(PIN);
    await press('Slå på');
    await page.getByText('Det er slått på. Neste gang').waitFor();
    await see('passkeys');
    await signOut();
    await devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false });
    await press(use);
    await page.getByText('Det ble avbrutt').waitFor();
    await see('sign-in-passkey-stopped');
    await devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: true });
    await press(use);
    await page.getByRole('heading', { name: 'Målingene mine' }).waitFor();

    // A browser that is new here, on the same phone.
    await page.context().clearCookies();
    await page.goto(`${url}/welcome`);
    await see('welcome-passkey');
    await press(use);
    await page.getByRole('heading', { name: 'Målingene mine' }).waitFor();
    await page.goto(`${url}/me/passkeys`);
    await press('Slå av');
    await page.getByText('Det er slått av.').waitFor();
    await signOut();
    expect(await page.getByRole('button', { name: use }).count()).toBe(0);
    expect(findings).toEqual([]);
    expect(complaints).toEqual([]);
    await close();
  },
);
