import type { KeyGiven } from '../home/people/key-giving.ts';
import { ask } from './control.ts';
import { type Io, nothingMore, parse, UsageError, WHERE } from './io.ts';
import { secretText } from './secret-text.ts';
import { homeFolder } from './settings.ts';

const USAGE = 'devices key DEVICE [--file FILE]   (the key is read from FILE, or standard input)';
/** A key is 32 digits, with whatever stands between them. */
const TEXT_CHARS_MAX = 200;

/** Of devices whose broadcasts nobody can read without a key. */
export function keyLines(devices: readonly { readonly name: string; readonly key?: unknown }[]) {
  return devices
    .filter(({ key }) => key === 'missing')
    .map(({ name }) => `${name} broadcasts encrypted: give its key with iomt devices key.`);
}

/** `iomt devices key`: never as an argument, since the list of processes shows those to all. */
export async function deviceKeyCommand(argv: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parse(argv, { ...WHERE, file: { type: 'string' } }, USAGE);
  nothingMore(positionals, 1, USAGE);
  const [device] = positionals;
  if (!device) throw new UsageError(`Usage: iomt ${USAGE}`);
  const folder = homeFolder(values, io);
  const key = await secretText(io, values.file, { what: 'key', charsMax: TEXT_CHARS_MAX });
  const path = `/api/devices/${encodeURIComponent(device)}/key`;
  const given = await ask<KeyGiven>(folder, 'POST', path, { key });
  if (values.json) io.out(JSON.stringify(given));
  else
    io.out(`The key of ${given.name} is kept. Frames from before that are read now: ${given.read}`);
  if (given.refused > 0) io.err(`Frames that it does not open: ${given.refused}`);
  return 0;
}
