import { setImmediate as turn } from 'node:timers/promises';

/** Text handed over at a time, characters: some hundred readings. */
const PIECE = 16_384;

/**
 * A long text in pieces. The gateway has one thread: between two pieces it does what else there is,
 * and no more is made than has been fetched.
 */
export async function* inTurns(lines: Iterable<string>): AsyncGenerator<string> {
  let piece = '';
  for (const line of lines) {
    piece += line;
    if (piece.length < PIECE) continue;
    yield piece;
    piece = '';
    await turn();
  }
  if (piece !== '') yield piece;
}
