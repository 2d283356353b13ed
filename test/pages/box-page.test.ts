import { existsSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { battery, bloodPressure, cuff, strap } from '../agent/home/frames.ts';
import { settled, usual } from '../agent/home/household.ts';
import { type FurnishedPortal, furnishPortal } from '../agent/home/portal/furnished.ts';
import { withoutIds } from '../support/without-ids.ts';
import { axeFindings } from './axe.ts';
import { launch, openPage } from './citizen.ts';
import { picture, sampled } from './running-demo.ts';

const CHROMIUM = '/usr/bin/chromium';
const WIDTHS = { phone: 360, tablet: 768, desktop: 1440 };

const have = existsSync(CHROMIUM);
const closing: (() => unknown)[] = [];
let browser: Browser;
let url: string;
let portal: FurnishedPortal;
let cookies: { name: string; value: string; url: string }[];

beforeAll(async () => {
  if (!have) return;
  const home = await usual();
  closing.push(() => home.stop());
  await battery(home, 81);
  await cuff(home, bloodPressure());
  await settled(home, 1);
  await home.decisions.pausePermission('test', home.permission.id);
  await strap(home, 71);
  const { address } = await home.adoption.adopt('test', {
    address: '00005e005302',
    name: "Kari's own strap",
    slotKind: 'none',
    facts: { manufacturer: 'Example <b>Medical</b>', model: 'EX-HR1', hasClock: false },
    simulated: true,
  });
  await strap(home, 72, { peripheral: address });
  home.states.push({ address, failedAt: home.time.now, failure: 'radio-bond-lost', linked: true });
  const checks = () => [
    { name: 'store', ok: true },
    { name: 'clock', ok: false, code: 'clock-untrusted' },
    { name: 'radio', ok: false, code: 'radio-dead' },
    { name: 'broker-2', ok: false, code: 'offline' },
    {
      name: 'certificate',
      ok: false,
      code: 'own-certificate-ends-soon',
      until: '2026-12-01T00:00:00.000Z',
    },
  ];
  portal = furnishPortal({ home: home.home, checks });
  closing.push(() => portal.app.close());
  url = await portal.app.listen({ host: '127.0.0.1', port: 0 });
  const kari = await portal.signedIn(home.person.id);
  cookies = [...kari.cookies].map(([name, value]) => ({ name, value, url }));
  browser = await launch();
  closing.push(() => browser.close());
});
afterAll(async () => {
  for (const close of closing.reverse()) await close();
});

async function open(width: number, options: object = {}): Promise<Page> {
  const page = await openPage(browser, { viewport: { width, height: 900 }, ...options });
  await page.context().addCookies(cookies);
  return page;
}

for (const [, width] of sampled(WIDTHS)) {
  test.skipIf(!have)(`the box's page of ${width} px has no finding and fits`, async () => {
    const page = await open(width);
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    for (const language of ['nb', 'nn', 'en']) {
      await page.goto(`${url}/box?lang=${language}`);
      expect(await axeFindings(page)).toEqual([]);
      expect(complaints).toEqual([]);
      const needed = await page.evaluate('document.documentElement.scrollWidth');
      expect(needed).toBeLessThanOrEqual(width);
      expect(await page.getAttribute('html', 'lang')).toBe(language);
      await picture(page, `box-${width}-${language}`);
    }
    await page.context().close();
  });
}

test.skipIf(!have)(
  'it says what works, what does not and what to do; and, for a technician, where readings are and why',
  async () => {
    const page = await open(1440, { javaScriptEnabled: false });
    const textOf = async (path: string) => {
      await page.goto(`${url}${path}?lang=en`);
      return ((await page.locator('body').textContent()) ?? '').replaceAll(/\s+/g, ' ');
    };
    const text = await textOf('/box');
    for (const said of [
      /The box does not hear your devices\. ?Pull out the plug/,
      /The box does not know what time it is/,
      /Heart rate strap DEMO ?Example <b>Medical<\/b> EX-HR1 ?The device has forgotten this box/i,
      /Blood pressure monitor ?Last heard Monday 2 March 2026 at 10:00\..*Battery 81 %/,
      /Bluetooth: not well radio-dead ?The Bluetooth adapter does not work/,
      /Clock: not well clock-untrusted ?Connect the box to the internet/,
      /Connection 2: not well offline ?The broker does not answer/,
      /Certificate: not well own-certificate-ends-soon 2026-12-01 ?The gateway's own certificate/,
    ]) {
      expect(text).toMatch(said);
    }
    const counts = await textOf('/box/counts');
    for (const said of [
      /Received ?0/,
      /Sent ?1/,
      /Held ?1.*1 × nobody has said whose the device is/,
      /Withheld ?1.*1 × the permission is or was paused/,
      /All ?3/,
    ]) {
      expect(counts).toMatch(said);
    }
    await page.context().close();
  },
);

test.skipIf(!have)('no value, name or address is in it, and nothing foreign may run', async () => {
  const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
  const answer = await fetch(`${url}/box`, { headers: { cookie } });
  const page = await answer.text();
  const [, main = ''] = /<main[^>]*>(.*)<\/main>/s.exec(page) ?? [];
  expect(main).toContain('</details>');
  expect(withoutIds(main)).not.toMatch(/Kari|128|00005e|<script/i);
  expect(page.match(/<script[^>]*>/g)).toEqual(['<script type="module" src="/portal.js">']);
  expect(answer.headers.get('content-security-policy')).toMatch(
    /default-src 'none'; style-src 'self'; script-src 'self';/,
  );
});
