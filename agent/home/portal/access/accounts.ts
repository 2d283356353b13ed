import { randomUUID } from 'node:crypto';
import type { Database } from '../../../store.ts';
import type { Role } from './rights.ts';

export interface Account {
  readonly id: string;
  /** The citizen's, or a helper's or representative's own. */
  readonly name: string;
  /** Whose it is, of a citizen. */
  readonly person: string | undefined;
  readonly pin: string;
}

/** What an account may do, for whom, until when. */
export interface Grant {
  readonly id: string;
  readonly account: string;
  readonly role: Role;
  readonly person: string;
  readonly basis: string | undefined;
  /** ms; undefined has no end: a citizen's own. */
  readonly until: number | undefined;
}

interface AccountRow extends Omit<Account, 'person'> {
  person: string | null;
}
interface GrantRow extends Omit<Grant, 'basis' | 'until'> {
  basis: string | null;
  until: number | null;
}

const accountOf = (row: AccountRow): Account => ({ ...row, person: row.person ?? undefined });
const grantOf = (row: GrantRow): Grant => ({
  ...row,
  basis: row.basis ?? undefined,
  until: row.until ?? undefined,
});

const ACCOUNT = `SELECT a.id, a.person, a.pin, coalesce(a.name, p.name) AS name
  FROM account a LEFT JOIN person p ON p.id = a.person`;
const GRANT = 'SELECT id, account, role, person, basis, until FROM access_grant';

/** Who can sign in, and as what. Call the writers inside a commit. */
export function createAccounts(db: Database, parts: { readonly now: () => number }) {
  const byId = db.prepare<[string], AccountRow>(`${ACCOUNT} WHERE a.id = ?`);
  const byPerson = db.prepare<[string], AccountRow>(`${ACCOUNT} WHERE a.person = ?`);
  const ofBrowser = db.prepare<[string], AccountRow>(
    `${ACCOUNT} JOIN browser_account b ON b.account = a.id WHERE b.browser = ? ORDER BY a.added_at`,
  );
  const insert = db.prepare(
    `INSERT INTO account (id, person, name, pin, pin_at, added_at)
     VALUES (@id, @person, @name, @pin, @now, @now)`,
  );
  const setPin = db.prepare('UPDATE account SET pin = ?, pin_at = ? WHERE id = ?');
  const give = db.prepare(
    `INSERT INTO access_grant (id, account, role, person, basis, given_at, until)
     VALUES (@id, @account, @role, @person, @basis, @now, @until)`,
  );
  const grants = db.prepare<{ account: string; now: number }, GrantRow>(
    `${GRANT} WHERE account = @account AND (until IS NULL OR until > @now)
     ORDER BY role = 'citizen' DESC, given_at`,
  );

  return {
    get(id: string): Account | undefined {
      const row = byId.get(id);
      return row && accountOf(row);
    },
    ofPerson(person: string): Account | undefined {
      const row = byPerson.get(person);
      return row && accountOf(row);
    },
    /** Those whom this browser is remembered for: only their names are shown there. */
    ofBrowser: (browser: string) => ofBrowser.all(browser).map(accountOf),
    add(whose: { person: string } | { name: string }, pin: string): string {
      const id = randomUUID();
      const [person, name] = 'person' in whose ? [whose.person, null] : [null, whose.name];
      insert.run({ id, person, name, pin, now: parts.now() });
      return id;
    },
    setPin: (id: string, pin: string) => void setPin.run(pin, parts.now(), id),
    give(grant: Omit<Grant, 'id'>): string {
      const id = randomUUID();
      const { basis = null, until = null } = grant;
      give.run({ ...grant, id, basis, until, now: parts.now() });
      return id;
    },
    /** In force now; a citizen's own first. */
    grants: (account: string) => grants.all({ account, now: parts.now() }).map(grantOf),
  };
}
