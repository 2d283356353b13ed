import { expect, test } from 'vitest';
import { createClockReadings } from '../../../../agent/home/journal/clock-readings.ts';
import { DAY, HOUR, START, usual } from '../household.ts';

/** Clocks as they are read in visits to the household's device, and whether one was set between them. */
async function bench() {
  const home = await usual();
  const { captures, db, devices, device, time } = home;
  const clocks = createClockReadings(db);
  const boot = { boot: 'boot', uptimeMs: time.uptimeMs };
  const { id: unit } = devices.adopt({
    ...{ ...device, address: '0000000000aa', slotKind: 'none', adoptedAt: START },
  });
  const source = { service: '1805', characteristic: '2a2b' };
  const come = (of: string, session: string, at: number, trusted = true) =>
    captures.add(
      { peripheral: 'any', at, session, source, bytes: Buffer.of(1) },
      of,
      trusted,
      boot,
    );
  const shows = (at: number) => new Date(at).toISOString().slice(0, 19);
  clocks.add(come(device.id, 'one', START), shows(START));
  const next = (of = device.id) => come(of, 'two', START + DAY);
  return { home, captures, clocks, come, shows, next, boot, unit, own: device.id };
}

test('a clock that is read later in a visit tells of records that were asked about before', async () => {
  const { home, clocks, shows, next } = await bench();
  expect(clocks.wasReset(next(), 0)).toBe(false);
  clocks.add(next(), shows(START + DAY + HOUR));
  expect(clocks.wasReset(next(), 0)).toBe(true);
  await home.stop();
});

test('one that was read before the time was known tells when it is', async () => {
  const { home, captures, clocks, come, shows, next, boot, own } = await bench();
  clocks.add(come(own, 'two', 0, false), shows(START + DAY + HOUR));
  expect(clocks.wasReset(next(), 0)).toBe(false);
  captures.trust(START + DAY, boot);
  expect(clocks.wasReset(next(), 0)).toBe(true);
  await home.stop();
});

test('one of a unit that turned out to be this one tells of it', async () => {
  const { home, captures, clocks, shows, next, unit, own } = await bench();
  clocks.add(next(unit), shows(START + DAY + HOUR));
  expect(clocks.wasReset(next(), 0)).toBe(false);
  captures.handOver(unit, own);
  expect(clocks.wasReset(next(), 0)).toBe(true);
  await home.stop();
});
