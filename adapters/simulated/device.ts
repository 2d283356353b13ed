import { join } from 'node:path';
import { type DeviceMemory, type DeviceRecord, openDeviceMemory } from './device-memory.ts';
import { FORMS } from './forms.ts';
import { gattTable } from './gatt-table.ts';
import type { GroundTruth, GroundTruthLine } from './ground-truth.ts';
import { createLiveSession } from './live-session.ts';
import { SIMULATED_MODELS, type SimulatedModel, type SimulatedUnit } from './models.ts';
import { chooseUser, clockOffsetMs } from './owner.ts';
import { quirkOf } from './quirks.ts';
import { createRandom, whole } from './random.ts';
import { identityOf, type VirtualDevice } from './virtual-device.ts';

/**
 * Real cuffs and scales can be connected to for about half a minute after measuring, a strap as
 * long as it is worn; demo time.
 */
const ADVERTISE_DEMO_MS = { stores: 30_000, live: 8 * 60_000, 'record-access': 30_000 } as const;
/** However fast the demo runs, a radio with two links needs this long to reach all; real time. */
const ADVERTISE_REAL_MIN_MS = 5_000;
/** At every start each device measures within half a minute, so that a short demo shows all. */
const FIRST_MEASUREMENT_MS = [2_000, 28_000] as const;
/**
 * A shared device is used twice at the start, first by nobody it knows and then by somebody; the
 * gateway calls a device again once it was silent for twenty seconds.
 */
const SHARED_FIRST_MS = [2_000, 14_000] as const;
const SHARED_SECOND_MS = [26_000, 30_000] as const;
/** Whoever has paired a new device measures with it, and the gateway waits for that. */
const AFTER_PAIRING_MS = [20_000, 26_000] as const;
/** After that, one measurement in this time. */
const INTERVAL_MS = [20 * 60_000, 90 * 60_000] as const;
/** A device with so many results waiting measures no more: real ones have 30 to 200 places. */
const RECORDS_MAX = 60;

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

function openMemory(
  { unit, folder, truth, now, zone }: VirtualDeviceOptions,
  model: SimulatedModel,
  systemId: string,
): DeviceMemory {
  return openDeviceMemory({
    file: join(folder, `${systemId}.json`),
    stores: model.memory === 'stores',
    historyMax: quirkOf(unit, 'resends-everything')?.recordsMax ?? 0,
    confirmed: truth.recordsOf(systemId),
    initialClockOffsetMs: clockOffsetMs(unit, zone, now()),
    isNew: unit.isNew ?? false,
  });
}

/** Of a new device: tells when somebody has paired it, or removed it again. */
function withOwner(memory: DeviceMemory, onPaired: (bonded: boolean) => void): DeviceMemory {
  return {
    ...memory,
    setBonded(bonded) {
      const was = memory.bonded();
      memory.setBonded(bonded);
      if (was !== bonded) onPaired(bonded);
    },
  };
}

/** Takes one measurement into the device's memory. */
function createMeter(options: VirtualDeviceOptions, model: SimulatedModel, memory: DeviceMemory) {
  const { unit, now, seed } = options;
  let count = 0;
  return () => {
    const at = now();
    const random = createRandom(seed, unit.serial, at);
    // the first one after a start is nobody's, so that a short demo shows a question
    count += 1;
    const slot = count === 1 ? 'not-chosen' : count === 2 ? 'chosen' : 'mostly-chosen';
    const { person, ...user } = chooseUser(unit, random, slot);
    const {
      bytes,
      context: _,
      ...texts
    } = FORMS[model.form]({
      random,
      localTime: at + memory.clockOffsetMs,
      nanMean: quirkOf(unit, 'nan-mean') !== undefined,
      clockNotSet: quirkOf(unit, 'clock-not-set') !== undefined,
      ...user,
    });
    memory.add({ at, person, ...texts, bytes: bytes.toString('hex') });
  };
}

/** Opens a unit with what its state file and the ground truth hold of it. */
export function createVirtualDevice(options: VirtualDeviceOptions): VirtualDevice {
  const { unit, truth, now, speed, seed } = options;
  const model: SimulatedModel = SIMULATED_MODELS[unit.modelKey];
  const { id, systemId } = identityOf(unit);
  const memory = withOwner(openMemory(options, model, systemId), (bonded) => {
    if (!unit.isNew) return;
    clearTimeout(turnTimer);
    isExpecting = bonded;
    if (bonded) plan(AFTER_PAIRING_MS);
    else advertise();
  });
  /** Paired just now: it waits to be connected to. */
  let isExpecting = false;
  /** In pairing mode: nobody has paired it, or has done so just now. */
  const isInHand = () => isExpecting || (unit.isNew === true && !memory.bonded());
  const localTime = () => now() + memory.clockOffsetMs;
  const services = gattTable({ unit, model, eui64: systemId, localTime });
  const meter = createMeter(options, model, memory);
  const random = createRandom(seed, unit.serial, 'schedule', now());
  const lastLine = truth.lastOf(systemId);
  const session = createLiveSession({
    now,
    speed,
    random,
    lastAt: lastLine && Date.parse(lastLine.trueTime),
    measure,
  });
  const windowMs = Math.max(ADVERTISE_DEMO_MS[model.memory] / speed, ADVERTISE_REAL_MIN_MS);
  const shared = unit.owner.mode === 'shared';
  let turns = 0;
  let windowEnds = 0;
  let connected = false;
  let turnTimer: NodeJS.Timeout | undefined;
  let onResult: (() => void) | undefined;
  let onAwake = () => {};

  function measure(): void {
    try {
      meter();
    } catch {
      return; // the device's own disk refused: nothing was measured
    }
    onResult?.();
  }

  function advertise(): void {
    windowEnds = performance.now() + windowMs;
    onAwake();
  }

  function plan([low, high]: readonly [number, number]): void {
    turnTimer = setTimeout(turn, whole(random, low, high) / speed);
  }

  function turn(): void {
    turns += 1;
    plan(shared && turns === 1 ? SHARED_SECOND_MS : INTERVAL_MS);
    advertise();
    if (model.memory === 'live') session.begin();
    else if (memory.waiting().length < RECORDS_MAX) measure();
  }

  return {
    unit,
    model,
    id,
    systemId,
    services,
    memory,
    start: () => {
      if (!isInHand()) plan(shared ? SHARED_FIRST_MS : FIRST_MEASUREMENT_MS);
    },
    stop: () => {
      clearTimeout(turnTimer);
      session.stop();
    },
    awake: () => isInHand() || performance.now() < windowEnds,
    setOnAwake: (listener) => {
      onAwake = listener;
    },
    acceptsPairing: () => true,
    advertising: () =>
      !connected &&
      (isInHand() ||
        (performance.now() < windowEnds && (memory.waiting().length > 0 || session.left() > 0))),
    advertise,
    setConnected: (on) => {
      connected = on;
      if (on && memory.bonded()) isExpecting = false;
      if (!connected && session.left() > 0) advertise();
    },
    setListening: (listening) => {
      if (model.memory === 'stores') return;
      if (!listening) memory.forgetWaiting();
      session.listen(listening);
    },
    setOnResult: (listener) => {
      onResult = listener;
    },
    midSession: () => session.left() > 0,
    hangsUpAfter: () => undefined,
    stored: () => memory.waiting(),
    confirm: (record, sentAt) => {
      truth.append(lineOf(record, sentAt, { device: systemId, name: unit.name, kind: model.kind }));
      memory.confirm(record);
    },
  };
}

function lineOf(
  { bytes: _, at, ...facts }: DeviceRecord,
  sentAt: number,
  of: Pick<GroundTruthLine, 'device' | 'name' | 'kind'>,
): Omit<GroundTruthLine, 'n' | 'handedOver'> {
  const trueTime = new Date(at).toISOString();
  return { ...of, trueTime, sentTime: new Date(sentAt).toISOString(), ...facts };
}
