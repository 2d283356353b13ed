import type { Database } from '../store.ts';
import { isObject, type JsonObject } from './json.ts';

/** What was said of a pseudonym by a gateway to which it does not belong. */
export interface Refusal {
  readonly person: string;
  /** Whose it is. */
  readonly gateway: string;
  /** Who was refused. */
  readonly other: string;
  readonly count: number;
  /** Milliseconds since 1970 UTC. */
  readonly lastAt: number;
}

/** A message as far as it says whom it is about. */
export interface About {
  readonly gateway: string;
  /** Pseudonyms that it is about, which belong to the gateway from now on if they are nobody's. */
  readonly persons: readonly string[];
  /** The names that stand anywhere in it: see {@link namesIn}. */
  readonly names?: readonly string[];
  /** It corrects or takes back: then it is about the persons of what it changes, too. */
  readonly isChange?: boolean;
}

export type Belonging = ReturnType<typeof createBelonging>;

/**
 * Which gateway a pseudonym belongs to: the first that is heard with it. The broker keeps a gateway
 * inside its own subtree, but what stands in a message is the gateway's own word: whoever came to know
 * the pseudonym of somebody else could tell readings of them, or take theirs back. A restored box has
 * its former id, so that only a box that is made anew makes somebody move ({@link Belonging.move}).
 */
export function createBelonging(deps: { readonly db: Database; readonly now: () => number }) {
  const { db, now } = deps;
  const others = db.prepare<
    [{ gateway: string; names: string; isChange: 0 | 1 }],
    { person: string }
  >(
    `WITH name AS MATERIALIZED (SELECT value FROM json_each(:names))
     SELECT person FROM belongs WHERE gateway <> :gateway AND person IN (
       SELECT value FROM name
       UNION SELECT lower(r.person) FROM name
         JOIN observations o ON o.identifier = 'urn:uuid:' || name.value
         JOIN readings r ON r.row = o.reading WHERE :isChange)`,
  );
  const owner = db
    .prepare<[string], string>('SELECT gateway FROM belongs WHERE person = ?')
    .pluck();
  const add = db.prepare('INSERT OR IGNORE INTO belongs VALUES (:person, :gateway, :at)');
  const change = db.prepare(
    'UPDATE belongs SET gateway = :gateway, since = :at WHERE person = :person',
  );
  const refused = db.prepare(
    `INSERT INTO refusals VALUES (:person, :gateway, 1, :at)
     ON CONFLICT (person, gateway) DO UPDATE SET count = count + 1, last_at = :at`,
  );
  const forget = db.prepare('DELETE FROM refusals WHERE person = ?');
  const refusals = db.prepare<[], Refusal>(
    `SELECT r.person, b.gateway, r.gateway AS other, r.count, r.last_at AS lastAt
     FROM refusals r JOIN belongs b ON b.person = r.person ORDER BY r.last_at DESC, r.person`,
  );
  const writing = <T>(work: () => T): T => db.transaction(work).immediate();

  return {
    /**
     * True when the message is about nobody of another gateway; who is heard of for the first time
     * belongs to this one then. False is counted, by person.
     */
    claim({ gateway, persons, names = [], isChange = false }: About): boolean {
      const about = persons.map((one) => one.toLowerCase());
      const all = JSON.stringify([...about, ...names]);
      const strangers = others.all({ gateway, names: all, isChange: isChange ? 1 : 0 });
      if (strangers.length === 0) {
        const fresh = about.filter((person) => owner.get(person) === undefined);
        if (fresh.length > 0) {
          writing(() => fresh.forEach((person) => void add.run({ person, gateway, at: now() })));
        }
        return true;
      }
      writing(() => {
        for (const { person } of strangers) refused.run({ person, gateway, at: now() });
      });
      return false;
    },
    /** From now on the pseudonym belongs to that gateway. The former one; undefined: it is not known. */
    move(person: string, gateway: string): string | undefined {
      const who = person.toLowerCase();
      return writing(() => {
        const former = owner.get(who);
        if (former === undefined) return undefined;
        change.run({ person: who, gateway, at: now() });
        forget.run(who);
        return former;
      });
    },
    /** Who was refused since the person moved last, the latest first. */
    refusals: (): Refusal[] => refusals.all(),
  };
}

const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi;

/**
 * The UUIDs in all texts of a Bundle, in lower case, also where an address is percent-encoded: a
 * pseudonym is random, so that where it stands, its person is meant.
 */
export function namesIn(bundle: JsonObject): string[] {
  const found = new Set<string>();
  const look = (value: unknown): void => {
    if (typeof value === 'string') {
      for (const text of [value, decoded(value)]) {
        for (const [uuid] of text.matchAll(UUID)) found.add(uuid.toLowerCase());
      }
    } else if (Array.isArray(value)) value.forEach(look);
    else if (isObject(value)) Object.values(value).forEach(look);
  };
  look(bundle);
  return [...found];
}

function decoded(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
