import { expect, test, vi } from 'vitest';
import { topics } from '../../../agent/contract/topics.ts';
import { bloodPressure, contact, glucose } from './envelopes.ts';
import { PERSON } from './fhir-harness.ts';
import { HOME, OTHER_HOME, relayGround } from './relay-harness.ts';

const OTHER_PERSON = '0a0b0c0d-0000-4000-8000-0000000000bb';

const { start } = relayGround();

test('receipts are numbered per gateway, without gaps', async () => {
  const home = start();
  const [a, b, c] = [bloodPressure(), glucose({ person: OTHER_PERSON }), contact()];
  await home.take(a.body);
  await home.take(b.body, topics.observations(OTHER_HOME, 'homecare'));
  await home.take(c.body);
  expect(home.sent.map(({ topic, receipt }) => [topic, receipt.seq])).toEqual([
    [topics.receipts(HOME), 1],
    [topics.receipts(OTHER_HOME), 1],
    [topics.receipts(HOME), 2],
  ]);
  home.stop();
});

test('a replaced box that sends what the old one did is answered under its own number', async () => {
  const home = start();
  const { id, body } = bloodPressure();
  await home.take(body);
  home.relay.read(home.store.readings({ count: 1 })[0]?.row ?? 0);
  home.answers();
  home.store.belonging.move(PERSON, OTHER_HOME);
  await home.take(body, topics.observations(OTHER_HOME, 'homecare'));
  expect(home.sent.map(({ topic }) => topic)).toEqual(Array(2).fill(topics.receipts(OTHER_HOME)));
  expect(home.answers()).toEqual([
    [1, id, 'received'],
    [2, id, 'read'],
  ]);
  home.stop();
});

test('reading a line is told to its gateway once', async () => {
  const home = start();
  const { id, body } = bloodPressure();
  await home.take(body);
  const row = home.store.readings({ count: 1 })[0]?.row ?? 0;
  expect(home.relay.read(row)).toBe(true);
  expect(home.relay.read(row)).toBe(false);
  expect(home.relay.read(999)).toBe(false);
  expect(home.answers()).toEqual([
    [1, id, 'received'],
    [2, id, 'read'],
  ]);
  home.stop();
});

test('a gateway that has fewer receipts than were sent gets the later ones again', async () => {
  vi.useFakeTimers();
  const home = start();
  const sent = [bloodPressure(), glucose(), contact()];
  for (const { body } of sent) await home.take(body);
  expect(home.answers()).toHaveLength(3);
  await home.status(1);
  await home.status(1);
  await home.status(0, true, OTHER_HOME);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(home.answers()).toEqual([
    [2, sent[1]?.id, 'received'],
    [3, sent[2]?.id, 'received'],
  ]);
  await home.status(0, false);
  await home.status(3);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(home.answers()).toEqual([]);
  // What the gateway says meanwhile counts: those on their way are not sent twice.
  await home.status(0);
  await home.status(2);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(home.answers()).toEqual([[3, sent[2]?.id, 'received']]);
  home.stop();
});

test('a gateway that has more receipts than this store gave is numbered on from there', async () => {
  const home = start();
  await home.status(40);
  const { id, body } = bloodPressure();
  await home.take(body);
  expect(home.answers()).toEqual([[41, id, 'received']]);
  home.stop();
});
