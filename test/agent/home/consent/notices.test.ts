import { expect, test } from 'vitest';
import type { TechnicalEvent } from '../../../../agent/contract/messages.ts';
import { createHouseholdCopy } from '../../../../agent/home/store/household-copy.ts';
import { openOrMend, storeIn } from '../../../../agent/home/store/open.ts';
import { createFakeTransport } from '../../../support/fake-transport.ts';
import { bloodPressure, cuff } from '../frames.ts';
import {
  again,
  agree,
  CARE,
  DAY,
  HOUR,
  type Household,
  KEY,
  type Options,
  settled,
  usual,
} from '../household.ts';
import { damagePage } from '../store/damage.ts';

/** What the recipient of events hears, and whether it can be reached. */
function hearing(options: Options = {}) {
  const heard: TechnicalEvent[] = [];
  const way = { open: true };
  const publishEvent: NonNullable<Options['publishEvent']> = (_, event) => {
    if (!way.open) return Promise.resolve({ outcome: 'deferred', because: 'offline' });
    heard.push(event);
    return Promise.resolve({ outcome: 'delivered' });
  };
  return { heard, way, options: { ...options, publishEvent } };
}

/** Somebody whose cuff has sent a reading, which the recipient holds. */
async function sending(over: Options = {}) {
  const { heard, way, options } = hearing(over);
  const home = await usual(options);
  await cuff(home, bloodPressure());
  await settled(home, 1);
  const [envelope] = home.received();
  await home.outbox.store({ id: envelope?.id ?? '', state: 'received' });
  const pair = { person: home.person.id, recipient: 'care' };
  return { ...home, heard, way, pair, options };
}

const causes = (heard: readonly TechnicalEvent[]) => heard.map(({ cause }) => cause);

async function answer(home: Pick<Household, 'committer' | 'notices'>, id = '') {
  await home.committer.commit(() => home.notices.answered(id));
}

/** What the trail has that the recipients were told. */
const told = (home: Pick<Household, 'db'>): unknown[] =>
  home.db
    .prepare<[], string>(
      `SELECT coalesce(json_extract(detail, '$.told'), '-') FROM audit
       WHERE action LIKE 'permission-%' ORDER BY seq`,
    )
    .pluck()
    .all();

test('a pause is told at once, its end too, and nothing but that with its instant', async () => {
  const home = await sending();
  const until = new Date(home.time.now + 5 * DAY).toISOString();
  await home.decisions.pauseSharing('test', home.pair, until);
  await home.schedule.sendEvents();
  const person = home.people.pseudonym(home.person.id, 'care');
  expect(home.heard).toEqual([
    {
      ...{ v: 1, id: expect.any(String), kind: 'sharing', at: '2026-03-02T10:00:00+01:00' },
      ...{ cause: 'consent-paused', person, seq: home.time.now },
    },
  ]);
  home.time.now += HOUR;
  await home.decisions.resumeSharing('test', home.pair, { paused: false, language: 'nb' });
  await home.schedule.sendEvents();
  expect(causes(home.heard)).toEqual(['consent-paused', 'consent-resumed']);
  expect(told(home)).toEqual(['-', 'consent-paused', 'consent-resumed']);
  await home.stop();
});

test('where nothing has left, nobody is told: neither of a pause nor of its end', async () => {
  const { heard, options } = hearing();
  const home = await usual(options);
  home.transports.get('care')?.answer({ outcome: 'deferred', because: 'offline' });
  await cuff(home, bloodPressure());
  const pair = { person: home.person.id, recipient: 'care' };
  await home.decisions.pauseSharing('test', pair);
  await home.decisions.resumeSharing('test', pair, { paused: false, language: 'nb' });
  await home.decisions.endSharing('test', pair);
  await home.round.run();
  await home.schedule.sendEvents();
  expect(heard).toEqual([]);
  expect(told(home)).toEqual(['-', 0, '-', 0]);
  await home.stop();
});

test('an event about the person has left: the pause is told, though no reading ever came', async () => {
  const { heard, options } = hearing();
  const home = await usual(options);
  await home.committer.commit(() =>
    home.events.add('care', {
      ...{ kind: 'missing', cause: 'not-measured' },
      ...{ person: home.person.id, measurement: 'blood-pressure' },
    }),
  );
  await home.schedule.sendEvents();
  home.committer.flush();
  await home.decisions.pausePermission('test', home.permission.id);
  await home.schedule.sendEvents();
  expect(causes(heard)).toEqual(['not-measured', 'consent-paused']);
  await home.stop();
});

test('what the clock ends is told with the instant of the end, however late it is noticed', async () => {
  const home = await sending();
  const end = (ms: number) => new Date(home.time.now + ms).toISOString();
  await home.decisions.pauseSharing('test', home.pair, end(2 * HOUR));
  home.time.now += 10 * HOUR;
  await home.round.run();
  await home.decisions.shareKinds('test', {
    ...{ ...home.pair, kinds: ['blood-pressure'] },
    until: end(DAY),
  });
  home.time.now += 3 * DAY;
  await home.round.run();
  await home.round.run();
  await home.schedule.sendEvents();
  expect(home.heard.map(({ cause, at }) => [cause, at])).toEqual([
    ['consent-paused', '2026-03-02T10:00:00+01:00'],
    ['consent-resumed', '2026-03-02T12:00:00+01:00'],
    ['consent-ended', '2026-03-03T20:00:00+01:00'],
  ]);
  await home.stop();
});

test('one of two permissions is withdrawn: sharing goes on; the last one: it has ended', async () => {
  const home = await sending();
  const other = await agree(home, home.person.id, ['body-weight']);
  await home.decisions.withdrawPermission('test', home.permission.id);
  await home.schedule.sendEvents();
  expect(home.heard).toEqual([]);
  await home.decisions.withdrawPermission('test', other.id);
  await home.schedule.sendEvents();
  expect(causes(home.heard)).toEqual(['consent-ended']);
  await agree(home, home.person.id);
  await home.schedule.sendEvents();
  expect(causes(home.heard)).toEqual(['consent-ended', 'consent-resumed']);
  await home.stop();
});

test('who moves out: the recipient is told that it ended', async () => {
  const home = await sending();
  await home.decisions.removePerson('test', home.person.id);
  await home.schedule.sendEvents();
  expect(causes(home.heard)).toEqual(['consent-ended']);
  await home.stop();
});

test('told until a receipt names it: over an outage and a loss of power, under one id, in order', async () => {
  const home = await sending();
  home.way.open = false;
  await home.decisions.pauseSharing('test', home.pair);
  await home.schedule.sendEvents();
  // The clock was set back meanwhile.
  home.time.now -= HOUR;
  home.cut();
  const { heard, way, options } = hearing();
  const next = again(home, {
    ...options,
    transports: new Map([['care', createFakeTransport({ recipient: 'care' })]]),
  });
  next.time.now += 2 * HOUR - HOUR / 2;
  await next.decisions.resumeSharing('test', home.pair, { paused: false, language: 'nb' });
  expect(way.open).toBe(true);
  await next.schedule.sendEvents();
  await next.schedule.sendEvents();
  expect(causes(heard)).toEqual(['consent-paused', 'consent-resumed']);
  const [first, second] = heard;
  expect(second?.seq ?? 0).toBeGreaterThan(first?.seq ?? 0);
  await answer(next, first?.id);
  next.time.real += 60_000;
  await next.schedule.sendEvents();
  expect(heard.slice(2)).toEqual([second]);
  await answer(next, second?.id);
  next.time.real += 60_000;
  await next.schedule.sendEvents();
  expect(heard).toHaveLength(3);
  await next.stop();
});

test('a clock that was set back puts no later notice before an earlier one', async () => {
  const home = await sending();
  await home.decisions.pauseSharing('test', home.pair);
  home.time.now -= DAY;
  await home.decisions.endSharing('test', home.pair);
  await home.schedule.sendEvents();
  const [first, second] = home.heard;
  expect(causes(home.heard)).toEqual(['consent-paused', 'consent-ended']);
  expect(second?.seq ?? 0).toBeGreaterThan(first?.seq ?? 0);
  expect(second?.at).toBe('2026-03-01T10:00:00+01:00');
  await home.stop();
});

test('without a trusted clock it waits, and is told when it is known when it is', async () => {
  const home = await sending();
  home.time.trusted = false;
  await home.decisions.pauseSharing('test', home.pair);
  await home.round.run();
  await home.schedule.sendEvents();
  expect(home.heard).toEqual([]);
  home.time.trusted = true;
  await home.round.run();
  await home.schedule.sendEvents();
  expect(causes(home.heard)).toEqual(['consent-paused']);
  await home.stop();
});

test('over HTTPS there is no place for it: nobody is told, and the trail says so', async () => {
  const home = await sending({ overHttps: ['care'] });
  await home.decisions.pauseSharing('test', home.pair);
  await home.schedule.sendEvents();
  expect(home.heard).toEqual([]);
  expect(told(home)).toEqual(['-', 0]);
  await home.stop();
});

/** Paused where nobody could be told; since then the recipient's name is another organisation's. */
async function anotherOfTheName() {
  const organisation = (value: string) => ({ system: 'urn:oid:2.16.578.1.12.4.1.4.101', value });
  const home = await sending({ recipients: [{ ...CARE, organisation: organisation('1') }] });
  home.way.open = false;
  await home.decisions.pauseSharing('test', home.pair);
  home.cut();
  const { heard, options } = hearing({
    recipients: [{ ...CARE, organisation: organisation('2') }],
  });
  return { next: again(home, options), heard, pair: home.pair };
}

test('another organisation under the same name is told nothing', async () => {
  const { next, heard, pair } = await anotherOfTheName();
  await next.round.run();
  await next.schedule.sendEvents();
  await next.decisions.endSharing('test', pair);
  await next.schedule.sendEvents();
  expect(heard).toEqual([]);
  await next.stop();
});

test('answered ones go with retention, but for the last, by which is known what was told', async () => {
  const home = await sending();
  await home.decisions.pauseSharing('test', home.pair);
  await home.decisions.endSharing('test', home.pair);
  await home.schedule.sendEvents();
  for (const { id } of home.heard) await answer(home, id);
  home.time.now += 100 * DAY;
  await home.round.run();
  const kept = home.db.prepare('SELECT cause FROM sharing_notice').pluck().all();
  expect(kept).toEqual(['consent-ended']);
  await agree(home, home.person.id);
  await home.schedule.sendEvents();
  expect(causes(home.heard).at(-1)).toBe('consent-resumed');
  await home.stop();
});

test('erased: no notice stays, and it is said who does not know that sharing ended', async () => {
  const home = await sending();
  expect(home.erasure.reach(home.person.id).endUntold).toEqual(['care']);
  await home.decisions.endSharing('test', home.pair);
  await home.schedule.sendEvents();
  await answer(home, home.heard[0]?.id);
  expect(home.erasure.reach(home.person.id).endUntold).toEqual([]);
  await home.erasure.erase('test', home.person.id);
  expect(home.db.prepare('SELECT count(*) FROM sharing_notice').pluck().get()).toBe(0);
  await home.stop();
});

test('another organisation under the same name: what was for the former one is not told to it', async () => {
  const { next, heard, pair } = await anotherOfTheName();
  next.time.now += HOUR;
  const given = await agree(next, pair.person);
  await next.schedule.sendEvents();
  await next.decisions.withdrawPermission('test', given.id);
  await next.round.run();
  await next.schedule.sendEvents();
  expect(heard).toEqual([]);
  await next.stop();
});

test('decided before the program could tell: told with the instant of the decision', async () => {
  const home = await sending();
  const forgotten = async (days: number) => {
    home.db.exec('DELETE FROM sharing_notice');
    home.time.now += days * DAY;
    await home.round.run();
    await home.schedule.sendEvents();
    return home.heard.at(-1);
  };
  await home.decisions.pauseSharing('test', home.pair);
  expect(await forgotten(3)).toMatchObject({
    ...{ cause: 'consent-paused', at: '2026-03-02T10:00:00+01:00' },
  });
  await home.decisions.endSharing('test', home.pair);
  expect(await forgotten(30)).toMatchObject({
    ...{ cause: 'consent-ended', at: '2026-03-05T10:00:00+01:00' },
  });
  await home.stop();
});

test('a store that was lost: who was told of a pause is told when it is shared anew', async () => {
  const home = await sending();
  await home.decisions.pauseSharing('test', home.pair);
  await home.schedule.sendEvents();
  await answer(home, home.heard[0]?.id);
  createHouseholdCopy(home.db, home.folder, KEY).refresh();
  await home.stop();
  damagePage(storeIn(home.folder), 1);
  openOrMend({ folder: home.folder, key: KEY, now: () => home.time.now }).db.close();
  const { heard, options } = hearing();
  const next = again(home, options);
  await next.round.run();
  await next.schedule.sendEvents();
  expect(heard).toEqual([]);
  await agree(next, home.person.id);
  await next.schedule.sendEvents();
  expect(causes(heard)).toEqual(['consent-resumed']);
  await next.stop();
});
