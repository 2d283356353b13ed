import { existsSync, statSync } from 'node:fs';
import { modelOf } from '../../adapters/bluetooth/models/index.ts';
import { ONE_HOST, PAIR } from '../../adapters/bluetooth/models/words.ts';
import { createPermissions } from '../home/consent/permissions.ts';
import { HOME_MIGRATIONS } from '../home/journal/schema.ts';
import { createDevices } from '../home/people/devices.ts';
import { makeBackup, passphraseOf, type Restored, restoreBackup } from '../home/store/backup.ts';
import { readSecretFile } from '../secrets.ts';
import { type Database, openStore } from '../store.ts';
import { openHomeStore } from './control.ts';
import { type Io, UsageError } from './io.ts';
import { settings } from './settings.ts';
import { mustBeDown, placeOf, type StoreValues } from './store-place.ts';

const need = (value: string | undefined, what: string): string => {
  if (value !== undefined) return value;
  throw new UsageError(`${what} is missing. See: iomt store --help`);
};

const secretOf = (values: StoreValues) =>
  passphraseOf(readSecretFile(need(values['passphrase-file'], '--passphrase-file FILE')));

/** `iomt store backup --out FILE --passphrase-file FILE`: while the gateway runs, or not. */
export async function backup(values: StoreValues, _: unknown, io: Io): Promise<number> {
  const out = need(values.out, '--out FILE');
  const secret = secretOf(values);
  const { key } = placeOf(values, io);
  const db = openHomeStore(values, io);
  try {
    makeBackup(db, { key, secret, out });
  } finally {
    db.close();
  }
  const { size: bytes } = statSync(out);
  io.out(values.json ? JSON.stringify({ file: out, bytes }) : `${out}: ${bytes} bytes`);
  io.err(
    'It opens with the passphrase alone: keep the two apart. Who is erased here is not erased there: ' +
      'delete old backups. Not in it: the configuration, the secret files it names, Bluetooth keys.',
  );
  return 0;
}

/** `iomt store restore FILE --passphrase-file FILE`: on a new box, whose key and configuration are there. */
export async function restore(
  values: StoreValues,
  file: string | undefined,
  io: Io,
): Promise<number> {
  const source = need(file, 'FILE');
  const secret = secretOf(values);
  const { folder, key, file: store } = placeOf(values, io);
  await mustBeDown(folder);
  const restored = restoreBackup({ backup: source, secret, folder, key, now: Date.now() });
  const db = openStore({ file: store, key, migrations: HOME_MIGRATIONS, readonly: true });
  try {
    const todo = { ...restored, devices: bondsOf(db), missingFiles: missingFiles(values, io) };
    if (values.json) io.out(JSON.stringify(todo));
    else for (const line of inWords(todo, db)) io.out(line);
  } finally {
    db.close();
  }
  return 0;
}

interface Bond {
  readonly id: string;
  readonly name: string;
  readonly address: string;
  /** False where the model is known to need none. */
  readonly mustBePaired: boolean;
  readonly how: string;
}

/** Keys of bonds lie in BlueZ, and belong to the old box's radio: they cannot be carried over. */
function bondsOf(db: Database): Bond[] {
  const devices = createDevices(db, { now: Date.now }).list();
  return devices.map(({ id, name, address, model }) => {
    const known = modelOf(model);
    const before = known?.oneHostOnly ? [ONE_HOST.en] : [];
    const how = [...before, (known?.instructions.pair ?? PAIR.asManual).en].join(' ');
    return { id, name, address, mustBePaired: known?.bond !== 'none', how };
  });
}

/** Files that the configuration names and that are not on this box. */
function missingFiles(values: StoreValues, io: Io): string[] {
  if (values.data !== undefined) return [];
  const named = (value: unknown): string[] =>
    Object.entries(value ?? {}).flatMap(([name, one]) =>
      typeof one === 'string' && name.endsWith('File')
        ? [one]
        : typeof one === 'object'
          ? named(one)
          : [],
    );
  return [...new Set(named(settings(values, io).home))].filter((path) => !existsSync(path));
}

function inWords(
  todo: Restored & { devices: readonly Bond[]; missingFiles: readonly string[] },
  db: Database,
): string[] {
  const { lastDecisionAt, paused, devices } = todo;
  const permissions = createPermissions(db);
  const until = lastDecisionAt === undefined ? 'never' : new Date(lastDecisionAt).toISOString();
  return [
    'Restored. The old box must not run any more: both would send, as one gateway.',
    `The last decision in it was made at ${until}; what was decided later is not in it.`,
    ...(paused.length === 0 ? [] : ['Paused until a person says so (iomt consents resume ID):']),
    ...paused.map((id) => `  ${id}  ${permissions.get(id).permission.sentence}`),
    ...devices.flatMap(({ name, address, mustBePaired, how }) =>
      mustBePaired
        ? [`Pair anew: ${name}. ${how} Then: iomt devices pair ${address} --name "${name}"`]
        : [`Needs no pairing: ${name}.`],
    ),
    ...todo.missingFiles.map((path) => `Not on this box, named in the configuration: ${path}`),
    'Then: iomt home, and iomt doctor.',
  ];
}
