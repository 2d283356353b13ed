import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  statSync,
  writeSync,
} from 'node:fs';
import { type Random, whole } from '../../adapters/simulated/random.ts';

/** SQLite's write-ahead log (fileformat2, 4.1): a header, then frames of a header and a page. */
const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
/** How much of a further frame a torn write leaves at most, in frames. */
const GARBAGE_FRAMES_MAX = 3;

export interface Tail {
  /** Of the last whole transaction: where it begins, and where it ends. */
  readonly lastBegins: number;
  readonly lastEnds: number;
  /** Where the last frame of this log ends, of a transaction or not. */
  readonly ends: number;
  /** The file ends within a frame. */
  readonly isCutShort: boolean;
  readonly frameBytes: number;
  /** A frame's salts: what is written after them under the same ones belongs to this log. */
  readonly salts: Buffer;
}

/** Reads the frames' headers, which are not encrypted; undefined when there is no frame. */
export function tailOf(file: string): Tail | undefined {
  if (!existsSync(file)) return undefined;
  const handle = openSync(file, 'r');
  try {
    const header = Buffer.alloc(HEADER_BYTES);
    if (readSync(handle, header, 0, HEADER_BYTES, 0) < HEADER_BYTES) return undefined;
    const frameBytes = FRAME_HEADER_BYTES + header.readUInt32BE(8);
    const salts = Buffer.from(header.subarray(16, 24));
    const { size } = statSync(file);
    const frame = Buffer.alloc(FRAME_HEADER_BYTES);
    let [begins, lastBegins, lastEnds, ends] = [
      HEADER_BYTES,
      HEADER_BYTES,
      HEADER_BYTES,
      HEADER_BYTES,
    ];
    while (ends + frameBytes <= size) {
      readSync(handle, frame, 0, FRAME_HEADER_BYTES, ends);
      if (!frame.subarray(8, 16).equals(salts)) break;
      ends += frameBytes;
      // The database's size stands in the frame that commits.
      if (frame.readUInt32BE(4) === 0) continue;
      [lastBegins, lastEnds] = [begins, ends];
      begins = ends;
    }
    const isCutShort = size > ends && size < ends + frameBytes;
    return { lastBegins, lastEnds, ends, isCutShort, frameBytes, salts };
  } finally {
    closeSync(handle);
  }
}

/**
 * What a loss of power may have left of the log's last write: it is cut or overwritten with garbage
 * somewhere beyond what was synced for certain. `lastEffectAt` is when something outside was last told
 * that rests on a sync, ms: a last transaction written later may be torn, for nobody was told of it.
 */
export function tearWal(
  database: string,
  options: { readonly lastEffectAt: number; readonly random: Random },
): 'transaction' | 'beyond' | 'nothing' {
  const file = `${database}-wal`;
  const tail = tailOf(file);
  if (!tail) return 'nothing';
  const { random } = options;
  const written = statSync(file).mtimeMs;
  const isTold = written <= options.lastEffectAt || statSync(database).mtimeMs >= written;
  // Of a transaction that goes on behind the last whole one, perhaps with less than a frame, nothing
  // was synced; the last whole one was.
  const isBegun = tail.ends > tail.lastEnds || tail.isCutShort;
  const from = isBegun || isTold ? tail.lastEnds : tail.lastBegins;
  const to = Math.max(tail.ends, from + whole(random, 1, GARBAGE_FRAMES_MAX) * tail.frameBytes);
  const at = whole(random, from, to - 1);
  const handle = openSync(file, 'r+');
  try {
    if (random() < 0.4) ftruncateSync(handle, at);
    else
      writeSync(
        handle,
        garbage(random, to - at, (at - from) % tail.frameBytes === 0, tail),
        0,
        to - at,
        at,
      );
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  return from === tail.lastBegins && tail.lastEnds > tail.lastBegins ? 'transaction' : 'beyond';
}

/** Garbage that looks like a frame of this log where one begins. */
function garbage(random: Random, bytes: number, isFrame: boolean, tail: Tail): Buffer {
  const out = Buffer.from(Array.from({ length: bytes }, () => whole(random, 0, 255)));
  if (isFrame && bytes >= FRAME_HEADER_BYTES) {
    out.writeUInt32BE(1, 0);
    out.writeUInt32BE(1, 4);
    tail.salts.copy(out, 8);
  }
  return out;
}
