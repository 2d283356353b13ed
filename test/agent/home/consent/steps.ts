import { fc } from '../../../support/property.ts';

/** How a receiver takes what it is handed. */
export type Mood =
  /** Taken, and a receipt may come later. */
  | 'takes'
  /** Taken, and the answer is the receipt. */
  | 'answers'
  | 'busy'
  | 'refuses'
  | 'offline'
  /** Taken, and no answer ever. */
  | 'silent'
  /** No connection yet: what is handed over waits inside the transport. */
  | 'connecting';

/** What may happen at once with others. */
type Act =
  | {
      readonly do: 'give';
      readonly who: number;
      readonly to: number;
      readonly kinds: number;
      readonly hours: number;
      readonly back: number;
    }
  | { readonly do: 'pause'; readonly which: number; readonly hours: number }
  | { readonly do: 'resume' | 'withdraw'; readonly which: number }
  | { readonly do: 'capture'; readonly kind: number }
  | { readonly do: 'assign'; readonly kind: number; readonly who: number }
  | { readonly do: 'move'; readonly which: number; readonly who: number }
  | { readonly do: 'remove'; readonly which: number }
  | { readonly do: 'remove-person'; readonly who: number }
  | { readonly do: 'unpair'; readonly kind: number }
  | { readonly do: 'event'; readonly who: number; readonly to: number; readonly kind: number }
  | { readonly do: 'send-events' | 'round' | 'look' }
  | { readonly do: 'mood'; readonly to: number; readonly mood: Mood }
  | { readonly do: 'connect'; readonly to: number }
  | { readonly do: 'receipt'; readonly which: number; readonly state: 'received' | 'rejected' };

export type Step =
  | Act
  | { readonly do: 'together'; readonly acts: readonly Act[]; readonly killed: boolean }
  | { readonly do: 'wait'; readonly minutes: number; readonly ms: number }
  /** The clock is set, and says so or not. */
  | { readonly do: 'jump'; readonly minutes: number }
  /** To an edge of a consent or pause, a millisecond before or after it. */
  | { readonly do: 'edge'; readonly which: number; readonly edge: number; readonly ms: number }
  | { readonly do: 'distrust' | 'trust' }
  | { readonly do: 'restart'; readonly purpose: number };

const which = fc.nat(5);
const two = fc.nat(1);
const hours = fc.nat(2);
const is = <const T extends string>(...names: T[]) => fc.constantFrom<T>(...names);

const give = fc.record({
  do: is('give'),
  who: two,
  to: two,
  kinds: fc.integer({ min: 1, max: 3 }),
  hours,
  back: hours,
});
const capture = fc.record({ do: is('capture'), kind: two });
const end = fc.record({ do: is('withdraw'), which });
const mood = fc.record({
  do: is('mood'),
  to: two,
  mood: is('takes', 'answers', 'busy', 'refuses', 'offline', 'silent', 'connecting', 'connecting'),
});

const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 5, arbitrary: give },
  { weight: 7, arbitrary: capture },
  { weight: 2, arbitrary: fc.record({ do: is('pause'), which, hours }) },
  { weight: 1, arbitrary: fc.record({ do: is('resume'), which }) },
  { weight: 3, arbitrary: end },
  { weight: 1, arbitrary: fc.record({ do: is('assign'), kind: two, who: fc.nat(2) }) },
  { weight: 2, arbitrary: fc.record({ do: is('move'), which, who: two }) },
  { weight: 1, arbitrary: fc.record({ do: is('remove'), which }) },
  { weight: 1, arbitrary: fc.record({ do: is('remove-person'), who: fc.constant(1) }) },
  { weight: 1, arbitrary: fc.record({ do: is('unpair'), kind: fc.constant(1) }) },
  { weight: 2, arbitrary: fc.record({ do: is('event'), who: two, to: two, kind: two }) },
  { weight: 2, arbitrary: fc.record({ do: is('send-events') }) },
  { weight: 1, arbitrary: fc.record({ do: is('round') }) },
  { weight: 3, arbitrary: fc.record({ do: is('look') }) },
  { weight: 4, arbitrary: mood },
  { weight: 4, arbitrary: fc.record({ do: is('connect'), to: two }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: is('receipt'), which, state: is('received', 'rejected') }),
  },
);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: act },
  {
    weight: 3,
    arbitrary: fc.record({
      do: is('together'),
      acts: fc.array(act, { minLength: 2, maxLength: 4 }),
      killed: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: is('wait'),
      minutes: fc.constantFrom(0, 1, 30, 60, 120),
      ms: two,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: is('jump'), minutes: fc.constantFrom(-600, -60, -1, 60, 600) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: is('edge'),
      which,
      edge: fc.nat(3),
      ms: fc.integer({ min: -1, max: 1 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: is('distrust', 'trust') }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: is('restart'),
      purpose: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, two),
    }),
  },
);

/** A consent and a measurement come first, or most of it would be about nothing. */
export const steps: fc.Arbitrary<Step[]> = fc
  .tuple(give, capture, fc.array(step, { minLength: 4, maxLength: 28 }))
  .map(([first, second, rest]) => [first, second, ...rest]);
