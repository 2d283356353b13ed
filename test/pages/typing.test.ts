import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { expect, test } from 'vitest';
import { agree, hand, openHousehold } from '../agent/home/household.ts';
import { furnishPortal } from '../agent/home/portal/furnished.ts';
import { look } from './running-demo.ts';

const CHROMIUM = '/usr/bin/chromium';
const SIZES = {
  phone: { width: 390, height: 844 },
  desktop: { width: 1280, height: 900 },
} as const;

/** `npm test` has little time for the pages: there on a phone. */
const sizes = Object.entries(SIZES).slice(0, process.env.IOMT_PAGES === 'all' ? 2 : 1);

for (const [size, viewport] of sizes) {
  test.skipIf(!existsSync(CHROMIUM))(`on a ${size}: a reading is typed in by hand`, async () => {
    const time = { ...hand(), now: Date.parse('2026-10-25T09:00:00Z') };
    const portal = furnishPortal({ home: openHousehold({ hand: time }) });
    portal.time.real = time.now;
    const kari = await portal.home.decisions.addPerson('test', 'Kari Eksempel');
    await agree(portal.home, kari.id);
    const { cookies } = await portal.signedIn(kari.id);
    const url = await portal.app.listen({ port: 0, host: '127.0.0.1' });
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
    const context = await browser.newContext({ locale: 'nb-NO', viewport });
    await context.addCookies([...cookies].map(([name, value]) => ({ name, value, url })));
    const page = await context.newPage();
    const findings: string[] = [];
    const see = async (name: string) =>
      void findings.push(...(await look(page, `typing-${name}-${size}`)));
    const press = (name: string) => page.getByRole('button', { name, exact: true }).click();

    await page.goto(url);
    await page.getByRole('link', { name: 'Skriv inn en måling' }).click();
    await see('kinds');
    await page.getByRole('link', { name: 'Blodtrykk' }).click();
    await page.getByLabel('Overtrykk').fill('84');
    await page.getByLabel('Undertrykk').fill('138');
    await page.getByLabel('Klokkeslett').fill('02:30');
    await page.getByLabel('Kommentar').fill('etter trappene');
    await press('Gå videre');
    await page.getByText('Har de to byttet plass?').waitFor();
    await see('refused');
    await page.getByLabel('Overtrykk').fill('138');
    await page.getByLabel('Undertrykk').fill('84');
    await page.getByLabel('Andre gang').check();
    await press('Gå videre');
    await page.getByRole('heading', { name: 'Er dette riktig?' }).waitFor();
    await press('Nei, endre den');
    await page.getByLabel('Klokkeslett').fill('10:00');
    await press('Gå videre');
    await page.getByText('Den sendes til Example care').waitFor();
    await see('look');
    await page.getByRole('button', { name: 'Ja, lagre den' }).dblclick();
    await page.getByText('Målingen din er lagret.').waitFor();
    await see('stored');
    expect(portal.home.readings.recent(9)).toHaveLength(1);
    expect(findings).toEqual([]);
    await browser.close();
    await portal.stop();
  });
}
