import type { Note } from '../adapter.ts';
import type { Capture } from '../measurement.ts';
import type { Advertisement } from './radio/radio.ts';

type Frame = Pick<Capture, 'source' | 'bytes' | 'session'>;

/** Frames that a device may send at once, and then one in each second: sensors send fewer by far. */
const BURST_FRAMES_MAX = 60;
const FRAME_EVERY_MS = 1_000;
/** Places in an advertisement that are remembered of one device; real ones use three at most. */
const SOURCES_MAX = 16;
/** Dropped frames are said at once, and then together once in this. */
const SAY_EVERY_MS = 60_000;

/** Why a frame of an adopted device was not taken. */
type Dropped = 'disk-behind' | 'too-many';

/** What is remembered of one device that broadcasts. */
interface Run {
  readonly session: string;
  readonly last: Map<string, { hex: string; at: number }>;
  tokens: number;
  filledAt: number;
}

export interface Broadcasts {
  /** Frames of one advertisement that are news. Without room none is taken, and that is counted. */
  framesOf(advertisement: Advertisement, hasRoom: boolean): Frame[];
  forget(address: string): void;
}

/**
 * Frames of adopted devices' advertisements, without repeats: identical bytes count once per
 * `foldMs`. One device cannot flood the journal: what it sends beyond {@link BURST_FRAMES_MAX} is
 * dropped. What is dropped is noted as `broadcasts-dropped`, with how many and why; a frame
 * that is repeated later is taken then. The session is one run of broadcasts in this process.
 */
export function createBroadcasts(options: {
  readonly foldMs: number;
  readonly newSession: (address: string) => string;
  readonly note: Note;
}): Broadcasts {
  const { foldMs, newSession } = options;
  const runs = new Map<string, Run>();
  const say = createTally(options.note);

  function runOf({ address, at }: Advertisement): Run {
    const known = runs.get(address);
    if (known) return known;
    const tokens = BURST_FRAMES_MAX;
    const run = { session: newSession(address), last: new Map(), tokens, filledAt: at };
    runs.set(address, run);
    return run;
  }

  function mayTake(run: Run, at: number): boolean {
    // Either way: a clock that was set must neither stop a device nor let it flood.
    const earned = Math.floor(Math.abs(at - run.filledAt) / FRAME_EVERY_MS);
    if (earned > 0) {
      run.tokens = Math.min(BURST_FRAMES_MAX, run.tokens + earned);
      run.filledAt = at;
    }
    if (run.tokens === 0) return false;
    run.tokens -= 1;
    return true;
  }

  function remember(run: Run, key: string, hex: string, at: number): void {
    run.last.delete(key);
    run.last.set(key, { hex, at });
    const [oldest] = run.last.keys();
    if (run.last.size > SOURCES_MAX && oldest !== undefined) run.last.delete(oldest);
  }

  return {
    framesOf(advertisement, hasRoom) {
      const { at } = advertisement;
      say(at);
      const run = runOf(advertisement);
      return partsOf(advertisement).flatMap(([source, bytes]) => {
        const key = JSON.stringify(source);
        const hex = Buffer.from(bytes).toString('hex');
        const last = run.last.get(key);
        if (last && last.hex === hex && Math.abs(at - last.at) < foldMs) return [];
        const dropped = !hasRoom ? 'disk-behind' : mayTake(run, at) ? undefined : 'too-many';
        if (dropped) {
          say(at, dropped);
          return [];
        }
        remember(run, key, hex, at);
        return [{ source, bytes, session: run.session }];
      });
    },
    forget: (address) => void runs.delete(address),
  };
}

function partsOf({ serviceData, manufacturer }: Advertisement): [Capture['source'], Uint8Array][] {
  const ofServices = serviceData.map(({ uuid, data }): [Capture['source'], Uint8Array] => [
    { serviceData: uuid },
    data,
  ]);
  if (!manufacturer) return ofServices;
  return [...ofServices, [{ manufacturer: manufacturer.company }, manufacturer.data]];
}

/** Counts what was dropped, and says it once in a while; without a cause it only looks whether it is time. */
function createTally(note: Note): (at: number, cause?: Dropped) => void {
  const counts = new Map<Dropped, number>();
  let saidAt = Number.NEGATIVE_INFINITY;
  return (at, cause) => {
    if (cause) counts.set(cause, (counts.get(cause) ?? 0) + 1);
    if (counts.size === 0 || Math.abs(at - saidAt) < SAY_EVERY_MS) return;
    saidAt = at;
    for (const [why, count] of counts) note('broadcasts-dropped', { because: why, count });
    counts.clear();
  };
}
