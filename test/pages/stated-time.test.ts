import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { expect, test } from 'vitest';
import { bloodPressure, cuff, hand, openHousehold } from '../agent/home/household.ts';
import { furnishPortal } from '../agent/home/portal/furnished.ts';
import { look } from './running-demo.ts';

const CHROMIUM = '/usr/bin/chromium';
const SIZES = {
  phone: { width: 390, height: 844 },
  desktop: { width: 1280, height: 900 },
} as const;

for (const [size, viewport] of Object.entries(SIZES)) {
  test.skipIf(!existsSync(CHROMIUM))(
    `on a ${size}: when it was is asked, also in the hour that came twice`,
    async () => {
      const time = { ...hand(), now: Date.parse('2026-10-25T09:00:00Z') };
      const portal = furnishPortal({ home: openHousehold({ hand: time }) });
      const { decisions, adopt, readings, committer } = portal.home;
      const kari = await decisions.addPerson('test', 'Kari Eksempel');
      const device = await adopt();
      await decisions.assignDevice('test', device.id, { owner: kari.id });
      await cuff(portal.home, bloodPressure({ at: '2025-01-01T08:00:00' }));
      committer.flush();
      const { cookies } = await portal.signedIn(kari.id);
      const url = await portal.app.listen({ port: 0, host: '127.0.0.1' });
      const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
      const context = await browser.newContext({ locale: 'nb-NO', viewport });
      await context.addCookies([...cookies].map(([name, value]) => ({ name, value, url })));
      const page = await context.newPage();
      const findings: string[] = [];

      await page.goto(`${url}/questions`);
      findings.push(...(await look(page, `questions-time-${size}`)));
      await page.getByLabel('Klokkeslett').fill('23:00');
      await page.getByRole('button', { name: 'Lagre tidspunktet' }).click();
      await page.getByText('Tidspunktet har ikke vært ennå').waitFor();
      findings.push(...(await look(page, `questions-time-refused-${size}`)));
      await page.getByLabel('Klokkeslett').fill('02:30');
      await page.getByRole('button', { name: 'Lagre tidspunktet' }).click();
      await page.getByText('klokkeslettet kom to ganger').waitFor();
      findings.push(...(await look(page, `questions-time-twice-${size}`)));
      await page.getByRole('button', { name: 'Andre gang' }).click();
      await page.getByText('Tidspunktet er lagret.').waitFor();
      // Adopted that morning: whose it was the night before is another question.
      expect(readings.held()).toMatchObject([{ held: 'person', heldBecause: 'before-pairing' }]);
      expect(readings.held()[0]?.time?.effective).toBe('2026-10-25T02:30:00+01:00');
      findings.push(...(await look(page, `questions-own-${size}`)));
      expect(findings).toEqual([]);
      await browser.close();
      await portal.stop();
    },
  );
}
