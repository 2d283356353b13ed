import { welcomeUrl } from '../home/portal/pages/setup-card.ts';
import { qrText } from '../pages/qr.ts';
import { ask } from './control.ts';
import { type Io, nothingMore, parse, UsageError, WHERE } from './io.ts';
import { homeFolder } from './settings.ts';

const USAGE =
  'portal code [--person PERSON] [--role helper|representative] [--basis power-of-attorney|guardian|parent|other-law] [--born YYYY-MM] [--until INSTANT] [--sees-values]';

/** `iomt portal code`: a one-time code, with which a browser is let in on the citizen's pages. */
export async function portalCommand(argv: readonly string[], io: Io): Promise<number> {
  const text = { type: 'string' } as const;
  const who = { person: text, role: text, basis: text, born: text, until: text };
  const options = { ...WHERE, ...who, 'sees-values': { type: 'boolean' } } as const;
  const { values, positionals } = parse(argv, options, USAGE);
  nothingMore(positionals, 1, USAGE);
  if (positionals[0] !== 'code') throw new UsageError(`Usage: iomt ${USAGE}`);
  const { person, role, basis, born, until, 'sees-values': seesValues } = values;
  const body = { person, role, basis, born, until, seesValues };
  const folder = homeFolder(values, io);
  const made = await ask<{ code: string; until: number; url?: string }>(
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
  if (made.url !== undefined) {
    io.err(`${qrText(welcomeUrl(made.url, made.code))}${made.url}`);
  }
  io.err('Type it at /welcome on the pages within 15 minutes. It works once.');
  return 0;
}
