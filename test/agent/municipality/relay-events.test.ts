import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { topics } from '../../../agent/contract/topics.ts';
import { HOME, relayGround } from './relay-harness.ts';

const { start } = relayGround();

const sharing = (over: object) =>
  JSON.stringify({
    ...{ v: 1, id: randomUUID(), kind: 'sharing', at: '2026-11-20T07:30:00+01:00' },
    ...{ cause: 'consent-paused', person: '6ac2b9f7-6f6e-4a3e-9a56-8f5f4ad6a111', seq: 10 },
    ...over,
  });
const EVENTS = topics.events(HOME, 'homecare');

test('what is told of sharing is kept and answered, once, however often and in what order it comes', async () => {
  const home = start();
  const id = randomUUID();
  const paused = sharing({ id });
  await home.take(paused, EVENTS);
  await home.take(paused, EVENTS);
  expect(home.answers()).toEqual([
    [1, id, 'received'],
    [1, id, 'received'],
  ]);
  expect(home.store.notSharing()).toMatchObject([{ cause: 'consent-paused', seq: 10 }]);
  await home.take(sharing({ cause: 'consent-resumed', seq: 12 }), EVENTS);
  // Overtaken on the way.
  await home.take(sharing({ cause: 'consent-ended', seq: 11 }), EVENTS);
  expect(home.answers().map(([seq]) => seq)).toEqual([2, 3]);
  expect(home.store.notSharing()).toEqual([]);
  home.stop();
});

test('an event that is not whole, or about anything else, is not answered', async () => {
  const home = start();
  await home.take(sharing({ seq: undefined }), EVENTS);
  await home.take(sharing({ person: undefined }), EVENTS);
  await home.take(sharing({ cause: 'not-measured' }), EVENTS);
  await home.take(sharing({ reason: 'hospital' }), EVENTS);
  await home.take(sharing({ kind: 'missing' }), EVENTS);
  expect(home.answers()).toEqual([]);
  expect(home.store.notSharing()).toEqual([]);
  home.stop();
});

test('garbage on status and events topics harms nobody', async () => {
  const home = start();
  for (const payload of ['', '{', '{"v":1}', 'null']) {
    await home.take(payload, topics.status(HOME));
    await home.take(payload, topics.events(HOME, 'homecare'));
  }
  expect(home.answers()).toEqual([]);
  home.stop();
});
