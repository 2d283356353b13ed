import { expect, test } from 'vitest';
import { CLOCK_WRITTEN } from '../../../../adapters/measurement.ts';
import { currentTime } from '../../../../adapters/simulated/encode.ts';
import { bloodPressure, cuff, deviceClock, local } from '../frames.ts';
import { again, HOUR, type Household, usual } from '../household.ts';

const wrote = (home: Household, at: string, session: string) =>
  home.keep({
    peripheral: '00005e005301',
    at: home.time.now,
    session,
    source: { service: CLOCK_WRITTEN, characteristic: '2a2b' },
    bytes: currentTime(local(at)),
  });
const times = (home: Household) =>
  home.readings
    .recent(9)
    .map(({ state, heldBecause, time }) => (state === 'held' ? heldBecause : time?.effective))
    .reverse();

/** The device is an hour behind; at noon its clock is written, after one record was told. */
async function written() {
  const home = await usual();
  home.time.now += 2 * HOUR;
  await deviceClock(home, '2026-03-02T11:00:00', { session: 'one' });
  await cuff(home, bloodPressure({ at: '2026-03-02T10:59:30' }), { session: 'one' });
  await wrote(home, '2026-03-02T12:00:00', 'one');
  await deviceClock(home, '2026-03-02T12:00:00', { session: 'one' });
  return home;
}

test('a write begins a timeline: before it by the old clock, after it by the new', async () => {
  const home = await written();
  home.time.now += HOUR;
  await deviceClock(home, '2026-03-02T13:00:00', { session: 'two' });
  await cuff(home, bloodPressure({ at: '2026-03-02T12:30:00' }), { session: 'two' });
  expect(times(home)).toEqual(['2026-03-02T11:59:30+01:00', '2026-03-02T12:30:00+01:00']);
  expect(await home.decisions.rereadAll('test')).toMatchObject({ changed: 0, doubtful: 0 });
  await home.stop();
});

test('what the device sends again after the write is the same record, after a restart too', async () => {
  const first = await written();
  first.committer.flush();
  first.cut();
  const home = again(first.home);
  home.time.now += HOUR;
  await deviceClock(home, '2026-03-02T13:00:00', { session: 'two' });
  await cuff(home, bloodPressure({ at: '2026-03-02T10:59:30' }), { session: 'two' });
  expect(times(home)).toEqual(['2026-03-02T11:59:30+01:00']);
  // Not told before, but measured before the write: its own timeline dates it.
  await cuff(home, bloodPressure({ at: '2026-03-02T10:20:00', systolic: 131 }), { session: 'two' });
  expect(times(home)).toContain('2026-03-02T11:20:00+01:00');
  await home.stop();
});

test('a clock that was ahead and written back doubles nothing', async () => {
  const home = await usual();
  home.time.now += 2 * HOUR;
  await deviceClock(home, '2026-03-02T14:00:00', { session: 'one' });
  const bytes = bloodPressure({ at: '2026-03-02T13:59:30' });
  await cuff(home, bytes, { session: 'one' });
  await wrote(home, '2026-03-02T12:00:00', 'one');
  home.time.now += 3 * HOUR;
  await deviceClock(home, '2026-03-02T15:00:00', { session: 'two' });
  await cuff(home, bytes, { session: 'two' });
  expect(times(home)).toEqual(['2026-03-02T11:59:30+01:00']);
  await home.stop();
});

test('the clock was set by somebody: what was stored is held, what is live is dated', async () => {
  const home = await usual();
  await deviceClock(home, '2026-03-02T10:00:00', { session: 'one' });
  home.time.now += 24 * HOUR;
  await deviceClock(home, '2026-03-02T10:00:00', { session: 'two' });
  await cuff(home, bloodPressure({ at: '2026-03-02T07:00:00' }), { session: 'two' });
  await cuff(home, bloodPressure({ at: '2026-03-02T09:59:30' }), { session: 'two' });
  expect(times(home)).toEqual(
    expect.arrayContaining(['device-clock-reset', '2026-03-03T09:59:30+01:00']),
  );
  // A slow clock is no reset: it lost its two minutes evenly.
  home.time.now += 24 * HOUR;
  await deviceClock(home, '2026-03-03T09:58:00', { session: 'three' });
  await cuff(home, bloodPressure({ at: '2026-03-03T08:58:00', systolic: 133 }), {
    session: 'three',
  });
  expect(times(home)).toContain('2026-03-04T08:59:55+01:00');
  await home.stop();
});

test('a clock that was written and then began again dates what came after that, and tells it is the same', async () => {
  const home = await written();
  home.time.now += HOUR;
  await deviceClock(home, '2017-01-01T00:30:00', { session: 'two' });
  await cuff(home, bloodPressure({ at: '2017-01-01T00:29:30' }), { session: 'two' });
  await cuff(home, bloodPressure({ at: '2017-01-01T00:05:00', systolic: 131 }), { session: 'two' });
  const after = ['2026-03-02T11:59:30+01:00', '2026-03-02T12:59:30+01:00', 'device-clock-reset'];
  expect(times(home)).toEqual(after);
  // Written again: the same record is still the one that it was.
  await wrote(home, '2026-03-02T13:00:00', 'two');
  await cuff(home, bloodPressure({ at: '2017-01-01T00:29:30' }), { session: 'two' });
  expect(times(home)).toEqual(after);
  await home.stop();
});

const DAY = 24 * HOUR;
const wall = (ms: number) => new Date(ms).toISOString().slice(0, 19);

test('a clock that gains eight seconds a day, and ten days of records: each at its true time', async () => {
  const home = await usual();
  home.time.now += 2 * HOUR;
  const began = home.time.now;
  /** What the device shows at a true instant; the home's wall is an hour ahead of UTC. */
  const shown = (ms: number) => wall(ms + HOUR + ((ms - began) / DAY) * 8_000);
  await deviceClock(home, shown(began), { session: 'one' });
  const taken = [1, 5, 9].map((days) => began + days * DAY);
  home.time.now = began + 10 * DAY;
  await deviceClock(home, shown(home.time.now), { session: 'two' });
  for (const [n, at] of taken.entries()) {
    const bytes = bloodPressure({ at: shown(at), systolic: 121 + n });
    await cuff(home, bytes, { session: 'two' });
  }
  const off = home.readings.recent(9).map(({ measuredAt = 0 }) => measuredAt);
  for (const [n, at] of taken.entries()) {
    expect(Math.min(...off.map((ms) => Math.abs(ms - at))), `record ${n}`).toBeLessThan(2_000);
  }
  await home.stop();
});
