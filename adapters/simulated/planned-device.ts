import { join } from 'node:path';
import { type DeviceClock, deviceClock } from './device-clock.ts';
import { FORMS } from './forms.ts';
import { gattTable, type VirtualService } from './gatt-table.ts';
import { batteryPercent, type Happening, happeningsOf, nearSince, works } from './happenings.ts';
import type { HomePlan } from './home-plan.ts';
import { SIMULATED_MODELS, type SimulatedModel, type SimulatedUnit } from './models.ts';
import {
  type Keeping,
  openPlannedMemory,
  type PlannedMemory,
  type PlannedRecord,
} from './planned-memory.ts';
import type { PlannedTruth, UnrecoverableCause } from './planned-truth.ts';
import type { Presence } from './presence.ts';
import { quirkOf } from './quirks.ts';
import { createRandom } from './random.ts';
import { identityOf, type VirtualDevice } from './virtual-device.ts';
import { createWindow, type Window } from './window.ts';

/** How long a device can be reached after measuring; a strap is worn so long. */
const AWAKE_MS = { stores: 120_000, 'record-access': 120_000, live: 10 * 60_000 } as const;
const BRIEFLY_MS = 30_000;
/** Without a clock a result has no time but that of its arrival: it comes soon, or not at all. */
const NO_CLOCK_MS = 45_000;
const PAIRING_MODE_MS = 120_000;
/** Places for results. A device that sends in bursts has some more than a burst. */
const RECORDS_MAX = { stores: 60, 'record-access': 400, live: 1 } as const;
const BURST_ROOM = 40;
/** Longest time a timer can hold, ms. */
const TIMER_MS_MAX = 2 ** 31 - 1;

type Measure = Extract<Happening, { what: 'measure' }>;

export interface PlannedDeviceOptions {
  readonly unit: SimulatedUnit;
  readonly plan: HomePlan;
  /** Folder of the devices' state files. */
  readonly folder: string;
  readonly truth: PlannedTruth;
  readonly presence: Presence;
  /** True time, ms UTC. */
  readonly now: () => number;
}

/** A virtual device, with what its owner can do with it. */
export interface PlannedDevice extends VirtualDevice {
  /** A person puts it into pairing mode, beside the gateway. */
  repair(): void;
}

/** Nothing of its results outlives the time in which it can be reached. */
const isVolatile = (unit: SimulatedUnit, model: SimulatedModel) =>
  model.memory === 'live' || quirkOf(unit, 'no-clock') !== undefined;

function keepingOf(unit: SimulatedUnit, model: SimulatedModel): Keeping {
  if (model.memory === 'record-access') return { after: 'full' };
  const again = quirkOf(unit, 'resends-everything');
  if (again) return { after: 'never', recordsMax: again.recordsMax };
  const deletes = quirkOf(unit, 'deletes-after-transfer') || isVolatile(unit, model);
  return { after: deletes ? 'confirmed' : 'transfer' };
}

function recordsMaxOf(unit: SimulatedUnit, model: SimulatedModel): number {
  const burst = quirkOf(unit, 'burst');
  const usual = burst ? burst.records + BURST_ROOM : RECORDS_MAX[model.memory];
  return quirkOf(unit, 'small-memory')?.records ?? usual;
}

function awakeMsOf(unit: SimulatedUnit, model: SimulatedModel): number {
  if (quirkOf(unit, 'no-clock')) return NO_CLOCK_MS;
  return quirkOf(unit, 'advertises-briefly') ? BRIEFLY_MS : AWAKE_MS[model.memory];
}

/** A unit of a plan: what happens to it happens at its time, also while nobody looked. */
class Planned implements PlannedDevice {
  readonly unit: SimulatedUnit;
  readonly model: SimulatedModel;
  readonly id: string;
  readonly systemId: string;
  readonly services: readonly VirtualService[];
  readonly memory: VirtualDevice['memory'];
  readonly #options: PlannedDeviceOptions;
  readonly #clock: DeviceClock;
  readonly #memory: PlannedMemory;
  readonly #window: Window;
  readonly #happenings: readonly Happening[];
  #timer: NodeJS.Timeout | undefined;
  #connected = false;
  #listening = false;
  #pairingEnds = Number.NEGATIVE_INFINITY;
  /** It got a key since it was put into pairing mode. */
  #paired = false;
  /** When it woke, in the window in which it has hung up already. */
  #hungUpIn: number | undefined;
  #hangsUp = false;
  /** A strap being worn, while nobody has listened yet. */
  #worn: Measure | undefined;
  #onResult: (() => void) | undefined;
  #onAwake: () => void = () => undefined;

  constructor(options: PlannedDeviceOptions) {
    const { unit, plan, truth, presence, now } = options;
    this.#options = options;
    this.unit = unit;
    this.model = SIMULATED_MODELS[unit.modelKey];
    const { id, systemId } = identityOf(unit);
    this.id = id;
    this.systemId = systemId;
    this.#clock = deviceClock(unit, plan.zone, this.model.memory === 'record-access');
    this.#happenings = happeningsOf(plan, unit);
    const memory = openPlannedMemory({
      file: join(options.folder, `${systemId}.json`),
      truth,
      keeping: keepingOf(unit, this.model),
      recordsMax: recordsMaxOf(unit, this.model),
      clock: this.#clock.initial(plan.startsAt),
    });
    this.#memory = memory;
    this.#window = createWindow({
      now,
      presence,
      nearSince: (at) => nearSince(unit, at),
      onChance: () => {
        for (const record of memory.waiting()) record.chance = true;
        memory.save();
      },
      onEnd: () => this.#forget(),
    });
    this.services = gattTable({
      unit,
      model: this.model,
      eui64: systemId,
      localTime: () => this.#shows(now()),
      setLocalTime: (local) => this.#setClock(local),
      batteryPercent: () => batteryPercent(unit, plan.startsAt, now()),
    });
    this.memory = {
      bonded: () => memory.bonded,
      setBonded: (bonded) => {
        memory.bonded = bonded;
        memory.save();
        this.#paired = bonded;
      },
      waiting: () => memory.waiting(),
      history: () => memory.history(),
    };
  }

  start(): void {
    const { truth } = this.#options;
    // What the power cut before the ground truth had it was sent to nobody: it is taken again.
    this.#memory.drop(this.#memory.waiting().filter(({ n }) => !truth.isTaken(n)));
    // A live value on its way when the power went has been sent, to nobody or in vain.
    if (this.model.memory === 'live') this.#lose(this.#memory.waiting(), 'deleted-out-of-range');
    const past = this.#happenings.slice(0, this.#memory.happened);
    // A strap that was worn when the power went is still worn, or its value is gone.
    for (const happening of this.model.memory === 'live' ? past : []) {
      if (happening.what === 'measure' && !truth.isTaken(happening.n)) this.#measure(happening);
    }
    const last = past.findLast(({ what }) => what === 'wake' || what === 'measure');
    if (last && (last.what === 'wake' || !this.#isSilent())) this.#wake(last.at);
    this.#happen();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#window.stop();
  }

  awake(): boolean {
    return this.#window.isOpen();
  }

  setOnAwake(listener: () => void): void {
    this.#onAwake = listener;
  }

  advertising(): boolean {
    const at = this.#options.now();
    if (this.#connected || !this.awake() || !works(this.unit, at)) return false;
    if (nearSince(this.unit, at) === undefined) return false;
    return this.#memory.waiting().length > 0 || this.#worn !== undefined || this.acceptsPairing();
  }

  advertise(): void {
    this.#wake(this.#options.now());
  }

  acceptsPairing(): boolean {
    return this.#options.now() < this.#pairingEnds;
  }

  repair(): void {
    const at = this.#options.now();
    this.#pairingEnds = at + PAIRING_MODE_MS;
    this.#paired = false;
    this.#wake(at, PAIRING_MODE_MS);
  }

  setConnected(connected: boolean): void {
    this.#connected = connected;
    if (!connected) {
      this.#forget();
      return;
    }
    // paired and called on: that is what the person waited for
    if (this.#paired) this.#pairingEnds = Number.NEGATIVE_INFINITY;
    const quirk = quirkOf(this.unit, 'hangs-up');
    const again = this.#hungUpIn === this.#window.from();
    const waiting = this.#memory.waiting().length;
    this.#hangsUp = quirk !== undefined && !again && waiting > quirk.afterResults;
    if (this.#hangsUp) this.#hungUpIn = this.#window.from();
  }

  setListening(listening: boolean): void {
    this.#listening = listening;
    const worn = this.#worn;
    if (!listening || !worn) return;
    this.#worn = undefined;
    this.#take(worn, this.#options.now());
  }

  setOnResult(listener: (() => void) | undefined): void {
    this.#onResult = listener;
  }

  midSession(): boolean {
    return false;
  }

  hangsUpAfter(): number | undefined {
    return this.#hangsUp ? quirkOf(this.unit, 'hangs-up')?.afterResults : undefined;
  }

  stored(): readonly PlannedRecord[] {
    return this.#memory.stored();
  }

  confirm(record: PlannedRecord): void {
    const { truth, now } = this.#options;
    truth.handedOver(record.n, now());
    this.#memory.confirm(record);
  }

  #shows(at: number): number {
    return this.#clock.shows(this.#memory.clock, at);
  }

  #setClock(local: number): void {
    const at = this.#options.now();
    this.#happen();
    this.#memory.clock = this.#clock.set(this.#memory.clock, at, local);
    this.#memory.save();
  }

  /** Lets happen what is due, in its order, then waits for what comes next. */
  #happen(): void {
    const { now } = this.#options;
    clearTimeout(this.#timer);
    const before = this.#memory.happened;
    let next = this.#happenings[before];
    while (next && next.at <= now()) {
      this.#befall(next);
      this.#memory.happened += 1;
      next = this.#happenings[this.#memory.happened];
    }
    // the ground truth first: what it has already is not taken twice
    if (this.#memory.happened > before) this.#memory.save();
    if (!next) return;
    const waitMs = Math.max(1, next.at - now());
    this.#timer = setTimeout(() => this.#happen(), Math.min(waitMs, TIMER_MS_MAX));
  }

  #befall(happening: Happening): void {
    const memory = this.#memory;
    switch (happening.what) {
      case 'measure':
        this.#measure(happening);
        return;
      case 'wake':
        this.#wake(happening.at);
        return;
      case 'clock-reset':
      case 'battery-changed':
        memory.clock = this.#clock.reset(happening.at);
        return;
      case 'bond-lost':
        memory.bonded = false;
        return;
      case 'leaves':
      case 'battery-empty':
        this.#window.settle();
        return;
      case 'erased':
        this.#lose(memory.stored(), 'erased');
        return;
      case 'breaks':
        this.#lose(memory.stored(), 'device-broke');
        return;
      default:
        happening satisfies never;
    }
  }

  #measure(measure: Measure): void {
    const { at } = measure;
    if (!works(this.unit, at)) return;
    if (this.model.memory === 'live') this.#worn = measure;
    else this.#take(measure, at);
    if (!this.#isSilent()) this.#wake(at);
    if (this.#worn && this.#listening) this.setListening(true);
    this.#onResult?.();
  }

  /** Collects results for a burst, and says nothing before. */
  #isSilent(): boolean {
    const burst = quirkOf(this.unit, 'burst');
    return burst !== undefined && this.#memory.waiting().length < burst.records;
  }

  /** Takes one measurement: the same bytes when it is taken again after a power cut. */
  #take({ n, person, slot }: Measure, at: number): void {
    const { plan, truth } = this.#options;
    const memory = this.#memory;
    const { unit, model } = this;
    const { bytes, context, ...texts } = FORMS[model.form]({
      random: createRandom(plan.seed, unit.serial, n),
      localTime: this.#shows(at),
      sequence: memory.nextRecord(),
      offsetMin: memory.clock.offsetMin,
      nanMean: quirkOf(unit, 'nan-mean') !== undefined,
      clockNotSet: quirkOf(unit, 'clock-not-set') !== undefined,
      noClock: quirkOf(unit, 'no-clock') !== undefined,
      reservedBits: quirkOf(unit, 'reserved-bits') !== undefined,
      ...(slot === undefined ? {} : { userId: slot }),
    });
    const gone = memory.add({
      n,
      at,
      person,
      ...texts,
      bytes: bytes.toString('hex'),
      ...(context ? { context: context.toString('hex') } : {}),
    });
    // else it is saved with what has happened: when the power goes before, it is taken again
    if (model.memory === 'live') memory.save();
    truth.taken({
      n,
      device: this.systemId,
      name: unit.name,
      kind: model.kind,
      person,
      trueTime: new Date(at).toISOString(),
      ...texts,
    });
    this.#lose(gone, 'overwritten');
  }

  #wake(at: number, ms = awakeMsOf(this.unit, this.model)): void {
    this.#window.open(at, ms);
    if (this.#window.isOpen()) this.#onAwake();
  }

  /** Its time is over: what a device without a memory had is gone. */
  #forget(): void {
    if (this.#connected || this.#window.isOpen() || !isVolatile(this.unit, this.model)) return;
    const worn = this.#worn;
    this.#worn = undefined;
    if (worn) this.#take(worn, worn.at);
    const waiting = this.#memory.waiting();
    if (waiting.length === 0) return;
    if (worn && this.#window.hadChance()) for (const record of waiting) record.chance = true;
    this.#lose(waiting, 'deleted-out-of-range');
    this.#memory.save();
  }

  /** What could have been fetched and was not is no excuse; what a person did away with is. */
  #lose(records: readonly PlannedRecord[], cause: UnrecoverableCause): void {
    const { truth } = this.#options;
    const byItself = cause === 'deleted-out-of-range' || cause === 'overwritten';
    for (const { n, chance } of records) {
      if (!truth.isHandedOver(n) && !(byItself && chance)) truth.unrecoverable(n, cause);
    }
    this.#memory.drop(records);
  }
}

export function createPlannedDevice(options: PlannedDeviceOptions): PlannedDevice {
  return new Planned(options);
}
