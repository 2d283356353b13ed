import type { Database } from '../../store.ts';
import { noteChange } from '../journal/changes.ts';

export type DeliveryAction = 'new' | 'retraction' | 'correction';
export type DeliveryState =
  | 'withheld'
  | 'queued'
  | 'sent'
  | 'received'
  | 'read'
  | 'rejected'
  | 'withdrawn';

/** How far an envelope came, whatever is known of its last try. */
export const NOT_LEFT = 0;
export const REFUSED = 1;
export const MAY_HAVE_ARRIVED = 2;
export type Reach = typeof NOT_LEFT | typeof REFUSED | typeof MAY_HAVE_ARRIVED;

/** One reading for one recipient: the second of the two state axes (design 5). */
export interface DeliveryRow {
  readonly seq: number;
  /** Envelope id. */
  readonly id: string;
  readonly reading: string;
  readonly recipient: string;
  readonly action: DeliveryAction;
  readonly revision: number;
  /** Whose it was when it was made: a retraction names the former person. */
  readonly person: string;
  readonly recordedAt: number;
  readonly state: DeliveryState;
  readonly because: string | undefined;
  readonly permission: string | undefined;
  readonly attempts: number;
  /** The furthest that any of its tries came. */
  readonly reach: Reach;
  /** Household device id; its envelopes leave in the order of `seq`. */
  readonly device: string;
  /** Of a kind that tells what happens, at once: not behind other devices' backlog. */
  readonly urgent: boolean;
  /** Not to be tried before that instant of the real clock, ms. */
  readonly notBefore: number;
  /** First handed over, and when its receipts came, ms UTC; undefined where that is not known. */
  readonly sentAt: number | undefined;
  readonly receivedAt: number | undefined;
  readonly readAt: number | undefined;
}

/** Instants of the steps as stored; of a row of before, the last one by what changed it last. */
export interface StepRow {
  readonly state: DeliveryState;
  readonly updated_at: number;
  readonly sent_at: number | null;
  readonly received_at: number | null;
  readonly read_at: number | null;
}

/** When each step was taken, as far as it is known. */
export function stepsOf(row: StepRow): Pick<DeliveryRow, 'sentAt' | 'receivedAt' | 'readAt'> {
  const { state, updated_at } = row;
  const at = (known: number | null, step: DeliveryState) =>
    known ?? (state === step ? updated_at : undefined);
  return {
    sentAt: at(row.sent_at, 'sent'),
    receivedAt: at(row.received_at, 'received'),
    readAt: at(row.read_at, 'read'),
  };
}

interface Row extends StepRow {
  seq: number;
  id: string;
  reading: string;
  recipient: string;
  action: DeliveryAction;
  revision: number;
  person: string;
  recorded_at: number;
  because: string | null;
  permission: string | null;
  attempts: number;
  reach: Reach;
  device: string;
  urgent: 0 | 1;
  not_before: number;
}

function delivery(row: Row): DeliveryRow {
  return {
    seq: row.seq,
    id: row.id,
    reading: row.reading,
    recipient: row.recipient,
    action: row.action,
    revision: row.revision,
    person: row.person,
    recordedAt: row.recorded_at,
    state: row.state,
    because: row.because ?? undefined,
    permission: row.permission ?? undefined,
    attempts: row.attempts,
    reach: row.reach,
    device: row.device,
    urgent: row.urgent === 1,
    notBefore: row.not_before,
    ...stepsOf(row),
  };
}

/** Sent once, and no receipt named it in time. */
export const NO_RECEIPT = 'no-receipt';

/** No wait before a next try is longer (`retryMaxMs`, a receiver's Retry-After), ms. */
export const WAIT_MS_MAX = 24 * 3_600_000;

const UNFINISHED: readonly DeliveryState[] = ['withheld', 'queued', 'sent'];

/** Unanswered envelopes looked at in one go. */
const UNANSWERED_LOOK_MAX = 1_000;

type NewDelivery = Omit<
  DeliveryRow,
  'seq' | 'attempts' | 'reach' | 'notBefore' | 'sentAt' | 'receivedAt' | 'readAt'
>;

interface Count {
  readonly recipient: string;
  readonly state: DeliveryState;
  readonly action: DeliveryAction;
  readonly n: number;
}

interface QueueLimits {
  readonly queueRowsMax: number;
  readonly queueBytesMax: number;
}

/** Deliveries on disk. Callers run the writers inside a commit. */
export function createDeliveries(db: Database) {
  const insert = db.prepare(`INSERT INTO delivery
    (id, reading, recipient, action, revision, person, recorded_at, state, because, permission, updated_at, device, urgent, near)
    VALUES (@id, @reading, @recipient, @action, @revision, @person, @recordedAt, @state, @because, @permission, @recordedAt, @device, @urgent,
      coalesce((SELECT near FROM reading WHERE id = @reading), 0))
    ON CONFLICT (id) DO NOTHING`);
  const step = (column: string, state: DeliveryState) => `${column} = coalesce(${column},
    CASE '${state}' WHEN @state THEN @at WHEN state THEN updated_at END)`;
  const steps = `updated_at = @at, ${step('sent_at', 'sent')}, ${step('received_at', 'received')},
    ${step('read_at', 'read')}`;
  const move = db.prepare(`UPDATE delivery SET state = @state, because = @because,
    permission = @permission, ${steps} WHERE seq = @seq`);
  const send =
    db.prepare(`UPDATE delivery SET state = 'sent', because = NULL, permission = @permission,
    updated_at = @at, sent_at = coalesce(sent_at, @at) WHERE seq = @seq AND state = 'queued'`);
  // A late `received` must not undo `read`; and what is held there stays held, whatever a repeat of it was
  // answered: it may be taken back. Under which permission it left is not known to be on disk while it is queued.
  const answer = db.prepare<
    [Record<string, string | number | null>],
    Pick<DeliveryRow, 'recipient' | 'person'>
  >(`UPDATE delivery SET state = @state, because = @because,
      permission = CASE state WHEN 'queued' THEN coalesce(@permission, permission) ELSE permission END, ${steps}
    WHERE id = @id AND NOT (state = 'read' AND @state = 'received')
      AND NOT (state IN ('received', 'read') AND @state = 'rejected')
    RETURNING recipient, person`);
  const retry = db.prepare(
    `UPDATE delivery SET attempts = attempts + 1, reach = max(reach, ?), because = ?, not_before = ?, updated_at = ?
     WHERE seq = ? AND state IN ('queued', 'sent')`,
  );
  const queued = db.prepare<[string, number, number], Row>(
    `SELECT * FROM delivery WHERE state = 'queued' AND recipient = ? AND seq > ? ORDER BY seq LIMIT ?`,
  );
  const ofDevice = db.prepare<[string, string, number, number], Row>(
    `SELECT * FROM delivery INDEXED BY delivery_of_device
     WHERE state = 'queued' AND recipient = ? AND device = ? AND seq > ? ORDER BY seq LIMIT ?`,
  );
  const nextDevice = db
    .prepare<[string, string], string>(
      `SELECT device FROM delivery INDEXED BY delivery_of_device
       WHERE state = 'queued' AND recipient = ? AND device > ? ORDER BY device LIMIT 1`,
    )
    .pluck();
  const nextUrgent = db
    .prepare<[string, string], string>(
      `SELECT device FROM delivery INDEXED BY delivery_urgent
       WHERE state = 'queued' AND urgent = 1 AND recipient = ? AND device > ? ORDER BY device LIMIT 1`,
    )
    .pluck();
  // Behind an earlier one of its reading nothing is handed over, so it takes no place among the first.
  const doubt = db.prepare(`UPDATE delivery SET reach = ${MAY_HAVE_ARRIVED} WHERE seq IN (
    SELECT seq FROM delivery d INDEXED BY delivery_of_device WHERE state = 'queued' AND recipient = ?
      AND device = ? AND attempts = 0 AND action <> 'retraction' AND NOT EXISTS (
        SELECT 1 FROM delivery e WHERE e.near = d.near AND e.reading = d.reading
          AND e.recipient = d.recipient AND e.seq < d.seq AND e.state = 'queued')
    ORDER BY seq LIMIT ?)`);
  const doubtTried = db.prepare(`UPDATE delivery SET reach = ${MAY_HAVE_ARRIVED}
    WHERE state = 'queued' AND recipient = ? AND attempts > 0 AND action <> 'retraction'
      AND not_before NOT BETWEEN ? AND ?`);
  const doubtOne = db.prepare(
    `UPDATE delivery SET reach = ${MAY_HAVE_ARRIVED} WHERE id = ? AND state = 'queued'`,
  );
  const unanswered = db.prepare<[string], Row>(
    `SELECT * FROM delivery WHERE state = 'sent' AND recipient = ? ORDER BY updated_at LIMIT ${UNANSWERED_LOOK_MAX}`,
  );
  // Counted as a try: the recipient may hold it, whatever becomes of it now.
  const requeue = db.prepare(`UPDATE delivery SET state = 'queued', because = '${NO_RECEIPT}',
    attempts = attempts + 1, reach = ${MAY_HAVE_ARRIVED}, not_before = ?,
    sent_at = coalesce(sent_at, updated_at)
    WHERE seq = ? AND state = 'sent'`);
  const bySeq = db.prepare<[number], Row>('SELECT * FROM delivery WHERE seq = ?');
  const ofReading = db.prepare<{ id: string }, Row>(
    `SELECT * FROM delivery WHERE near = (SELECT near FROM reading WHERE id = @id)
     AND reading = @id ORDER BY seq`,
  );
  // Each state apart, here and below: none of the indexes of a state serves a choice of them.
  const ofPerson = db.prepare<Pick<DeliveryRow, 'person' | 'recipient'>, Row>(
    `${UNFINISHED.map(
      (state) => `SELECT * FROM delivery
        WHERE state = '${state}' AND person = @person AND recipient = @recipient`,
    ).join(' UNION ALL ')} ORDER BY seq`,
  );
  const earlier = db
    .prepare<Pick<DeliveryRow, 'reading' | 'recipient' | 'seq'>, number>(
      `SELECT 1 FROM delivery WHERE near = (SELECT near FROM delivery WHERE seq = @seq)
       AND reading = @reading AND recipient = @recipient AND seq < @seq AND state = 'queued' LIMIT 1`,
    )
    .pluck();
  const openRows = db
    .prepare<[], number>(
      `SELECT (SELECT count(*) FROM delivery WHERE state = 'queued')
        + (SELECT count(*) FROM delivery WHERE state = 'sent')`,
    )
    .pluck();
  const storeBytes = db
    .prepare<[], number>(
      'SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()',
    )
    .pluck();
  const bytesOf = (state: DeliveryState) =>
    `(SELECT coalesce(sum(length(r.content) + coalesce(length(r.time), 0)), 0)
      FROM delivery d JOIN reading r ON r.id = d.reading WHERE d.state = '${state}')`;
  const openBytes = db
    .prepare<[], number>(`SELECT ${bytesOf('queued')} + ${bytesOf('sent')}`)
    .pluck();
  const longest = db
    .prepare<[], string>(
      "SELECT recipient FROM delivery WHERE state = 'queued' GROUP BY recipient ORDER BY count(*) DESC LIMIT 1",
    )
    .pluck();
  const notLeft = db.prepare<[string, number], Row>(
    `SELECT * FROM delivery WHERE state = 'queued' AND recipient = ? AND action = 'new'
     AND reach = ${NOT_LEFT} ORDER BY seq LIMIT ?`,
  );
  const counts = db.prepare<[], Count>(
    'SELECT recipient, state, action, count(*) AS n FROM delivery GROUP BY recipient, state, action',
  );
  // Of what an index of each state holds alone: no row is looked up.
  const openCounts = db.prepare<[], Omit<Count, 'action'>>(
    ['queued', 'sent']
      .map(
        (state) => `SELECT recipient, '${state}' AS state, count(*) AS n FROM delivery
        WHERE state = '${state}' GROUP BY recipient`,
      )
      .join(' UNION ALL '),
  );
  const hasOpen = db
    .prepare<[], number>(
      `SELECT EXISTS (SELECT 1 FROM delivery WHERE state = 'queued')
        OR EXISTS (SELECT 1 FROM delivery WHERE state = 'sent')`,
    )
    .pluck();
  const recent = db.prepare<[number], Row>('SELECT * FROM delivery ORDER BY seq DESC LIMIT ?');
  const all = (rows: Row[]) => rows.map(delivery);
  let releases = 0;
  let entries = 0;
  const tell = ({ person }: Pick<DeliveryRow, 'person'>) =>
    noteChange(db, { what: 'delivery', person });

  return {
    add(row: NewDelivery): void {
      insert.run({
        ...row,
        because: row.because ?? null,
        permission: row.permission ?? null,
        urgent: row.urgent ? 1 : 0,
      });
      if (row.state === 'queued') entries += 1;
      tell(row);
    },
    move(
      row: DeliveryRow,
      to: { state: DeliveryState; because?: string | undefined; permission?: string | undefined },
      at: number,
    ): void {
      if (to.state === 'queued') {
        releases += 1;
        entries += 1;
      }
      const { state, because = null, permission = row.permission ?? null } = to;
      move.run({ state, because, permission, at, seq: row.seq });
      tell(row);
    },
    /** False when a receipt or a decision has moved it meanwhile. */
    send(row: DeliveryRow, permission: string, at: number): boolean {
      const isSent = send.run({ permission, at, seq: row.seq }).changes > 0;
      if (isSent) tell(row);
      return isSent;
    },
    /** What a receipt says becomes of it; whose it was, unless it tells nothing new. */
    answer(
      id: string,
      to: { state: DeliveryState; because: string | undefined; permission: string | undefined },
      at: number,
    ): Pick<DeliveryRow, 'recipient' | 'person'> | undefined {
      const { state, because = null, permission = null } = to;
      const row = answer.get({ state, because, permission, at, id });
      if (row) tell(row);
      return row;
    },
    /** Stays queued; not tried again before that instant of the real clock, ms. */
    defer: (row: DeliveryRow, because: string, reach: Reach, notBefore: number, at: number) =>
      void retry.run(reach, because, notBefore, at, row.seq),
    /** Queued, oldest first, after that place in the queue; due or not. */
    queued: (recipient: string, after: number, limit: number) =>
      all(queued.all(recipient, after, limit)),
    /** The same of one device. */
    queuedOfDevice: (recipient: string, device: string, after: number, limit: number) =>
      all(ofDevice.all(recipient, device, after, limit)),
    /** The device after that one, by id, of which something is queued; of the urgent kinds alone if asked. */
    nextDevice: (recipient: string, after: string, which: 'any' | 'urgent'): string | undefined =>
      (which === 'any' ? nextDevice : nextUrgent).get(recipient, after),
    /** How often something was queued, of whichever device. */
    entries: () => entries,
    /** How often something that was withheld was queued, in its old place: before what was read. */
    releases: () => releases,
    /** These may have arrived, if they are queued still. */
    mayHaveArrived(envelopes: readonly string[]): void {
      for (const id of envelopes) doubtOne.run(id);
    },
    /**
     * After a crash: nobody knows which were handed over just before it, but each device's order was
     * kept. So the first of each device may have arrived of those that were never tried, however many
     * put-off ones stood before them, and of those that were tried each whose wait is over.
     */
    doubt(recipient: string, count: number, realNow: number): void {
      doubtTried.run(recipient, realNow + 1, realNow + WAIT_MS_MAX);
      for (let device = ''; ; ) {
        const next = nextDevice.get(recipient, device);
        if (next === undefined) return;
        doubt.run(recipient, next, count);
        device = next;
      }
    },
    /** Sent and not answered, longest first. */
    sent: (recipient: string) => all(unanswered.all(recipient)),
    /** Sent, and no receipt came: to be sent again, not before that instant of the real clock, ms. */
    requeue(row: DeliveryRow, notBefore: number): void {
      requeue.run(notBefore, row.seq);
      entries += 1;
    },
    /** What is stored of it now. */
    current({ seq }: DeliveryRow): DeliveryRow | undefined {
      const row = bySeq.get(seq);
      return row && delivery(row);
    },
    ofReading: (reading: string) => all(ofReading.all({ id: reading })),
    unfinishedOf: (person: string, recipient: string) => all(ofPerson.all({ person, recipient })),
    /** An envelope of the same reading that was queued before it still waits. */
    hasEarlier: ({ reading, recipient, seq }: DeliveryRow) =>
      earlier.get({ reading, recipient, seq }) !== undefined,
    /** True when as much waits to leave, or for its receipt; bytes as stored. */
    isQueueFull({ queueRowsMax, queueBytesMax }: QueueLimits): boolean {
      if ((openRows.get() ?? 0) >= queueRowsMax) return true;
      // Adding up takes seconds at 100 000 rows: not while the whole store is smaller.
      return (storeBytes.get() ?? 0) >= queueBytesMax && (openBytes.get() ?? 0) >= queueBytesMax;
    },
    /** How much waits to leave or for its receipt; in bytes only where the store is half as large as may wait. */
    queueSize: (queueBytesMax: number): { rows: number; bytes?: number } => ({
      rows: openRows.get() ?? 0,
      ...((storeBytes.get() ?? 0) >= queueBytesMax / 2 ? { bytes: openBytes.get() ?? 0 } : {}),
    }),
    /** The recipient of which most is queued. */
    longestQueue: () => longest.get(),
    /** The oldest new ones that nobody can hold, since nothing of them has left. */
    notLeft: (recipient: string, count: number) => all(notLeft.all(recipient, count)),
    /** Something is queued or waits for its receipt. */
    hasOpen: () => hasOpen.get() === 1,
    counts: () => counts.all(),
    /** Of those that wait to leave or for their receipt: without a look at all that were ever sent. */
    openCounts: () => openCounts.all(),
    recent: (count: number) => all(recent.all(count)),
  };
}

export type Deliveries = ReturnType<typeof createDeliveries>;
