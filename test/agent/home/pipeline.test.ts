import { expect, test } from 'vitest';
import { until } from '../../support/until.ts';
import {
  battery,
  bloodPressure,
  bthome,
  cuff,
  deviceClock,
  oximeter,
  session,
  strap,
} from './frames.ts';
import {
  again,
  agree,
  CARE,
  DAY,
  HOUR,
  hand,
  openHousehold,
  START,
  settled,
  usual,
} from './household.ts';

const now = '2026-03-02T10:00:00';

test('a reading of an own device reaches the recipient once, and a repeat is none', async () => {
  const home = await usual();
  const visit = session();
  await deviceClock(home, now, { session: visit });
  await cuff(home, bloodPressure({ at: '2026-03-02T10:00:00' }), { session: visit });
  await settled(home, 1);
  const [envelope] = home.received();
  expect(envelope?.body).toContain('2026-03-02T10:00:00+01:00');
  home.time.now += HOUR;
  await cuff(home, bloodPressure({ at: '2026-03-02T10:00:00' }));
  expect(home.views.captures()).toMatchObject({ read: 1, repeat: 1 });
  expect(home.readings.recent(9)).toHaveLength(1);
  await home.stop();
});

test('after a restart a record that is sent again is still a repeat', async () => {
  const first = await usual();
  await deviceClock(first, now, { session: 'one' });
  await cuff(first, bloodPressure({ at: now }), { session: 'one' });
  await settled(first, 1);
  first.cut();
  const home = again(first);
  await cuff(home, bloodPressure({ at: now }), { at: START + 1000 });
  expect(home.readings.recent(9)).toHaveLength(1);
  await home.stop();
});

test('two of one minute with other values are two', async () => {
  const home = await usual();
  await deviceClock(home, now, { session: 'one' });
  await cuff(home, bloodPressure({ at: now, systolic: 128 }), { session: 'one' });
  await cuff(home, bloodPressure({ at: now, systolic: 131 }), { session: 'one' });
  expect(home.readings.recent(9)).toHaveLength(2);
  await home.stop();
});

test('without a clock equal readings are one in a moment and two on two days', async () => {
  const home = await usual();
  await cuff(home, bloodPressure());
  home.time.now += 60_000;
  await cuff(home, bloodPressure());
  expect(home.readings.recent(9)).toHaveLength(1);
  home.time.now += DAY;
  await cuff(home, bloodPressure());
  expect(home.readings.recent(9)).toHaveLength(2);
  await home.stop();
});

test('a clock that was never set tells the same time every day: equal readings are not lost', async () => {
  const home = await usual();
  const unset = Buffer.from(bloodPressure({ at: now }));
  unset.fill(0, 7, 14);
  await cuff(home, unset);
  home.time.now += DAY;
  await cuff(home, unset);
  const all = home.readings.recent(9);
  expect(all).toHaveLength(2);
  expect(all.map(({ time }) => time)).toMatchObject([
    { basis: 'reception', deviceClockUnusable: true },
    { basis: 'reception', deviceClockUnusable: true },
  ]);
  await home.stop();
});

test('a clock that is not set but runs tells records apart: sent again days later is no second reading', async () => {
  const home = await usual();
  await oximeter(home, '2017-01-03T04:05:06');
  await oximeter(home, '2017-01-03T04:09:10');
  home.time.now += DAY;
  await oximeter(home, '2017-01-03T04:05:06');
  expect(home.readings.recent(9)).toHaveLength(2);
  await home.stop();
});

test('one record of a clock that is not set but has run, sent again days later, is no second reading', async () => {
  const home = await usual();
  await oximeter(home, '2017-01-03T04:05:06');
  home.time.now += DAY;
  await oximeter(home, '2017-01-03T04:05:06');
  expect(home.readings.recent(9)).toHaveLength(1);
  await home.stop();
});

test('held for the clock until the clock is read later in the connection', async () => {
  const home = await usual();
  await cuff(home, bloodPressure({ at: '2020-01-01T00:05:00' }), { session: 'one' });
  expect(home.readings.held()).toMatchObject([{ held: 'clock' }]);
  await deviceClock(home, '2020-01-01T00:15:00', { session: 'one' });
  const [reading] = home.readings.recent(1);
  // Its clock is years behind; ten minutes ago by it is ten minutes ago. But before the pairing.
  expect(reading).toMatchObject({ held: 'person', heldBecause: 'before-pairing' });
  expect(reading?.measuredAt).toBe(START - 600_000);
  await home.stop();
});

test('an untrusted gateway clock holds, and what came is dated by the machine when it is known', async () => {
  const time = hand();
  const home = await usual({ hand: time });
  Object.assign(time, { trusted: false, now: 1_000_000 });
  await cuff(home, bloodPressure());
  expect(home.readings.held()).toMatchObject([{ heldBecause: 'gateway-clock-untrusted' }]);
  Object.assign(time, { trusted: true, now: START + DAY, uptimeMs: time.uptimeMs + 600_000 });
  home.captures.trust(time.now, { boot: 'boot', uptimeMs: time.uptimeMs });
  await home.round.clockTrusted();
  expect(home.readings.recent(1)).toMatchObject([
    { state: 'ready', measuredAt: START + DAY - 600_000 },
  ]);
  await settled(home, 1);
  await home.stop();
});

test('received without a clock and kept waiting by the disk: it still gets the instant it came at', async () => {
  const time = hand();
  const home = await usual({ hand: time });
  Object.assign(time, { trusted: false, now: 1_000_000 });
  home.db.pragma('query_only = ON');
  const kept = cuff(home, bloodPressure());
  await until(() => home.committer.trouble !== undefined, 'the refusal');
  Object.assign(time, { trusted: true, now: START + DAY, uptimeMs: time.uptimeMs + 600_000 });
  home.db.pragma('query_only = OFF');
  await kept;
  expect(home.readings.recent(1)).toMatchObject([
    { state: 'ready', measuredAt: START + DAY - 600_000 },
  ]);
  await home.stop();
});

test('a device that was adopted without a known time asks about what it held', async () => {
  const time = { ...hand(), trusted: false, now: 5_000 };
  const home = await usual({ hand: time });
  Object.assign(time, { trusted: true, now: START });
  await home.round.clockTrusted();
  await deviceClock(home, now, { session: 'one' });
  await cuff(home, bloodPressure({ at: '2026-03-01T10:00:00' }), { session: 'one' });
  expect(home.readings.held()).toMatchObject([{ heldBecause: 'before-pairing' }]);
  await home.stop();
});

test('before the pairing is a question, also on an own device, until a person answers', async () => {
  const home = await usual();
  await home.decisions.givePermission('test', {
    person: home.person.id,
    recipient: 'care',
    kinds: ['blood-pressure'],
    from: '2026-02-01T00:00:00Z',
  });
  await deviceClock(home, now, { session: 'one' });
  await cuff(home, bloodPressure({ at: '2026-02-20T08:00:00' }), { session: 'one' });
  const [held] = home.readings.held();
  expect(held).toMatchObject({ heldBecause: 'before-pairing' });
  expect(home.received()).toHaveLength(0);
  await home.decisions.assignReading('test', held?.id ?? '', home.person.id);
  await settled(home, 1);
  await home.stop();
});

test('guessed slots are questions, chosen ones are answers', async () => {
  const home = openHousehold();
  const person = await home.decisions.addPerson('test', 'Ola Example');
  await agree(home, person.id);
  const device = await home.adopt();
  const slots = { 1: person.id };
  await home.decisions.assignDevice('test', device.id, { slots, slotKind: 'guessed' });
  await cuff(home, bloodPressure({ slot: 1 }));
  expect(home.readings.held()).toMatchObject([{ heldBecause: 'slot-guessed' }]);
  await home.decisions.assignDevice('test', device.id, { slots, slotKind: 'chosen' });
  expect(home.readings.held()).toHaveLength(0);
  await cuff(home, bloodPressure({ slot: 2 }));
  expect(home.readings.held()).toMatchObject([{ heldBecause: 'slot-unknown' }]);
  await home.stop();
});

test('two recipients: each by its own consent and under its own pseudonym', async () => {
  const home = await usual({ recipients: [CARE, { ...CARE, id: 'family', name: 'Family' }] });
  await cuff(home, bloodPressure());
  await settled(home, 1);
  const [reading] = home.readings.recent(1);
  expect(home.deliveries.ofReading(reading?.id ?? '')).toMatchObject([
    { recipient: 'care', state: 'sent' },
    { recipient: 'family', state: 'withheld', because: 'none' },
  ]);
  await home.decisions.givePermission('test', {
    person: home.person.id,
    recipient: 'family',
    kinds: ['blood-pressure'],
    from: '2026-03-02T00:00:00Z',
  });
  await settled(home, 1, 'family');
  const pseudonym = (to: string) => home.people.pseudonym(home.person.id, to);
  expect(pseudonym('care')).not.toBe(pseudonym('family'));
  expect(home.received('family')[0]?.body).toContain(pseudonym('family'));
  expect(home.received('family')[0]?.body).not.toContain(pseudonym('care'));
  await home.stop();
});

test('a recipient that is configured later gets what was measured since, where that was asked for', async () => {
  const before = await usual();
  await cuff(before, bloodPressure());
  await settled(before, 1);
  await before.stop();
  const later = { ...CARE, id: 'later', name: 'Later' };
  const home = again(before, { recipients: [later] });
  await home.decisions.givePermission('test', {
    person: before.person.id,
    recipient: 'later',
    kinds: ['blood-pressure'],
    from: '2026-03-02T00:00:00Z',
  });
  await settled(home, 1, 'later');
  await home.stop();
});

test('of a stream one a minute, then the last; also when the clock is set back', async () => {
  const home = await usual();
  for (let second = 0; second < 90; second += 10) {
    await strap(home, 70 + second / 10, { at: START + second * 1000, session: 'worn' });
  }
  const rates = () =>
    home.readings
      .recent(99)
      .map(({ content }) => content.measurements[0]?.quantities['heart-rate'])
      .map((rate) => rate && 'value' in rate && rate.value);
  expect(rates()).toEqual(['76', '70']);
  // An hour back: one, not one a second.
  for (let second = 0; second < 50; second += 10) {
    await strap(home, 80 + second / 10, { at: START - HOUR + second * 1000, session: 'worn' });
  }
  expect(rates()).toEqual(['76', '70', '80']);
  home.time.now = START + 10 * 60_000;
  await home.round.run();
  expect(rates().sort()).toEqual(['70', '76', '80', '84']);
  await home.round.run();
  expect(rates()).toHaveLength(4);
  await home.stop();
});

test('no contact is carried unaltered, with the value', async () => {
  const home = await usual();
  await cuff(home, bloodPressure());
  await home.keep({
    peripheral: '00005e005301',
    at: START,
    session: 'worn',
    source: { service: '180d', characteristic: '2a37' },
    bytes: Buffer.of(4, 0),
  });
  expect(home.readings.recent(9).find(({ kind }) => kind === 'heart-rate')).toMatchObject({
    content: {
      status: ['contact-not-detected'],
      measurements: [{ quantities: { 'heart-rate': { value: '0' } } }],
    },
  });
  await home.stop();
});

test('broadcasts: open, closed, open are three; a repeat of a packet is none; a battery is a fact', async () => {
  const home = await usual();
  const at = (seconds: number) => ({ at: START + seconds * 1000 });
  // packet id, battery 97 %, window open or closed
  await bthome(home, '00050161' + '2d01', at(0));
  await bthome(home, '00050161' + '2d01', at(40));
  await bthome(home, '00060161' + '2d00', at(41));
  await bthome(home, '00070161' + '2d01', at(42));
  const contacts = home.readings.recent(9).filter(({ kind }) => kind === 'contact');
  expect(contacts).toHaveLength(3);
  expect(home.devices.list()[0]?.battery).toBe('97');
  // Without a packet id: the same bytes again shortly are the same broadcast.
  await bthome(home, '2d00', at(50));
  await bthome(home, '2d00', at(60));
  await bthome(home, '2d00', at(600));
  expect(home.readings.recent(9).filter(({ kind }) => kind === 'contact')).toHaveLength(5);
  expect(home.readings.recent(9).filter(({ kind }) => kind === 'battery')).toHaveLength(0);
  await home.stop();
});

test("another maker's broadcast of a measuring device is no fault", async () => {
  const home = await usual();
  await home.keep({
    peripheral: '00005e005301',
    at: START,
    session: 'one',
    source: { manufacturer: 0xfffe },
    bytes: Buffer.of(1, 2, 3),
  });
  expect(home.views.captures()).toEqual({ 'not-a-result': 1 });
  expect(home.events.recent(9)).toHaveLength(0);
  await home.stop();
});

test('a frame that gives no value is kept, counted and said, once in a while', async () => {
  const home = await usual();
  await cuff(home, Buffer.of(4, 1));
  await cuff(home, Buffer.of(4, 1));
  expect(home.views.captures()).toEqual({ unreadable: 2 });
  expect(home.events.recent(9)).toMatchObject([{ cause: 'frame-unreadable' }]);
  await home.stop();
});

test('a fault in deriving loses no capture: it is derived after the next start', async () => {
  const first = await usual();
  const broken = first.devices.byId(first.device.id);
  first.db.exec(
    "CREATE TRIGGER fault BEFORE INSERT ON reading BEGIN SELECT RAISE(ABORT, 'fault'); END",
  );
  await cuff(first, bloodPressure());
  expect(broken).toBeDefined();
  expect(first.views.captures()).toEqual({ captured: 1 });
  expect(first.events.recent(9)).toMatchObject([{ cause: 'frame-unreadable' }]);
  first.db.exec('DROP TRIGGER fault');
  await first.stop();
  const home = again(first);
  await home.round.deriveWaiting();
  home.outbox.wake();
  await settled(home, 1);
  expect(home.views.captures()).toEqual({ read: 1 });
  await home.stop();
});

test('a fault in deriving one takes nothing of what is written with it', async () => {
  const home = await usual();
  home.db.exec(`CREATE TRIGGER fault AFTER INSERT ON delivery
    WHEN (SELECT content LIKE '%"131"%' FROM reading WHERE id = NEW.reading)
    BEGIN SELECT RAISE(ABORT, 'fault'); END`);
  const { groups } = home.committer.stats;
  await Promise.all(
    [128, 131, 133].map((systolic) => cuff(home, bloodPressure({ systolic }), { session: 'one' })),
  );
  expect(home.committer.stats.groups).toBe(groups + 1);
  expect(home.views.captures()).toEqual({ read: 2, captured: 1 });
  expect(home.readings.recent(9)).toHaveLength(2);
  expect(home.refusals).toEqual(['not-derived']);
  home.db.exec('DROP TRIGGER fault');
  await home.round.deriveWaiting();
  expect(home.views.captures()).toEqual({ read: 3 });
  await home.stop();
});

test('captures of others are never written', async () => {
  const home = await usual();
  const stranger = cuff(home, bloodPressure(), { peripheral: '00005e0053ff' });
  await expect(stranger).rejects.toMatchObject({ code: 'device-not-adopted' });
  expect(home.views.captures()).toEqual({});
  await home.stop();
});

test('battery of a device is remembered with when it was heard', async () => {
  const home = await usual();
  await battery(home, 8);
  await until(() => home.views.devices()[0]?.battery === '8', 'battery in the views');
  await home.stop();
});
