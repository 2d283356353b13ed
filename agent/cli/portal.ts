import { ask } from './control.ts';
import { type Io, nothingMore, parse, UsageError, WHERE } from './io.ts';
import { homeFolder } from './settings.ts';

const USAGE = 'portal code [--person PERSON]';

/** `iomt portal code`: a one-time code, with which a browser is let in on the citizen's pages. */
export async function portalCommand(argv: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parse(argv, { ...WHERE, person: { type: 'string' } }, USAGE);
  nothingMore(positionals, 1, USAGE);
  if (positionals[0] !== 'code') throw new UsageError(`Usage: iomt ${USAGE}`);
  const { person } = values;
  const body = person === undefined ? {} : { person };
  const folder = homeFolder(values, io);
  const made = await ask<{ code: string; until: number }>(
    folder,
    'POST',
    '/api/access-codes',
    body,
  );
  if (values.json) {
    io.out(JSON.stringify({ ...made, until: new Date(made.until).toISOString() }));
    return 0;
  }
  io.out(`${made.code.slice(0, 4)} ${made.code.slice(4)}`);
  io.err('Type it at /welcome on the pages within 15 minutes. It works once.');
  return 0;
}
