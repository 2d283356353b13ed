import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createRandom, whole } from '../../adapters/simulated/random.ts';
import { instantText } from '../../fhir/time.ts';
import { until } from '../support/until.ts';
import { createConsentHistory } from './consent-history.ts';
import { createDecisions } from './decisions.ts';
import { DEVICES, ZONE } from './devices.ts';
import { createFeeder } from './feeder.ts';
import { type Counts, judge, storedAt } from './judge.ts';
import { aimAt, type Life } from './life.ts';
import { OLDER_VERSIONS, writeOlderStore } from './older-store.ts';
import { createPlans, type RunPlan } from './plan.ts';
import { type Program, type Programs, startProgram } from './programs.ts';
import { startReceivers } from './receivers.ts';
import { createSightings } from './sightings.ts';
import { mountSmallDisk } from './small-disk.ts';
import { tearWal } from './torn-write.ts';
import type { Fate, Passing } from './wiretap.ts';

const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** A clock that never was set shows a time so long ago. */
const NO_CLOCK_MS = -400 * DAY_MS;
/** What is wrong about a clock that jumps, at most. */
const JUMP_MS_MAX = 2 * HOUR_MS;
/** Days between two lives when something shall have become old enough to be compacted. */
const COMPACTION_DAYS = 2;
const VISIT_RETRY_MS = 3;
/** What is on its way at the end arrives within this, on a busy machine too; what has not is lost. */
const DRAIN_MS_MAX = 180_000;
/** Readings just before a decision, at most. */
const BURST_MAX = 12;
/** Of the envelopes of a life, those that its broker acknowledges and forgets. */
const FORGOTTEN = 0.7;

export interface HomeOptions {
  readonly folder: string;
  readonly seed: string;
  readonly runs: number;
  readonly programs: Programs;
  /** On a disk that can be full. */
  readonly smallDisk: boolean;
  /** Ends it before its time: rejects when everything is closed. */
  readonly signal: AbortSignal;
  /** Called after each kill. */
  readonly onKilled: () => void;
}

export interface HomeResult extends Counts {
  readonly runs: number;
  /** How often each aim was hit, each variant happened, and what was torn. */
  readonly tally: Readonly<Record<string, number>>;
}

/**
 * One home, killed `runs` times and then left alone until all has arrived; then what its devices
 * handed over is compared with what the FHIR server holds. `facts.json` is left where they differ.
 */
export async function crashHome(options: HomeOptions): Promise<HomeResult> {
  const home = await openHome(options);
  try {
    for (let run = 0; run < options.runs; run += 1) {
      options.signal.throwIfAborted();
      await liveAndDie(home);
      options.onKilled();
    }
    const counts = await settle(home);
    return { runs: options.runs, ...counts, tally: home.tally };
  } finally {
    await home.close();
  }
}

type Home = Awaited<ReturnType<typeof openHome>>;

/** What changes from life to life. */
interface State {
  /** Time that has passed in the home beside the machine's, ms. */
  passedMs: number;
  plan: RunPlan;
  life: Life | undefined;
  /** People, devices and permissions are there. */
  isFurnished: boolean;
  /** Something outside was last told that rests on a sync, ms. */
  lastEffectAt: number;
}

async function openHome(options: HomeOptions) {
  const { folder, programs } = options;
  const random = createRandom(options.seed);
  const data = join(folder, 'home');
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const state: State = {
    passedMs: 0,
    plan: { aim: 'any', variant: 'none' },
    life: undefined,
    isFurnished: false,
    lastEffectAt: 0,
  };
  const tally: Record<string, number> = {};
  const count = (what: string) => {
    tally[what] = (tally[what] ?? 0) + 1;
  };
  const disk = options.smallDisk ? mountSmallDisk(data) : undefined;
  if (options.smallDisk && !disk) count('no disk that can be full: run as root');
  const onAnswer = () => {
    state.lastEffectAt = Date.now();
  };
  const now = () => Date.now() + state.passedMs;
  const history = createConsentHistory(() => performance.now());
  const feeder = createFeeder({ now, onAnswer });
  const { deviceOf } = feeder;
  const sightings = createSightings({
    now: () => performance.now(),
    life: history.life,
    deviceOf,
  });
  const receivers = await startReceivers({
    folder,
    programs,
    random,
    onPacket: (passing) => fateOf(home, passing),
  });
  const onAsked = () => state.life?.asked();
  const decisions = createDecisions({ folder: data, history, random, onAnswer, onAsked });
  const plans = createPlans(random, disk !== undefined);
  writeOlderStore({
    home: data,
    key: Buffer.from(readFileSync(receivers.configs.keyFile, 'utf8'), 'hex'),
    version: whole(random, 1, OLDER_VERSIONS),
    captures: whole(random, 1, 5),
    feeder,
    now: now(),
  });
  const close = async () => {
    await receivers.close();
    disk?.close();
  };
  const parts = { ...options, random, data, tally, count, disk, onAnswer, now, history };
  const home = { ...parts, state, feeder, sightings, receivers, decisions, plans, close };
  return home;
}

/** What becomes of a packet between gateway and broker. */
function fateOf({ state, random, sightings, receivers, ...home }: Home, passing: Passing): Fate {
  const { variant } = state.plan;
  home.onAnswer();
  if (passing.what === 'envelope') {
    sightings.see(passing.payload);
    receivers.remember(passing.topic, passing.payload);
    if (variant === 'delivered-twice') {
      home.count('delivered again');
      receivers.repeatLast();
    }
  }
  if (state.life?.passing(passing)) return 'drop';
  const mayBeForgotten = passing.what === 'envelope' && variant === 'acknowledged-and-forgotten';
  if (!mayBeForgotten || random() > FORGOTTEN) return 'pass';
  home.count('acknowledged and forgotten');
  return 'forget';
}

interface ClockPlan {
  readonly offsetMs: number;
  readonly trusted: boolean;
  /** What it is set to while the gateway runs, if at all. */
  readonly laterMs: number | undefined;
}

function planClock({ state, random }: Home): ClockPlan {
  const { passedMs, plan } = state;
  const right = { offsetMs: passedMs, trusted: true, laterMs: undefined };
  const jumpMs = whole(random, SECOND_MS, JUMP_MS_MAX);
  const sometimes = random() < 0.5;
  switch (plan.variant) {
    case 'no-clock':
      return {
        offsetMs: passedMs + NO_CLOCK_MS,
        trusted: false,
        laterMs: sometimes ? passedMs : undefined,
      };
    case 'clock-forward':
    case 'clock-back': {
      const wrongMs = passedMs + (plan.variant === 'clock-back' ? -jumpMs : jumpMs);
      return sometimes ? { ...right, offsetMs: wrongMs } : { ...right, laterMs: wrongMs };
    }
    default:
      return right;
  }
}

function startGateway(home: Home, clock: Pick<ClockPlan, 'offsetMs' | 'trusted'>): Program {
  const { folder, programs, receivers, history } = home;
  history.begin(clock.trusted);
  return startProgram([programs.home, receivers.configs.home], join(folder, 'home.log'), {
    FED_CLOCK: `${clock.offsetMs} ${clock.trusted ? 'trusted' : 'untrusted'}`,
  });
}

/** Visits until one comes about; false when the gateway ended before. */
async function visit({ feeder, data }: Home, program: Program): Promise<boolean> {
  while (!program.isDead()) {
    if (await feeder.visit(join(data, 'fed.sock'))) return true;
    await delay(VISIT_RETRY_MS);
  }
  return false;
}

function measure({ state, random, feeder }: Home): void {
  // What was measured before the pairing is a question to people; the first device is paired already.
  const device = DEVICES[state.isFurnished ? whole(random, 0, DEVICES.length - 1) : 0];
  if (device) feeder.measure(device);
}

async function setClock({ history, feeder }: Home, offsetMs: number): Promise<void> {
  const asked = history.askClock(true);
  await feeder.setClock(offsetMs, true);
  asked.done();
}

/** What people and devices do while the gateway lives; rejects when it dies over a call. */
async function day(home: Home, program: Program, { laterMs }: ClockPlan): Promise<void> {
  const { state, random, decisions } = home;
  if (!(await visit(home, program))) return;
  state.life?.visited();
  for (let readings = whole(random, 0, 4); readings > 0; readings -= 1) measure(home);
  await decisions.look();
  if (!state.isFurnished) {
    await decisions.furnish();
    state.isFurnished = true;
    // Whatever a clock shows later, it is after the devices were paired.
    state.passedMs += DAY_MS;
    await setClock(home, state.passedMs);
    state.life?.furnished();
  }
  if (state.plan.aim === 'consent') {
    // So that there is something on its way that the decision has to stop.
    for (let burst = whole(random, 0, BURST_MAX); burst > 0; burst -= 1) measure(home);
    await delay(random() * 30);
    await decisions.decideAnything('stop');
  } else if (random() < 0.4) await decisions.decideAnything();
  if (laterMs !== undefined) {
    await delay(random() * 40);
    await setClock(home, laterMs);
    home.count('clock set while it runs');
  }
  while (!program.isDead()) {
    await delay(random() * 30);
    if (random() < 0.6) measure(home);
    if (random() < 0.05) await decisions.decideAnything();
  }
}

/** What befalls the others meanwhile; fulfils when they are back, or on their way. */
async function befall({ state, random, disk, receivers }: Home): Promise<void> {
  const { variant } = state.plan;
  const begin = () => delay(whole(random, 0, 350));
  if (variant === 'disk-full' && disk) {
    await begin();
    disk.fill();
    await delay(whole(random, 20, 500));
    disk.free();
  }
  if (variant === 'municipality-killed' || variant === 'both-killed') {
    await begin();
    await receivers.killMunicipality();
  }
  if (variant === 'broker-killed' || variant === 'both-killed') {
    await begin();
    await receivers.killBroker();
  }
  if (variant === 'delivered-twice') {
    await begin();
    for (let times = 0; times < 4; times += 1) receivers.repeatAny();
  }
}

/** One life of the gateway, up to the instant that is aimed at. */
async function liveAndDie(home: Home): Promise<void> {
  const { state, plans, random, data, count } = home;
  state.plan = state.isFurnished ? plans.next() : plans.first();
  const { aim, variant } = state.plan;
  if (aim === 'compaction') state.passedMs += COMPACTION_DAYS * DAY_MS;
  const clock = planClock(home);
  const program = startGateway(home, clock);
  const life = aimAt({ program, aim, random, home: data });
  state.life = life;
  const lived = day(home, program, clock).catch(() => undefined);
  const befallen = befall(home);
  await life.over();
  state.life = undefined;
  // All that it said is read before it is judged what was promised.
  await Promise.all([home.feeder.leave(), home.receivers.quiet()]);
  await Promise.race([lived, delay(50)]);
  await befallen;
  count(`aim ${aim}${life.isHit() ? '' : ' (missed)'}`);
  count(`variant ${variant}`);
  if (variant === 'torn-write') {
    const { lastEffectAt } = state;
    count(`torn ${tearWal(join(data, 'home.db'), { lastEffectAt, random })}`);
    // That file has been written to since, and not by the gateway.
    home.onAnswer();
  }
}

/** Left alone until everything has arrived; then counted. */
async function settle(home: Home): Promise<Counts> {
  const { state, decisions, feeder, now } = home;
  state.plan = { aim: 'any', variant: 'none' };
  // Whatever a clock showed, it is later now: nothing decided lies ahead.
  state.passedMs += DAY_MS;
  const program = startGateway(home, { offsetMs: state.passedMs, trusted: true });
  try {
    await visit(home, program);
    const missing = await decisions.furnish();
    await decisions.giveAll();
    const end = performance.now() + DRAIN_MS_MAX;
    const open = async () => {
      const questions = await decisions.answerHeld(instantText(now() - SECOND_MS, ZONE));
      return feeder.waiting() + questions + (await decisions.unfinished());
    };
    while ((await open()) > 0 && performance.now() < end) await delay(25);
    return await compare(home, state.isFurnished ? missing : 0);
  } finally {
    program.kill();
    await program.ended;
  }
}

async function compare(home: Home, missing: number): Promise<Counts> {
  const { feeder, sightings, history, receivers, decisions, folder } = home;
  const fhirUrl = `http://127.0.0.1:${receivers.ports.fhir}/fhir`;
  const answers = () =>
    fetch(`${fhirUrl}/metadata`)
      .then(({ ok }) => ok)
      .catch(() => false);
  await until(answers, 'the FHIR server', DRAIN_MS_MAX);
  const stored = await storedAt(fhirUrl);
  const uncovered = history.uncovered(sightings.sent);
  for (const { past } of history.decided()) {
    home.count(past.size > 0 ? 'decision with something on its way' : 'decision');
  }
  const counts = judge({
    answered: new Set(feeder.answered.keys()),
    stored,
    sent: sightings.numbersOf(sightings.sent),
    uncovered: sightings.numbersOf(uncovered),
    vanished: history.vanished() + missing,
  });
  if (counts.lost + counts.doubled + counts.unconsented === 0) return counts;
  const facts = {
    lost: [...feeder.answered.values()].filter(({ n }) => !stored.has(n)),
    stored: [...stored],
    uncovered,
    changes: history.changes(),
    words: await decisions.words(),
  };
  const plain = (_: string, value: unknown) =>
    value instanceof Map || value instanceof Set ? [...value] : value;
  writeFileSync(join(folder, 'facts.json'), JSON.stringify(facts, plain, 1), { mode: 0o600 });
  return counts;
}
