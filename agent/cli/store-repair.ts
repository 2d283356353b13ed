import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { CodedError } from '../errors.ts';
import { exportedLines } from '../home/store/export.ts';
import { mergeStore } from '../home/store/merge.ts';
import { openOrMend } from '../home/store/open.ts';
import type { TableReport } from '../home/store/salvage.ts';
import type { Io } from './io.ts';
import { mustBeDown, placeOf, type StoreValues } from './store-place.ts';

/**
 * `iomt store repair [FILE]`: what a start does with a damaged store, by hand; with FILE, adds what can
 * be read of a store that was kept aside. The damaged file stays. Exit 0 also when there was nothing
 * to mend, 1 when rows were lost.
 */
export async function repair(
  values: StoreValues,
  aside: string | undefined,
  io: Io,
): Promise<number> {
  const { folder, key } = placeOf(values, io);
  await mustBeDown(folder);
  mustBeThere(folder);
  const report =
    aside === undefined
      ? mended(folder, key)
      : { ...mergeStore({ aside, folder, key, now: Date.now() }), aside };
  if (values.json) io.out(JSON.stringify(report ?? { tables: [] }));
  else if (!report) io.out('Nothing to mend: every page can be read.');
  else {
    for (const one of report.tables) io.out(sentence(one));
    io.out(`kept: ${report.aside}`);
  }
  if (!report) return 0;
  if (report.leftBehind > 0) {
    io.err(`${report.leftBehind} rows belong to devices that are lost: they stay in that file.`);
  }
  if (report.reopened > 0)
    io.err(`${report.reopened} captures are derived again at the next start.`);
  if (report.permissionsLost) {
    io.err('The permissions could not be read whole, so none is in force: iomt consents give.');
  }
  return report.tables.every(({ lost }) => lost === 0) ? 0 : 1;
}

/** Or one would be made, which is not what a person who repairs has in mind. */
function mustBeThere(folder: string): void {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  if (names.some((name) => name.startsWith('home.db'))) return;
  throw new CodedError(
    'store-missing',
    'There is no store in the data folder',
    'Is its disk mounted? To make one of a backup: iomt store restore.',
  );
}

function mended(folder: string, key: Uint8Array) {
  const { db, replaced } = openOrMend({ folder, key, now: Date.now, suspect: true });
  db.close();
  return replaced;
}

const sentence = ({ table, saved, lost }: TableReport): string =>
  `${table}: ${saved} saved${lost === 0 ? '' : `, ${lost} lost`}`;

/**
 * `iomt store export [--file FILE] [--out FILE]`: every row that can be read, a JSON object a line, to
 * a file that only its owner may read, or to standard output. Exit 1 when rows were missing.
 */
export async function exportStore(values: StoreValues, _: unknown, io: Io): Promise<number> {
  const { key, file: own } = placeOf(values, io);
  const missing = new Set<string>();
  const lines = exportedLines({
    file: values.file ?? own,
    key,
    onGap: (table) => missing.add(table),
  });
  io.err('This is health data in the clear, for who has a right to it. Delete it after use.');
  if (values.out === undefined) for (const line of lines) io.out(line);
  else writeLines(values.out, lines);
  if (missing.size > 0) io.err(`Rows could not be read in: ${[...missing].join(', ')}.`);
  return missing.size === 0 ? 0 : 1;
}

/** Whole or not there; never overwrites. */
function writeLines(file: string, lines: Iterable<string>): void {
  if (existsSync(file)) {
    throw new CodedError(
      'file-exists',
      `${file} is there already`,
      'Name a file that is not there.',
    );
  }
  const draft = `${file}.draft`;
  rmSync(draft, { force: true });
  const handle = openSync(draft, 'wx', 0o600);
  try {
    for (const line of lines) writeSync(handle, `${line}\n`);
    fsyncSync(handle);
    renameSync(draft, file);
  } finally {
    closeSync(handle);
    rmSync(draft, { force: true });
  }
}
