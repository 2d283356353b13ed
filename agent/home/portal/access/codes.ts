import { randomUUID } from 'node:crypto';
import type { Basis } from '../../../../fhir/consent-representative.ts';
import type { Database } from '../../../store.ts';
import type { Role } from './rights.ts';
import { hashOf, isSame, newToken } from './tokens.ts';

/** A code can be typed for so long, and what follows it be filled in for as long again, ms. */
export const CODE_MS = 15 * 60_000;
/** Codes that may wait to be typed; a household needs one or two. */
const CODES_MAX = 20;
const DIGITS = 8;

/** What a code lets somebody become. */
export interface CodeGrant {
  readonly role: Role;
  /** Whose: undefined is a person who is new here. */
  readonly person: string | undefined;
  /** On what a representative's acting rests. */
  readonly basis?: Basis | undefined;
  /** A representative sees what was measured. */
  readonly seesValues?: boolean | undefined;
  /** Month of birth of the child for whom a parent acts. */
  readonly born?: string | undefined;
  /** When a helper's or representative's access ends, ms. */
  readonly until?: number | undefined;
  /** Who has an account already may choose another PIN: the machine's administrator vouches. */
  readonly mayReset: boolean;
}

interface Row {
  id: string;
  hash: string;
  role: Role;
  person: string | null;
  basis: Basis | null;
  sees_values: number;
  born: string | null;
  grant_until: number | null;
  may_reset: number;
}

const grantOf = (row: Row): CodeGrant => ({
  role: row.role,
  person: row.person ?? undefined,
  basis: row.basis ?? undefined,
  seesValues: row.sees_values === 1,
  born: row.born ?? undefined,
  until: row.grant_until ?? undefined,
  mayReset: row.may_reset === 1,
});

/** A code that the demo prints: it may be typed again while the demo runs, on this machine only. */
export interface DemoCode extends CodeGrant {
  readonly code: string;
}

/** One-time codes, kept as hashes. Call the writers inside a commit. */
export function createCodes(
  db: Database,
  parts: {
    readonly now: () => number;
    readonly randomInt: (below: number) => number;
    readonly demo?: (() => DemoCode | undefined) | undefined;
  },
) {
  const insert = db.prepare(`INSERT INTO access_code
    (id, hash, role, person, basis, sees_values, born, grant_until, may_reset, made_at, until)
    VALUES (@id, @hash, @role, @person, @basis, @seesValues, @born, @grantUntil, @mayReset, @now, @until)`);
  const open = db.prepare<{ now: number }, Row>(
    `SELECT * FROM access_code WHERE claimed_by IS NULL AND until > @now AND made_at <= @now
     ORDER BY made_at DESC`,
  );
  const claim = db.prepare('UPDATE access_code SET claimed_by = ?, claimed_at = ? WHERE id = ?');
  const claimed = db.prepare<{ by: string; since: number }, Row>(
    'SELECT * FROM access_code WHERE claimed_by = @by AND claimed_at > @since ORDER BY claimed_at DESC',
  );
  const spend = db.prepare('DELETE FROM access_code WHERE claimed_by = ?');
  const sweep = db.prepare(
    'DELETE FROM access_code WHERE until <= @now - @keep OR made_at > @now OR claimed_at <= @now - @keep',
  );

  function add(grant: CodeGrant, code: string): string {
    const now = parts.now();
    const id = randomUUID();
    insert.run({
      id,
      hash: hashOf(code),
      role: grant.role,
      person: grant.person ?? null,
      basis: grant.basis ?? null,
      seesValues: grant.seesValues ? 1 : 0,
      born: grant.born ?? null,
      grantUntil: grant.until ?? null,
      mayReset: grant.mayReset ? 1 : 0,
      now,
      until: now + CODE_MS,
    });
    return id;
  }

  return {
    /** A new code of eight digits; undefined when too many wait. */
    make(grant: CodeGrant): { code: string; until: number } | undefined {
      const now = parts.now();
      sweep.run({ now, keep: CODE_MS });
      if (open.all({ now }).length >= CODES_MAX) return undefined;
      const code = String(parts.randomInt(10 ** DIGITS)).padStart(DIGITS, '0');
      add(grant, code);
      return { code, until: now + CODE_MS };
    },
    /** Spends a code on the browser with this cookie; false when it is none that counts. */
    claim(code: string, visit: string, isLoopback: boolean): boolean {
      const now = parts.now();
      const by = hashOf(visit);
      const demo = parts.demo?.();
      if (demo && isLoopback && isSame(code, demo.code)) {
        spend.run(by);
        claim.run(by, now, add(demo, newToken()));
        return true;
      }
      const found = open.all({ now }).find(({ hash }) => hash === hashOf(code));
      if (!found) return false;
      spend.run(by);
      claim.run(by, now, found.id);
      return true;
    },
    /** What the code typed in this browser lets somebody become, while it counts. */
    claimedBy(visit: string): CodeGrant | undefined {
      const row = claimed.get({ by: hashOf(visit), since: parts.now() - CODE_MS });
      return row && grantOf(row);
    },
    /** What it was for is done. */
    spend: (visit: string) => void spend.run(hashOf(visit)),
  };
}
