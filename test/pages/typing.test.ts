import { expect } from 'vitest';
import { agree, hand, openHousehold } from '../agent/home/household.ts';
import { furnishPortal } from '../agent/home/portal/furnished.ts';
import { looking, run, SIZES, visitorOf } from './citizen.ts';
import { sampled } from './running-demo.ts';

for (const [size] of sampled(SIZES)) {
  run(`on a ${size}: a reading is typed in by hand`, async () => {
    const time = { ...hand(), now: Date.parse('2026-10-25T09:00:00Z') };
    const portal = furnishPortal({ home: openHousehold({ hand: time }) });
    portal.time.real = time.now;
    const kari = await portal.home.decisions.addPerson('test', 'Kari Eksempel');
    await agree(portal.home, kari.id);
    const { page, url } = await visitorOf(portal, kari.id, size);
    const { findings, see } = looking(page, size);
    const press = (name: string) => page.getByRole('button', { name, exact: true }).click();

    await page.goto(url);
    await page.getByRole('link', { name: 'Skriv inn en måling' }).click();
    await see('typing-kinds');
    await page.getByRole('link', { name: 'Blodtrykk' }).click();
    await page.getByLabel('Overtrykk').fill('84');
    await page.getByLabel('Undertrykk').fill('138');
    await page.getByLabel('Klokkeslett').fill('02:30');
    await page.getByLabel('Kommentar').fill('etter trappene');
    await press('Gå videre');
    await page.getByText('Har de to byttet plass?').waitFor();
    await see('typing-refused');
    await page.getByLabel('Overtrykk').fill('138');
    await page.getByLabel('Undertrykk').fill('84');
    await page.getByLabel('Andre gang').check();
    await press('Gå videre');
    await page.getByRole('heading', { name: 'Er dette riktig?' }).waitFor();
    await press('Nei, endre den');
    await page.getByLabel('Klokkeslett').fill('10:00');
    await press('Gå videre');
    await page.getByText('Den sendes til Example care').waitFor();
    await see('typing-look');
    await page.getByRole('button', { name: 'Ja, lagre den' }).dblclick();
    await page.getByText('Målingen din er lagret.').waitFor();
    await see('typing-stored');
    expect(portal.home.readings.recent(9)).toHaveLength(1);
    expect(findings).toEqual([]);
  });
}
