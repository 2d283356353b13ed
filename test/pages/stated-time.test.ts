import { expect } from 'vitest';
import { bloodPressure, cuff } from '../agent/home/frames.ts';
import { hand, openHousehold } from '../agent/home/household.ts';
import { furnishPortal } from '../agent/home/portal/furnished.ts';
import { looking, run, SIZES, visitorOf } from './citizen.ts';
import { sampled } from './running-demo.ts';

for (const [size] of sampled(SIZES)) {
  run(`on a ${size}: when it was is asked, also in the hour that came twice`, async () => {
    const time = { ...hand(), now: Date.parse('2026-10-25T09:00:00Z') };
    const portal = furnishPortal({ home: openHousehold({ hand: time }) });
    const { decisions, adopt, readings, committer } = portal.home;
    const kari = await decisions.addPerson('test', 'Kari Eksempel');
    const device = await adopt();
    await decisions.assignDevice('test', device.id, { owner: kari.id });
    await cuff(portal.home, bloodPressure({ at: '2025-01-01T08:00:00' }));
    committer.flush();
    const { page, url } = await visitorOf(portal, kari.id, size);
    const { findings, see } = looking(page, size);

    await page.goto(`${url}/questions`);
    await see('questions-time');
    await page.getByLabel('Klokkeslett').fill('23:00');
    await page.getByRole('button', { name: 'Lagre tidspunktet' }).click();
    await page.getByText('Det tidspunktet er ikke kommet ennå').waitFor();
    await see('questions-time-refused');
    await page.getByLabel('Klokkeslett').fill('02:30');
    await page.getByRole('button', { name: 'Lagre tidspunktet' }).click();
    await page.getByText('klokkeslettet kom to ganger').waitFor();
    await see('questions-time-twice');
    await page.getByRole('button', { name: 'Andre gang' }).click();
    await page.getByText('Tidspunktet er lagret.').waitFor();
    // Adopted that morning: whose it was the night before is another question.
    expect(readings.held()).toMatchObject([{ held: 'person', heldBecause: 'before-pairing' }]);
    expect(readings.held()[0]?.time?.effective).toBe('2026-10-25T02:30:00+01:00');
    await see('questions-own');
    expect(findings).toEqual([]);
  });
}
