import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { CodedError, codeOf } from '../errors.ts';
import type { Recognised } from '../home/people/recognised.ts';
import type { RecordedLine } from '../home/people/recordings.ts';
import { ask } from './control.ts';
import { type Io, nothingMore, parse, UsageError, WHERE, wholeNumber } from './io.ts';
import { homeFolder } from './settings.ts';

const USAGE = 'devices record ADDRESS [--seconds 60] [--out FILE]';
const ADDRESS = /^[0-9a-f]{2}(:?[0-9a-f]{2}){5}$/i;
const SECONDS = { usual: 60, min: 5, max: 600 } as const;
/** Version of the recording's lines. */
const RECORDING_VERSION = 1;
/** The strongest are the nearest; further ones are mostly the neighbours'. */
const OFFERED_MAX = 5;

const BEFORE = [
  'It is connected to and asked what it has; nothing is written to it. Wake it up, and measure with it meanwhile.',
];
const AFTER = [
  'Its address, name and serial number are left out. What it measured is not: whoever gets these lines can read it.',
  'Record a measurement that may be known, and look at the lines before you share them.',
];

/** `iomt devices record`: NDJSON for whoever writes the device's block, to a file of one's own or standard output. */
export async function deviceRecordCommand(argv: readonly string[], io: Io): Promise<number> {
  const options = { ...WHERE, seconds: { type: 'string' }, out: { type: 'string' } } as const;
  const { values, positionals } = parse(argv, options, USAGE);
  nothingMore(positionals, 1, USAGE);
  const [address] = positionals;
  if (!address || !ADDRESS.test(address)) throw new UsageError(`Usage: iomt ${USAGE}`);
  const { usual, min, max } = SECONDS;
  const seconds = wholeNumber(values.seconds ?? `${usual}`, 'seconds', min, max);
  const folder = homeFolder(values, io);
  const out = values.out === undefined ? undefined : newFile(values.out);
  try {
    for (const line of [`Recording for ${seconds} s.`, ...BEFORE]) io.err(line);
    const body = { address, seconds };
    const lines = await ask<RecordedLine[]>(folder, 'POST', '/api/devices/record', body);
    const head = { is: 'iomt-recording', version: RECORDING_VERSION, seconds };
    for (const line of [head, ...lines]) out ? out.write(line) : io.out(JSON.stringify(line));
    for (const line of [`${lines.length} lines.`, ...AFTER]) io.err(line);
    out?.close();
    return 0;
  } catch (error) {
    out?.discard();
    throw error;
  }
}

/** Only its owner may read it; what is there already is not written over. */
function newFile(path: string) {
  let file: number;
  try {
    file = openSync(path, 'wx', 0o600);
  } catch (error) {
    throw new CodedError(
      'recording-file',
      `The file cannot be made (${codeOf(error)})`,
      'Name one that is not there yet, in a folder that you may write to.',
      error,
    );
  }
  return {
    write: (line: RecordedLine) => void writeSync(file, `${JSON.stringify(line)}\n`),
    close: () => closeSync(file),
    discard: () => {
      closeSync(file);
      rmSync(path, { force: true });
    },
  };
}

/** Of devices that are heard and not supported yet: what they offer, and how to help. */
export function unsupportedLines(seen: readonly Recognised[]): string[] {
  const unknown = seen.filter(({ offers }) => offers !== undefined);
  if (unknown.length === 0) return [];
  const shown = unknown.slice(0, OFFERED_MAX).map(({ address, name, offers = [] }) => {
    const what = offers.length > 0 ? `offers ${offers.join(', ')}` : 'names no service';
    return `Not supported yet: ${address}${name === undefined ? '' : ` (${name})`} ${what}.`;
  });
  const more = unknown.length - shown.length;
  return [
    ...shown,
    ...(more > 0 ? [`Not supported yet, and weaker: ${more} more.`] : []),
    'If one is yours, record what it says for whoever adds it: iomt devices record ADDRESS --out FILE',
  ];
}
