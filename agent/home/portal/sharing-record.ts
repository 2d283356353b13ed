import { KINDS, type Kind } from '../../../adapters/measurement.ts';
import { fromConsent, type SharingPermission } from '../../../fhir/consent.ts';
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
}

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
  const gone = db.prepare<
    { person: string; kind: Kind; recipient: string },
    { n: number; first: number | null; last: number | null }
  >(`SELECT count(*) AS n, min(measured_at) AS first, max(measured_at) AS last FROM reading r
     WHERE person = @person AND kind = @kind AND measured_at IS NOT NULL
       AND EXISTS (SELECT 1 FROM delivery d WHERE d.near = r.near AND d.recipient = @recipient
         AND d.reading = r.id AND d.person = @person
         AND (d.state IN ('sent', 'received', 'read') OR d.reach = ${MAY_HAVE_ARRIVED})
         AND d.action <> 'retraction')`);

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
    const { until, alsoPaused } = detail;
    const known = { recipient, legalBasis, permissions, onTheWay, until, alsoPaused };
    return [{ seq, at, actor, action, mark: `${seq}:${hash}`, ...known }];
  }

  return {
    /** Latest first. */
    acts: (person: string): RecordedAct[] =>
      lines.all({ person }).flatMap((row) => actOf(row, person)),
    /** Undefined for another's line, and for one about anything else. */
    act(person: string, seq: number): RecordedAct | undefined {
      const row = line.get({ person, seq });
      return row && actOf(row, person)[0];
    },
    /** What the recipient has of this person, or may have. */
    gone: (person: string, recipient: string): GoneKind[] =>
      (Object.keys(KINDS) as Kind[]).flatMap((kind) => {
        const { n, first, last } = gone.get({ person, kind, recipient }) ?? { n: 0 };
        return n > 0 && first != null && last != null ? [{ kind, n, first, last }] : [];
      }),
  };
}

export type SharingRecord = ReturnType<typeof createSharingRecord>;
