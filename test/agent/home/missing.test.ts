import { expect, test } from 'vitest';
import { EVENT_CAUSES } from '../../../agent/contract/messages.ts';
import { causeOf, isDue, type MissingFacts } from '../../../agent/home/missing.ts';
import { fc } from '../../support/property.ts';
import { battery, bloodPressure, cuff } from './frames.ts';
import { agree, HOUR, type Options, openHousehold, settled } from './household.ts';

const none: MissingFacts = {
  paused: false,
  unsent: false,
  online: true,
  heldForPerson: false,
  heldForClock: false,
  batteryLow: false,
  trouble: undefined,
  listened: 1,
};

test('exactly one cause, and with nothing known that nobody measured', () => {
  expect(causeOf(none)).toBe('not-measured');
  const facts = fc.record({
    paused: fc.boolean(),
    unsent: fc.boolean(),
    online: fc.boolean(),
    heldForPerson: fc.boolean(),
    heldForClock: fc.boolean(),
    batteryLow: fc.boolean(),
    trouble: fc.constantFrom(undefined, 'bond-lost', 'out-of-range', 'not-fetched'),
    listened: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  fc.assert(
    fc.property(facts, (known) => {
      const cause = causeOf(known);
      expect(EVENT_CAUSES).toContain(cause);
      // What is here and waits for a person outranks what the device or the way out may be blamed for.
      if (known.heldForPerson && !known.paused) expect(cause).toBe('person-unknown');
    }),
  );
});

test('due from its time of day on', () => {
  const local = (text: string) => Date.parse(`2026-03-02T${text}Z`);
  expect(isDue({ by: '10:00' }, local('09:59:59'))).toBe(false);
  expect(isDue({ by: '10:00' }, local('10:00:00'))).toBe(true);
  expect(isDue({ by: '00:00' }, local('00:00:00'))).toBe(true);
});

/** A home that has listened since midnight, where blood pressure is expected by ten. */
async function expecting(options: Options = {}, listening = true) {
  const first = openHousehold();
  const person = await first.decisions.addPerson('test', 'Kari Example');
  await first.stop();
  const home = openHousehold({
    ...options,
    folder: first.folder,
    expectations: [{ person: person.id, kind: 'blood-pressure', by: '10:00' }],
  });
  // 00:01 local; the test's day goes on until 09:00 UTC, which is ten o'clock.
  home.time.now = Date.parse('2026-03-01T23:01:00Z');
  const device = await home.adopt();
  await home.decisions.assignDevice('test', device.id, { owner: person.id });
  const permission = await agree(home, person.id);
  if (listening) await home.round.run();
  home.time.now = Date.parse('2026-03-02T08:00:00Z');
  return { ...home, home, person, device, permission };
}
const causes = (home: Awaited<ReturnType<typeof expecting>>) =>
  home.events
    .recent(9)
    .filter(({ kind }) => kind === 'missing')
    .map(({ cause }) => cause);
async function atTen(home: Awaited<ReturnType<typeof expecting>>) {
  home.committer.flush();
  home.time.now = Date.parse('2026-03-02T09:00:00Z');
  await home.round.run();
  home.time.now += HOUR;
  await home.round.run();
  const said = causes(home);
  await home.stop();
  return said;
}

test('came: nothing is said', async () => {
  const home = await expecting();
  await cuff(home, bloodPressure());
  await settled(home, 1);
  for (const { id } of home.received()) await home.outbox.store({ id, state: 'received' });
  expect(await atTen(home)).toEqual([]);
});

test('came, typed in by hand: nothing is said; and a typed one hides no device’s trouble', async () => {
  const typed = async (home: Awaited<ReturnType<typeof expecting>>, at: string) =>
    home.typing.add('test', home.person.id, {
      ...{ form: '0b0c0d0e-0000-4000-8000-000000000001', kind: 'blood-pressure', at, comment: '' },
      values: { systolic: '128', diastolic: '82' },
    });
  const home = await expecting();
  await typed(home, '2026-03-02T08:30:00+01:00');
  await settled(home, 1);
  for (const { id } of home.received()) await home.outbox.store({ id, state: 'received' });
  expect(await atTen(home)).toEqual([]);
  const next = await expecting();
  await typed(next, '2026-03-01T20:00:00+01:00');
  const { address } = next.device;
  next.states.push({ address, failedAt: HEARD_AT, failure: 'radio-timeout', linked: true });
  expect(await atTen(next)).toEqual(['not-fetched']);
  // Nor one that was given to another, and is "answered" since.
  const last = await expecting();
  const { id } = await typed(last, '2026-03-01T20:00:00+01:00');
  const other = await last.decisions.addPerson('test', 'Ola Eksempel');
  await last.decisions.assignReading('test', id, other.id);
  last.states.push({ address, failedAt: HEARD_AT, failure: 'radio-timeout', linked: true });
  expect(await atTen(last)).toEqual(['not-fetched']);
});

test('cause: nobody measured, said once and to who may know', async () => {
  const home = await expecting();
  expect(await atTen(home)).toEqual(['not-measured']);
});

const HEARD_AT = Date.parse('2026-03-02T08:30:00Z');

test.each([
  ['not-fetched', 'radio-timeout', true],
  ['out-of-range', 'radio-connect-failed', false],
  ['out-of-range', 'radio-timeout', false],
  ['bond-lost', 'radio-bond-lost', true],
] as const)(
  'cause: %s, by what a visit failed with: %s (linked: %s)',
  async (cause, failure, linked) => {
    const home = await expecting();
    const { address } = home.device;
    home.states.push({ address, failedAt: HEARD_AT, failure, linked });
    expect(home.views.devices()[0]?.trouble).toBe(cause);
    expect(await atTen(home)).toEqual([cause]);
  },
);

test("another device's trouble, and yesterday's, is no cause; a lost bond stays one", async () => {
  const home = await expecting();
  const failed = { failure: 'radio-timeout', linked: true };
  home.states.push({ address: '00005e0053ff', failedAt: HEARD_AT, ...failed });
  home.states.push({ address: home.device.address, failedAt: HEARD_AT - 10 * HOUR, ...failed });
  expect(await atTen(home)).toEqual(['not-measured']);
  const next = await expecting();
  const { address } = next.device;
  next.states.push({ address, failedAt: HEARD_AT - 10 * HOUR, failure: 'radio-bond-lost' });
  expect(await atTen(next)).toEqual(['bond-lost']);
});

test('cause: gateway offline, its radio did not work', async () => {
  const home = await expecting();
  home.health.radio('radio-unwell', { code: 'scan-failed' });
  expect(await atTen(home)).toEqual(['gateway-offline']);
});

test('cause: fetched, not sent', async () => {
  const home = await expecting();
  await cuff(home, bloodPressure());
  expect(await atTen(home)).toEqual(['not-sent']);
});

test('cause: gateway offline, with a reading that waits', async () => {
  const home = await expecting({ online: false });
  home.transports.get('care')?.answer({ outcome: 'deferred', because: 'offline' });
  await cuff(home, bloodPressure());
  expect(await atTen(home)).toEqual(['gateway-offline']);
});

test('cause: gateway offline, it did not listen', async () => {
  const home = await expecting({}, false);
  expect(await atTen(home)).toEqual(['gateway-offline']);
});

test('cause: person unknown', async () => {
  const home = await expecting();
  await home.decisions.assignDevice('test', home.device.id, { slots: {} });
  await cuff(home, bloodPressure());
  expect(await atTen(home)).toEqual(['person-unknown']);
});

test('cause: clock untrusted', async () => {
  const home = await expecting();
  await cuff(home, bloodPressure({ at: '2020-01-01T00:00:00' }));
  expect(await atTen(home)).toEqual(['clock-untrusted']);
});

test('cause: battery', async () => {
  const home = await expecting();
  await battery(home, 9);
  expect(await atTen(home)).toEqual(['battery-low']);
});

test('cause: consent paused; it names a person and a kind, so it stays home, also after the pause', async () => {
  const home = await expecting();
  await home.decisions.pausePermission('test', home.permission.id);
  home.time.now = Date.parse('2026-03-02T09:00:00Z');
  await home.round.run();
  expect(causes(home)).toEqual(['consent-paused']);
  expect(home.events.due('care', 9)).toEqual([]);
  home.time.now += HOUR;
  await home.decisions.resumePermission('test', home.permission.id);
  expect(home.events.due('care', 9)).toEqual([]);
  await home.stop();
});

test('an event is asked about again at the hand-over, and one that may not leave holds up no other', async () => {
  const home = await expecting();
  home.time.now = Date.parse('2026-03-02T09:00:00Z');
  await home.round.run();
  const [due] = home.events.due('care', 1);
  expect(due?.event).toMatchObject({ cause: 'not-measured', measurement: 'blood-pressure' });
  expect(due?.mayLeave()).toBe(true);
  await home.decisions.withdrawPermission('test', home.permission.id);
  expect(due?.mayLeave()).toBe(false);
  await cuff(home, Buffer.of(4, 1));
  expect(home.events.due('care', 1)).toMatchObject([{ event: { cause: 'frame-unreadable' } }]);
  await home.stop();
});
