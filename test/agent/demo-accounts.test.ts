import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import {
  balance,
  type Holding,
  readReceived,
  readTruth,
  type TruthLine,
} from '../../agent/demo-accounts.ts';
import { fc } from '../support/property.ts';

const folder = mkdtempSync(join(tmpdir(), 'accounts-'));
afterAll(() => rmSync(folder, { recursive: true }));

const CUFF = '00-00-5E-FF-FE-00-53-02';
const SCALE = '00-00-5E-FF-FE-00-53-04';
const STRAP = '00-00-5E-FF-FE-00-53-07';
const BEGIN = Date.UTC(2026, 0, 5, 7);
const iso = (at: number) => new Date(at).toISOString();

function line(n: number, parts: Partial<TruthLine> = {}): TruthLine {
  const at = BEGIN + n * 60_000;
  return {
    n,
    device: CUFF,
    kind: 'blood-pressure',
    trueTime: iso(at),
    sentTime: iso(at + 2_000),
    values: { systolic: '120', diastolic: '80', 'pulse-rate': '60' },
    ...parts,
  };
}

const held = ({ device, kind, trueTime, values }: TruthLine): Holding => ({
  device,
  kind,
  at: Date.parse(trueTime),
  values,
});

const ten = Array.from({ length: 10 }, (_, index) => line(index + 1));

test('one taken away is lost, one copied is doubled, and each is named', () => {
  const received = ten.map(held);
  expect(balance(ten, received, [], 1)).toEqual({ lost: 0, doubled: 0, lostLines: [] });
  expect(balance(ten, received.toSpliced(4, 1), [], 1)).toEqual({
    lost: 1,
    doubled: 0,
    lostLines: [5],
  });
  expect(balance(ten, [...received, held(line(7))], [], 1)).toMatchObject({ lost: 0, doubled: 1 });
  expect(balance(ten, [...received.toSpliced(4, 1), held(line(7))], [], 1)).toEqual({
    lost: 1,
    doubled: 1,
    lostLines: [5],
  });
});

test('what waits at home is not lost, but is no copy either', () => {
  const received = ten.map(held).toSpliced(2, 1);
  expect(balance(ten, received, [held(line(3))], 1)).toMatchObject({ lost: 0, doubled: 0 });
  expect(balance(ten, received, [held(line(4))], 1)).toMatchObject({ lost: 1, lostLines: [3] });
});

test('another value, another device or another hour is another reading', () => {
  const [one] = ten;
  if (!one) throw new TypeError('no line');
  const right = held(one);
  for (const wrong of [
    { ...right, values: { ...right.values, systolic: '121' } },
    { ...right, values: { systolic: '120' } },
    { ...right, device: STRAP },
    { ...right, at: right.at + 3_600_000 },
    { ...right, at: Number.NaN },
  ]) {
    expect(balance([one], [wrong], [], 1)).toMatchObject({ lost: 1, doubled: 0 });
  }
});

test('equal values minutes apart each find their own line, in whatever order they come', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 40 }),
      fc.integer({ min: 1, max: 600 }),
      fc.integer(),
      (minutes, speed, shuffle) => {
        const truth = minutes.map((n) => line(n));
        const received = truth
          .map(held)
          .toSorted((a, b) => ((a.at * 31 + shuffle) % 97) - ((b.at * 31 + shuffle) % 97));
        expect(balance(truth, received, [], speed)).toMatchObject({ lost: 0, doubled: 0 });
        expect(balance(truth, received.slice(1), [], speed)).toMatchObject({ lost: 1, doubled: 0 });
        const copied = [...received, ...received.slice(0, 1)];
        expect(balance(truth, copied, [], speed)).toMatchObject({ lost: 0, doubled: 1 });
      },
    ),
  );
});

test('a reading dated by its arrival fits between measuring and handing over', () => {
  const late = line(1, { sentTime: iso(BEGIN + 3_600_000) });
  const arrived = { ...held(late), at: BEGIN + 3_000_000 };
  expect(balance([late], [arrived], [], 1)).toMatchObject({ lost: 0 });
});

/** Observations as the server stores them: only what the accounts look at. */
function observation(code: string, text: string, more = ''): string {
  return `{"resourceType":"Observation","status":"final","code":{"coding":[{"code":"${code}"}]},"device":{"reference":"Device/a"},"effectiveDateTime":"${iso(BEGIN)}"${text ? `,"valueQuantity":{"value":${text}}` : ''}${more}}\n`;
}
const component = (code: string, text: string) =>
  `{"code":{"coding":[{"code":"${code}"}]},"valueQuantity":{"value":${text}}}`;

function received(text: string, device = CUFF): Holding[] {
  const file = join(folder, 'received.ndjson');
  writeFileSync(file, text);
  return readReceived(file, (reference) => (reference === 'Device/a' ? device : undefined));
}

test('a cuff’s panel is one reading, its pulse and its clock are none', () => {
  const panel = observation(
    '85354-9',
    '',
    `,"component":[${component('8480-6', '120')},${component('8462-4', '80')}]`,
  );
  const all = panel + observation('8867-4', '60') + observation('67975', '');
  expect(received(all)).toMatchObject([
    {
      device: CUFF,
      kind: 'blood-pressure',
      at: BEGIN,
      values: { systolic: '120', diastolic: '80' },
    },
  ]);
});

test('a body scale’s weight belongs to its fat; a scale’s is a reading; digits are kept', () => {
  const weight = observation('29463-7', '80.500');
  expect(received(weight + observation('41982-0', '24.0'), SCALE)).toMatchObject([
    { device: SCALE, kind: 'body-composition', at: BEGIN, values: { 'body-fat': '24.0' } },
  ]);
  expect(received(weight, SCALE)).toMatchObject([
    { kind: 'body-weight', values: { weight: '80.500' } },
  ]);
});

test('a strap’s heart rate is told from a pulse; what was taken back is not counted', () => {
  const strap = observation('147842', '71');
  expect(received(strap, STRAP)).toMatchObject([
    { kind: 'heart-rate', values: { 'heart-rate': '71' } },
  ]);
  expect(received(strap.replace('final', 'entered-in-error'), STRAP)).toEqual([]);
});

test('a torn last line of either file is nobody’s; a missing file is empty', () => {
  const file = join(folder, 'ground-truth.ndjson');
  expect(readTruth(file)).toEqual([]);
  writeFileSync(file, `${JSON.stringify(line(1))}\n`);
  appendFileSync(file, JSON.stringify(line(2)).slice(0, 30));
  expect(readTruth(file).map(({ n }) => n)).toEqual([1]);
  const strap = observation('147842', '71');
  expect(received(strap + strap.slice(0, 40))).toHaveLength(1);
});
