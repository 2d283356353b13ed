import { randomUUID } from 'node:crypto';
import type { Basis } from '../../../../fhir/consent-representative.ts';
import type { Database } from '../../../store.ts';
import { IN_FORCE } from '../../people/representation.ts';
import type { Role, Who } from './rights.ts';
import { hashOf, newToken } from './tokens.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** A session ends after this, ms: a day at most between two PINs. */
export const SESSION_MS = 12 * 60 * MINUTE_MS;
/** On a browser that several people use, it ends when nothing was asked for so long, ms. */
export const SHARED_IDLE_MS = 15 * MINUTE_MS;
/** A browser is forgotten when nobody signed in there for so long, ms. */
export const BROWSER_MS = 365 * DAY_MS;
/** The stored instant of the last request lags so far, ms: not every page is worth a write. */
const SEEN_LAG_MS = MINUTE_MS;
/** A clock may be set back by this without ending what began before, ms. */
const SET_BACK_MS = 5 * MINUTE_MS;

export interface Session {
  readonly id: string;
  readonly browser: string;
  readonly grant: string;
  readonly who: Who;
}

export interface Browser {
  readonly id: string;
  /** Several people use it. */
  readonly shared: boolean;
}

/** A browser as its owner sees it under Me. */
export interface ListedBrowser {
  readonly id: string;
  readonly label: string;
  readonly shared: boolean;
  readonly addedAt: number;
  readonly seenAt: number;
  /** Somebody is signed in there with this account. */
  readonly session: string | undefined;
}

interface SessionRow {
  id: string;
  browser: string;
  grant_id: string;
  role: Role;
  account: string;
  name: string;
  person: string;
  person_name: string;
  basis: Basis | null;
  sees_values: number;
  until: number | null;
  shared: number;
  began_at: number;
  seen_at: number;
}

const LIVE = `s.began_at > @now - ${SESSION_MS} AND s.began_at <= @now + ${SET_BACK_MS}
  AND (b.shared = 0 OR s.seen_at > @now - ${SHARED_IDLE_MS})
  AND ${IN_FORCE}`;

/** Remembered browsers, and who is signed in on them. Call the writers inside a commit. */
export function createSessions(db: Database, parts: { readonly now: () => number }) {
  const { now } = parts;
  const find = db.prepare<{ hash: string; now: number }, SessionRow>(
    `SELECT s.id, s.browser, s.began_at, s.seen_at, b.shared, g.id AS grant_id, g.role, g.person,
       g.basis, g.sees_values, g.until, a.id AS account, coalesce(a.name, own.name) AS name, p.name AS person_name
     FROM session s JOIN browser b ON b.id = s.browser JOIN access_grant g ON g.id = s.access_grant
     JOIN account a ON a.id = g.account JOIN person p ON p.id = g.person AND p.removed_at IS NULL
     LEFT JOIN person own ON own.id = a.person
     WHERE s.hash = @hash AND ${LIVE}`,
  );
  const begin = db.prepare(
    `INSERT INTO session (id, hash, browser, access_grant, began_at, seen_at)
     VALUES (@id, @hash, @browser, @grant, @now, @now)`,
  );
  const change = db.prepare(
    'UPDATE session SET hash = @hash, access_grant = @grant WHERE id = @id',
  );
  const isThere = db.prepare<[string]>('SELECT 1 FROM session WHERE id = ?');
  const endOn = db.prepare('DELETE FROM session WHERE browser = ?');
  const seen = db.prepare('UPDATE session SET seen_at = ? WHERE id = ?');
  const seenBrowser = db.prepare('UPDATE browser SET seen_at = ? WHERE id = ?');
  const OF_ACCOUNT = 'access_grant IN (SELECT id FROM access_grant WHERE account = @account)';
  const end = db.prepare(`DELETE FROM session WHERE id = @id AND ${OF_ACCOUNT}`);
  const endOthers = db.prepare(`DELETE FROM session WHERE id IS NOT @keep AND ${OF_ACCOUNT}`);
  const endThere = db.prepare(`DELETE FROM session WHERE browser = @id AND ${OF_ACCOUNT}`);

  const addBrowser = db.prepare(
    `INSERT INTO browser (id, hash, label, shared, added_at, seen_at)
     VALUES (@id, @hash, @label, @shared, @now, @now)`,
  );
  const link = db.prepare('INSERT OR IGNORE INTO browser_account VALUES (?, ?)');
  const setShared = db.prepare('UPDATE browser SET shared = ? WHERE id = ?');
  const byHash = db.prepare<{ hash: string; now: number }, { id: string; shared: number }>(
    `SELECT id, shared FROM browser WHERE hash = @hash AND seen_at > @now - ${BROWSER_MS}`,
  );
  const unlink = db.prepare(
    'DELETE FROM browser_account WHERE browser = @id AND account = @account',
  );
  const dropUnused = db.prepare(
    `DELETE FROM browser WHERE id NOT IN (SELECT browser FROM browser_account)
     OR seen_at <= @now - ${BROWSER_MS}`,
  );
  const sweep = db.prepare(`DELETE FROM session WHERE id NOT IN (SELECT s.id FROM session s
    JOIN browser b ON b.id = s.browser JOIN access_grant g ON g.id = s.access_grant WHERE ${LIVE})`);
  const list = db.prepare<
    { account: string; now: number },
    {
      id: string;
      label: string;
      shared: number;
      added_at: number;
      seen_at: number;
      session: string | null;
    }
  >(`SELECT b.id, b.label, b.shared, b.added_at, b.seen_at,
      (SELECT s.id FROM session s JOIN access_grant g ON g.id = s.access_grant
       WHERE s.browser = b.id AND g.account = @account AND ${LIVE}) AS session
    FROM browser b JOIN browser_account l ON l.browser = b.id
    WHERE l.account = @account AND b.seen_at > @now - ${BROWSER_MS} ORDER BY b.seen_at DESC`);

  return {
    /** Whose session a cookie is, while it lasts. */
    find(token: string | undefined): (Session & { readonly isStale: boolean }) | undefined {
      const row = token === undefined ? undefined : find.get({ hash: hashOf(token), now: now() });
      if (!row) return undefined;
      const { account, name, role, person, person_name } = row;
      const actor = role === 'citizen' ? `person ${person}` : `${role} ${row.grant_id}`;
      const { basis, until } = row;
      const own = { basis: basis ?? undefined, until: until ?? undefined };
      const seesValues = role === 'citizen' || row.sees_values === 1;
      return {
        id: row.id,
        browser: row.browser,
        grant: row.grant_id,
        who: {
          ...{ account, name, role, actor, seesValues, ...own },
          person: { id: person, name: person_name },
        },
        isStale: Math.abs(now() - row.seen_at) > SEEN_LAG_MS,
      };
    },
    /** A new session with a secret of its own, whatever the browser sent before; one for a browser. */
    begin(browser: string, grant: string): { id: string; token: string } {
      endOn.run(browser);
      sweep.run({ now: now() });
      dropUnused.run({ now: now() });
      const [id, token] = [randomUUID(), newToken()];
      begin.run({ id, hash: hashOf(token), browser, grant, now: now() });
      seenBrowser.run(now(), browser);
      return { id, token };
    },
    /**
     * The same session for another of the account's people, with another secret: a page that lies open
     * from before changes nothing for the wrong one.
     */
    change(id: string, grant: string): string {
      const token = newToken();
      change.run({ id, grant, hash: hashOf(token) });
      return token;
    },
    /** Something was asked for. */
    touch: (id: string) => void seen.run(now(), id),
    /** False once it was ended. */
    isThere: (id: string) => isThere.get(id) !== undefined,
    /** Ends one of the account's; false when it has none such. */
    end: (id: string, account: string) => end.run({ id, account }).changes > 0,
    /** Ends the account's sessions, but for one. */
    endOthers: (account: string, keep: string | undefined) =>
      endOthers.run({ account, keep: keep ?? null }).changes,
    /** The browser that a cookie is of, while it is remembered. */
    browser(token: string | undefined): Browser | undefined {
      const row = token === undefined ? undefined : byHash.get({ hash: hashOf(token), now: now() });
      return row && { id: row.id, shared: row.shared === 1 };
    },
    remember(label: string, shared: boolean): { id: string; token: string } {
      const [id, token] = [randomUUID(), newToken()];
      addBrowser.run({ id, hash: hashOf(token), label, shared: shared ? 1 : 0, now: now() });
      return { id, token };
    },
    link: (browser: string, account: string) => void link.run(browser, account),
    setShared: (browser: string, shared: boolean) => void setShared.run(shared ? 1 : 0, browser),
    browsers: (account: string): ListedBrowser[] =>
      list.all({ account, now: now() }).map((row) => ({
        id: row.id,
        label: row.label,
        shared: row.shared === 1,
        addedAt: row.added_at,
        seenAt: row.seen_at,
        session: row.session ?? undefined,
      })),
    /** The browser knows this account no more; false when it did not. */
    forget(id: string, account: string): boolean {
      endThere.run({ id, account });
      const known = unlink.run({ id, account }).changes > 0;
      dropUnused.run({ now: now() });
      return known;
    },
  };
}

export type Sessions = ReturnType<typeof createSessions>;
