import { expect, test } from 'vitest';
import { createRandom } from '../../adapters/simulated/random.ts';
import { fuzzDecoders, TARGETS } from './decoders.ts';
import { fuzzVisits, SCENARIOS } from './visits.ts';

/** Bounded by count here, so that a slow machine does as much; `npm run fuzz` goes on for long, with seeds of its own. */
const ROUNDS = 400;
const VISITS = 40;
const seed = 20_261_120;

test('no decoder throws, answers otherwise, or gives what is no value', () => {
  let round = 0;
  const { count, fault } = fuzzDecoders(createRandom('bytes', seed), () => ++round > ROUNDS);
  expect(fault, `seed ${seed}`).toBeUndefined();
  expect(count).toBe(ROUNDS * TARGETS.length);
});

test('every visit ends, and hands over whole records, each once', async () => {
  for (let visit = 0; visit < VISITS; visit += 1) {
    const { fault } = await fuzzVisits(createRandom('visits', seed, visit));
    expect(fault, `seed ${seed}, visit ${visit}`).toBeUndefined();
  }
});

test.each([
  ['throws', () => JSON.parse('{')],
  ['gives NaN', () => ({ ok: true, fields: { level: Number.NaN } })],
  ['leaves a field undefined', () => ({ ok: true, fields: { level: undefined } })],
  ['makes up a refusal', () => ({ ok: false, reason: 'odd' })],
  ['reads a clock', () => ({ ok: true, fields: { now: performance.now() } })],
  [
    'changes the bytes',
    (bytes: Uint8Array) => ({ ok: true, fields: { was: bytes.fill(1).length } }),
  ],
])('the fuzzer notices a decoder that %s, with the bytes', (_what, decode) => {
  const { fault } = fuzzDecoders(createRandom(1), () => false, [{ name: 'bad', decode }]);
  expect(fault).toMatchObject({ target: 'bad', hex: expect.stringMatching(/^([0-9a-f]{2})*$/) });
});

test('the fuzzer notices a visit that fails', async () => {
  const scenarios = { ...SCENARIOS, bad: async () => 'said that all was there' };
  expect((await fuzzVisits(createRandom(1), scenarios)).fault).toEqual({
    scenario: 'bad',
    why: 'said that all was there',
  });
});
