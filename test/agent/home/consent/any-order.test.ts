import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Envelope } from '../../../../agent/home/transport/transport.ts';
import { createFakeTransport } from '../../../support/fake-transport.ts';
import {
  again,
  bloodPressure,
  cuff,
  type Household,
  KINDS_USED,
  openHousehold,
} from '../household.ts';

/** What people did, kept beside the program and judged by other words than its own. */
interface Given {
  id: string;
  readonly at: number;
  readonly from: number;
  readonly until: number | undefined;
  readonly pauses: { from: number; until: number | undefined }[];
  withdrawn: boolean;
}

interface World {
  home: Household;
  readonly given: Given[];
  readonly person: string;
  readonly measured: Map<string, number>;
  value: number;
}

type Step =
  | { readonly do: 'give'; readonly hours: number; readonly back: number }
  | { readonly do: 'pause'; readonly which: number; readonly hours: number }
  | { readonly do: 'resume' | 'withdraw'; readonly which: number }
  | { readonly do: 'capture' | 'restart' | 'round' | 'defer' | 'deliver' }
  | { readonly do: 'wait'; readonly minutes: number };

const which = fc.nat(3);
const hours = fc.nat(3);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('give' as const), hours, back: hours }),
  fc.record({ do: fc.constant('pause' as const), which, hours }),
  fc.record({ do: fc.constantFrom('resume' as const, 'withdraw' as const), which }),
  fc.record({
    do: fc.constantFrom(
      'capture' as const,
      'capture' as const,
      'restart' as const,
      'round' as const,
      'defer' as const,
      'deliver' as const,
    ),
  }),
  fc.record({ do: fc.constant('wait' as const), minutes: fc.integer({ min: -20, max: 120 }) }),
);

const HOUR = 3_600_000;

function isPermitted(world: World, measuredAt: number, now: number): boolean {
  const ends = (one: Given) =>
    one.pauses.map(({ from, until = Number.POSITIVE_INFINITY }) => ({ from, until }));
  const live = world.given.filter((one) => !one.withdrawn);
  if (live.flatMap(ends).some(({ from, until }) => now >= from && now < until)) return false;
  // In a pause, also of a permission that was withdrawn since: only who asks for it afterwards gets it.
  const inside = world.given
    .flatMap(ends)
    .filter(({ from, until }) => measuredAt >= from && measuredAt < until);
  return live.some(
    ({ from, until = Number.POSITIVE_INFINITY, at }) =>
      measuredAt >= from &&
      measuredAt <= until &&
      now <= until &&
      inside.every((pause) => at >= pause.until),
  );
}

/** A receiver that judges each envelope in the very step of its hand-over. */
function watching(world: World, leaks: string[], mood: { deferring: boolean }) {
  const transport = createFakeTransport({ recipient: 'care' });
  transport.answer((envelope: Envelope) => {
    const [, systolic = ''] = /"valueQuantity":\{"value":(\d+)/.exec(envelope.body) ?? [];
    const measuredAt = world.measured.get(systolic);
    if (measuredAt === undefined || !isPermitted(world, measuredAt, world.home.time.now)) {
      leaks.push(systolic);
    }
    return mood.deferring ? { outcome: 'deferred', because: 'busy' } : { outcome: 'delivered' };
  });
  return new Map([['care', transport]]);
}

function endPauses({ pauses }: Given, now: number): void {
  for (const pause of pauses) {
    if (pause.until === undefined || pause.until > now) pause.until = Math.max(now, pause.from);
  }
}

async function take(world: World, one: Step, reopen: () => Household): Promise<void> {
  const { home, given } = world;
  const { time, decisions } = home;
  const chosen = 'which' in one ? given[one.which] : undefined;
  if (one.do === 'wait') time.now += one.minutes * 60_000;
  else if (one.do === 'give') {
    const from = time.now - one.back * HOUR;
    const until = one.hours === 0 ? undefined : time.now + one.hours * HOUR;
    // A permission counts from its commit, which is before its answer; an end only from its answer.
    const permission = { id: '', at: time.now, from, until, pauses: [], withdrawn: false };
    given.push(permission);
    const { id } = await decisions.givePermission('test', {
      person: world.person,
      recipient: 'care',
      kinds: KINDS_USED,
      from: new Date(from).toISOString(),
      ...(until === undefined ? {} : { until: new Date(until).toISOString() }),
    });
    permission.id = id;
  } else if (one.do === 'capture') {
    world.value += 1;
    world.measured.set(String(world.value), time.now);
    await cuff(home, bloodPressure({ systolic: world.value }));
  } else if (one.do === 'round') await home.round.run();
  else if (one.do === 'restart') {
    home.cut();
    await home.outbox.stop();
    world.home = reopen();
  } else if (chosen && one.do === 'pause') {
    const until = one.hours === 0 ? undefined : time.now + one.hours * HOUR;
    await decisions.pausePermission(
      'test',
      chosen.id,
      until === undefined ? undefined : new Date(until).toISOString(),
    );
    chosen.pauses.push({ from: time.now, until });
  } else if (chosen && one.do === 'resume') {
    endPauses(chosen, time.now);
    await decisions.resumePermission('test', chosen.id);
  } else if (chosen && one.do === 'withdraw') {
    // Ends its pauses, which counts from the commit; ends sharing, which counts from the answer.
    endPauses(chosen, time.now);
    await decisions.withdrawPermission('test', chosen.id);
    chosen.withdrawn = true;
  }
}

test('in any order of giving, pausing, withdrawing, measuring and restarting, nothing is handed over without a permission', async () => {
  let handedOver = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 24 }), async (steps) => {
      const leaks: string[] = [];
      const mood = { deferring: false };
      const world = { given: [], measured: new Map(), value: 130 } as unknown as World;
      world.home = openHousehold({ transports: watching(world, leaks, mood) });
      const folder = world.home;
      const reopen = () => again(folder, { transports: watching(world, leaks, mood) });
      const { id } = await world.home.decisions.addPerson('test', 'Kari Example');
      Object.assign(world, { person: id });
      const device = await world.home.adopt();
      await world.home.decisions.assignDevice('test', device.id, { owner: id });
      for (const one of steps) {
        if (one.do === 'defer' || one.do === 'deliver') mood.deferring = one.do === 'defer';
        await take(world, one, reopen);
        // What was answered is on disk, so that what was deferred is tried again now.
        await nextTurn();
        world.home.committer.flush();
        world.home.time.real += 40;
        world.home.outbox.wake();
        expect(leaks).toEqual([]);
      }
      handedOver += world.home.received().length;
      await world.home.stop();
      expect(leaks).toEqual([]);
    }),
    { numRuns: 150 },
  );
  // Else the property would hold for a program that sends nothing.
  expect(handedOver).toBeGreaterThan(20);
});
