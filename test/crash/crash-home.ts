import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectMqtt } from 'mqtt';
import { createRandom, whole } from '../../adapters/simulated/random.ts';
import { instantText } from '../../fhir/time.ts';
import { startMosquitto } from '../support/mosquitto.ts';
import { createConsentHistory, type Sent } from './consent-history.ts';
import { createDecisions } from './decisions.ts';
import { DEVICES, type Observed, readingOf, ZONE } from './devices.ts';
import { createFeeder } from './feeder.ts';
import { type Counts, judge, storedAt } from './judge.ts';
import { aimAt, type Life } from './life.ts';
import { OLDER_VERSIONS, writeOlderStore } from './older-store.ts';
import { createPlans, type RunPlan } from './plan.ts';
import { freePorts, type Program, type Programs, startProgram, writeConfigs } from './programs.ts';
import { mountSmallDisk } from './small-disk.ts';
import { tearWal } from './torn-write.ts';
import { type Fate, type Passing, startWiretap } from './wiretap.ts';

const SECOND_MS = 1_000;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** A clock that never was set shows a time so long ago. */
const NO_CLOCK_MS = -400 * DAY_MS;
/** Days between two lives when something shall have become old enough to be compacted. */
const COMPACTION_DAYS = 2;
const VISIT_RETRY_MS = 3;
/** What is on its way at the end arrives within this; what has not is lost. */
const DRAIN_MS_MAX = 45_000;
/** Envelopes remembered, to be delivered again later by a broker that repeats itself. */
const REMEMBERED_MAX = 60;

export interface HomeResult extends Counts {
  readonly runs: number;
  /** How often each aim was hit, each variant happened, and what was torn. */
  readonly tally: Readonly<Record<string, number>>;
}

/**
 * One home, killed `runs` times and then left alone until all has arrived; then what its devices
 * handed over is compared with what the FHIR server holds.
 */
export async function crashHome(options: {
  readonly folder: string;
  readonly seed: string;
  readonly runs: number;
  readonly programs: Programs;
  /** On a disk that can be full. */
  readonly smallDisk: boolean;
  readonly say: (line: string) => void;
}): Promise<HomeResult> {
  const home = await openHome(options);
  try {
    for (let run = 0; run < options.runs; run += 1) await home.liveAndDie();
    return await home.settle();
  } finally {
    await home.close();
  }
}

async function openHome(options: Parameters<typeof crashHome>[0]) {
  const { folder, programs, say } = options;
  const random = createRandom(options.seed);
  const tally: Record<string, number> = {};
  const count = (what: string) => {
    tally[what] = (tally[what] ?? 0) + 1;
  };
  const closing: (() => unknown)[] = [];
  const home = join(folder, 'home');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const disk = options.smallDisk ? mountSmallDisk(home) : undefined;
  if (disk) closing.push(disk.close);
  else if (options.smallDisk) count('no-small-disk');
  const broker = await startMosquitto({ lines: ['set_tcp_nodelay true'] });
  closing.push(() => broker[Symbol.asyncDispose]());
  const ports = await freePorts(broker.port);
  const configs = writeConfigs(folder, ports);

  /** Time that has passed in the home beside the machine's, and what its gateway's clock adds to it, ms. */
  let passedMs = 0;
  let plan: RunPlan = { aim: 'any', variant: 'none' };
  let life: Life | undefined;
  let isFurnished = false;
  let lastEffectAt = 0;
  const effect = () => {
    lastEffectAt = Date.now();
  };
  const trueNow = () => Date.now() + passedMs;
  const plans = createPlans(random, disk !== undefined);
  const history = createConsentHistory(() => performance.now());
  const feeder = createFeeder({ now: trueNow, onAnswer: effect });
  const decisions = createDecisions({
    folder: home,
    history,
    random,
    onAnswer: effect,
    onAsked: () => life?.asked(),
  });
  const sent: Sent[] = [];
  const sentNumbers = new Map<Sent, number>();
  const remembered: { topic: string; payload: Buffer }[] = [];

  writeOlderStore({
    home,
    key: Buffer.from(readFileSync(configs.keyFile, 'utf8'), 'hex'),
    version: whole(random, 1, OLDER_VERSIONS),
    captures: whole(random, 1, 5),
    feeder,
    now: trueNow(),
  });
  const repeater = connectMqtt(broker.url, { protocolVersion: 5, reconnectPeriod: 100 });
  repeater.on('error', () => undefined);
  closing.push(() => void repeater.end(true));

  function remember(passing: Passing & { what: 'envelope' }): void {
    const { topic, payload } = passing;
    remembered.push({ topic, payload: Buffer.from(payload) });
    if (remembered.length > REMEMBERED_MAX) remembered.shift();
    for (const one of sentIn(payload)) {
      sent.push(one.sent);
      sentNumbers.set(one.sent, one.n);
    }
  }

  function sentIn(payload: Buffer) {
    const bundle = JSON.parse(payload.toString()) as {
      identifier: { value: string };
      entry: { resource: Observed }[];
    };
    return bundle.entry.flatMap(({ resource }) => {
      const reading = resource.resourceType === 'Observation' ? readingOf(resource) : undefined;
      if (!reading) return [];
      const { kind, n } = reading;
      const one: Sent = {
        life: history.life(),
        at: performance.now(),
        envelope: bundle.identifier.value.replace('urn:uuid:', ''),
        person: feeder.deviceOf(n)?.owner ?? -1,
        kind,
        measuredAt: Date.parse(resource.effectiveDateTime ?? ''),
      };
      return [{ n, sent: one }];
    });
  }

  function repeat(): void {
    const one = remembered[whole(random, 0, remembered.length - 1)];
    if (one && repeater.connected) repeater.publish(one.topic, one.payload, { qos: 1 });
  }

  function onPacket(passing: Passing): Fate {
    effect();
    if (passing.what === 'envelope') {
      remember(passing);
      if (plan.variant === 'delivered-twice') {
        count('delivered again');
        setTimeout(repeat, whole(random, 0, 40));
        if (repeater.connected)
          repeater.publish(passing.topic, Buffer.from(passing.payload), { qos: 1 });
      }
    }
    if (life?.passing(passing)) return 'drop';
    if (passing.what !== 'envelope' || plan.variant !== 'acknowledged-and-forgotten') return 'pass';
    if (random() < 0.3) return 'pass';
    count('forgotten');
    return 'forget';
  }

  const wiretap = await startWiretap({ port: ports.wiretap, broker: ports.broker, onPacket });
  closing.push(wiretap.close);
  const startMunicipality = () =>
    startProgram(
      [programs.iomt, 'municipality', '--config', configs.municipality],
      join(folder, 'municipality.log'),
    );
  let municipality = startMunicipality();
  closing.push(async () => {
    municipality.kill();
    await municipality.ended;
  });

  function startHome(clock: { offsetMs: number; trusted: boolean }): Program {
    history.begin(clock.trusted);
    const program = startProgram([programs.home, configs.home], join(folder, 'home.log'), {
      FED_CLOCK: `${clock.offsetMs} ${clock.trusted ? 'trusted' : 'untrusted'}`,
    });
    return program;
  }

  /** Visits until one comes about; false when the gateway ended before. */
  async function visit(program: Program): Promise<boolean> {
    while (!program.isDead()) {
      if (await feeder.visit(join(home, 'fed.sock'))) return true;
      await delay(VISIT_RETRY_MS);
    }
    return false;
  }

  const measure = () => {
    // What is measured before the pairing is a question to people; the first device is paired already.
    const device = DEVICES[isFurnished ? whole(random, 0, DEVICES.length - 1) : 0];
    if (device) feeder.measure(device);
  };

  async function setClock(offsetMs: number, trusted: boolean): Promise<void> {
    const asked = history.askClock(trusted);
    await feeder.setClock(offsetMs, trusted);
    asked.done();
  }

  /** What people and devices do while the gateway lives; rejects when it dies over a call. */
  async function day(program: Program, jumpMs: number): Promise<void> {
    if (!(await visit(program))) return;
    life?.visited();
    for (let reading = whole(random, 0, 4); reading > 0; reading -= 1) measure();
    await decisions.look();
    if (!isFurnished) {
      await decisions.furnish();
      isFurnished = true;
      // Whatever a clock shows later, it is after the devices were paired.
      passedMs += DAY_MS;
      await setClock(passedMs, true);
    }
    if (plan.aim === 'consent') await delay(random() * 30);
    if (plan.aim === 'consent' || random() < 0.4) await decisions.decideAnything();
    if (jumpMs !== 0 && random() < 0.6) {
      await delay(random() * 40);
      await setClock(passedMs + jumpMs, true);
      count('clock set while it runs');
    }
    while (!program.isDead()) {
      await delay(random() * 30);
      if (random() < 0.6) measure();
      if (random() < 0.05) await decisions.decideAnything();
    }
  }

  /** What befalls the others meanwhile; fulfils when they are back. */
  async function befall(program: Program): Promise<void> {
    const { variant } = plan;
    await delay(whole(random, 0, 400));
    if (variant === 'disk-full' && disk) {
      disk.fill();
      await delay(whole(random, 20, 500));
      disk.free();
    }
    if (variant === 'municipality-killed' || variant === 'both-killed') {
      municipality.kill();
      await municipality.ended;
      municipality = startMunicipality();
    }
    if (variant === 'broker-killed' || variant === 'both-killed') {
      await broker.stop('SIGKILL');
      if (!program.isDead()) await delay(whole(random, 0, 100));
      await broker.start();
    }
    if (variant === 'delivered-twice') for (let times = 0; times < 4; times += 1) repeat();
  }

  const JUMPS: Partial<Record<RunPlan['variant'], number>> = {
    'clock-forward': 1,
    'clock-back': -1,
  };

  async function liveAndDie(): Promise<void> {
    plan = isFurnished ? plans.next() : plans.first();
    if (plan.aim === 'compaction') passedMs += COMPACTION_DAYS * DAY_MS;
    const jumpMs = (JUMPS[plan.variant] ?? 0) * whole(random, 60_000, 2 * HOUR_MS);
    const clock =
      plan.variant === 'no-clock'
        ? { offsetMs: passedMs + NO_CLOCK_MS, trusted: false }
        : { offsetMs: passedMs + (random() < 0.4 ? jumpMs : 0), trusted: true };
    const program = startHome(clock);
    life = aimAt({ program, aim: plan.aim, random, home });
    const back = plan.variant === 'no-clock' && random() < 0.6 ? -NO_CLOCK_MS : 0;
    const lived = day(program, jumpMs || (back && 0.1)).catch(() => undefined);
    const befallen = befall(program);
    await life.over();
    await Promise.all([feeder.leave(), wiretap.quiet()]);
    const wasHit = life.isHit();
    life = undefined;
    await Promise.race([lived, delay(50)]);
    await befallen;
    count(`aim ${plan.aim}${wasHit ? '' : ' (missed)'}`);
    count(`variant ${plan.variant}`);
    if (plan.variant === 'torn-write') {
      count(`torn ${tearWal(join(home, 'home.db'), { lastEffectAt, random })}`);
    }
  }

  /** Left alone until everything has arrived; then counted. */
  async function settle(): Promise<HomeResult> {
    plan = { aim: 'any', variant: 'none' };
    passedMs += DAY_MS;
    const program = startHome({ offsetMs: passedMs, trusted: true });
    closing.push(async () => {
      program.kill();
      await program.ended;
    });
    await visit(program);
    const gone = isFurnished ? await decisions.furnish() : 0;
    if (!isFurnished) await decisions.furnish();
    await decisions.giveAll();
    const end = performance.now() + DRAIN_MS_MAX;
    const open = async () =>
      feeder.waiting() +
      (await decisions.answerHeld(instantText(trueNow() - SECOND_MS, ZONE))) +
      (await decisions.unfinished());
    while ((await open()) > 0 && performance.now() < end && !program.isDead()) await delay(25);
    const answered = new Set(feeder.answered.keys());
    const numbers = (some: readonly Sent[]) =>
      new Set(some.map((one) => sentNumbers.get(one) ?? -1));
    const stored = await storedAt(`http://127.0.0.1:${ports.fhir}/fhir`);
    const uncovered = history.uncovered(sent);
    const counts = judge({
      answered,
      stored,
      sent: numbers(sent),
      uncovered: numbers(uncovered),
      vanished: history.vanished() + gone,
    });
    if (counts.lost + counts.doubled + counts.unconsented > 0) {
      const file = join(folder, 'facts.json');
      writeFileSync(
        file,
        JSON.stringify(
          {
            lost: [...feeder.answered.values()].filter(({ n }) => !stored.has(n)),
            stored: [...stored],
            uncovered,
            changes: history.changes(),
            words: await decisions.words(),
          },
          (_, value) => (value instanceof Map || value instanceof Set ? [...value] : value),
          1,
        ),
      );
      say(`What does not agree: ${file}`);
    }
    return { runs: options.runs, ...counts, tally };
  }

  const close = async () => {
    for (const one of closing.reverse()) await one();
  };
  return { liveAndDie, settle, close };
}
