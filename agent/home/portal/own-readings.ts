import {
  KINDS,
  type Kind,
  type Measurement,
  type StatusFlag,
  type TypedBy,
  typedByOf,
} from '../../../adapters/measurement.ts';
import type { DeviceFacts, PersonBasis, ReadingTime } from '../../../fhir/reading.ts';
import type { Database } from '../../store.ts';
import type { ReadingContent, ReadingState } from '../journal/readings.ts';

/** Whose device it was, as its household knows it. */
export interface OwnDevice {
  readonly id: string;
  readonly name: string;
  readonly facts: DeviceFacts;
  readonly simulated: boolean;
  /** Whose alone it is; undefined of a shared one. */
  readonly owner: string | undefined;
}

/** A reading as the person whose it is may see it. */
export interface OwnReading {
  readonly id: string;
  readonly kind: Kind;
  readonly state: ReadingState;
  /** By a trusted clock, ms UTC; undefined while it waits for one. */
  readonly measuredAt: number | undefined;
  /** When it came to the gateway, ms UTC. */
  readonly arrivedAt: number;
  /** Empty when it was removed: what is "not mine" may be somebody else's. */
  readonly measurements: readonly Measurement[];
  readonly status: readonly StatusFlag[];
  readonly sequence: number | undefined;
  readonly time: ReadingTime | undefined;
  readonly basis: PersonBasis | undefined;
  /** Words to it; they stay at home unless they are shown. */
  readonly comment: string | undefined;
  /** The comment is shown to those who may see the reading. */
  readonly isCommentShown: boolean;
  readonly device: OwnDevice;
  /** No device told it: who typed it in. */
  readonly typedBy?: TypedBy | undefined;
}

/** Of one kind and a period, oldest first. */
export interface Points {
  readonly readings: readonly OwnReading[];
  /** There were more: the first of each span stands for it, unaltered; ms. */
  readonly spanMs: number | undefined;
}

export interface Period {
  /** Milliseconds UTC. */
  readonly from: number;
  /** Not itself in the period. */
  readonly until: number;
}

/** Most of one page of a list. */
const PAGE_MAX = 200;
/** Three a day for a year; more would be a page that nobody reads, and larger than 200 kB. */
const POINTS_MAX = 1_100;
/** Spans of a period of which there are more: a point each on a wide screen. */
const SPANS = 250;
/** Read at a time for an export. */
const CHUNK = 200;

const SHOWN = `r.person = @person AND r.kind = @kind AND r.state IN ('ready', 'corrected')`;
const ROW = `SELECT r.id, r.kind, r.state, r.measured_at, r.captured_at, r.content, r.time, r.basis, r.device,
    r.comment, r.note_at
  FROM reading r`;

/** Every query of a person's own readings: each names the person, and each is answered by an index. */
export const OWN_READINGS_SQL = {
  newest: `${ROW} WHERE ${SHOWN} AND r.measured_at IS NOT NULL
    ORDER BY r.measured_at DESC, r.id DESC LIMIT @count`,
  older: `${ROW} WHERE ${SHOWN} AND r.measured_at <= @at AND (r.measured_at < @at OR r.id < @id)
    ORDER BY r.measured_at DESC, r.id DESC LIMIT @count`,
  period: `${ROW} WHERE ${SHOWN} AND r.measured_at >= @from AND r.measured_at < @until
    ORDER BY r.measured_at, r.id LIMIT @count`,
  undated: `${ROW} WHERE r.person = @person AND r.kind = @kind AND r.measured_at IS NULL
    AND r.state = 'held' LIMIT @count`,
  isMore: `SELECT 1 FROM reading r WHERE ${SHOWN} AND r.measured_at >= @from AND r.measured_at < @until
    LIMIT 1 OFFSET @count`,
  one: `${ROW} WHERE r.id = @id AND r.person = @person`,
  ids: `SELECT r.id FROM reading r WHERE ${SHOWN} AND r.measured_at >= @from AND r.measured_at < @until`,
  device: 'SELECT id, name, facts, simulated, ownership, owner FROM device WHERE id = ?',
} as const;

interface Row {
  id: string;
  kind: Kind;
  state: ReadingState;
  measured_at: number | null;
  captured_at: number;
  content: string;
  time: string | null;
  basis: PersonBasis | null;
  device: string;
  comment: string | null;
  note_at: number | null;
}

interface DeviceRow {
  id: string;
  name: string;
  facts: string;
  simulated: number;
  ownership: string;
  owner: string | null;
}

/**
 * What one person may see of own readings, from the store alone. A reading of somebody else is, to
 * every question here, like one that is not there.
 */
export function createOwnReadings(db: Database) {
  const newest = db.prepare<object, Row>(OWN_READINGS_SQL.newest);
  const older = db.prepare<object, Row>(OWN_READINGS_SQL.older);
  const period = db.prepare<object, Row>(OWN_READINGS_SQL.period);
  const isMore = db.prepare<object, number>(OWN_READINGS_SQL.isMore).pluck();
  const undated = db.prepare<object, Row>(OWN_READINGS_SQL.undated);
  const one = db.prepare<object, Row>(OWN_READINGS_SQL.one);
  const ids = db.prepare<object, string>(OWN_READINGS_SQL.ids).pluck();
  const device = db.prepare<[string], DeviceRow>(OWN_READINGS_SQL.device);

  /** Devices are few: each is looked up once for a list. */
  function reader(): (row: Row) => OwnReading {
    const known = new Map<string, OwnDevice>();
    return (row) => {
      const found = known.get(row.device) ?? deviceOf(row.device, device.get(row.device));
      known.set(row.device, found);
      return ownReading(row, found);
    };
  }

  /** The newest of each kind before that one, in one order of time. */
  function before(person: string, kinds: readonly Kind[], after: Row | undefined, count: number) {
    const rows = kinds.flatMap((kind) =>
      after?.measured_at == null
        ? newest.all({ person, kind, count })
        : older.all({ person, kind, count, at: after.measured_at, id: after.id }),
    );
    return rows.sort((a, b) => byTime(b, a)).slice(0, count);
  }

  return {
    /** The latest of each kind that there is, the latest first. */
    latest(person: string): OwnReading[] {
      const rows = EVERY_KIND.flatMap((kind) => newest.all({ person, kind, count: 1 }));
      return rows.sort((a, b) => byTime(b, a)).map(reader());
    },
    /**
     * A page of a list, newest first. `after` is the id of the last one on the page before; an id
     * that is not one of this person's own gives the first page.
     */
    page(
      person: string,
      wanted: { readonly kind?: Kind; readonly after?: string; readonly count: number },
    ): { readings: OwnReading[]; next: string | undefined } {
      const count = Math.min(wanted.count, PAGE_MAX);
      const after = wanted.after === undefined ? undefined : one.get({ person, id: wanted.after });
      const rows = before(person, wanted.kind ? [wanted.kind] : EVERY_KIND, after, count + 1);
      const shown = rows.slice(0, count);
      return {
        readings: shown.map(reader()),
        next: rows.length > count ? shown.at(-1)?.id : undefined,
      };
    },
    /** Undefined also for another person's. */
    one(person: string, id: string): OwnReading | undefined {
      const row = one.get({ person, id });
      return row && reader()(row);
    },
    /** Of one kind in a period. All of them, or the first of each span where there are too many. */
    points(person: string, kind: Kind, { from, until }: Period): Points {
      if (isMore.get({ person, kind, from, until, count: POINTS_MAX }) === undefined) {
        const all = period.all({ person, kind, from, until, count: POINTS_MAX });
        return { readings: all.map(reader()), spanMs: undefined };
      }
      const spanMs = Math.ceil((until - from) / SPANS);
      const firsts = Array.from({ length: SPANS }, (_, index) => from + index * spanMs).flatMap(
        (start) => {
          const end = Math.min(start + spanMs, until);
          return period.all({ person, kind, from: start, until: end, count: 1 });
        },
      );
      return { readings: firsts.map(reader()), spanMs };
    },
    /** Ids of all that were measured in a period. */
    ids: (person: string, { from, until }: Period): string[] =>
      EVERY_KIND.flatMap((kind) => ids.all({ person, kind, from, until })),
    /** Waiting for a clock that can be trusted, newest arrival first: known, but not when. */
    undated(person: string): OwnReading[] {
      const rows = EVERY_KIND.flatMap((kind) => undated.all({ person, kind, count: PAGE_MAX }));
      return rows.sort((a, b) => b.captured_at - a.captured_at).map(reader());
    },
    /**
     * All of a person's, newest first, a few in memory at a time. Between two the store is free for
     * others; what is measured meanwhile is not among them.
     */
    *every(person: string, kinds: readonly Kind[] = EVERY_KIND): Generator<OwnReading> {
      const read = reader();
      for (let last: Row | undefined; ; ) {
        const rows = before(person, kinds, last, CHUNK);
        yield* rows.map(read);
        last = rows.at(-1);
        if (rows.length < CHUNK) return;
      }
    },
  };
}

export type OwnReadings = ReturnType<typeof createOwnReadings>;

const EVERY_KIND = Object.keys(KINDS) as Kind[];

/** As the queries order: ids decide between two of one instant. */
function byTime(a: Row, b: Row): number {
  const apart = (a.measured_at ?? 0) - (b.measured_at ?? 0);
  return apart === 0 ? (a.id < b.id ? -1 : 1) : apart;
}

function ownReading(row: Row, device: OwnDevice): OwnReading {
  const isRemoved = row.state === 'removed';
  const content = JSON.parse(row.content) as ReadingContent;
  return {
    id: row.id,
    kind: row.kind,
    state: row.state,
    measuredAt: row.measured_at ?? undefined,
    arrivedAt: row.captured_at,
    measurements: isRemoved ? [] : content.measurements,
    status: isRemoved ? [] : content.status,
    sequence: content.sequence,
    time: row.time === null ? undefined : (JSON.parse(row.time) as ReadingTime),
    basis: row.basis ?? undefined,
    comment: isRemoved ? undefined : (row.comment ?? undefined),
    isCommentShown: row.note_at !== null,
    device,
    typedBy: typedByOf(content.measurements),
  };
}

function deviceOf(id: string, row: DeviceRow | undefined): OwnDevice {
  const facts = (row ? JSON.parse(row.facts) : { regulated: 'unknown' }) as DeviceFacts;
  const owner = row?.ownership === 'mine' ? (row.owner ?? undefined) : undefined;
  return { id, name: row?.name ?? '', facts, simulated: row?.simulated === 1, owner };
}
