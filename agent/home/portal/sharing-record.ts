import { setImmediate } from 'node:timers/promises';
import { KINDS, type Kind } from '../../../adapters/measurement.ts';
import { fromConsent, type SharingPermission } from '../../../fhir/consent.ts';
import type { SharingCause } from '../../contract/messages.ts';
import type { Database } from '../../store.ts';
import { MAY_HAVE_ARRIVED } from '../outbox/deliveries.ts';

/** What people decide about sharing, as the trail names it. */
export const SHARING_ACTS = [
  'permission-given',
  'permission-changed',
  'permission-paused',
  'permission-resumed',
  'permission-withdrawn',
] as const;
export type SharingAct = (typeof SHARING_ACTS)[number];

/** One line of the trail that is about what a person shares. */
export interface RecordedAct {
  readonly seq: number;
  readonly at: number;
  readonly actor: string;
  readonly action: SharingAct;
  /** Number and hash of the line: against it the trail can be checked. */
  readonly mark: string;
  readonly recipient: { readonly id: string; readonly name: string };
  readonly legalBasis: SharingPermission['legalBasis'];
  /** As they stood after it. */
  readonly permissions: readonly SharingPermission[];
  /** End of a pause that was given one. */
  readonly until: string | undefined;
  /** What was measured in the pause was asked for. */
  readonly alsoPaused: boolean | undefined;
  /** What the recipient is told of it; false: nothing. Undefined where there was nothing to tell. */
  readonly told: SharingCause | false | undefined;
  /** On their way when it was decided. */
  readonly onTheWay: readonly Gone[];
}

/** A reading that left. */
export interface Gone {
  readonly envelope: string;
  readonly kind: Kind | undefined;
  readonly measuredAt: number | undefined;
}

/** What a recipient has of one kind, by measured time. */
export interface GoneKind {
  readonly kind: Kind;
  readonly n: number;
  readonly first: number;
  readonly last: number;
}

interface Line {
  seq: number;
  at: number;
  actor: string;
  action: SharingAct;
  detail: string;
  hash: string;
}

interface Detail {
  readonly permission?: string;
  readonly permissions?: readonly string[];
  readonly until?: string;
  readonly alsoPaused?: boolean;
  readonly alreadyPast?: readonly string[];
  readonly told?: SharingCause | false;
}

/** Readings looked at in one turn: some milliseconds. */
const LOOK_ROWS = 250;

/** Acts shown of one person; older ones stay in the trail. */
const ACTS_MAX = 200;

/** What one person decided about sharing and what has left; every question names the person. */
export function createSharingRecord(db: Database) {
  const mine = `SELECT seq, at, actor, action, detail, hash FROM audit
    WHERE action IN (${SHARING_ACTS.map((act) => `'${act}'`).join(', ')})
      AND (detail ->> 'person' = @person
        OR detail ->> 'permission' IN (SELECT id FROM permission WHERE person = @person))`;
  const lines = db.prepare<{ person: string }, Line>(`${mine} ORDER BY seq DESC LIMIT ${ACTS_MAX}`);
  const line = db.prepare<{ person: string; seq: number }, Line>(`${mine} AND seq = @seq`);
  const version = db
    .prepare<[string, string, string], string>(
      'SELECT resource FROM permission WHERE id = ? AND version = ? AND person = ?',
    )
    .pluck();
  const asOf = db
    .prepare<[string, number, string], string>(
      `SELECT resource FROM permission WHERE id = ? AND at <= ? AND person = ?
       ORDER BY version DESC LIMIT 1`,
    )
    .pluck();
  const envelope = db.prepare<[string, string], { kind: Kind; measured_at: number | null }>(
    `SELECT r.kind, r.measured_at FROM delivery d JOIN reading r ON r.id = d.reading
     WHERE d.id = ? AND d.person = ?`,
  );
  const looked = db.prepare<
    { person: string; kind: Kind; recipient: string; at: number; row: number },
    { at: number; row: number; gone: 0 | 1 }
  >(`SELECT measured_at AS at, r.rowid AS row,
      EXISTS (SELECT 1 FROM delivery d WHERE d.near = r.near AND d.recipient = @recipient
        AND d.reading = r.id AND d.person = @person AND d.action <> 'retraction'
        AND (d.state IN ('sent', 'received', 'read') OR d.reach = ${MAY_HAVE_ARRIVED})) AS gone
    FROM reading r WHERE person = @person AND kind = @kind AND (measured_at, r.rowid) > (@at, @row)
    ORDER BY measured_at, r.rowid LIMIT ${LOOK_ROWS}`);

  function permissionsOf({ permission, permissions = [] }: Detail, at: number, person: string) {
    const resources = permissions.map((text) => {
      const [id = '', number = ''] = text.split('/');
      return version.get(id, number, person);
    });
    if (permission !== undefined) resources.push(asOf.get(permission, at, person));
    return resources.flatMap((resource) => {
      const result = resource === undefined ? undefined : fromConsent(JSON.parse(resource));
      return result?.ok ? [result.permission] : [];
    });
  }

  function actOf(row: Line, person: string): RecordedAct[] {
    const detail = JSON.parse(row.detail) as Detail;
    const permissions = permissionsOf(detail, row.at, person);
    const [first] = permissions;
    if (!first) return [];
    const { seq, at, actor, action, hash } = row;
    const { recipient, legalBasis } = first;
    const onTheWay = (detail.alreadyPast ?? []).map((id) => {
      const found = envelope.get(id, person);
      return { envelope: id, kind: found?.kind, measuredAt: found?.measured_at ?? undefined };
    });
    const { until, alsoPaused, told } = detail;
    const known = { recipient, legalBasis, permissions, onTheWay, until, alsoPaused, told };
    return [{ seq, at, actor, action, mark: `${seq}:${hash}`, ...known }];
  }

  return {
    /** For whoever looks at how what has gone is found. */
    source: looked.source,
    /** Latest first. */
    acts: (person: string): RecordedAct[] =>
      lines.all({ person }).flatMap((row) => actOf(row, person)),
    /** Undefined for another's line, and for one about anything else. */
    act(person: string, seq: number): RecordedAct | undefined {
      const row = line.get({ person, seq });
      return row && actOf(row, person)[0];
    },
    /**
     * What the recipient has of this person, or may have; looked at in turns, since years of it take
     * a second. Undefined where more than `lookMax` readings would have to be looked at.
     */
    async gone(
      person: string,
      recipient: string,
      lookMax = Number.POSITIVE_INFINITY,
    ): Promise<GoneKind[] | undefined> {
      const found: GoneKind[] = [];
      let seen = 0;
      for (const kind of Object.keys(KINDS) as Kind[]) {
        const whose = { person, recipient, kind };
        let [n, first, last] = [0, 0, 0];
        let rows = looked.all({ ...whose, at: Number.MIN_SAFE_INTEGER, row: 0 });
        while (rows.length > 0) {
          for (const { at } of rows.filter(({ gone }) => gone === 1)) {
            first = n === 0 ? at : first;
            [n, last] = [n + 1, at];
          }
          seen += rows.length;
          if (seen > lookMax) return undefined;
          const { at = 0, row = 0 } = rows.at(-1) ?? {};
          if (rows.length < LOOK_ROWS) break;
          await setImmediate();
          rows = looked.all({ ...whose, at, row });
        }
        if (n > 0) found.push({ kind, n, first, last });
      }
      return found;
    },
  };
}

export type SharingRecord = ReturnType<typeof createSharingRecord>;
