import { expect, test } from 'vitest';
import { ENTRIES } from '../../../agent/home/people/devices.ts';
import type { Typed } from '../../../agent/home/typed-readings.ts';
import { again, HOUR, type Household, settled, usual } from './household.ts';

const FORM = '0b0c0d0e-0000-4000-8000-000000000001';
const NEXT = '0b0c0d0e-0000-4000-8000-000000000002';
/** An hour ago in the home, by the tests' clock. */
const AT = '2026-03-02T09:00:00+01:00';

const weight = (over: Partial<Typed> = {}): Typed => ({
  form: FORM,
  kind: 'body-weight',
  values: { weight: '72,50' },
  at: AT,
  comment: '',
  ...over,
});
const type = (home: Household, person: string, over: Partial<Typed> = {}) =>
  home.typing.add(`person ${person}`, person, weight(over));
const journal = (home: Household) =>
  home.db.prepare('SELECT session, state, length(bytes) AS size FROM capture ORDER BY id').all();
const envelopes = (home: Household) =>
  home.received().map(({ body }) => JSON.parse(body) as { entry: { resource: never }[] });

test('what is typed goes the way of every reading: a capture, a reading, and to the care service', async () => {
  const { home, person } = await usual();
  home.time.now += HOUR;
  const { id } = await type(home, person.id, { at: '2026-03-02T10:30:00+01:00' });
  expect(home.readings.get(id)).toMatchObject({
    state: 'ready',
    person: person.id,
    basis: 'typed',
    kind: 'body-weight',
    measuredAt: Date.parse('2026-03-02T09:30:00Z'),
    time: {
      basis: 'stated',
      effective: '2026-03-02T10:30:00+01:00',
      statedAt: '2026-03-02T11:00:00+01:00',
    },
  });
  expect(journal(home)).toMatchObject([{ session: FORM, state: 'read' }]);
  await settled(home, 1);
  const [sent] = home.received().map(({ body }) => body);
  expect(sent).toContain('"value":72.50');
  expect(sent).toContain('"PATAST"');
  expect(sent).not.toMatch(/PhdDevice|"device":|typed:/);
  expect(home.views.audit().entries.at(-1)).toMatchObject({
    actor: `person ${person.id}`,
    action: 'reading-typed',
    detail: { reading: id, person: person.id, by: 'person' },
  });
  expect(JSON.stringify(home.views.audit().entries)).not.toMatch(/72[.,]50/);
  await home.stop();
});

test('what was measured before the permission, or in another kind, stays at home', async () => {
  const { home, person } = await usual();
  const { id } = await type(home, person.id);
  const temperature = { kind: 'body-temperature', values: { temperature: '37,2' } } as const;
  const other = await type(home, person.id, { form: NEXT, ...temperature });
  home.committer.flush();
  for (const one of [id, other.id]) {
    expect(home.deliveries.ofReading(one)).toMatchObject([{ state: 'withheld' }]);
  }
  expect(home.received()).toEqual([]);
  await home.stop();
});

test('the same form sent again is one reading: at once, in the same turn, and after a restart', async () => {
  const { home, person } = await usual();
  const now = { at: '2026-03-02T10:00:00+01:00' };
  const [first, second] = await Promise.all([
    type(home, person.id, now),
    type(home, person.id, now),
  ]);
  expect(second).toEqual(first);
  home.time.now += 60_000;
  expect(await type(home, person.id, now)).toEqual(first);
  // Killed between the disk and the answer: who asked never heard, and asks again.
  home.cut();
  const later = again(home);
  expect(await type(later, person.id, now)).toEqual(first);
  expect(later.readings.recent(10)).toHaveLength(1);
  expect(journal(later)).toHaveLength(1);
  const acts = later.views.audit().entries.filter(({ action }) => action === 'reading-typed');
  expect(acts).toHaveLength(1);
  await later.stop();
});

test('filled in otherwise, or by another form, it is another reading', async () => {
  const { home, person } = await usual();
  const ids = [
    await type(home, person.id),
    await type(home, person.id, { values: { weight: '72,51' } }),
    await type(home, person.id, { form: NEXT }),
  ].map(({ id }) => id);
  expect(new Set(ids).size).toBe(3);
  // Pulses of one minute are no stream that is thinned.
  const pulse = { kind: 'heart-rate', values: { 'heart-rate': '71' } } as const;
  await type(home, person.id, pulse);
  await type(home, person.id, { ...pulse, form: NEXT });
  expect(home.readings.recent(10)).toHaveLength(5);
  await home.stop();
});

test('killed before the commit nothing of it is there', async () => {
  const { home, person } = await usual();
  void type(home, person.id).catch(() => undefined);
  home.cut();
  const later = again(home);
  expect([journal(later), later.readings.recent(10)]).toEqual([[], []]);
  await type(later, person.id);
  expect(later.readings.recent(10)).toHaveLength(1);
  await later.stop();
});

test('a reading that was lost is derived again from its capture, with its id', async () => {
  const { home, person } = await usual();
  const { id } = await type(home, person.id);
  const before = home.readings.get(id);
  home.db.exec("DELETE FROM delivery; DELETE FROM reading; UPDATE capture SET state = 'captured'");
  home.cut();
  const later = again(home);
  await later.round.deriveWaiting();
  later.committer.flush();
  expect(later.readings.get(id)).toEqual(before);
  await later.stop();
});

test('read again by the present decoders it is what it was', async () => {
  const { home, person } = await usual();
  await type(home, person.id, { at: '2026-03-02T10:00:00+01:00' });
  await settled(home, 1);
  const counts = await home.decisions.rereadAll('test');
  expect(counts).toMatchObject({ looked: 1, changed: 0, corrections: 0, doubtful: 0 });
  await home.stop();
});

test('it has no device: none is listed, heard, or found by what its row is called', async () => {
  const { home, person, device } = await usual();
  await type(home, person.id);
  expect(home.views.devices().map(({ id }) => id)).toEqual([device.id]);
  expect(home.adoption.adopted()).toHaveLength(1);
  for (const name of ['', 'typed', `${ENTRIES}${person.id}`]) {
    await expect(home.decisions.renameDevice('test', name, 'x')).rejects.toMatchObject({
      code: 'device-unknown',
    });
  }
  const said = { peripheral: 'typed', at: home.time.now, session: 's', bytes: new Uint8Array() };
  await expect(home.keep({ ...said, source: { typed: 'reading-1' } })).rejects.toMatchObject({
    code: 'device-not-adopted',
  });
  await home.stop();
});

test('deleted it is taken back without a value, and the form sent again brings nothing back', async () => {
  const { home, person } = await usual();
  const now = { at: '2026-03-02T10:00:00+01:00' };
  const { id } = await type(home, person.id, now);
  await settled(home, 1);
  await home.decisions.removeReading('test', id);
  await settled(home, 2);
  const [, back] = envelopes(home);
  expect(JSON.stringify(back)).toContain('entered-in-error');
  expect(JSON.stringify(back)).not.toMatch(/72\.50|"device"/);
  expect(await type(home, person.id, now)).toEqual({ id });
  expect(home.readings.get(id)).toMatchObject({ state: 'removed' });
  await home.stop();
});

test('erased with the person: no byte of it is left', async () => {
  const { home, person } = await usual();
  const ola = await home.decisions.addPerson('test', 'Ola Eksempel');
  await type(home, person.id, { comment: 'etter trappene' });
  await type(home, ola.id, { values: { weight: '81,25' } });
  const erasure = await home.erasure.erase('test', person.id);
  expect(erasure.erased).toMatchObject({ readings: 1, frames: 1 });
  const rows = JSON.stringify([
    home.db.prepare('SELECT content, comment, person, basis, time FROM reading').all(),
    home.db.prepare('SELECT CAST(bytes AS TEXT) AS bytes FROM capture').all(),
    home.db.prepare('SELECT owner, name FROM device').all(),
  ]);
  expect(rows).not.toMatch(/72\.50|trappene/);
  expect(rows).not.toContain(person.id);
  expect(rows).toContain('81.25');
  await home.stop();
});

test('erased, it leaves no row either: no device sends it again, and by its id it could be guessed', async () => {
  const { home, person } = await usual();
  const ola = await home.decisions.addPerson('test', 'Ola Eksempel');
  await type(home, person.id);
  const moved = await type(home, person.id, { form: NEXT });
  await type(home, ola.id);
  await home.decisions.assignReading('test', moved.id, ola.id);
  const counts = () =>
    ['reading', 'capture', 'device'].map((table) =>
      home.db.prepare(`SELECT count(*) FROM ${table}`).pluck().get(),
    );
  expect(counts()).toEqual([3, 3, 3]);
  await home.erasure.erase('test', person.id);
  // What is another's now stays, with the row that it lies under.
  expect(counts()).toEqual([2, 2, 3]);
  expect(home.readings.get(moved.id)).toMatchObject({ person: ola.id, state: 'ready' });
  await home.erasure.erase('test', ola.id);
  expect(counts()).toEqual([0, 0, 1]);
  expect(home.faults).toEqual([]);
  await home.stop();
});

test('who typed it: the person alone is called so, on whatever page of theirs it was', async () => {
  const { home, person } = await usual();
  const by = async (actor: string, form: string) => {
    const { id } = await home.typing.add(actor, person.id, weight({ form }));
    return home.readings.get(id)?.content.measurements[0]?.attributes.typedBy;
  };
  expect(await by(`person ${person.id}`, FORM)).toBe('person');
  expect(await by('command-line', NEXT)).toBe('operator');
  await home.stop();
});

test('it is kept as long as any reading, and then it is gone', async () => {
  const { home, person } = await usual();
  await type(home, person.id);
  const left = () => [home.readings.recent(5).length, journal(home).length];
  home.time.now += 300 * 24 * HOUR;
  await home.round.run();
  expect(left()).toEqual([1, 0]);
  home.time.now += 120 * 24 * HOUR;
  await home.round.run();
  expect(left()).toEqual([0, 0]);
  await home.stop();
});

test('what a person takes along has it, and says how it came', async () => {
  const { home, person } = await usual();
  const { id } = await type(home, person.id, { comment: ' etter \n trappene ' });
  expect(home.views.export(person.id).readings).toMatchObject([
    {
      id,
      basis: 'typed',
      effective: AT,
      comment: 'etter trappene',
      quantities: { weight: { value: '72.50', unit: 'kg' } },
    },
  ]);
  await home.stop();
});

test('refused are what no device shows, a time to come, a clock nobody trusts, and a form without an id', async () => {
  const { home, person } = await usual();
  for (const [over, code] of [
    [{ values: { weight: 'x' } }, 'typed-invalid'],
    [{ form: 'mine' }, 'typed-invalid'],
    [{ at: '2026-03-02T10:01:00+01:00' }, 'instant-in-future'],
    [{ at: 'today' }, 'instant-invalid'],
    [{ comment: 'x'.repeat(201) }, 'comment-long'],
  ] as const) {
    await expect(type(home, person.id, over)).rejects.toMatchObject({ code });
  }
  home.time.trusted = false;
  await expect(type(home, person.id)).rejects.toMatchObject({ code: 'clock-untrusted' });
  home.time.trusted = true;
  await expect(type(home, 'nobody')).rejects.toMatchObject({ code: 'person-unknown' });
  expect([journal(home), home.readings.recent(5)]).toEqual([[], []]);
  await home.stop();
});
