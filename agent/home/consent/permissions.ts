import { randomUUID } from 'node:crypto';
import type { Kind } from '../../../adapters/measurement.ts';
import { fromConsent, type SharingPermission, toConsent } from '../../../fhir/consent.ts';
import { CodedError } from '../../errors.ts';
import type { Database } from '../../store.ts';
import { onRollback } from '../journal/committer.ts';

export interface Recipient {
  readonly id: string;
  readonly name: string;
  readonly organisation?: { readonly system: string; readonly value: string } | undefined;
  readonly purpose: string;
  readonly legalBasis: 'consent' | 'health-service' | 'other';
}

/**
 * Sharing permissions, every version kept as the FHIR Consent that was shown. A change is a new
 * version; the latest of each id counts. Run the writers inside a commit, with the audit entry.
 */
export function createPermissions(db: Database) {
  const insert = db.prepare('INSERT INTO permission VALUES (?, ?, ?, ?, ?, ?)');
  const latest = db.prepare<
    [string, string],
    { resource: string }
  >(`SELECT resource FROM permission p
    WHERE person = ? AND recipient = ?
      AND version = (SELECT max(version) FROM permission q WHERE q.id = p.id) ORDER BY at`);
  const byId = db.prepare<[string], { resource: string; person: string }>(
    'SELECT resource, person FROM permission WHERE id = ? ORDER BY version DESC LIMIT 1',
  );
  const recipients = db
    .prepare<[string], string>(
      'SELECT DISTINCT recipient FROM permission WHERE person = ? ORDER BY recipient',
    )
    .pluck();
  const everybody = db.prepare<
    [],
    { resource: string; person: string }
  >(`SELECT resource, person FROM permission p
    WHERE version = (SELECT max(version) FROM permission q WHERE q.id = p.id) ORDER BY at`);
  const pairs = db.prepare<[], { person: string; recipient: string }>(
    'SELECT DISTINCT person, recipient FROM permission',
  );
  const cache = new Map<string, readonly SharingPermission[]>();
  onRollback(db, () => cache.clear());

  function readable(resources: readonly string[]): readonly SharingPermission[] {
    try {
      return resources.map(read);
    } catch {
      // The one that cannot be read may be a pause: together they permit nothing.
      return [];
    }
  }

  function read(resource: string): SharingPermission {
    const result = fromConsent(JSON.parse(resource));
    if (result.ok) return result.permission;
    throw new CodedError(
      'permission-unreadable',
      'A stored permission cannot be read',
      'Run `iomt store check`. Nothing is shared under it.',
    );
  }

  function write(person: string, permission: SharingPermission, at: number): SharingPermission {
    const resource = JSON.stringify(toConsent(permission));
    insert.run(permission.id, permission.version, person, permission.recipient.id, resource, at);
    cache.clear();
    return permission;
  }

  return {
    /**
     * Latest versions for one person and recipient; none when one of them cannot be read: no answer
     * is no. Cached: consent is asked at every sending.
     */
    of(person: string, recipient: string): readonly SharingPermission[] {
      const key = `${person}/${recipient}`;
      const known = cache.get(key);
      if (known) return known;
      const fresh = readable(latest.all(person, recipient).map((row) => row.resource));
      cache.set(key, fresh);
      return fresh;
    },
    /** Whom this person was ever asked about. */
    recipientsOf: (person: string): readonly string[] => recipients.all(person),
    /** Who was ever asked about whom. */
    pairs: () => pairs.all(),
    get(id: string): { person: string; permission: SharingPermission } {
      const row = byId.get(id);
      if (!row) {
        throw new CodedError(
          'permission-unknown',
          'There is no such permission',
          'See `iomt consents list`.',
        );
      }
      return { person: row.person, permission: read(row.resource) };
    },
    list: () =>
      everybody.all().map((row) => ({ person: row.person, permission: read(row.resource) })),
    give(
      person: string,
      options: {
        pseudonym: string;
        recipient: Recipient;
        kinds: readonly Kind[];
        givenAt: string;
        from: string;
        until?: string;
        sentence: string;
        language: SharingPermission['language'];
        representative: SharingPermission['representative'];
        at: number;
      },
    ): SharingPermission {
      const { recipient } = options;
      return write(
        person,
        {
          id: randomUUID(),
          version: 1,
          pseudonym: options.pseudonym,
          recipient: {
            id: recipient.id,
            name: recipient.name,
            ...(recipient.organisation ? { organisation: recipient.organisation } : {}),
          },
          kinds: [...options.kinds],
          purpose: recipient.purpose,
          legalBasis: recipient.legalBasis,
          givenAt: options.givenAt,
          from: options.from,
          ...(options.until === undefined ? {} : { until: options.until }),
          pauses: [],
          state: 'active',
          sentence: options.sentence,
          language: options.language,
          representative: options.representative,
        },
        options.at,
      );
    },
    change(
      id: string,
      to: Partial<
        Pick<SharingPermission, 'pauses' | 'state' | 'kinds' | 'until' | 'sentence' | 'language'>
      > &
        Pick<SharingPermission, 'representative'>,
      at: number,
    ): SharingPermission {
      const { person, permission } = this.get(id);
      return write(person, { ...permission, ...to, version: permission.version + 1 }, at);
    },
  };
}

export type Permissions = ReturnType<typeof createPermissions>;
