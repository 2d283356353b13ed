import { join } from 'node:path';
import { createBluetooth } from '../../adapters/bluetooth/bluetooth.ts';
import { createRadio } from '../../adapters/bluetooth/radio/radio.ts';
import { createSimulatedBindings } from '../../adapters/simulated/bindings.ts';
import { createHousehold, type Household } from '../../adapters/simulated/household.ts';
import { planHome } from '../../adapters/simulated/plan-home.ts';
import type { Clock } from '../../agent/clock.ts';
import { type Home, startHome } from '../../agent/home/home.ts';
import { createLog } from '../../agent/log.ts';
import { readStoreKey } from '../../agent/secrets.ts';
import { startFaults } from './faults.ts';
import { createMoments } from './moments.ts';
import { createPerson } from './person.ts';
import { type BootReport, type BootSettings, homeTestConfig, ZONE } from './settings.ts';
import type { VirtualTime } from './virtual-time.ts';
import { watchWire } from './wire.ts';

/** The municipality is told the time this often, virtual ms. */
const TELL_MS = 60_000;
/** What is on its way at the end is looked for this often, virtual ms. */
const DRAIN_LOOK_MS = 60_000;

const tell = (report: BootReport) => process.send?.(report);

/** The machine's clock of this boot: what it shows, and whether the network has set it. */
function bootClock({ clock }: BootSettings, time: VirtualTime): Clock {
  let trusted = clock === undefined;
  for (const { afterMs, byMs } of clock?.steps ?? []) setTimeout(() => time.jump(byMs), afterMs);
  if (clock) {
    setTimeout(() => {
      time.jump(Math.round(time.trueNow() - Date.now()));
      trusted = true;
    }, clock.trustedAfterMs);
  }
  return { now: () => Date.now(), trusted: () => trusted };
}

/** One boot of the gateway, from power on to the end of the run, unless the power is cut before. */
export async function runBoot(settings: BootSettings, time: VirtualTime): Promise<void> {
  const { data, seed, people, days, startsAt } = settings;
  const config = homeTestConfig(settings).home;
  const clock = bootClock(settings, time);
  const plan = planHome({ seed, people, days, startsAt, zone: ZONE });
  const trueNow = () => Math.round(time.trueNow());
  const household = createHousehold({
    folder: data,
    seed,
    now: trueNow,
    zone: ZONE,
    speed: 1,
    home: plan,
  });
  const { bindings, pairing, faults } = createSimulatedBindings({ household });
  let home: Home | undefined;
  const wire = watchWire({
    unanswered: () => {
      const counts = home?.views.outbox() ?? [];
      return counts.some(({ state }) => state === 'queued' || state === 'sent');
    },
    realNow: time.realNow,
  });
  const moments = createMoments({
    bindings,
    wire,
    groups: () => home?.committer.stats.groups ?? 0,
  });
  home = await startHome({
    config,
    key: readStoreKey({ keyFile: join(data, 'demo.key'), dataFolder: config.data, env: {} }),
    clock,
    log: createLog({ level: 'info', program: 'home' }),
    version: 'home-test',
    bluetooth: (given) => {
      const { now, note } = given;
      const radio = createRadio({ bindings, pairing, now, note });
      const noted: typeof note = (event, fields) => {
        if (event === 'visit-ended') moments.hit('visit-ended');
        note(event, fields);
      };
      return createBluetooth({ ...given, radio, note: noted });
    },
  });
  household.start();
  const person = createPerson({ home, household, data, trusted: clock.trusted });
  startFaults({ settings, time, moments, radio: faults });
  const whole = live({ settings, time, person, household });
  let over = false;
  const end = () => {
    over = true;
  };
  whole.then(end, end);
  await time.run({ done: () => over, busy: wire.busy, afterStep: moments.afterStep });
  await whole;
  tell({ tell: 'finished', people: person.pseudonyms(), held: person.held() });
  process.disconnect();
  process.exit(0);
}

/** People set up what is not set up, measure until the plan ends, and wait for what is on its way. */
async function live(parts: {
  readonly settings: BootSettings;
  readonly time: VirtualTime;
  readonly person: ReturnType<typeof createPerson>;
  readonly household: Household;
}): Promise<void> {
  const { settings, time, person, household } = parts;
  await person.setUp();
  setInterval(() => tell({ tell: 'time', at: time.trueNow() }), TELL_MS);
  person.begin();
  await until(() => time.trueNow() >= settings.planEnd);
  await household.stop({ flush: false });
  await until(() => time.trueNow() >= settings.endsAt);
}

async function until(isDone: () => boolean): Promise<void> {
  while (!isDone()) await new Promise((resolve) => setTimeout(resolve, DRAIN_LOOK_MS));
}
