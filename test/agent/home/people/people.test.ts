import { expect, test } from 'vitest';
import { RadioError } from '../../../../adapters/bluetooth/radio/radio-error.ts';
import { currentTime } from '../../../../adapters/simulated/encode.ts';
import type { PairingRadio } from '../../../../agent/home/people/adoption.ts';
import type { DeviceRow } from '../../../../agent/home/people/devices.ts';
import { attribute } from '../../../../agent/home/people/people.ts';
import { fc } from '../../../support/property.ts';
import { bloodPressure, cuff } from '../frames.ts';
import { again, agree, openHousehold, usual } from '../household.ts';

type Owned = Parameters<typeof attribute>[0];
const device: Owned = {
  ownership: 'shared',
  owner: undefined,
  slotKind: 'chosen',
  slots: { 1: 'kari' },
  adoptedAt: 100,
};

const cases: [string, Partial<Owned>, { userIndex?: number; measuredAt?: number }, string][] = [
  ['mine only', { ownership: 'mine', owner: 'kari' }, { userIndex: 2 }, 'sole-owner'],
  [
    'mine only, but from before',
    { ownership: 'mine', owner: 'kari' },
    { measuredAt: 99 },
    'before-pairing',
  ],
  ['mine only, of nobody', { ownership: 'mine' }, { userIndex: 1 }, 'device-not-assigned'],
  ['nobody said whose', { ownership: 'unassigned' }, { userIndex: 1 }, 'device-not-assigned'],
  ['a chosen slot', {}, { userIndex: 1 }, 'chosen-slot'],
  ['an unbound slot', {}, { userIndex: 2 }, 'slot-unknown'],
  ['no slot', {}, {}, 'slot-unknown'],
  ['a guessed slot', { slotKind: 'guessed' }, { userIndex: 1 }, 'slot-guessed'],
  ['a slot of unknown kind', { slotKind: 'unknown' }, { userIndex: 1 }, 'slot-guessed'],
];
test.each(cases)('whose: %s', (_name, over, { userIndex, measuredAt = 100 }, answer) => {
  const whose = attribute({ ...device, ...over }, { userIndex, measuredAt });
  expect('held' in whose ? whose.held : whose.basis).toBe(answer);
});

test('nobody gets a reading but a sole owner or who is bound to a chosen slot', () => {
  const who = fc.constantFrom('kari', 'ola');
  fc.assert(
    fc.property(
      fc.record({
        ownership: fc.constantFrom<DeviceRow['ownership']>('unassigned', 'mine', 'shared'),
        owner: fc.option(who, { nil: undefined }),
        slotKind: fc.constantFrom<DeviceRow['slotKind']>('chosen', 'guessed', 'none', 'unknown'),
        slots: fc.dictionary(fc.constantFrom('1', '2'), who),
        adoptedAt: fc.nat(10),
      }),
      fc.record({ userIndex: fc.option(fc.nat(3), { nil: undefined }), measuredAt: fc.nat(10) }),
      (one, reading) => {
        const whose = attribute(one, reading);
        if ('held' in whose) return;
        expect(reading.measuredAt).toBeGreaterThanOrEqual(one.adoptedAt);
        if (one.ownership === 'mine') expect(whose.person).toBe(one.owner);
        else {
          expect([one.ownership, one.slotKind]).toEqual(['shared', 'chosen']);
          expect(whose.person).toBe(one.slots[String(reading.userIndex)]);
        }
      },
    ),
  );
});

const IDENTITY = '00005e0053aa';

/** A radio whose device hands over a reading while it is being paired. */
const radio = (ends: 'paired' | 'failed'): PairingRadio => ({
  seen: () => [],
  unpair: () => Promise.resolve(),
  async pair(_address, keep) {
    const source = { service: '1810', characteristic: '2a35' };
    const capture = {
      peripheral: IDENTITY,
      at: Date.parse('2026-03-02T09:00:00Z'),
      session: 'one',
    };
    const clock = { service: '1805', characteristic: '2a2b' };
    await keep({
      ...capture,
      source: clock,
      bytes: currentTime(Date.parse('2026-03-02T10:00:00Z')),
    });
    await keep({ ...capture, source, bytes: bloodPressure() });
    if (ends === 'failed') throw new RadioError('radio-pairing-failed');
    return { address: IDENTITY, services: ['1810'] };
  },
});
const asked = { address: '4f005e005301', name: 'Cuff' };
const signal = () => new AbortController().signal;

test('what a device hands over while it is paired is kept, under the identity it turns out to have', async () => {
  const home = openHousehold({ radio: radio('paired') });
  const paired = await home.adoption.pair('test', asked, signal());
  expect(paired).toMatchObject({ address: IDENTITY, key: 'eui48:00005E0053AA' });
  expect(home.readings.held()).toMatchObject([{ heldBecause: 'device-not-assigned' }]);
  await home.stop();
});

test('a pairing that fails or is cut short loses nothing: the next one finds what came', async () => {
  const first = openHousehold({ radio: radio('failed') });
  await expect(first.adoption.pair('test', asked, signal())).rejects.toMatchObject({
    code: 'radio-pairing-failed',
  });
  expect(first.views.captures()).toEqual({ captured: 1, fact: 1 });
  expect(first.adoption.adopted()).toEqual([]);
  await first.round.deriveWaiting();
  expect(first.views.captures()).toEqual({ captured: 1, fact: 1 });
  first.cut();
  const home = again(first, { radio: radio('paired') });
  await home.adoption.pair('test', asked, signal());
  expect(home.views.captures()).toMatchObject({ read: 1, repeat: 1 });
  await home.stop();
});

test('a device of the household that is paired again under another address stays the same device', async () => {
  const home = openHousehold({ radio: radio('paired') });
  const first = await home.adoption.pair('test', asked, signal());
  const second = await home.adoption.pair('test', { ...asked, address: '4f005e005302' }, signal());
  expect(second).toMatchObject({ id: first.id, key: first.key });
  expect(home.devices.list()).toHaveLength(1);
  expect(home.views.captures()).toMatchObject({ read: 1, repeat: 1 });
  // What its clock showed meanwhile is that one's too.
  const clocks = home.db.prepare('SELECT device FROM clock_reading').pluck().all();
  expect(clocks).toEqual([first.id, first.id]);
  await home.stop();
});

test('a person who is removed leaves no name, no permission and no device', async () => {
  const home = await usual();
  const other = await home.decisions.addPerson('test', 'Ola Example');
  await home.decisions.removePerson('test', home.person.id);
  expect(home.people.list()).toEqual([other]);
  expect(JSON.stringify(home.db.prepare('SELECT * FROM person').all())).not.toContain('Kari');
  expect(home.permissions.list()).toMatchObject([{ permission: { state: 'withdrawn' } }]);
  await cuff(home, bloodPressure());
  expect(home.readings.held()).toMatchObject([{ heldBecause: 'device-not-assigned' }]);
  expect(home.received()).toHaveLength(0);
  await home.stop();
});

test('removed from shared slots, the other person keeps theirs', async () => {
  const home = openHousehold();
  const kari = await home.decisions.addPerson('test', 'Kari Example');
  const ola = await home.decisions.addPerson('test', 'Ola Example');
  const { id } = await home.adopt();
  await home.decisions.assignDevice('test', id, { slots: { 1: kari.id, 2: ola.id } });
  await home.decisions.removePerson('test', kari.id);
  expect(home.devices.list()).toMatchObject([{ ownership: 'shared', slots: { 2: ola.id } }]);
  await agree(home, ola.id);
  await home.stop();
});

test('names: one by id or name, two of one name by id only', async () => {
  const home = openHousehold();
  const { id } = await home.decisions.addPerson('test', 'Kari Example');
  expect(home.people.find('Kari Example').id).toBe(id);
  await home.decisions.addPerson('test', 'Kari Example');
  expect(() => home.people.find('Kari Example')).toThrow(/More than one/);
  expect(home.people.find(id).id).toBe(id);
  await expect(home.decisions.addPerson('test', ' ')).rejects.toMatchObject({
    code: 'name-invalid',
  });
  await home.stop();
});
