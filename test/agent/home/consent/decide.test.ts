import { expect, test } from 'vitest';
import { type ConsentQuestion, decide } from '../../../../agent/home/consent/decide.ts';
import type { SharingPermission } from '../../../../fhir/consent.ts';
import { fc } from '../../../support/property.ts';

const at = (hour: number) => new Date(Date.UTC(2026, 2, 2, hour)).toISOString();
const ms = (hour: number) => Date.UTC(2026, 2, 2, hour);

const given: SharingPermission = {
  id: '8c4a9f3e-8a53-4f0c-9a51-3f1c6c1f0001',
  version: 1,
  pseudonym: '8c4a9f3e-8a53-4f0c-9a51-3f1c6c1f0002',
  recipient: { id: 'care', name: 'Example care' },
  kinds: ['blood-pressure'],
  purpose: 'TREAT',
  legalBasis: 'consent',
  givenAt: at(8),
  from: at(8),
  pauses: [],
  state: 'active',
  sentence: 'Example care may see: blood pressure.',
  language: 'en',
};
const asked: ConsentQuestion = {
  kind: 'blood-pressure',
  measuredAt: ms(10),
  now: ms(11),
  clockTrusted: true,
  recipient: { purpose: 'TREAT' },
};
const organisation = { system: 'urn:oid:2.16.578.1.12.4.1.4.101', value: '100000001' };

const cases: [string, Partial<SharingPermission>[], Partial<ConsentQuestion>, string][] = [
  ['no permission', [], {}, 'none'],
  ['in force', [{}], {}, 'yes'],
  ['another kind', [{}], { kind: 'glucose' }, 'none'],
  ['another purpose', [{}], { recipient: { purpose: 'HRESCH' } }, 'out-of-scope'],
  [
    'another organisation under the same name',
    [{ recipient: { ...given.recipient, organisation } }],
    { recipient: { purpose: 'TREAT', organisation: { ...organisation, value: '100000002' } } },
    'out-of-scope',
  ],
  ['measured before', [{}], { measuredAt: ms(7) }, 'out-of-scope'],
  ['also since a date', [{ from: at(6) }], { measuredAt: ms(7) }, 'yes'],
  ['no time is claimed', [{}], { measuredAt: undefined }, 'clock'],
  ['clock before it was given', [{}], { now: ms(7), measuredAt: ms(10) }, 'clock'],
  ['ended', [{ until: at(10) }], {}, 'expired'],
  [
    'before its end, measured after it',
    [{ until: at(12) }],
    { measuredAt: ms(13) },
    'out-of-scope',
  ],
  ['with an end and no trusted clock', [{ until: at(12) }], { clockTrusted: false }, 'clock'],
  ['without an end and no trusted clock', [{}], { clockTrusted: false }, 'yes'],
  ['withdrawn', [{ state: 'withdrawn' }], {}, 'withdrawn'],
  ['open pause', [{ pauses: [{ from: at(9) }] }], { measuredAt: ms(8) }, 'paused'],
  ['measured in a pause that ended', [{ pauses: [{ from: at(9), until: at(11) }] }], {}, 'paused'],
  [
    'measured before a pause that ended',
    [{ pauses: [{ from: at(9), until: at(11) }] }],
    { measuredAt: ms(8) },
    'yes',
  ],
  [
    'clock set back to before an open pause',
    [{ pauses: [{ from: at(12) }] }],
    { measuredAt: ms(8) },
    'paused',
  ],
  ['a pause outvotes another permission', [{}, { pauses: [{ from: at(9) }] }], {}, 'paused'],
  [
    'a pause of another permission, over by a clock that nobody vouches for',
    [{}, { pauses: [{ from: at(7), until: at(8) }] }],
    { clockTrusted: false },
    'clock',
  ],
  [
    'a pause of another kind does not',
    [{}, { kinds: ['glucose'], pauses: [{ from: at(9) }] }],
    {},
    'yes',
  ],
  [
    'a pause of a withdrawn permission does not',
    [{}, { state: 'withdrawn', pauses: [{ from: at(9), until: at(10) }] }],
    {},
    'yes',
  ],
  [
    'measured in a pause, and the paused permission was withdrawn',
    [{}, { state: 'withdrawn', pauses: [{ from: at(9), until: at(11) }] }],
    {},
    'paused',
  ],
  [
    'measured in a pause, asked for by a permission given after it',
    [{ pauses: [{ from: at(9), until: at(11) }] }, { givenAt: at(11), from: at(6) }],
    {},
    'yes',
  ],
];

test.each(cases)('%s', (_name, permissions, question, answer) => {
  const decision = decide(
    permissions.map((one) => ({ ...given, ...one })),
    { ...asked, ...question },
  );
  expect(decision.allowed ? 'yes' : decision.because).toBe(answer);
});

const hour = fc.integer({ min: 0, max: 30 });
const permission = fc
  .record({
    kinds: fc.subarray(['blood-pressure', 'glucose', 'body-weight'] as const),
    givenAt: hour,
    from: hour,
    until: fc.option(hour, { nil: undefined }),
    pauses: fc.array(fc.record({ from: hour, until: fc.option(hour, { nil: undefined }) }), {
      maxLength: 2,
    }),
    state: fc.constantFrom('active' as const, 'withdrawn' as const),
  })
  .map(
    (one): SharingPermission => ({
      ...given,
      ...one,
      givenAt: at(one.givenAt),
      from: at(one.from),
      until: one.until === undefined ? undefined : at(one.until),
      pauses: one.pauses.map((pause) => ({
        from: at(pause.from),
        until: pause.until === undefined ? undefined : at(pause.until),
      })),
    }),
  );
const question = fc.record({ measuredAt: hour, now: hour, clockTrusted: fc.boolean() });

test('whatever is allowed, some permission named it, was given, and covers both instants', () => {
  fc.assert(
    fc.property(fc.array(permission, { maxLength: 4 }), question, (permissions, one) => {
      const ask = { ...asked, ...one, measuredAt: ms(one.measuredAt), now: ms(one.now) };
      const decision = decide(permissions, ask);
      if (!decision.allowed) return;
      const live = permissions.filter(
        ({ state, kinds }) => state === 'active' && kinds.includes('blood-pressure'),
      );
      const covers = ({ givenAt, from, until }: SharingPermission) =>
        Date.parse(givenAt) <= ask.now &&
        Date.parse(from) <= ask.measuredAt &&
        (until === undefined ||
          (ask.clockTrusted &&
            ask.now <= Date.parse(until) &&
            ask.measuredAt <= Date.parse(until)));
      expect(live.some(covers)).toBe(true);
      const permit = permissions.find(({ id, version }) => decision.consent === `${id}/${version}`);
      expect(permit).toBeDefined();
      for (const { pauses } of live) {
        for (const pause of pauses) {
          const end =
            pause.until === undefined ? Number.POSITIVE_INFINITY : Date.parse(pause.until);
          expect(ask.now).toBeGreaterThanOrEqual(end);
          expect(ask.clockTrusted).toBe(true);
          const inside = Date.parse(pause.from) <= ask.measuredAt && ask.measuredAt < end;
          expect(!inside || live.some((one) => covers(one) && Date.parse(one.givenAt) >= end)).toBe(
            true,
          );
        }
      }
    }),
    { numRuns: 2_000 },
  );
});

test('one more permission without a pause never takes an answer away', () => {
  fc.assert(
    fc.property(fc.array(permission, { maxLength: 3 }), permission, question, (few, more, one) => {
      const ask = { ...asked, ...one, measuredAt: ms(one.measuredAt), now: ms(one.now) };
      const before = decide(few, ask).allowed;
      if (before) expect(decide([...few, { ...more, pauses: [] }], ask).allowed).toBe(true);
    }),
  );
});
