import { accessSync, constants, mkdirSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Clock } from '../../clock.ts';
import { CodedError, codeOf } from '../../errors.ts';
import type { Check } from '../../http.ts';
import { ensureGatewayIdentity, GATEWAY_KEY, type GatewayIdentity } from '../../identity.ts';
import type { Log } from '../../log.ts';
import { createPrivate } from '../../secrets.ts';
import { type Database, type StoreKey, storeError } from '../../store.ts';
import { createHouseholdCopy } from './household-copy.ts';
import { openOrMend, type Replaced, storeIn } from './open.ts';
import { setAside, stamp } from './replacement.ts';

/** The household's copy is compared this often, ms: a device that was paired is in it soon. */
const COPY_EVERY_MS = 60_000;
/** Name under which the gateway's private key stands in the store. */
const IDENTITY = 'gateway-key';

/** The gateway's store with what belongs to it: who the gateway is, and the household's copy. */
export interface HomeStore {
  readonly db: Database;
  readonly identity: GatewayIdentity;
  /** Brings the household's copy up to date at once; false when the disk refused. */
  refreshCopy(): boolean;
  /** Stores that were kept aside. */
  keptStores(): string[];
  /** What a person has to see to, besides the disk. */
  checks(): Check[];
  close(): void;
}

/** Opens the store as {@link openOrMend} does, and says what was done. Throws its CodedErrors. */
export function startStore(parts: {
  readonly folder: string;
  readonly key: StoreKey;
  readonly clock: Clock;
  readonly log: Log;
  readonly suspect?: boolean | undefined;
}): HomeStore {
  const { folder, key, clock, log, suspect = false } = parts;
  makeFolder(folder);
  const { db, replaced } = openOrMend({ folder, key, now: clock.now, suspect });
  try {
    if (replaced) say(log, replaced);
    const identity = identityIn(db, folder, clock.now());
    const copy = createHouseholdCopy(db, folder, key);
    const refresh = () => {
      try {
        copy.refresh();
        return true;
      } catch (error) {
        log.warn({ event: 'household-not-copied', code: codeOf(error) });
        return false;
      }
    };
    const timer = setInterval(refresh, COPY_EVERY_MS);
    timer.unref();
    return {
      db,
      identity,
      refreshCopy: refresh,
      keptStores: () => setAside(storeIn(folder)),
      checks: () => checksOf(db, storeIn(folder)),
      close() {
        clearInterval(timer);
        if (db.open) refresh();
        db.close();
      },
    };
  } catch (error) {
    db.close();
    throw error;
  }
}

function say(log: Log, { reason, tables, permissionsLost, leftBehind, reopened }: Replaced): void {
  log.error({ event: 'store-kept-aside', because: reason, count: leftBehind });
  for (const { table, lost } of tables.filter((one) => one.lost !== 0)) {
    const count = lost === 'some' ? {} : { count: lost };
    log.error({ event: 'store-rows-lost', op: table.replaceAll('_', '-'), ...count });
  }
  if (permissionsLost) log.error({ event: 'permissions-lost' });
  if (reopened > 0) log.warn({ event: 'captures-derived-again', count: reopened });
}

function checksOf(db: Database, file: string): Check[] {
  const kept = { name: 'aside', ok: false, code: 'store-kept-aside', isWarning: true } as const;
  const lost = { name: 'permissions', ok: false, code: 'permissions-lost' } as const;
  return [
    ...(setAside(file).length > 0 ? [kept] : []),
    ...(db.open && hasLostPermissions(db) ? [lost] : []),
  ];
}

/** Since then nobody has given any. */
function hasLostPermissions(db: Database): boolean {
  const row = db
    .prepare(
      `SELECT 1 FROM audit WHERE action = 'store-salvaged' AND detail ->> 'permissionsLost' = 1
       AND seq > coalesce((SELECT max(seq) FROM audit WHERE action = 'permission-given'), 0)`,
    )
    .get();
  return row !== undefined;
}

/**
 * Who the gateway is stands in the store too: a backup carries it, and a key file that was lost or
 * damaged is made again. Throws CodedError `identity-mismatch`, and those of the key file.
 */
function identityIn(db: Database, folder: string, now: number): GatewayIdentity {
  const stored = db
    .prepare<[string], string>('SELECT value FROM meta WHERE name = ?')
    .pluck()
    .get(IDENTITY);
  const file = join(folder, GATEWAY_KEY);
  if (stored !== undefined) createPrivate(file, stored);
  const identity = loadOr(folder, () => {
    if (stored === undefined) return false;
    renameSync(file, `${file}.damaged-${stamp(now)}`);
    return createPrivate(file, stored);
  });
  const own = String(identity.privateKey.export({ type: 'pkcs8', format: 'pem' }));
  if (stored === undefined) db.prepare('INSERT INTO meta VALUES (?, ?)').run(IDENTITY, own);
  else if (stored !== own) {
    throw new CodedError(
      'identity-mismatch',
      `The store is that of another gateway than ${GATEWAY_KEY}`,
      'One of the two was copied here. Put back the one that belongs to the other.',
    );
  }
  return identity;
}

function loadOr(folder: string, mend: () => boolean): GatewayIdentity {
  try {
    return ensureGatewayIdentity(folder);
  } catch (error) {
    if (codeOf(error) !== 'identity-malformed' || !mend()) throw error;
    return ensureGatewayIdentity(folder);
  }
}

/** Throws CodedError as the store does when the disk is full, read-only or not there. */
function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    accessSync(path, constants.W_OK);
  } catch (error) {
    // Node says ENOENT of a folder to be made on a read-only disk; the one above it knows better.
    const why = codeOf(error) === 'ENOENT' ? accessFault(dirname(path)) : error;
    const known = ['ENOSPC', 'EROFS', 'EACCES', 'EPERM'].includes(codeOf(why));
    throw storeError(known ? why : { code: 'SQLITE_CANTOPEN' });
  }
}

function accessFault(path: string): unknown {
  try {
    accessSync(path, constants.W_OK);
    return undefined;
  } catch (error) {
    return error;
  }
}
