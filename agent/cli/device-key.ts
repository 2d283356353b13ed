import { readFileSync } from 'node:fs';
import { CodedError, codeOf } from '../errors.ts';
import type { KeyGiven } from '../home/people/key-giving.ts';
import { ask } from './control.ts';
import { type Io, nothingMore, parse, UsageError, WHERE } from './io.ts';
import { homeFolder } from './settings.ts';

const USAGE = 'devices key DEVICE [--file FILE]   (the key is read from FILE, or standard input)';
/** A key is 32 digits: a longer text is something else, and is not sent anywhere. */
const TEXT_CHARS_MAX = 200;

/** `iomt devices key`: never as an argument, since the list of processes shows those to all. */
export async function deviceKeyCommand(argv: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parse(argv, { ...WHERE, file: { type: 'string' } }, USAGE);
  nothingMore(positionals, 1, USAGE);
  const [device] = positionals;
  if (!device) throw new UsageError(`Usage: iomt ${USAGE}`);
  const folder = homeFolder(values, io);
  if (values.file === undefined) io.err('The key, then Enter and Ctrl-D:');
  const key = values.file === undefined ? await textOf(io.stdin) : fileText(values.file);
  const path = `/api/devices/${encodeURIComponent(device)}/key`;
  const given = await ask<KeyGiven>(folder, 'POST', path, { key: key.slice(0, TEXT_CHARS_MAX) });
  if (values.json) io.out(JSON.stringify(given));
  else
    io.out(`The key of ${given.name} is kept. Frames from before that are read now: ${given.read}`);
  if (given.refused > 0) io.err(`Frames that it does not open: ${given.refused}`);
  return 0;
}

async function textOf(stdin: Io['stdin']): Promise<string> {
  let text = '';
  for await (const chunk of stdin) {
    text += chunk.toString();
    if (text.length > TEXT_CHARS_MAX) break;
  }
  return text.trim();
}

function fileText(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new CodedError(
      'device-key-unreadable',
      `The file with the key cannot be read (${codeOf(error)})`,
      'Name a file that you may read.',
      error,
    );
  }
}
