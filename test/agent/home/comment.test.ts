import { expect, test } from 'vitest';
import { createOwnActs } from '../../../agent/home/own-acts.ts';
import { until } from '../../support/until.ts';
import { bloodPressure, cuff } from './frames.ts';
import {
  CARE,
  HOUR,
  type Household,
  type Options,
  openHousehold,
  settled,
  usual,
} from './household.ts';

const WORDS = 'etter trappene';

const actsOf = (home: Household) =>
  createOwnActs(home.db, {
    ...{ committer: home.committer, audit: home.audit },
    ...{ readings: home.readings, routing: home.routing, representation: home.representation },
    clock: { now: () => home.time.now, trusted: () => home.time.trusted },
    wake: () => home.outbox.wake(),
  });

/** A reading that the recipient holds, and what its person writes to it. */
async function received(options: Options = {}) {
  const home = await usual(options);
  await cuff(home, bloodPressure());
  await settled(home, 1);
  await home.outbox.store({ id: home.received()[0]?.id ?? '', state: 'received' });
  const id = home.readings.recent(1)[0]?.id ?? '';
  const acts = actsOf(home);
  const comment = (text: string, shown: boolean) =>
    acts.comment(`person ${home.person.id}`, home.person.id, id, text, shown);
  return { ...home, id, comment };
}

interface Resource {
  readonly resourceType: string;
  readonly status?: string;
  readonly subject?: object;
  readonly note?: readonly { readonly text: string; readonly authorReference?: object }[];
  readonly code?: { readonly coding: readonly { readonly code: string }[] };
}

const entriesOf = (body = '{"entry":[]}') =>
  (JSON.parse(body) as { entry: { resource: Resource; request: { method: string } }[] }).entry;

/** The panel of the last envelope. */
function panelOf(home: Pick<Household, 'received'>) {
  const entry = entriesOf(home.received().at(-1)?.body).find(({ resource }) =>
    resource.code?.coding.some(({ code }) => code === '85354-9'),
  );
  return { ...entry?.resource, method: entry?.request.method };
}

const noted = (home: Pick<Household, 'received'>) => panelOf(home).note?.map(({ text }) => text);

test('a comment stays at home unless it is asked for', async () => {
  const home = await received();
  expect(await home.comment(WORDS, false)).toBe(true);
  home.committer.flush();
  expect(home.deliveries.ofReading(home.id)).toHaveLength(1);
  expect(home.readings.get(home.id)?.note).toBeUndefined();
  await home.stop();
});

test('what somebody else wrote is not shown as the words of the person, in the commit itself', async () => {
  const home = await received();
  const acts = actsOf(home);
  const write = (text: string) =>
    acts.comment('representative x', home.person.id, home.id, text, true);
  await write(WORDS);
  expect(home.readings.get(home.id)?.note).toBeUndefined();
  await home.comment(WORDS, true);
  await write(WORDS);
  expect(home.readings.get(home.id)?.note?.text).toBe(WORDS);
  await write('etter en hvil');
  expect(home.readings.get(home.id)?.note).toBeUndefined();
  await home.stop();
});

test('shown, it goes to who holds the reading as amended; changed and taken away it goes the same way', async () => {
  const home = await received();
  await home.comment(WORDS, true);
  await settled(home, 2);
  const panel = panelOf(home);
  expect(panel).toMatchObject({ status: 'amended', method: 'PUT' });
  expect(panel.note).toEqual([
    {
      authorReference: panel.subject,
      time: '2026-03-02T10:00:00+01:00',
      text: WORDS,
    },
  ]);
  expect(home.received().at(-1)?.body).not.toContain('Kari');
  // In one Observation of the reading, and once.
  expect(home.received().at(-1)?.body.split(WORDS)).toHaveLength(2);
  await home.comment('etter en hvil', true);
  await settled(home, 3);
  expect(noted(home)).toEqual(['etter en hvil']);
  await home.comment('etter en hvil', false);
  await settled(home, 4);
  expect(noted(home)).toBeUndefined();
  const ids = home.deliveries.ofReading(home.id).map(({ id }) => id);
  expect(new Set(ids).size).toBe(4);
  await home.stop();
});

test('what FHIR forbids in a text is no part of it, nor a second line', async () => {
  const home = await received();
  await home.comment(' etter\u0000\r\n trappene\u0007 ', true);
  await settled(home, 2);
  expect(noted(home)).toEqual([WORDS]);
  await home.stop();
});

test('the same saved again is not sent again', async () => {
  const home = await received();
  await home.comment(WORDS, true);
  await settled(home, 2);
  home.time.now += HOUR;
  await home.comment(WORDS, true);
  expect(home.deliveries.ofReading(home.id)).toHaveLength(2);
  await home.stop();
});

test('a comment before anything has left goes in the first envelope, as it is then', async () => {
  const home = await usual();
  home.transports.get('care')?.answer({ outcome: 'deferred', because: 'offline' });
  await cuff(home, bloodPressure());
  await until(() => home.readings.recent(1).length === 1, 'the reading');
  const id = home.readings.recent(1)[0]?.id ?? '';
  await actsOf(home).comment(`person ${home.person.id}`, home.person.id, id, WORDS, true);
  home.transports.get('care')?.answer({ outcome: 'delivered' });
  home.time.real += 60_000;
  home.outbox.wake();
  await settled(home, 1);
  expect(panelOf(home)).toMatchObject({ status: 'final', note: [{ text: WORDS }] });
  await home.stop();
});

test('it passes the gate like the reading: paused it waits, withdrawn it stays', async () => {
  const home = await received();
  const pair = { person: home.person.id, recipient: 'care' };
  await home.decisions.pauseSharing('test', pair);
  await home.comment(WORDS, true);
  home.committer.flush();
  expect(home.received()).toHaveLength(1);
  expect(home.deliveries.ofReading(home.id).at(-1)).toMatchObject({
    ...{ action: 'correction', state: 'withheld', because: 'paused' },
  });
  await home.decisions.resumeSharing('test', pair, { paused: false, language: 'nb' });
  await settled(home, 2);
  expect(noted(home)).toEqual([WORDS]);
  await home.decisions.endSharing('test', pair);
  await home.comment('etter en hvil', true);
  home.committer.flush();
  expect(home.received()).toHaveLength(2);
  await home.stop();
});

test('another’s reading is not commented, and who gets the reading gets none of the former words', async () => {
  const home = await received({ recipients: [CARE] });
  const other = await home.decisions.addPerson('test', 'Ola Eksempel');
  const acts = actsOf(home);
  expect(await acts.comment(`person ${other.id}`, other.id, home.id, WORDS, true)).toBe(false);
  await home.comment(WORDS, true);
  await settled(home, 2);
  await home.decisions.givePermission('test', {
    ...{ person: other.id, recipient: 'care', kinds: ['blood-pressure'] },
    from: new Date(home.time.now - HOUR).toISOString(),
  });
  await home.decisions.assignReading('test', home.id, other.id);
  await settled(home, 4);
  const after = home.received().slice(2);
  expect(after.map(({ body }) => body).join('\n')).not.toContain(WORDS);
  await home.stop();
});

test('the trail has that it was commented and shown, and never the words', async () => {
  const home = await received();
  await home.comment(WORDS, true);
  const lines = home.db.prepare('SELECT detail FROM audit').pluck().all().join('\n');
  expect(lines).toContain('"shown":true');
  expect(lines).not.toContain(WORDS);
  await home.stop();
  // Nothing of it is left with what was removed.
  const again = openHousehold({ folder: home.folder, hand: home.time });
  await again.decisions.removeReading('test', home.id);
  const left = again.db.prepare('SELECT comment, note_at FROM reading').all();
  expect(left).toEqual([{ comment: null, note_at: null }]);
  await again.stop();
});
