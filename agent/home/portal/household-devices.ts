import { modelOf } from '../../../adapters/bluetooth/models/index.ts';
import { type Look, lookOf } from '../../../adapters/bluetooth/models/looks.ts';
import type { Kind } from '../../../adapters/measurement.ts';
import { localMs } from '../../../fhir/time.ts';
import type { Database } from '../../store.ts';
import type { DeviceTrouble } from '../device-trouble.ts';
import { createClockReadings } from '../journal/clock-readings.ts';
import { createReadings, type StoredReading } from '../journal/readings.ts';
import { concerns, createDevices, type SlotKind } from '../people/devices.ts';
import type { Person } from '../people/people.ts';
import type { Views } from '../views.ts';
import { may, type Who } from './access/rights.ts';

/** What is known of a device's clock. `minutes`: fast when positive. */
export type ClockState =
  | { readonly is: 'unknown' }
  | { readonly is: 'right' }
  | { readonly is: 'unset' }
  | { readonly is: 'off'; readonly minutes: number };

/** A device as somebody may see it. */
export interface ShownDevice {
  readonly id: string;
  readonly name: string;
  readonly look: Look | undefined;
  /** Maker and product; empty when it told neither. */
  readonly model: string;
  readonly modelKey: string | undefined;
  readonly simulated: boolean;
  readonly ownership: 'unassigned' | 'mine' | 'shared';
  /** Of one that is only somebody's: the person for whom is asked. */
  readonly slots: readonly { readonly slot: number; readonly person: Person | undefined }[];
  readonly slotKind: SlotKind;
  readonly battery: string | undefined;
  readonly lastHeardAt: number | undefined;
  readonly clock: ClockState;
  readonly trouble: DeviceTrouble | undefined;
  /** It broadcasts encrypted, and nothing of it can be read. */
  readonly isKeyMissing: boolean;
}

/** Two people cannot have one user number. */
export interface SlotRefusal {
  readonly refused: 'slot-twice' | 'slot-taken';
}

/** Seconds are nothing that anybody minds, ms. */
const RIGHT_WITHIN_MS = 60_000;
/** Nobody sets a clock so wrong: it counts from where its battery began, ms. */
const UNSET_FROM_MS = 24 * 3_600_000;

/** A clock as it was read, beside the home's own. */
export function clockStateOf(
  read: { readonly deviceNow: string; readonly gatewayAt: number } | undefined,
  zone: string,
): ClockState {
  if (!read) return { is: 'unknown' };
  const off = Date.parse(`${read.deviceNow}Z`) - localMs(read.gatewayAt, zone);
  if (!Number.isFinite(off) || Math.abs(off) >= UNSET_FROM_MS) return { is: 'unset' };
  if (Math.abs(off) < RIGHT_WITHIN_MS) return { is: 'right' };
  return { is: 'off', minutes: Math.round(off / 60_000) };
}

/**
 * The devices that somebody may see, as {@link concerns} tells. Another's are not there, whatever is asked. It holds no value, but for {@link firstReading}.
 */
export function createHouseholdDevices(
  db: Database,
  parts: {
    readonly views: Pick<Views, 'devices'>;
    readonly zone: string;
    readonly now: () => number;
    /** Those of the household who let a person name them, without that person. */
    readonly housemates: (person: string) => readonly Person[];
  },
) {
  const { views, zone, housemates } = parts;
  const clocks = createClockReadings(db);
  const readings = createReadings(db);
  const devices = createDevices(db, parts);
  const kindOf = db
    .prepare<[string], Kind>(
      `SELECT kind FROM reading WHERE device = ? AND kind != 'battery' LIMIT 1`,
    )
    .pluck();
  const first = db
    .prepare<{ device: string; person: string; since: number }, string>(
      `SELECT id FROM reading WHERE device = @device AND capture > @since AND person = @person
       AND state IN ('ready', 'corrected') ORDER BY captured_at DESC LIMIT 1`,
    )
    .pluck();
  const isAsked = db
    .prepare<[string, number], number>(
      `SELECT 1 FROM reading WHERE device = ? AND capture > ? AND state = 'held' LIMIT 1`,
    )
    .pluck();

  /** People whose slots may be chosen, the one who asks first; a helper knows one. */
  const people = ({ person, role }: Who): readonly Person[] =>
    role === 'helper' ? [person] : [person, ...housemates(person.id)];

  type Row = ReturnType<Views['devices']>[number];

  function shown(row: Row, who: Who): ShownDevice {
    const kind = kindOf.get(row.id);
    const known = people(who);
    const epoch = devices.byId(row.id)?.clockEpoch ?? 0;
    return {
      id: row.id,
      name: row.name,
      look: lookOf(modelOf(row.modelKey)?.measures ?? (kind ? [kind] : [])),
      model: row.model,
      modelKey: row.modelKey,
      simulated: row.simulated,
      ownership: row.ownership,
      slots: Object.entries(row.slots).map(([slot, id]) => ({
        slot: Number(slot),
        person: known.find((one) => one.id === id),
      })),
      slotKind: row.slotKind,
      battery: row.battery,
      lastHeardAt: row.lastHeardAt,
      clock: clockStateOf(clocks.latest(row.id, epoch), zone),
      trouble: row.trouble,
      isKeyMissing: row.key === 'missing',
    };
  }

  const isFor = (row: Row, { person }: Who) => row.ready && concerns(row, person.id);

  return {
    list: (who: Who): ShownDevice[] =>
      views
        .devices()
        .filter((row) => isFor(row, who))
        .map((row) => shown(row, who)),
    /** Undefined alike for one that is not there, and for another's. */
    find(who: Who, id: string): ShownDevice | undefined {
      const row = views.devices().find((one) => one.id === id);
      return row && isFor(row, who) ? shown(row, who) : undefined;
    },
    /** What the household calls the device of an address; `others` for one that is not theirs to see. */
    byAddress(who: Who, address: string): ShownDevice | 'others' | undefined {
      const row = views.devices().find((one) => one.address === address && one.ready);
      if (!row) return undefined;
      return isFor(row, who) ? shown(row, who) : 'others';
    },
    people,
    /** The newest measurement of a device since then, for whom it belongs to; for others whether it is a question. */
    firstReading(who: Who, device: string, since: number): StoredReading | 'question' | undefined {
      const person = who.person.id;
      const id = may(who, 'see-values') ? first.get({ device, person, since }) : undefined;
      const found = id === undefined ? undefined : readings.get(id);
      if (found) return found;
      return isAsked.get(device, since) === 1 ? 'question' : undefined;
    },
    /** Slots as they will be: those of people who cannot be seen stay. */
    slotsWith(
      who: Who,
      device: ShownDevice,
      chosen: ReadonlyMap<string, number>,
    ): { readonly slots: Record<number, string> } | SlotRefusal {
      const row = devices.byId(device.id);
      const visible = new Set(people(who).map(({ id }) => id));
      const kept = Object.entries(row?.slots ?? {}).filter(([, id]) => !visible.has(id));
      const slots: Record<number, string> = Object.fromEntries(kept);
      for (const [person, slot] of chosen) {
        const other = slots[slot];
        if (other !== undefined) {
          return { refused: visible.has(other) ? 'slot-twice' : 'slot-taken' };
        }
        slots[slot] = person;
      }
      return { slots };
    },
  };
}

export type HouseholdDevices = ReturnType<typeof createHouseholdDevices>;
