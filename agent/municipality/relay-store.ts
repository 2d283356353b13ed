import { CONTRACT_VERSION } from '../contract/contract.ts';
import type { Receipt, SharingCause } from '../contract/messages.ts';
import type { Database } from '../store.ts';
import { createBelonging } from './belonging.ts';
import type { EnvelopeKind, RejectedReason } from './envelope.ts';
import { parseJson } from './json.ts';
import type { ReceivedReading } from './readings.ts';

/** Receipts sent again in one go, at most: the rest follow when the gateway's status has moved on. */
const RESEND_MAX = 500;

export type AnswerState = 'received' | 'rejected' | 'retracted';

export interface KnownEnvelope {
  readonly id: string;
  readonly gateway: string | null;
  readonly state: AnswerState;
  readonly reason: string | null;
}

/** A line of the desk as stored. */
export interface ReadingRow {
  readonly row: number;
  readonly person: string;
  /** Milliseconds since 1970 UTC, as the other times here. */
  readonly receivedAt: number;
  readonly correctedAt: number | null;
  readonly retractedAt: number | null;
  readonly readAt: number | null;
  readonly reading: ReceivedReading;
}

/** What a home told of one person's sharing. */
export interface SharingNotice {
  readonly person: string;
  readonly seq: number;
  readonly cause: SharingCause;
  /** As written by the home, with its offset. */
  readonly at: string;
}

export interface Accepted {
  readonly id: string;
  readonly kind: EnvelopeKind;
  readonly gateway?: string;
  readonly recipient?: string;
  readonly stored: readonly string[];
  readonly readings: readonly ReceivedReading[];
}

export type RelayStore = ReturnType<typeof createRelayStore>;

/**
 * Envelopes, readings and receipts. Every method that writes is one transaction, on disk when it
 * returns: only then may a receipt be published.
 */
export function createRelayStore(deps: { readonly db: Database; readonly now: () => number }) {
  const { db, now } = deps;
  const sql = createStatements(db);
  const writing = <T>(work: () => T): T => db.transaction(work).immediate();

  function issue(gateway: string, answer: Omit<Receipt, 'v' | 'seq' | 'at'>): Receipt {
    const at = now();
    const seq = sql.nextSeq.get(gateway)?.seq ?? 0;
    const reason = answer.reason ?? null;
    sql.addReceipt.run({ gateway, seq, envelope: answer.id, state: answer.state, at, reason });
    return { v: CONTRACT_VERSION, seq, ...answer, at: new Date(at).toISOString() };
  }

  /** Remembers an accepted envelope and its readings. The receipt is absent when no gateway asked. */
  function accept(accepted: Accepted): Receipt | undefined {
    const { id, gateway, recipient } = accepted;
    const state = accepted.kind === 'retraction' ? 'retracted' : 'received';
    return writing(() => {
      const stored = JSON.stringify(accepted.stored);
      addEnvelope({ id, gateway, recipient, state, stored });
      for (const reading of accepted.readings) keep(reading, accepted);
      return gateway === undefined ? undefined : issue(gateway, { id, state });
    });
  }

  /** Remembers a refusal; nothing of the content is kept. */
  function reject(refused: {
    readonly id: string;
    readonly gateway: string;
    readonly recipient: string;
    readonly reason: RejectedReason;
  }): Receipt {
    const { id, gateway, reason } = refused;
    return writing(() => {
      addEnvelope({ ...refused, state: 'rejected', stored: '[]' });
      return issue(gateway, { id, state: 'rejected', reason });
    });
  }

  /**
   * Answers what is about a person of another gateway, a repeat under the number it has. Nothing is
   * remembered of the envelope: the right gateway's own may have that id.
   */
  function refuse(id: string, gateway: string, reason: RejectedReason): Receipt[] {
    return writing(() => {
      const given = sql.receiptsOf.all(gateway, id).map(asReceipt);
      return given.length > 0 ? given : [issue(gateway, { id, state: 'rejected', reason })];
    });
  }

  function addEnvelope(envelope: {
    id: string;
    gateway: string | undefined;
    recipient: string | undefined;
    state: AnswerState;
    reason?: string;
    stored: string;
  }): void {
    sql.addEnvelope.run({
      ...envelope,
      gateway: envelope.gateway ?? null,
      recipient: envelope.recipient ?? null,
      reason: envelope.reason ?? null,
      receivedAt: now(),
    });
  }

  /** A new line, or the change of one: the FHIR server keeps the first of a repeat, and so do we. */
  function keep(reading: ReceivedReading, { id, kind }: Accepted): void {
    const content = JSON.stringify(reading);
    const known = reading.identifiers
      .map((identifier) => sql.readingOf.get(identifier)?.reading)
      .find((row) => row !== undefined);
    if (known !== undefined && kind === 'new') return;
    const at = now();
    const change = {
      envelope: id,
      person: reading.person,
      content,
      correctedAt: kind === 'correction' ? at : null,
      retractedAt: kind === 'retraction' ? at : null,
    };
    if (known !== undefined) sql.changeReading.run({ ...change, row: known });
    const row = known ?? sql.addReading.get({ ...change, receivedAt: at })?.row ?? 0;
    for (const identifier of reading.identifiers) sql.addObservation.run(identifier, row);
  }

  /**
   * The answers of a known envelope again, under the numbers they have: a number that nobody gets
   * would be a gap, before which a gateway waits for ever. A gateway that has none gets its own (a
   * replaced box sends what the old one did).
   */
  function answerAgain(id: string, gateway: string): Receipt[] {
    return writing(() => {
      const known = sql.envelope.get(id);
      if (!known) return [];
      const given = sql.receiptsOf.all(gateway, id).map(asReceipt);
      if (given.length > 0) return given;
      const { state, reason } = known;
      const first = issue(gateway, { id, state, ...(reason === null ? {} : { reason }) });
      // That it was read is for the gateway to which its person belongs.
      if (sql.ofAnother.get({ gateway, id })) return [first];
      sql.setGateway.run(gateway, id);
      return sql.wasRead.get(id) ? [first, issue(gateway, { id, state: 'read' })] : [first];
    });
  }

  /** Keeps what was told of sharing, and answers as for an envelope: a repeat under the number it has. */
  function acceptSharing(id: string, gateway: string, notice: SharingNotice): Receipt[] {
    return writing(() => {
      const given = sql.receiptsOf.all(gateway, id).map(asReceipt);
      if (given.length > 0) return given;
      sql.addSharing.run({ ...notice, receivedAt: now() });
      return [issue(gateway, { id, state: 'received' })];
    });
  }

  /** Marks a reading read, once. The receipt is absent when it came over HTTPS or was read before. */
  function markRead(row: number): { gateway: string; receipt: Receipt } | undefined {
    return writing(() => {
      const envelope = sql.markRead.get({ row, at: now() })?.envelope;
      const known = envelope === undefined ? undefined : sql.envelope.get(envelope);
      if (!known?.gateway) return undefined;
      return {
        gateway: known.gateway,
        receipt: issue(known.gateway, { id: known.id, state: 'read' }),
      };
    });
  }

  /**
   * Receipts later than the gateway has. A gateway that has more than we gave was answered by a
   * store that is gone: numbering goes on after its number, or it would never see ours as later.
   */
  function receiptsAfter(gateway: string, seq: number): Receipt[] {
    const last = sql.lastSeq.get(gateway)?.seq ?? 0;
    if (seq > last) sql.raiseSeq.run({ gateway, seq });
    return sql.receiptsAfter.all(gateway, seq, RESEND_MAX).map(asReceipt);
  }

  return {
    belonging: createBelonging(deps),
    accept,
    reject,
    refuse,
    answerAgain,
    acceptSharing,
    markRead,
    receiptsAfter,
    known: (id: string): KnownEnvelope | undefined => sql.envelope.get(id),
    /** Of whom sharing is paused or has ended as last told, who was told of last first. */
    notSharing: (): SharingNotice[] => sql.notSharing.all(),
    /** Newest first, before the given row when there is one. */
    readings: (page: { readonly before?: number; readonly count: number }): ReadingRow[] =>
      sql.readings
        .all({ before: page.before ?? Number.MAX_SAFE_INTEGER, count: page.count })
        .map(({ content, ...row }) => ({ ...row, reading: parseJson(content) as ReceivedReading })),
  };
}

type StoredReceipt = Pick<Receipt, 'seq' | 'id' | 'state'> & { at: number; reason: string | null };

function asReceipt({ at, reason, ...row }: StoredReceipt): Receipt {
  return {
    v: CONTRACT_VERSION,
    ...row,
    at: new Date(at).toISOString(),
    ...(reason === null ? {} : { reason }),
  };
}

function createStatements(db: Database) {
  return {
    ...envelopeStatements(db),
    ...receiptStatements(db),
    readingOf: db.prepare<[string], { reading: number }>(
      'SELECT reading FROM observations WHERE identifier = ?',
    ),
    addReading: db.prepare<[Record<string, unknown>], { row: number }>(
      `INSERT INTO readings
         (envelope, person, received_at, corrected_at, retracted_at, content)
       VALUES (:envelope, :person, :receivedAt, :correctedAt, :retractedAt, :content)
       RETURNING row`,
    ),
    // What changed has not been read yet.
    changeReading: db.prepare<[Record<string, unknown>]>(
      `UPDATE readings SET envelope = :envelope, person = :person, content = :content,
         corrected_at = :correctedAt, retracted_at = :retractedAt, read_at = NULL
       WHERE row = :row`,
    ),
    addObservation: db.prepare<[string, number]>(
      'INSERT OR IGNORE INTO observations VALUES (?, ?)',
    ),
    markRead: db.prepare<[{ row: number; at: number }], { envelope: string }>(
      `UPDATE readings SET read_at = :at
       WHERE row = :row AND read_at IS NULL AND retracted_at IS NULL RETURNING envelope`,
    ),
    wasRead: db.prepare<[string], { row: number }>(
      'SELECT row FROM readings WHERE envelope = ? AND read_at IS NOT NULL LIMIT 1',
    ),
    addSharing: db.prepare<[SharingNotice & { receivedAt: number }]>(
      'INSERT OR IGNORE INTO sharing VALUES (:person, :seq, :cause, :at, :receivedAt)',
    ),
    notSharing: db.prepare<[], SharingNotice>(
      `SELECT person, seq, cause, at FROM sharing s
       WHERE seq = (SELECT max(seq) FROM sharing WHERE person = s.person)
         AND cause <> 'consent-resumed' ORDER BY received_at DESC, person`,
    ),
    readings: db.prepare<
      [{ before: number; count: number }],
      Omit<ReadingRow, 'reading'> & { content: string }
    >(
      `SELECT row, person, received_at AS receivedAt, corrected_at AS correctedAt,
         retracted_at AS retractedAt, read_at AS readAt, content
       FROM readings WHERE row < :before ORDER BY row DESC LIMIT :count`,
    ),
  };
}

function envelopeStatements(db: Database) {
  return {
    addEnvelope: db.prepare<[Record<string, unknown>]>(
      `INSERT INTO envelopes
       VALUES (:id, :gateway, :recipient, :receivedAt, :state, :reason, :stored)`,
    ),
    envelope: db.prepare<[string], KnownEnvelope>(
      'SELECT id, gateway, state, reason FROM envelopes WHERE id = ?',
    ),
    ofAnother: db.prepare<[{ gateway: string; id: string }], { person: string }>(
      `SELECT b.person FROM readings r JOIN belongs b ON b.person = lower(r.person)
       WHERE r.envelope = :id AND b.gateway <> :gateway LIMIT 1`,
    ),
    setGateway: db.prepare<[string, string]>('UPDATE envelopes SET gateway = ? WHERE id = ?'),
  };
}

function receiptStatements(db: Database) {
  return {
    nextSeq: db.prepare<[string], { seq: number }>(
      `INSERT INTO gateways VALUES (?, 1)
       ON CONFLICT (gateway) DO UPDATE SET seq = seq + 1 RETURNING seq`,
    ),
    lastSeq: db.prepare<[string], { seq: number }>('SELECT seq FROM gateways WHERE gateway = ?'),
    raiseSeq: db.prepare<[{ gateway: string; seq: number }]>(
      `INSERT INTO gateways VALUES (:gateway, :seq)
       ON CONFLICT (gateway) DO UPDATE SET seq = max(seq, :seq)`,
    ),
    addReceipt: db.prepare<[Record<string, unknown>]>(
      'INSERT INTO receipts VALUES (:gateway, :seq, :envelope, :state, :at, :reason)',
    ),
    receiptsOf: db.prepare<[string, string], StoredReceipt>(
      `SELECT seq, envelope AS id, state, at, reason FROM receipts
       WHERE gateway = ? AND envelope = ? ORDER BY seq`,
    ),
    receiptsAfter: db.prepare<[string, number, number], StoredReceipt>(
      `SELECT seq, envelope AS id, state, at, reason FROM receipts
       WHERE gateway = ? AND seq > ? ORDER BY seq LIMIT ?`,
    ),
  };
}
