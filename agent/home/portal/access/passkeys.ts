import { randomUUID } from 'node:crypto';
import type { Database } from '../../../store.ts';

/** One person's phones, tablets, computers and keys; more is a mistake. */
export const PASSKEYS_MAX = 10;

export interface Passkey {
  readonly id: string;
  readonly account: string;
  /** Where it was made, while that is remembered. */
  readonly browser: string | undefined;
  /** Id that the authenticator gave it, base64url. */
  readonly credential: string;
  /** COSE key. */
  readonly publicKey: Uint8Array<ArrayBuffer>;
  /** What the authenticator counted at its last use; many always say 0. */
  readonly counter: number;
  /** Name of the site that it was made for: it works there only. */
  readonly rp: string;
  /** As its owner calls it. */
  readonly name: string;
  readonly madeAt: number;
  readonly usedAt: number | undefined;
}

interface Row {
  id: string;
  account: string;
  browser: string | null;
  credential: string;
  public_key: Buffer;
  counter: number;
  rp: string;
  name: string;
  made_at: number;
  used_at: number | null;
}

const passkeyOf = ({ public_key, made_at, used_at, ...row }: Row): Passkey => ({
  ...row,
  browser: row.browser ?? undefined,
  publicKey: Uint8Array.from(public_key),
  madeAt: made_at,
  usedAt: used_at ?? undefined,
});

/** Public halves of passkeys. Call the writers inside a commit. */
export function createPasskeys(db: Database, parts: { readonly now: () => number }) {
  const columns =
    'id, account, browser, credential, public_key, counter, rp, name, made_at, used_at';
  const ofAccount = db.prepare<[string], Row>(
    `SELECT ${columns} FROM passkey WHERE account = ? ORDER BY made_at DESC`,
  );
  const byCredential = db.prepare<[string], Row>(
    `SELECT ${columns} FROM passkey WHERE credential = ?`,
  );
  const any = db.prepare<[string]>('SELECT 1 FROM passkey WHERE rp = ? LIMIT 1');
  const insert = db.prepare(
    `INSERT OR IGNORE INTO passkey
       (id, account, browser, credential, public_key, counter, rp, name, made_at)
     VALUES (@id, @account, @browser, @credential, @publicKey, @counter, @rp, @name, @now)`,
  );
  // WebAuthn, 7.2, step 22: a counter that does not grow is of a copy, unless there is none.
  const used = db.prepare(
    `UPDATE passkey SET counter = @counter, used_at = @now
     WHERE id = @id AND (counter < @counter OR (counter = 0 AND @counter = 0))`,
  );
  const remove = db.prepare('DELETE FROM passkey WHERE id = ? AND account = ?');
  const endAll = db.prepare('DELETE FROM passkey WHERE account = ?');
  const madeOn = db.prepare<[string], { id: string; account: string }>(
    'SELECT id, account FROM passkey WHERE browser = ?',
  );

  return {
    /** Latest first. */
    ofAccount: (account: string): Passkey[] => ofAccount.all(account).map(passkeyOf),
    byCredential(credential: string): Passkey | undefined {
      const row = byCredential.get(credential);
      return row && passkeyOf(row);
    },
    /** Somebody here has one for this site. */
    hasAny: (rp: string): boolean => any.get(rp) !== undefined,
    /** Its id; undefined when the credential is known already, whosever it is. */
    add(passkey: Omit<Passkey, 'id' | 'madeAt' | 'usedAt'>): string | undefined {
      const id = randomUUID();
      const { changes } = insert.run({
        ...passkey,
        publicKey: Buffer.from(passkey.publicKey),
        id,
        now: parts.now(),
      });
      return changes > 0 ? id : undefined;
    },
    /** False when its counter has not grown, or it was removed meanwhile. */
    used: (id: string, counter: number) => used.run({ id, counter, now: parts.now() }).changes > 0,
    /** False when the account has none such. */
    remove: (id: string, account: string) => remove.run(id, account).changes > 0,
    endAll: (account: string) => endAll.run(account).changes,
    /** Those that were made in a browser. */
    madeOn: (browser: string) => madeOn.all(browser),
  };
}

export type Passkeys = ReturnType<typeof createPasskeys>;
