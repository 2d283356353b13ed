import { randomUUID } from 'node:crypto';
import type { Basis } from '../../../../fhir/consent-representative.ts';
import type { Database } from '../../../store.ts';
import { IN_FORCE } from '../../people/representation.ts';
import type { Role } from './rights.ts';

/** An access that ended is shown for so long, with the name of who had it, ms. */
export const ENDED_KEPT_MS = 365 * 86_400_000;

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
  readonly basis: Basis | undefined;
  readonly seesValues: boolean;
  /** ms; undefined has no end: a citizen's own. */
  readonly until: number | undefined;
}

/** Somebody else's access to a person, as that person sees it. */
export interface GivenAccess extends Grant {
  /** Of who has it. */
  readonly name: string;
  readonly givenAt: number;
  readonly usedAt: number | undefined;
  /** Ended by hand, or run out, ms. */
  readonly endedAt: number | undefined;
}

interface AccountRow extends Omit<Account, 'person'> {
  person: string | null;
}
interface GrantRow extends Omit<Grant, 'basis' | 'until' | 'seesValues'> {
  basis: Basis | null;
  until: number | null;
  sees_values: number;
}
interface GivenRow extends GrantRow {
  name: string;
  given_at: number;
  used_at: number | null;
  ended_at: number | null;
}

const accountOf = (row: AccountRow): Account => ({ ...row, person: row.person ?? undefined });
const grantOf = ({ sees_values, ...row }: GrantRow): Grant => ({
  ...row,
  basis: row.basis ?? undefined,
  seesValues: sees_values === 1,
  until: row.until ?? undefined,
});

const ACCOUNT = `SELECT a.id, a.person, a.pin, coalesce(a.name, p.name) AS name
  FROM account a LEFT JOIN person p ON p.id = a.person`;
const GRANT = 'SELECT id, account, role, person, basis, sees_values, until FROM access_grant';

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
    `INSERT INTO access_grant (id, account, role, person, basis, sees_values, given_at, until)
     VALUES (@id, @account, @role, @person, @basis, @seesValues, @now, @until)`,
  );
  const grants = db.prepare<{ account: string; now: number }, GrantRow>(
    `${GRANT} WHERE account = @account AND ${IN_FORCE}
     ORDER BY role = 'citizen' DESC, given_at`,
  );
  const given = db.prepare<{ person: string; since: number }, GivenRow>(
    `SELECT g.id, g.account, g.role, g.person, g.basis, g.sees_values, g.until, g.given_at,
       g.used_at, g.ended_at, coalesce(a.name, p.name) AS name
     FROM access_grant g JOIN account a ON a.id = g.account LEFT JOIN person p ON p.id = a.person
     WHERE g.person = @person AND g.role <> 'citizen'
       AND min(coalesce(g.ended_at, 9e15), coalesce(g.until, 9e15)) > @since
     ORDER BY g.given_at DESC`,
  );
  const nameOf = db
    .prepare<[string], string>(
      `SELECT coalesce(a.name, p.name) FROM access_grant g JOIN account a ON a.id = g.account
       LEFT JOIN person p ON p.id = a.person WHERE g.id = ?`,
    )
    .pluck();
  const end = db.prepare(
    `UPDATE access_grant SET ended_at = @now
     WHERE id = @id AND person = @person AND role <> 'citizen' AND ${IN_FORCE}`,
  );
  const endSame = db.prepare(
    `UPDATE access_grant SET ended_at = @now
     WHERE account = @account AND person = @person AND role = @role AND ${IN_FORCE}`,
  );
  const limit = db.prepare(
    `UPDATE access_grant SET until = @until, sees_values = @seesValues
     WHERE id = @id AND person = @person AND role <> 'citizen' AND ${IN_FORCE}`,
  );
  const endSessions = db.prepare(
    `DELETE FROM session WHERE access_grant IN (SELECT id FROM access_grant WHERE ended_at NOT NULL)`,
  );
  // Who may nothing any more is not known to a browser either.
  const unlink = db.prepare(
    `DELETE FROM browser_account WHERE account NOT IN
       (SELECT account FROM access_grant WHERE ${IN_FORCE})`,
  );
  const dropPasskeys = db.prepare(
    `DELETE FROM passkey WHERE account NOT IN
       (SELECT account FROM access_grant WHERE ${IN_FORCE})`,
  );
  const dropOld = db.prepare(
    `DELETE FROM access_grant WHERE role <> 'citizen'
       AND min(coalesce(ended_at, 9e15), coalesce(until, 9e15)) <= @since`,
  );
  const dropUnused = db.prepare(
    'DELETE FROM account WHERE id NOT IN (SELECT account FROM access_grant)',
  );
  const used = db.prepare('UPDATE access_grant SET used_at = ? WHERE id = ?');

  /** What follows an end: no session, no passkey, no browser that knows them, and in a year no name. */
  function sweep(): void {
    const now = parts.now();
    endSessions.run();
    unlink.run({ now });
    dropPasskeys.run({ now });
    dropOld.run({ since: now - ENDED_KEPT_MS });
    dropUnused.run();
  }

  const givenOf = (row: GivenRow): GivenAccess => {
    const { name, given_at, used_at, ended_at, ...grant } = row;
    const endedAt = ended_at ?? (row.until !== null && row.until <= parts.now() ? row.until : null);
    return {
      ...grantOf(grant),
      ...{ name, givenAt: given_at, usedAt: used_at ?? undefined, endedAt: endedAt ?? undefined },
    };
  };

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
    /** Instead of the same role for the same person, where the account has it already. */
    give(grant: Omit<Grant, 'id'>): string {
      const id = randomUUID();
      const { account, role, person, basis = null, until = null } = grant;
      const now = parts.now();
      endSame.run({ account, person, role, now });
      const seesValues = grant.seesValues ? 1 : 0;
      give.run({ id, account, role, person, basis, until, seesValues, now });
      sweep();
      return id;
    },
    /** In force now; a citizen's own first. */
    grants: (account: string) => grants.all({ account, now: parts.now() }).map(grantOf),
    /** Who else may act for this person, or might in the last year; latest first. */
    given: (person: string): GivenAccess[] =>
      given.all({ person, since: parts.now() - ENDED_KEPT_MS }).map(givenOf),
    /** Of who has or had this access. */
    nameOf: (grant: string): string | undefined => nameOf.get(grant),
    /** Ends it with its sessions; false when this person gave none such, or it is over. */
    end(person: string, id: string): boolean {
      const hasEnded = end.run({ person, id, now: parts.now() }).changes > 0;
      sweep();
      return hasEnded;
    },
    /** Another end, and whether values are seen; false as above. */
    limit(person: string, id: string, to: Pick<Grant, 'until' | 'seesValues'>): boolean {
      const { until = null } = to;
      const seesValues = to.seesValues ? 1 : 0;
      return limit.run({ person, id, until, seesValues, now: parts.now() }).changes > 0;
    },
    used: (grant: string) => void used.run(parts.now(), grant),
  };
}

export type Accounts = ReturnType<typeof createAccounts>;
