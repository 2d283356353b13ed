import { expect, test } from 'vitest';
import {
  CLOCK_BLOCK,
  FROM_CUFF,
  framed,
  SLOT_7,
  SLOT_13,
} from '../../../adapters/bluetooth/proprietary/omron-cuff.ts';
import { agree, type Household, openHousehold } from '../household.ts';

const CUFF = '00005e005379';
const CLOCK_AT = 0x028c;
const RECORDS_AT = 0x02e8;
/** The cuff's clock shows 2026-09-18 21:52:06; the gateway's is right. */
const NOW = Date.parse('2026-09-18T19:54:06Z');

async function household(model: string | undefined): Promise<Household> {
  const home = openHousehold();
  const person = await home.decisions.addPerson('test', 'Kari Example');
  const device = await home.adoption.adopt('test', {
    address: CUFF,
    name: 'Test cuff',
    slotKind: 'none',
    ...(model === undefined ? {} : { model }),
  });
  await home.decisions.assignDevice('test', device.id, { owner: person.id });
  await agree(home, person.id);
  home.time.now = NOW;
  return home;
}

const answer = (home: Household, address: number, hex: string, session: string) =>
  home.keep({
    peripheral: CUFF,
    at: home.time.now,
    session,
    source: { service: 'fe4a', characteristic: FROM_CUFF },
    bytes: framed(0x8100, address, Buffer.from(hex, 'hex')),
  });

async function visit(home: Household, session: string): Promise<void> {
  await answer(home, CLOCK_AT, CLOCK_BLOCK, session);
  await answer(home, RECORDS_AT, SLOT_7, session);
  await answer(home, RECORDS_AT + 14, SLOT_13, session);
  await answer(home, RECORDS_AT + 28, 'ff'.repeat(14), session);
}

test('records of a memory are dated by its clock, and the same memory again gives none', async () => {
  const home = await household('omron-hem-7142t2');
  await visit(home, 'one');
  home.time.now += 60_000;
  await visit(home, 'two');
  const readings = home.readings.recent(9);
  // The cuff is two minutes slow: its records are two minutes later than they say.
  expect(
    readings.map(({ measuredAt }) => measuredAt && new Date(measuredAt).toISOString()),
  ).toEqual(expect.arrayContaining(['2026-06-17T17:37:30.000Z', '2026-05-19T17:50:22.000Z']));
  expect(readings).toHaveLength(2);
  expect(home.views.captures()).toMatchObject({ fact: 2, read: 2, repeat: 2, 'not-a-result': 2 });
  await home.stop();
});

test('of a device whose model is not known the same bytes are no reading', async () => {
  const home = await household(undefined);
  await visit(home, 'one');
  expect(home.readings.recent(9)).toEqual([]);
  await home.stop();
});
