import { type Deliveries, type DeliveryRow, WAIT_MS_MAX } from './deliveries.ts';

/** Rows of the queue read in one go; a queue shorter than this leaves simply in its order. */
const CHUNK_ROWS = 64;

/** Rows passed over in one go because they may not leave yet: a look must not read a whole queue. */
const PASSED_OVER_MAX = 512;

/** Devices asked in one go for something that may leave. */
const DEVICES_ASKED_MAX = 32;

/** Rows of one device read in one go. */
const OF_DEVICE_ROWS = 16;

/**
 * A device's later envelopes wait for one that was put off, but no longer and no more often than this: a
 * short trouble keeps their order, and one that is put off for ever does not stop them.
 */
const HOLDS_TRIES_MAX = 5;
const HOLDS_MS_MAX = 60_000;

/** Whose turn it is while the queue is long: a bounded half of what leaves is not the oldest. */
const TURNS = ['oldest', 'urgent', 'oldest', 'device'] as const;

/**
 * In which order the queue of one recipient leaves: the oldest first, and every second place for others
 * than the oldest: devices with something urgent, and all devices in turn, so that what is fresh of one
 * does not wait behind what another stored for days. Of each device the order of the queue is kept.
 */
export function createLane(
  recipient: string,
  parts: {
    readonly deliveries: Pick<
      Deliveries,
      'queued' | 'queuedOfDevice' | 'nextDevice' | 'releases' | 'entries'
    >;
    /** On its way, or what became of it is not on disk yet. */
    readonly isBusy: (envelope: string) => boolean;
    /** Real clock, ms. */
    readonly realNow: () => number;
  },
) {
  const { deliveries, isBusy } = parts;
  let chunk: DeliveryRow[] = [];
  let at = 0;
  /** Place in the queue up to which it was read, and of each device up to which it was handed over. */
  let readTo = 0;
  const handedTo = new Map<string, number>();
  /** The next of each device, read ahead. */
  const ahead = new Map<string, DeliveryRow[]>();
  /** Devices of which an earlier one waits for its time. */
  const held = new Set<string>();
  /** Those that were put off, as long as that is not on disk: nothing may overtake them meanwhile. */
  const putOff = new Set<string>();
  let isLong = false;
  let turn = 0;
  const lastAsked = { any: '', urgent: '' };
  /** Devices of which something is queued, as of so many entries; read anew when there are more. */
  const devices = new Map<'any' | 'urgent', string[]>();
  let entries = deliveries.entries();
  let scoutedTo = 0;
  let releases = deliveries.releases();

  function rewind(): void {
    chunk = [];
    at = readTo = 0;
    handedTo.clear();
    ahead.clear();
    devices.clear();
    held.clear();
  }

  /** What is queued again in its old place leaves before what came after it. */
  function heedReleases(): void {
    if (releases === deliveries.releases()) return;
    releases = deliveries.releases();
    scoutedTo = 0;
    rewind();
  }

  /** Due also when it is to wait longer than any wait is: a clock that was set back since wrote it. */
  function isDue({ notBefore }: DeliveryRow): boolean {
    const wait = notBefore - parts.realNow();
    return wait <= 0 || wait > WAIT_MS_MAX;
  }

  function mayGo(row: DeliveryRow): boolean {
    if (isBusy(row.id)) {
      if (putOff.has(row.id)) held.add(row.device);
      return false;
    }
    putOff.delete(row.id);
    if (!isDue(row)) {
      const isShort = row.notBefore - parts.realNow() <= HOLDS_MS_MAX;
      if (isShort && row.attempts <= HOLDS_TRIES_MAX) held.add(row.device);
      return false;
    }
    // Taking back waits for nothing but the envelopes of its own reading.
    return row.action === 'retraction' || !held.has(row.device);
  }

  function oldest(): DeliveryRow | undefined {
    for (let passed = 0; passed < PASSED_OVER_MAX; ) {
      const row = chunk[at];
      if (row) {
        at += 1;
        passed += 1;
        if (row.seq > (handedTo.get(row.device) ?? 0) && mayGo(row)) return row;
      } else if (!readOn()) return undefined;
    }
    return undefined;
  }

  /** False at the end of the queue: the next look begins anew. */
  function readOn(): boolean {
    const isEnd = readTo > 0 && chunk.length < CHUNK_ROWS;
    if (!isEnd) {
      chunk = deliveries.queued(recipient, readTo, CHUNK_ROWS);
      at = 0;
      readTo = chunk.at(-1)?.seq ?? 0;
      isLong = chunk.length === CHUNK_ROWS;
    }
    if (!isEnd && chunk.length > 0) return true;
    rewind();
    return false;
  }

  /** The first of a device that may leave. */
  function firstOf(device: string): DeliveryRow | undefined {
    const isNext = ({ seq }: DeliveryRow) => seq > (handedTo.get(device) ?? 0);
    let rows = ahead.get(device)?.filter(isNext) ?? [];
    if (rows.length === 0) {
      rows = deliveries.queuedOfDevice(
        recipient,
        device,
        handedTo.get(device) ?? 0,
        OF_DEVICE_ROWS,
      );
    }
    ahead.set(device, rows);
    return held.has(device) ? undefined : rows.find(mayGo);
  }

  function devicesOf(which: 'any' | 'urgent'): string[] {
    if (entries !== deliveries.entries()) devices.clear();
    entries = deliveries.entries();
    const known = devices.get(which);
    // What is urgent of a device may have left, and the rest of it has its turn with all others.
    if (known && (which === 'any' || known.length === 0)) return known;
    const found: string[] = [];
    const after = () => deliveries.nextDevice(recipient, found.at(-1) ?? '', which);
    for (let device = after(); device !== undefined; device = after()) found.push(device);
    devices.set(which, found);
    return found;
  }

  /** The first that may leave of the next device in turn. */
  function ofDevices(which: 'any' | 'urgent'): DeliveryRow | undefined {
    const all = devicesOf(which);
    for (let left = Math.min(all.length, DEVICES_ASKED_MAX); left > 0; left -= 1) {
      const device = all.find((one) => one > lastAsked[which]) ?? all[0];
      if (device === undefined) return undefined;
      lastAsked[which] = device;
      const row = firstOf(device);
      if (row) return row;
      // All of it is on its way.
      if (ahead.get(device)?.length === 0) all.splice(all.indexOf(device), 1);
    }
    return undefined;
  }

  function pick(): DeliveryRow | undefined {
    // Read first: only a long queue needs turns.
    if (chunk.length === 0 && !readOn()) return undefined;
    // Of one device alone the oldest is whoever's turn it is.
    if (isLong && devicesOf('any').length > 1) {
      const whose = TURNS[turn % TURNS.length];
      turn += 1;
      if (whose === 'urgent') return ofDevices('urgent') ?? ofDevices('any') ?? oldest();
      if (whose === 'device') return ofDevices('any') ?? oldest();
      return oldest() ?? ofDevices('urgent') ?? ofDevices('any');
    }
    return oldest();
  }

  return {
    /** The next that may leave; undefined when there is none now. Not given again before a rewind. */
    next(): DeliveryRow | undefined {
      heedReleases();
      const row = pick();
      if (row) handedTo.set(row.device, Math.max(handedTo.get(row.device) ?? 0, row.seq));
      return row;
    },
    /** One further back than the last scout: whether the trouble is the first one's or the way's. */
    scout(): DeliveryRow | undefined {
      heedReleases();
      const rows = deliveries.queued(recipient, scoutedTo, CHUNK_ROWS);
      const row = rows.find((one) => !isBusy(one.id) && isDue(one));
      scoutedTo = row?.seq ?? rows.at(-1)?.seq ?? 0;
      return row;
    },
    /** It was put off: it keeps its place. */
    putOff(envelope: string): void {
      putOff.add(envelope);
      rewind();
    },
    /** Begins at the head again: something earlier may leave now. */
    rewind,
  };
}

export type Lane = ReturnType<typeof createLane>;
