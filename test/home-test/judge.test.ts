import { expect, test } from 'vitest';
import { type Arrived, failuresOf, type Held, judge, type Taken } from './judge.ts';

const BEGIN = Date.parse('2026-03-20T07:00:00Z');
const HOUR_MS = 3_600_000;
const KARI = 'Kari Eksempel';
const OLA = 'Ola Eksempel';

/** The n-th measurement: one each hour, by two people in turn, of three values. */
function taken(n: number, change: Partial<Taken> = {}): Taken {
  return {
    n,
    device: '00-00-5E-FF-FE-00-53-01',
    name: 'cuff',
    kind: 'blood-pressure',
    person: n % 2 === 0 ? KARI : OLA,
    at: BEGIN + n * HOUR_MS,
    values: { systolic: String(120 + (n % 3)), diastolic: '80' },
    ...change,
  };
}

function arrivedOf(one: Taken, change: Partial<Arrived> = {}): Arrived {
  const { device, kind, person, at, values } = one;
  return { device, kind, person, at: at + 20_000, values, clockFlagged: false, ...change };
}

const ALL = Array.from({ length: 60 }, (_, index) => taken(index + 1));
const ARRIVED = ALL.map((one) => arrivedOf(one));

const verdict = (
  arrived: readonly Arrived[],
  more: {
    readonly taken?: readonly Taken[];
    readonly held?: readonly Held[];
    readonly unrecoverable?: ReadonlyMap<number, string>;
  } = {},
) =>
  judge({ taken: ALL, unrecoverable: new Map(), held: [], zone: 'Europe/Oslo', arrived, ...more });

/** All as they were, the n-th changed. */
const with7 = (change: Partial<Arrived>) =>
  ARRIVED.map((one, index) => (index === 6 ? { ...one, ...change } : one));

test('what was taken and arrived is all there is, in whatever order it came', () => {
  const { account, findings } = verdict(ARRIVED.toReversed());
  expect(account).toEqual({
    taken: 60,
    arrived: 60,
    held: {},
    unrecoverable: {},
    lost: 0,
    doubled: 0,
    wrongPerson: 0,
    wrongTime: 0,
    fullSetRate: 1,
  });
  expect(findings).toEqual([]);
  expect(failuresOf(account)).toEqual([]);
});

test('a planted loss is seen, and its day was no full one', () => {
  const { account, findings } = verdict(ARRIVED.toSpliced(6, 1));
  expect(account).toMatchObject({ arrived: 59, lost: 1, doubled: 0 });
  expect(account.fullSetRate).toBeLessThan(1);
  expect(findings).toMatchObject([{ what: 'lost', taken: { n: 7 } }]);
  expect(failuresOf(account)).toContain('lost: 1');
});

test('a planted double is seen, also one that is hours late, and one of nothing', () => {
  const [first] = ARRIVED as [Arrived];
  expect(verdict([...ARRIVED, first]).account).toMatchObject({ arrived: 60, doubled: 1, lost: 0 });
  const late = { ...first, at: first.at + 5 * HOUR_MS };
  expect(verdict([late, ...ARRIVED]).account).toMatchObject({ doubled: 1, wrongTime: 0 });
  const never = { ...first, values: { systolic: '99', diastolic: '60' } };
  expect(verdict([...ARRIVED, never]).findings).toMatchObject([{ what: 'never-taken' }]);
  expect(failuresOf(verdict([...ARRIVED, never]).account)).toEqual(['doubled: 1']);
});

test('a wrong person is seen; two of the same values in the same minute are each their own', () => {
  expect(verdict(with7({ person: KARI })).account).toMatchObject({ wrongPerson: 1, lost: 0 });
  const two = [taken(1, { person: KARI, at: BEGIN }), taken(2, { person: OLA, at: BEGIN + 5_000 })];
  const [one, other] = two.map((each) => arrivedOf(each)) as [Arrived, Arrived];
  const swapped = [
    { ...one, at: other.at },
    { ...other, at: one.at },
  ];
  expect(verdict(swapped, { taken: two }).account).toMatchObject({ arrived: 2, wrongPerson: 0 });
});

test('a time that is more than a minute off is wrong, unless the clock is flagged', () => {
  const at = (ms: number) => ({ at: (ALL[6] as Taken).at + ms });
  expect(verdict(with7(at(60_000))).account.wrongTime).toBe(0);
  expect(verdict(with7(at(-61_000))).account).toMatchObject({ wrongTime: 1, lost: 0, doubled: 0 });
  const flagged = { ...at(40 * 60_000), clockFlagged: true };
  expect(verdict(with7(flagged)).account).toMatchObject({ wrongTime: 0, arrived: 60 });
});

test('what is held has not arrived, and what the device lost is not held against the gateway', () => {
  const seventh = ALL[6] as Taken;
  const without = ARRIVED.toSpliced(6, 1);
  const held: Held = { ...seventh, at: seventh.at + HOUR_MS, because: 'slot-unknown' };
  const waiting = verdict(without, { held: [held] }).account;
  expect(waiting).toMatchObject({ arrived: 59, held: { 'slot-unknown': 1 }, lost: 0 });
  expect(failuresOf(waiting)).toEqual(['less than 99.9 % arrived']);
  const gone = verdict(without, { unrecoverable: new Map([[7, 'erased']]) }).account;
  expect(gone).toMatchObject({ arrived: 59, unrecoverable: { erased: 1 }, lost: 0 });
  expect(failuresOf(gone)).toEqual([]);
  const two = new Map([7, 8].map((n) => [n, 'overwritten'] as const));
  const both = verdict(ARRIVED.toSpliced(6, 2), { unrecoverable: two }).account;
  expect(failuresOf(both)).toEqual(['more than 2 % were beyond recovery']);
});
