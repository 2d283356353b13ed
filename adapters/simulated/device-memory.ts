import type { Ucum } from '../measurement.ts';
import { readIfThere, replaceFile } from './files.ts';

/** A result as a device keeps it. */
export interface DeviceRecord {
  readonly record: number;
  /** True instant of measuring, milliseconds since 1970 UTC. */
  readonly at: number;
  readonly person: string | null;
  readonly values: Readonly<Record<string, string>>;
  readonly unit: Readonly<Record<string, Ucum>>;
  /** As sent, hex. */
  readonly bytes: string;
  /** A frame of its own that goes with it, hex. */
  readonly context?: string;
}

interface State {
  readonly v: 1;
  readonly nextRecord: number;
  readonly bonded: boolean;
  /** What the wall clock shows, minus UTC, ms: set once by its owner, zone and error included. */
  readonly clockOffsetMs: number;
  readonly records: readonly DeviceRecord[];
}

/** What one device keeps over a power cut. */
export interface DeviceMemory {
  readonly clockOffsetMs: number;
  bonded(): boolean;
  /** On disk when it returns. */
  setBonded(bonded: boolean): void;
  /**
   * Numbers a result; on disk when it returns, unless the device keeps nothing. Throws when the
   * disk refuses, and then nothing was measured.
   */
  add(result: Omit<DeviceRecord, 'record'>): DeviceRecord;
  /** Oldest first: what the collector has not confirmed. */
  waiting(): readonly DeviceRecord[];
  /** Oldest first: confirmed ones that the device sends again. */
  history(): readonly DeviceRecord[];
  /** The collector has it. The file follows at the next result: the ground truth knows better. */
  confirm(record: DeviceRecord): void;
  /** Live results nobody confirmed are gone. */
  forgetWaiting(): void;
}

/**
 * Opens a device's state file, or begins it.
 * @param options.confirmed record numbers the ground truth already has: not waiting any more
 * @param options.historyMax confirmed records kept to be sent again; 0 forgets each at once
 */
export function openDeviceMemory(options: {
  readonly file: string;
  readonly stores: boolean;
  readonly historyMax: number;
  readonly confirmed: ReadonlySet<number>;
  readonly initialClockOffsetMs: number;
  /** Until somebody pairs it. */
  readonly isNew: boolean;
}): DeviceMemory {
  const { file, stores, historyMax, confirmed } = options;
  const text = readIfThere(file);
  const found = text === undefined ? undefined : (JSON.parse(text) as State);
  const clockOffsetMs = found?.clockOffsetMs ?? options.initialClockOffsetMs;
  let bonded = found?.bonded ?? !options.isNew;
  let nextRecord = Math.max(found?.nextRecord ?? 1, 1 + Math.max(0, ...confirmed));
  let waiting = (found?.records ?? []).filter(({ record }) => !confirmed.has(record));
  let history = keepLast((found?.records ?? []).filter(({ record }) => confirmed.has(record)));

  function keepLast(records: readonly DeviceRecord[]): DeviceRecord[] {
    return historyMax === 0 ? [] : records.slice(-historyMax);
  }

  function save(): void {
    const records = stores ? [...history, ...waiting] : [];
    const state: State = { v: 1, nextRecord, bonded, clockOffsetMs, records };
    replaceFile(file, JSON.stringify(state));
  }

  save();
  return {
    clockOffsetMs,
    bonded: () => bonded,
    setBonded: (now) => {
      bonded = now;
      save();
    },
    add: (result) => {
      const record = { record: nextRecord, ...result };
      nextRecord += 1;
      waiting.push(record);
      try {
        if (stores) save();
      } catch (error) {
        waiting.pop();
        throw error;
      }
      return record;
    },
    waiting: () => waiting,
    history: () => history,
    confirm: (record) => {
      waiting = waiting.filter((other) => other !== record);
      history = keepLast([...history, record]);
    },
    forgetWaiting: () => {
      waiting = [];
    },
  };
}
