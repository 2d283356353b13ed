/** A queue that grows is measured at most this often, ms: counting a long one costs the disk. */
const MEASURE_EVERY_MS = 60_000;

/**
 * The queue's limit in rows and bytes (design 5). What is handed over is on disk all the same;
 * reaching the limit keeps the adapter waiting until there is room, and is said.
 */
export function createQueueLimit(parts: {
  readonly isReached: () => boolean;
  /** Milliseconds that only go forward. */
  readonly monotonic: () => number;
  readonly onChange: (full: boolean) => void;
  /** Gives up what the configuration lets go; how many. Absent: nothing is. */
  readonly makeRoom?: () => Promise<number>;
}) {
  const { isReached, monotonic } = parts;
  let full = false;
  let stopped = false;
  let measuredAt = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  let room = Promise.withResolvers<void>();

  function measure(): boolean {
    try {
      return isReached();
    } catch {
      // A disk that cannot be read is the committer's to say: what is known stands.
      return full;
    }
  }

  function look(): void {
    measuredAt = monotonic();
    const isFull = measure();
    if (isFull === full) return;
    full = isFull;
    parts.onChange(full);
    if (full) {
      timer = setInterval(look, MEASURE_EVERY_MS);
      void clear();
    } else release();
  }

  /** Until there is room, or nothing is left that may be given up; a disk that refuses is asked later. */
  async function clear(): Promise<void> {
    while (parts.makeRoom && full && !stopped) {
      const given = await parts.makeRoom().catch(() => 0);
      if (given === 0) return;
      look();
    }
  }

  function release(): void {
    clearInterval(timer);
    room.resolve();
    room = Promise.withResolvers<void>();
  }

  return {
    /** Fulfils when there is room: at once, or when enough was received. */
    async room(): Promise<void> {
      if (stopped) return;
      if (!full && monotonic() - measuredAt >= MEASURE_EVERY_MS) look();
      if (full) await room.promise;
    },
    full: () => full,
    /** Lets go of all who wait: what they brought is on disk. */
    stop(): void {
      stopped = true;
      full = false;
      release();
    },
  };
}
