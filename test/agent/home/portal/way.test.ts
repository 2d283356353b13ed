import { expect, test } from 'vitest';
import { createOwnReadings } from '../../../../agent/home/portal/own-readings.ts';
import { createWays } from '../../../../agent/home/portal/way.ts';
import { until } from '../../../support/until.ts';
import { bloodPressure, cuff } from '../frames.ts';
import { CARE, HOUR, type Household, type Options, START, settled, usual } from '../household.ts';

const CLINIC = { ...CARE, id: 'clinic', name: 'Example clinic' };

/** What the recipient answers to its envelope. */
async function receipt(
  home: Household,
  reading: string | undefined,
  state: 'received' | 'read' | 'retracted',
  action = 'new',
) {
  const rows = home.deliveries.ofReading(reading ?? '');
  const row = rows.find((one) => one.recipient === 'care' && one.action === action);
  await home.outbox.store({ id: row?.id ?? '', state });
}

/** A person's reading, handed over to the care service; its way, as it is when asked. */
async function handedOver(options: Options = {}) {
  const { home, person, stop } = await usual(options);
  await cuff(home, bloodPressure());
  await settled(home, 1);
  const [reading] = createOwnReadings(home.db).latest(person.id);
  const wayOf = () => createWays(home.db)(person.id, reading?.id ?? '');
  const isSent = () => wayOf().some((way) => way.recipient === 'care' && way.state === 'sent');
  await until(isSent, 'the hand-over');
  return { home, person, reading, wayOf, stop };
}

test('received and read at one recipient, kept back from the other, each with its instant', async () => {
  const { home, reading, wayOf, stop } = await handedOver({ recipients: [CARE, CLINIC] });
  await receipt(home, reading?.id, 'received');
  expect(wayOf()).toMatchObject([
    { recipient: 'care', state: 'received', readyAt: START, at: START, correction: undefined },
    { recipient: 'clinic', state: 'withheld', because: 'none', readyAt: START },
  ]);
  home.time.now = START + HOUR;
  await receipt(home, reading?.id, 'read');
  const steps = { readyAt: START, sentAt: START, receivedAt: START };
  expect(wayOf()[0]).toMatchObject({ state: 'read', ...steps, at: START + HOUR });
  await stop();
});

test('each step keeps its instant when the next is taken, also over a second sending', async () => {
  const { home, person, reading, wayOf, stop } = await handedOver();
  home.time.now = START + HOUR;
  home.time.real += 60_000;
  home.outbox.wake();
  await until(() => home.received().length === 2, 'the second sending');
  home.committer.flush();
  home.time.now = START + 2 * HOUR;
  await receipt(home, reading?.id, 'received');
  home.time.now = START + 3 * HOUR;
  await receipt(home, reading?.id, 'read');
  const steps = { sentAt: START, receivedAt: START + 2 * HOUR };
  expect(wayOf()).toMatchObject([{ state: 'read', ...steps, at: START + 3 * HOUR }]);
  const shown = { state: 'read', ...steps, readAt: START + 3 * HOUR };
  expect(home.views.readings('all')[0]?.deliveries).toMatchObject([shown]);
  expect(home.views.export(person.id).readings[0]?.deliveries).toMatchObject([shown]);
  await stop();
});

test('a row of before knows its last step, and keeps it from then on', async () => {
  const { home, reading, wayOf, stop } = await handedOver();
  home.db.exec(`UPDATE delivery SET state = 'received', updated_at = ${START + HOUR},
    sent_at = NULL, received_at = NULL`);
  expect(wayOf()).toMatchObject([{ sentAt: undefined, receivedAt: START + HOUR }]);
  home.time.now = START + 2 * HOUR;
  await receipt(home, reading?.id, 'read');
  expect(wayOf()).toMatchObject([
    { state: 'read', sentAt: undefined, receivedAt: START + HOUR, at: START + 2 * HOUR },
  ]);
  await stop();
});

test('"not mine" takes it back where it went, and says when that is confirmed', async () => {
  const { home, reading, wayOf, stop } = await handedOver();
  home.transports.get('care')?.answer({ outcome: 'deferred', because: 'offline' });
  await home.decisions.removeReading('test', reading?.id ?? '');
  expect(wayOf()).toMatchObject([{ recipient: 'care', state: 'taking-back' }]);
  home.transports.get('care')?.answer({ outcome: 'delivered' });
  home.time.real += 60_000;
  home.outbox.wake();
  await until(() => home.received().length === 2, 'the taking back');
  home.committer.flush();
  expect(wayOf()).toMatchObject([{ recipient: 'care', state: 'taking-back' }]);
  await receipt(home, reading?.id, 'retracted', 'retraction');
  expect(wayOf()).toMatchObject([{ recipient: 'care', state: 'taken-back' }]);
  await stop();
});

test('a reading that moved shows its new person only what was sent in their name', async () => {
  const { home, person, stop } = await usual();
  await cuff(home, bloodPressure());
  await settled(home, 1);
  const other = await home.decisions.addPerson('test', 'Ola Eksempel');
  const [reading] = createOwnReadings(home.db).latest(person.id);
  const id = reading?.id ?? '';
  await home.decisions.assignReading('test', id, other.id);
  // Somebody who was a recipient then, and is none any more, had it in the former person's name.
  const [first] = home.deliveries.ofReading(id);
  if (!first) throw new Error('nothing was sent');
  await home.committer.commit(() =>
    home.deliveries.add({ ...first, id: 'another', recipient: 'former' }),
  );
  const ways = createWays(home.db);
  expect(ways(person.id, id)).toEqual([]);
  expect(ways(other.id, id)).toMatchObject([{ recipient: 'care', state: 'withheld' }]);
  await stop();
});

test('what never left says so when it is removed, and why a refused one was refused', async () => {
  const { home, person, stop } = await usual();
  home.transports.get('care')?.answer({ outcome: 'rejected', because: 'invalid' });
  await cuff(home, bloodPressure());
  await settled(home, 1);
  const own = createOwnReadings(home.db);
  const wayOf = (id: string) => createWays(home.db)(person.id, id);
  const refused = own.latest(person.id)[0]?.id ?? '';
  await until(() => wayOf(refused)[0]?.state === 'rejected', 'the refusal');
  expect(wayOf(refused)[0]?.because).toBe('invalid');
  home.transports.get('care')?.answer({ outcome: 'deferred', because: 'offline' });
  home.time.now += HOUR;
  await cuff(home, bloodPressure({ systolic: 131 }));
  const waiting = own.latest(person.id)[0]?.id ?? '';
  expect(waiting).not.toBe(refused);
  await until(() => wayOf(waiting)[0]?.wasTried === true, 'a try');
  expect(wayOf(waiting)[0]).toMatchObject({ state: 'queued', because: 'offline' });
  await home.decisions.removeReading('test', waiting);
  expect(wayOf(waiting)).toMatchObject([{ state: 'not-sent' }]);
  await stop();
});
