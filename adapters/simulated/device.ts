import { join } from 'node:path';
import { type DeviceRecord, openDeviceMemory } from './device-memory.ts';
import { FORMS } from './forms.ts';
import { gattTable, type VirtualService } from './gatt-table.ts';
import type { GroundTruth } from './ground-truth.ts';
import {
  PEOPLE,
  type Quirk,
  SIMULATED_MODELS,
  type SimulatedModel,
  type SimulatedUnit,
} from './models.ts';
import { createRandom, type Random, whole } from './random.ts';
import { zoneOffsetMs } from './zone.ts';

/** Real cuffs and scales can be connected to for about this long after measuring; demo time. */
const ADVERTISE_DEMO_MS = 30_000;
/** However fast the demo runs, a radio needs this long to hear and connect; real time. */
const ADVERTISE_REAL_MIN_MS = 2_000;
/** At every start each device measures within half a minute, so that a short demo shows all. */
const FIRST_MEASUREMENT_MS = [2_000, 28_000] as const;
/** After that, one measurement in this time. */
const INTERVAL_MS = [20 * 60_000, 90 * 60_000] as const;
/** A device with so many results waiting measures no more: real ones have 30 to 200 places. */
const RECORDS_MAX = 60;
/** Live values come at least this far apart in demo time, so that a gateway's thinning keeps all… */
const LIVE_SPACING_MS = 62_000;
const LIVE_JITTER_MS = 25_000;
/** …also when it notices each by up to this much real time too late. */
const LIVE_LATENESS_REAL_MS = 15;
const LIVE_VALUES = [3, 5] as const;
/** A clock nobody set begins here when the battery goes in. */
const UNSET_CLOCK_BEGINS = Date.UTC(2017, 0, 1);
const UNKNOWN_USER = 0xff;
/** Of a shared device's measurements, the part made without choosing a slot. */
const UNKNOWN_USER_SHARE = 0.2;

/** A virtual device: measures by itself, remembers, and can be reached for a while after measuring. */
export interface VirtualDevice {
  readonly unit: SimulatedUnit;
  readonly model: SimulatedModel;
  /** Address, lower case without colons. */
  readonly id: string;
  /** EUI-64 text. */
  readonly systemId: string;
  readonly services: readonly VirtualService[];
  /** Begins to measure. */
  start(): void;
  /** Measures no more. */
  stop(): void;
  /** Can be heard and connected to. */
  advertising(): boolean;
  /** Can be reached for another window, e.g. to hand over what it has. */
  advertise(): void;
  bonded(): boolean;
  setBonded(bonded: boolean): void;
  setConnected(connected: boolean): void;
  /** Somebody listens to its results. */
  setListening(listening: boolean): void;
  /** Called when a result is there to be sent. */
  setOnResult(listener: (() => void) | undefined): void;
  /** Oldest first: not confirmed yet. */
  waiting(): readonly DeviceRecord[];
  /** Confirmed ones that it sends again at each connection. */
  history(): readonly DeviceRecord[];
  /** True while more is to come on this connection by itself. */
  midSession(): boolean;
  /**
   * The collector confirmed it: written to the ground truth, synced, then forgotten. Throws when
   * the disk refuses; the device then keeps it.
   * @param sentAt demo clock when the bytes were sent, ms UTC
   */
  confirm(record: DeviceRecord, sentAt: number): void;
}

export interface VirtualDeviceOptions {
  readonly unit: SimulatedUnit;
  /** Folder of the devices' state files. */
  readonly folder: string;
  readonly truth: GroundTruth;
  /** Demo clock, ms UTC. */
  readonly now: () => number;
  readonly zone: string;
  readonly speed: number;
  readonly seed: number;
}

function quirkOf<Name extends Quirk['name']>(unit: SimulatedUnit, name: Name) {
  return unit.quirks.find((quirk): quirk is Extract<Quirk, { name: Name }> => quirk.name === name);
}

/** Where the owner left the clock: local time of the zone, wrong by the unit's quirk. */
function clockOffset(unit: SimulatedUnit, zone: string, now: number): number {
  if (quirkOf(unit, 'clock-not-set')) return UNSET_CLOCK_BEGINS - now;
  return zoneOffsetMs(zone, now) + (quirkOf(unit, 'clock-offset')?.seconds ?? 0) * 1_000;
}

/** The slot chosen for a measurement, and whose it is. The first one after a start is nobody's. */
function chooseUser(unit: SimulatedUnit, random: Random, first: boolean) {
  const nameOf = (key: string) => PEOPLE.find((person) => person.key === key)?.name ?? null;
  if (unit.owner.mode === 'mine') return { person: nameOf(unit.owner.person) };
  const slots = Object.entries(unit.owner.slots);
  const chosen = slots[whole(random, 0, slots.length - 1)];
  if (first || !chosen || random() < UNKNOWN_USER_SHARE) {
    return { person: null, userId: UNKNOWN_USER };
  }
  return { person: nameOf(chosen[1]), userId: Number(chosen[0]) };
}

/** Opens a unit with what its state file and the ground truth hold of it. */
export function createVirtualDevice(options: VirtualDeviceOptions): VirtualDevice {
  const { unit, truth, now, zone, speed, seed } = options;
  const model: SimulatedModel = SIMULATED_MODELS[unit.modelKey];
  const live = model.memory === 'live';
  const last = unit.number.toString(16).padStart(2, '0');
  const systemId = `00-00-5E-FF-FE-00-53-${last.toUpperCase()}`;
  const memory = openDeviceMemory({
    file: join(options.folder, `${systemId}.json`),
    stores: !live,
    historyMax: quirkOf(unit, 'resends-everything')?.recordsMax ?? 0,
    confirmed: truth.recordsOf(systemId),
    initialClockOffsetMs: clockOffset(unit, zone, now()),
  });
  const windowMs = Math.max(ADVERTISE_DEMO_MS / speed, ADVERTISE_REAL_MIN_MS);
  const schedule = createRandom(seed, unit.serial, 'schedule', now());
  let windowEnds = 0;
  let connected = false;
  let listening = false;
  let first = true;
  let liveLeft = 0;
  let liveNotBefore = Date.parse(truth.lastOf(systemId)?.trueTime ?? '') + LIVE_SPACING_MS || 0;
  let turnTimer: NodeJS.Timeout | undefined;
  let liveTimer: NodeJS.Timeout | undefined;
  let onResult: (() => void) | undefined;

  function measure(): void {
    const at = now();
    const random = createRandom(seed, unit.serial, at);
    const { person, ...user } = chooseUser(unit, random, first);
    first = false;
    const {
      values,
      unit: units,
      bytes,
    } = FORMS[model.form]({
      random,
      localTime: at + memory.clockOffsetMs,
      nanMean: quirkOf(unit, 'nan-mean') !== undefined,
      clockNotSet: quirkOf(unit, 'clock-not-set') !== undefined,
      ...user,
    });
    memory.add({ at, person, values, unit: units, bytes: bytes.toString('hex') });
    onResult?.();
  }

  function advertise(): void {
    windowEnds = performance.now() + windowMs;
  }

  /** Sends the next value of a live session when it is due and somebody listens. */
  function sendLive(): void {
    clearTimeout(liveTimer);
    if (liveLeft === 0 || !listening) return;
    const waitMs = (liveNotBefore - now()) / speed;
    if (waitMs > 0) {
      liveTimer = setTimeout(sendLive, Math.ceil(waitMs));
      return;
    }
    liveLeft -= 1;
    const spacing = LIVE_SPACING_MS + whole(schedule, 0, LIVE_JITTER_MS);
    liveNotBefore = now() + spacing + LIVE_LATENESS_REAL_MS * speed;
    measure();
    sendLive();
  }

  function plan([low, high]: readonly [number, number]): void {
    turnTimer = setTimeout(turn, whole(schedule, low, high) / speed);
  }

  function turn(): void {
    plan(INTERVAL_MS);
    advertise();
    if (live) {
      liveLeft = whole(schedule, ...LIVE_VALUES);
      sendLive();
    } else if (memory.waiting().length < RECORDS_MAX) {
      measure();
    }
  }

  return {
    unit,
    model,
    id: `00005e0053${last}`,
    systemId,
    services: gattTable({
      unit,
      model,
      eui64: systemId,
      localTime: () => now() + memory.clockOffsetMs,
    }),
    start: () => plan(FIRST_MEASUREMENT_MS),
    stop: () => {
      clearTimeout(turnTimer);
      clearTimeout(liveTimer);
      liveLeft = 0;
    },
    advertising: () =>
      !connected && performance.now() < windowEnds && (memory.waiting().length > 0 || liveLeft > 0),
    advertise,
    bonded: memory.bonded,
    setBonded: memory.setBonded,
    setConnected: (now) => {
      connected = now;
      if (!connected && liveLeft > 0) advertise();
    },
    setListening: (now) => {
      listening = now;
      if (!live) return;
      if (!listening) memory.forgetWaiting();
      sendLive();
    },
    setOnResult: (listener) => {
      onResult = listener;
    },
    waiting: memory.waiting,
    history: memory.history,
    midSession: () => liveLeft > 0,
    confirm: (record, sentAt) => {
      const { bytes: _, at, ...facts } = record;
      truth.append({
        device: systemId,
        name: unit.name,
        kind: model.form,
        trueTime: new Date(at).toISOString(),
        sentTime: new Date(sentAt).toISOString(),
        ...facts,
      });
      memory.confirm(record);
    },
  };
}
