import type { ClockState } from './device-clock.ts';
import type { DeviceRecord } from './device-memory.ts';
import { readIfThere, replaceFile } from './files.ts';
import type { PlannedTruth } from './planned-truth.ts';

/** A result of a planned measurement, as its device keeps it. */
export interface PlannedRecord extends DeviceRecord {
  readonly n: number;
  /** A powered radio was in range for long enough while it could be fetched. */
  chance: boolean;
}

interface State {
  readonly v: 1;
  /** So many of the unit's happenings have happened. */
  readonly happened: number;
  readonly nextRecord: number;
  readonly bonded: boolean;
  readonly clock: ClockState;
  readonly records: readonly PlannedRecord[];
}

/** How a device keeps what it has handed over. */
export type Keeping =
  /** Nothing of it. */
  | { readonly after: 'confirmed' }
  /** Until all that waited was confirmed: a connection that broke off begins again. */
  | { readonly after: 'transfer' }
  /** The last ones, sent again at each connection. */
  | { readonly after: 'never'; readonly recordsMax: number }
  /** As long as there is room, for who asks. */
  | { readonly after: 'full' };

/** What one device keeps over a power cut. Changes are on disk after `save`. */
export interface PlannedMemory {
  happened: number;
  bonded: boolean;
  clock: ClockState;
  waiting(): readonly PlannedRecord[];
  history(): readonly PlannedRecord[];
  stored(): readonly PlannedRecord[];
  /** Numbers a result; gives back what had to make room for it unconfirmed. */
  add(result: Omit<PlannedRecord, 'record' | 'chance'>): readonly PlannedRecord[];
  /** The number that the next result gets. */
  nextRecord(): number;
  /** The ground truth has it as handed over: the file follows at the next change. */
  confirm(record: PlannedRecord): void;
  drop(records: readonly PlannedRecord[]): void;
  save(): void;
}

/** Opens a device's state file, or begins it as its owner set it up. */
export function openPlannedMemory(options: {
  readonly file: string;
  readonly truth: PlannedTruth;
  readonly keeping: Keeping;
  readonly recordsMax: number;
  readonly clock: ClockState;
}): PlannedMemory {
  const { file, truth, keeping, recordsMax } = options;
  const text = readIfThere(file);
  const found = text === undefined ? undefined : (JSON.parse(text) as State);
  let nextRecord = found?.nextRecord ?? 1;
  let records = [...(found?.records ?? [])];

  const isWaiting = ({ n }: PlannedRecord) => !truth.isHandedOver(n);
  const waiting = () => records.filter(isWaiting);
  const confirmed = () => records.filter((record) => !isWaiting(record));
  /** Forgets what it no longer keeps of the confirmed ones. */
  const tidy = () => {
    const { after } = keeping;
    if (after === 'full' || (after === 'transfer' && waiting().length > 0)) return;
    const kept = after === 'never' ? confirmed().slice(-keeping.recordsMax) : [];
    records = records.filter((record) => isWaiting(record) || kept.includes(record));
  };
  const isSentAgain = keeping.after === 'never' || keeping.after === 'transfer';

  const memory: PlannedMemory = {
    happened: found?.happened ?? 0,
    bonded: found?.bonded ?? false,
    clock: found?.clock ?? options.clock,
    waiting,
    history: () => (isSentAgain ? confirmed() : []),
    stored: () => records,
    nextRecord: () => nextRecord,
    add: (result) => {
      records.push({ ...result, record: nextRecord, chance: false });
      nextRecord += 1;
      const room = records.length - recordsMax;
      // what was handed over makes room first
      const gone = [...confirmed(), ...waiting()].slice(0, Math.max(0, room));
      memory.drop(gone);
      return gone.filter(isWaiting);
    },
    confirm: tidy,
    drop: (gone) => {
      records = records.filter((record) => !gone.includes(record));
    },
    save: () => {
      const { happened, bonded, clock } = memory;
      const state: State = { v: 1, happened, nextRecord, bonded, clock, records };
      replaceFile(file, JSON.stringify(state));
    },
  };
  tidy();
  return memory;
}
