import { expect, test } from 'vitest';
import { createFakeTransport } from '../../../support/fake-transport.ts';
import { until } from '../../../support/until.ts';
import { bloodPressure, cuff } from '../frames.ts';
import { again, agree, HOUR, type Household, LIMITS, openHousehold, usual } from '../household.ts';

/** What withdrawal lists after a crash: all that may have left, and no more than can be helped. */

/** More than may be handed over before it is known on disk what became of it. */
const MANY = 450;
/** That, per device. */
const DOUBTED_MAX = LIMITS.inFlightMax + 400;

/** One that never answers within a test. */
const patient = () => ({
  transports: new Map([
    ['care', createFakeTransport({ recipient: 'care', deliverTimeoutMs: 60_000 })],
  ]),
});
const care = (home: Household) => home.transports.get('care');
const measure = (home: Household, from: number, count: number) =>
  Promise.all(
    Array.from({ length: count }, (_, n) =>
      cuff(home, bloodPressure({ systolic: 1_000 + from + n })),
    ),
  );

/** The power goes while some is handed over and nothing of that is on disk. */
async function cutWhileSending(home: Household): Promise<string[]> {
  await until(() => home.received().length > 0, 'a hand-over');
  const left = home.received().map(({ id }) => id);
  home.cut();
  return left;
}

/** All that is listed when every permission ends. */
async function withdrawn(home: Household): Promise<readonly string[]> {
  const listed: string[] = [];
  for (const { permission } of home.permissions.list()) {
    const { alreadyPast } = await home.decisions.withdrawPermission('test', permission.id);
    listed.push(...alreadyPast);
  }
  return listed;
}

const offline = { outcome: 'deferred', because: 'offline' } as const;
/** After a restart without a way out. */
function restarted(home: Household): Household {
  const after = again(home);
  care(after)?.answer(offline);
  return after;
}

/** What withdrawal lists after the power went while sending: all that had left is among it. */
async function listedAfterCut(home: Household): Promise<readonly string[]> {
  const left = await cutWhileSending(home);
  const after = restarted(home);
  const listed = await withdrawn(after);
  expect(left.filter((id) => !listed.includes(id))).toEqual([]);
  await after.stop();
  return listed;
}

test('what was put off, however much, hides nothing that was handed over', async () => {
  const { home } = await usual(patient());
  care(home)?.answer(offline);
  await measure(home, 0, MANY);
  await until(() => home.outbox.inFlightCount() === 0, 'nothing on its way');
  home.committer.flush();
  // Refused for long, one by one: passed by, and due again long after.
  home.db
    .prepare('UPDATE delivery SET attempts = 9, reach = 1, not_before = ?')
    .run(home.time.real + HOUR);
  care(home)?.answer('silence');
  home.outbox.online();
  await measure(home, MANY, 9);
  expect(await listedAfterCut(home)).toHaveLength(9);
});

test('one that was tried before and whose wait was over may have left', async () => {
  const { home } = await usual(patient());
  care(home)?.answer(offline);
  await measure(home, 0, MANY + 9);
  await until(() => home.outbox.inFlightCount() === 0, 'nothing on its way');
  home.committer.flush();
  home.db
    .prepare('UPDATE delivery SET attempts = 9, reach = 1, not_before = ? WHERE seq <= ?')
    .run(home.time.real + HOUR, MANY);
  home.db.prepare('UPDATE delivery SET attempts = 9, not_before = 0 WHERE seq > ?').run(MANY);
  care(home)?.answer('silence');
  home.outbox.online();
  expect(await listedAfterCut(home)).toHaveLength(9);
});

test('what a new permission queues before them hides nothing either', async () => {
  const home = openHousehold(patient());
  const person = await home.decisions.addPerson('test', 'Kari Example');
  const device = await home.adopt();
  await home.decisions.assignDevice('test', device.id, { owner: person.id });
  const from = new Date(home.time.now).toISOString();
  home.time.now += HOUR;
  await measure(home, 0, MANY);
  home.time.now += HOUR;
  await agree(home, person.id);
  care(home)?.answer('silence');
  await measure(home, MANY, 100);
  await until(() => home.received().length > 0, 'a hand-over');
  await home.decisions.givePermission('test', {
    ...{ person: person.id, recipient: 'care', kinds: ['blood-pressure'], from },
  });
  await listedAfterCut(home);
});

test('each further crash adds none that did not leave', async () => {
  const { home } = await usual(patient());
  care(home)?.answer(offline);
  await measure(home, 0, 2 * MANY);
  home.cut();
  let after = home;
  for (let crash = 0; crash < 3; crash += 1) {
    after = restarted(home);
    after.committer.flush();
    if (crash < 2) after.cut();
  }
  const listed = await withdrawn(after);
  expect(listed.length).toBeLessThanOrEqual(DOUBTED_MAX);
  await after.stop();
});
