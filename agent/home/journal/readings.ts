import {
  KINDS,
  type Kind,
  type LocalDateTime,
  type Measurement,
  type StatusFlag,
} from '../../../adapters/measurement.ts';
import type { PersonBasis, ReadingTime } from '../../../fhir/reading.ts';
import type { Database } from '../../store.ts';
import { noteChange } from './changes.ts';
import { onRollback } from './committer.ts';

/** What the device said; changed only by reading its capture again. */
export interface ReadingContent {
  readonly measurements: readonly Measurement[];
  readonly status: readonly StatusFlag[];
  readonly sequence?: number;
  readonly deviceTime?: LocalDateTime;
}

export type ReadingState = 'held' | 'ready' | 'corrected' | 'removed';

export interface StoredReading {
  readonly id: string;
  readonly capture: number | undefined;
  readonly device: string;
  readonly kind: Kind;
  readonly userSlot: number | undefined;
  readonly state: ReadingState;
  readonly held: 'person' | 'clock' | undefined;
  readonly heldBecause: string | undefined;
  readonly person: string | undefined;
  readonly basis: PersonBasis | undefined;
  /** Counts re-assignments to another person: each is a new Observation. */
  readonly revision: number;
  readonly measuredAt: number | undefined;
  readonly capturedAt: number;
  readonly content: ReadingContent;
  readonly time: ReadingTime | undefined;
  /** What the person wrote to it and wants shown with it, and when, ms UTC; undefined: it stays at home. */
  readonly note?: { readonly text: string; readonly at: number } | undefined;
}

interface Row {
  id: string;
  capture: number | null;
  device: string;
  kind: Kind;
  user_slot: number | null;
  state: ReadingState;
  held: 'person' | 'clock' | null;
  held_because: string | null;
  person: string | null;
  basis: PersonBasis | null;
  revision: number;
  measured_at: number | null;
  captured_at: number;
  content: string;
  time: string | null;
  comment: string | null;
  note_at: number | null;
}

function readingOf(row: Row): StoredReading {
  return {
    id: row.id,
    capture: row.capture ?? undefined,
    device: row.device,
    kind: row.kind,
    userSlot: row.user_slot ?? undefined,
    state: row.state,
    held: row.held ?? undefined,
    heldBecause: row.held_because ?? undefined,
    person: row.person ?? undefined,
    basis: row.basis ?? undefined,
    revision: row.revision,
    measuredAt: row.measured_at ?? undefined,
    capturedAt: row.captured_at,
    content: JSON.parse(row.content) as ReadingContent,
    time: row.time === null ? undefined : (JSON.parse(row.time) as ReadingTime),
    ...(row.note_at === null || row.comment === null
      ? {}
      : { note: { text: row.comment, at: row.note_at } }),
  };
}

/** Content of a reading that was erased. */
export const ERASED = '{"measurements":[],"status":[]}';
export const isErased = ({ content }: StoredReading) => content.measurements.length === 0;

/**
 * SQL: the readings `r` that rest on that row of `capture`. Its device is the capture's, and they are of
 * some kind: said so that an index leads there, where each capture would go through all readings.
 */
export const restingOn = (capture: string) => `SELECT 1 FROM reading r
  WHERE r.device = ${capture}.device AND r.kind IN ('${Object.keys(KINDS).join("', '")}')
    AND r.capture = ${capture}.id`;

/** Readings remembered: one is asked for several times while it is sent. */
const REMEMBERED_MAX = 256;

/** One memory for a store: whoever writes a reading, everybody reads it. */
const memories = new WeakMap<Database, Map<string, StoredReading>>();

function memoryOf(db: Database): Map<string, StoredReading> {
  const known = memories.get(db);
  if (known) return known;
  const made = new Map<string, StoredReading>();
  memories.set(db, made);
  onRollback(db, () => made.clear());
  return made;
}

/** Version of the decoders that made a reading: re-reading old captures compares it. */
const DECODER_VERSION = 1;

/** Readings: measurements with person and time, in the first of the two state axes (design 5). */
export function createReadings(db: Database) {
  const insert = db.prepare(`INSERT INTO reading
    (id, capture, device, kind, user_slot, state, held, held_because, person, basis, measured_at, captured_at, content, time, decoder, near)
    VALUES (@id, @capture, @device, @kind, @userSlot, @state, @held, @heldBecause, @person, @basis, @measuredAt, @capturedAt, @content, @time, ${DECODER_VERSION}, coalesce(@capture, 0))`);
  const update =
    db.prepare(`UPDATE reading SET state = @state, held = @held, held_because = @heldBecause,
    person = @person, basis = @basis, revision = @revision, measured_at = @measuredAt, captured_at = @capturedAt,
    time = @time WHERE id = @id`);
  const rewrite = db.prepare(
    `UPDATE reading SET content = @content, capture = @capture, measured_at = @measuredAt, time = @time, decoder = ${DECODER_VERSION} WHERE id = @id`,
  );
  const comment = db.prepare(
    "UPDATE reading SET comment = @text, note_at = @noteAt WHERE id = @id AND person = @person AND state <> 'removed'",
  );
  const after = db.prepare<[string, number], Row>(
    'SELECT * FROM reading WHERE id > ? ORDER BY id LIMIT ?',
  );
  const byId = db.prepare<[string], Row>('SELECT * FROM reading WHERE id = ?');
  // Named, or all readings are gone through, of the device or in the order that is asked for.
  const heldByClock = db.prepare<[string], Row>(
    `SELECT * FROM reading INDEXED BY reading_held WHERE state = 'held' AND held = 'clock'
     AND device = ? ORDER BY captured_at`,
  );
  const held = db.prepare<[], Row>(
    "SELECT * FROM reading INDEXED BY reading_held WHERE state = 'held' ORDER BY captured_at",
  );
  const recent = db.prepare<[number], Row>(
    'SELECT * FROM reading ORDER BY captured_at DESC LIMIT ?',
  );
  const ofPerson = db.prepare<[string], Row>(
    'SELECT * FROM reading WHERE person = ? ORDER BY measured_at',
  );
  const lastOf = db.prepare<[string, string], Row>(
    'SELECT * FROM reading WHERE device = ? AND kind = ? ORDER BY capture DESC LIMIT 1',
  );
  const lastWith = db.prepare<[string, string, string], Row>(
    `SELECT * FROM reading WHERE device = ? AND kind = ? AND content -> ? IS NOT NULL
     ORDER BY capture DESC LIMIT 1`,
  );
  const erase = db.prepare(`UPDATE reading SET state = 'removed', held = NULL, content = '${ERASED}'
    WHERE id = ?`);
  // The raw frame holds the same; it goes when no other reading rests on it.
  const eraseFrame = db.prepare(`UPDATE capture SET bytes = x'' WHERE id = ?
    AND NOT EXISTS (${restingOn('capture')} AND r.content <> '${ERASED}')`);
  const unrouted = db.prepare<[string, number, string], Row>(
    `SELECT * FROM reading r WHERE person = ? AND measured_at >= ? AND state IN ('ready', 'corrected')
     AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.near = r.near AND d.reading = r.id AND d.recipient = ?)`,
  );
  const counts = db.prepare<[], { state: ReadingState; held: string | null; n: number }>(
    'SELECT state, held, count(*) AS n FROM reading GROUP BY state, held',
  );
  const kinds = db.prepare<[], Kind>('SELECT DISTINCT kind FROM reading ORDER BY kind').pluck();
  const sameBytes = db.prepare<
    [string, number, number, Buffer, string],
    { id: string }
  >(`SELECT r.id FROM reading r
    JOIN capture c ON c.id = r.capture
    WHERE r.device = ? AND r.captured_at BETWEEN ? AND ? AND c.bytes = ? AND r.kind = ? LIMIT 1`);
  const otherTime = db
    .prepare<[string, string, string], number>(
      `SELECT 1 FROM reading WHERE device = ? AND kind = ? AND content ->> '$.deviceTime' <> ? LIMIT 1`,
    )
    .pluck();

  const memory = memoryOf(db);
  function remember(reading: StoredReading): void {
    // The oldest goes: a Map keeps the order.
    if (memory.size >= REMEMBERED_MAX) memory.delete(memory.keys().next().value ?? '');
    memory.set(reading.id, reading);
  }

  function tell({ person, device, state, basis }: StoredReading): void {
    const wasQuestion = state === 'removed' || basis === 'answered';
    if (state === 'held' || wasQuestion) noteChange(db, { what: 'question', device });
    if (person !== undefined) noteChange(db, { what: 'reading', person });
  }

  const columns = (reading: StoredReading) => ({
    id: reading.id,
    capture: reading.capture ?? null,
    device: reading.device,
    kind: reading.kind,
    userSlot: reading.userSlot ?? null,
    state: reading.state,
    held: reading.held ?? null,
    heldBecause: reading.heldBecause ?? null,
    person: reading.person ?? null,
    basis: reading.basis ?? null,
    revision: reading.revision,
    measuredAt: reading.measuredAt ?? null,
    capturedAt: reading.capturedAt,
    content: JSON.stringify(reading.content),
    time: reading.time === undefined ? null : JSON.stringify(reading.time),
  });

  return {
    add(reading: StoredReading): void {
      insert.run(columns(reading));
      tell(reading);
    },
    save(reading: StoredReading): void {
      update.run(columns(reading));
      memory.delete(reading.id);
      tell(reading);
    },
    /** Derived anew from its capture: another content or time. */
    rewrite(reading: StoredReading): void {
      const { id, content, capture, measuredAt, time } = columns(reading);
      rewrite.run({ id, content, capture, measuredAt, time });
      memory.delete(id);
      tell(reading);
    },
    /** A person's words to a reading of theirs; undefined takes them away. False when it is not theirs. */
    comment(
      id: string,
      person: string,
      words: { readonly text: string; readonly noteAt: number | undefined } | undefined,
    ): boolean {
      const { text = null, noteAt = null } = words ?? {};
      const isDone = comment.run({ id, person, text, noteAt }).changes > 0;
      memory.delete(id);
      if (isDone) noteChange(db, { what: 'reading', person });
      return isDone;
    },
    /** In the order of ids, after the given one. */
    after: (id: string, count: number) => after.all(id, count).map(readingOf),
    get(id: string): StoredReading | undefined {
      const known = memory.get(id);
      if (known) return known;
      const row = byId.get(id);
      if (!row) return undefined;
      const reading = readingOf(row);
      remember(reading);
      return reading;
    },
    heldByClock: (device: string) => heldByClock.all(device).map(readingOf),
    held: () => held.all().map(readingOf),
    recent: (count: number) => recent.all(count).map(readingOf),
    ofPerson: (person: string) => ofPerson.all(person).map(readingOf),
    /** The last reading of this device and kind, with that quantity, in the order they came. */
    last(device: string, kind: Kind, quantity?: string): StoredReading | undefined {
      const row =
        quantity === undefined
          ? lastOf.get(device, kind)
          : lastWith.get(device, kind, `$.measurements[0].quantities."${quantity}"`);
      return row && readingOf(row);
    },
    /** Removed, and nobody is to have it: what was measured is erased, with its raw frame. */
    erase(id: string): void {
      const row = byId.get(id);
      erase.run(id);
      memory.delete(id);
      if (row?.person) noteChange(db, { what: 'reading', person: row.person });
      if (row?.capture) eraseFrame.run(row.capture);
    },
    /** Of a person, measured from an instant on, and never considered for this recipient. */
    unrouted: (person: string, recipient: string, from: number) =>
      unrouted.all(person, from, recipient).map(readingOf),
    /** A reading of the same device made from the same bytes between two instants. */
    withSameBytes: (device: string, kind: Kind, bytes: Uint8Array, from: number, to: number) =>
      sameBytes.get(device, from, to, Buffer.from(bytes), kind)?.id,
    /** The device has shown another time of its own than this: its clock runs. */
    hasOtherTime: (device: string, kind: Kind, deviceTime: string) =>
      otherTime.get(device, kind, deviceTime) !== undefined,
    counts: () => counts.all(),
    kinds: () => kinds.all(),
  };
}

export type Readings = ReturnType<typeof createReadings>;
