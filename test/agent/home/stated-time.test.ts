import { expect, test } from 'vitest';
import { bloodPressure, cuff, deviceClock } from './frames.ts';
import { again, DAY, HOUR, settled, usual } from './household.ts';

/** A cuff whose clock was set back, with a record from before: held, since no clock dates it. */
async function held() {
  const home = await usual();
  home.time.now += DAY;
  await deviceClock(home, '2026-03-02T10:00:00', { session: 'one' });
  home.time.now += DAY;
  await deviceClock(home, '2026-03-02T10:00:00', { session: 'two' });
  const record = bloodPressure({ at: '2026-03-02T07:00:00' });
  await cuff(home, record, { session: 'two' });
  const [reading] = home.readings.held();
  expect(reading).toMatchObject({ held: 'clock', heldBecause: 'device-clock-reset' });
  return { ...home, record, id: reading?.id ?? '' };
}
const SAID = '2026-03-04T07:30';

test('a person says when it was: it goes out so, flagged, and is in the trail', async () => {
  const home = await held();
  const dated = await home.decisions.stateTime('test', home.id, SAID);
  expect(dated).toMatchObject({
    state: 'ready',
    time: { basis: 'stated', effective: '2026-03-04T07:30:00+01:00' },
  });
  await settled(home, 1);
  expect(home.received()[0]?.body).toContain('"effectiveDateTime":"2026-03-04T07:30:00+01:00"');
  expect(home.received()[0]?.body).toContain('stated by a person');
  expect(home.audit.list().at(-1)).toMatchObject({ action: 'reading-dated' });
  expect(JSON.stringify(home.audit.list().at(-1))).not.toContain('07:30');
  await home.stop();
});

test('the person’s word stands: after a restart, a clock read later, and reading again', async () => {
  const home = await held();
  await home.decisions.stateTime('test', home.id, SAID);
  home.cut();
  const after = again(home.home);
  await deviceClock(after, '2026-03-02T11:00:00', { session: 'three' });
  await cuff(after, home.record, { session: 'three' });
  await after.decisions.rereadAll('test');
  const basis = after.readings.recent(9).map(({ time }) => time?.basis);
  expect(basis).toEqual(['stated']);
  await after.stop();
});

test('whose it is is asked as ever: from before the pairing it stays a question', async () => {
  const home = await held();
  const dated = await home.decisions.stateTime('test', home.id, '2026-02-01 08:00');
  expect(dated).toMatchObject({ state: 'held', held: 'person', time: { basis: 'stated' } });
  const person = home.people.list()[0]?.id ?? '';
  const answered = await home.decisions.assignReading('test', home.id, person);
  expect(answered).toMatchObject({ state: 'ready', time: { basis: 'stated' } });
  await home.stop();
});

test.each([
  ['2026-10-25T02:30', 'instant-ambiguous', '2026-11-01T00:00:00Z'],
  ['2026-03-29T02:30', 'instant-ambiguous', '2026-11-01T00:00:00Z'],
  ['2027-01-01T00:00', 'instant-in-future', undefined],
  ['yesterday', 'instant-invalid', undefined],
  ['2026-13-40T07:00', 'instant-ambiguous', undefined],
])('%s is not guessed at: %s', async (at, code, now) => {
  const home = await held();
  if (now !== undefined) home.time.now = Date.parse(now);
  const failure = await home.decisions.stateTime('test', home.id, at).catch((error) => error);
  expect(failure.code).toBe(code);
  expect(home.readings.get(home.id)).toMatchObject({ held: 'clock' });
  await home.stop();
});

test('an hour that was twice can be told by its offset', async () => {
  const home = await held();
  home.time.now = Date.parse('2026-11-01T00:00:00Z');
  const dated = await home.decisions.stateTime('test', home.id, '2026-10-25T02:30:00+02:00');
  expect(dated.measuredAt).toBe(Date.parse('2026-10-25T00:30:00Z'));
  await home.stop();
});

test('only what no clock dates is asked of a person, and only while now is known', async () => {
  const home = await held();
  home.time.trusted = false;
  await expect(home.decisions.stateTime('test', home.id, SAID)).rejects.toMatchObject({
    code: 'clock-untrusted',
  });
  home.time.trusted = true;
  home.time.now += HOUR;
  await home.decisions.stateTime('test', home.id, SAID);
  await expect(home.decisions.stateTime('test', home.id, SAID)).rejects.toMatchObject({
    code: 'reading-has-time',
  });
  await home.stop();
});
