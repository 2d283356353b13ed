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
  readonly onTheWay: readonly OnTheWay[];
}

/** A reading that left. */
export interface OnTheWay {
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

/** What a recipient has of a stretch of time. */
export interface Gone {
  readonly kinds: readonly GoneKind[];
  /** Measured before that instant there is more to look at, ms UTC; undefined: nothing is. */
  readonly from: number | undefined;
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
  const measured = `reading r WHERE person = @person AND kind = @kind AND measured_at < @before`;
  const nthLast = db
    .prepare<{ person: string; kind: Kind; before: number; n: number }, number>(
      `SELECT measured_at FROM ${measured} ORDER BY measured_at DESC LIMIT 1 OFFSET @n`,
    )
    .pluck();
  const upTo = db
    .prepare<{ person: string; before: number; max: number }, number>(
      `SELECT count(*) FROM
        (SELECT 1 FROM reading WHERE person = @person AND measured_at < @before LIMIT @max)`,
    )
    .pluck();
  const looked = db.prepare<
    { person: string; kind: Kind; recipient: string; from: number; before: number },
    { n: number; first: number | null; last: number | null }
  >(`SELECT count(*) AS n, min(measured_at) AS first, max(measured_at) AS last FROM ${measured}
      AND measured_at >= @from
      AND EXISTS (SELECT 1 FROM delivery d WHERE d.near = r.near AND d.recipient = @recipient
        AND d.reading = r.id AND d.person = @person AND d.action <> 'retraction'
        AND (d.state IN ('sent', 'received', 'read') OR d.reach = ${MAY_HAVE_ARRIVED}))`);

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
     * What the recipient has of this person, or may have, of about the last `lookMax` readings
     * measured before an instant, of whatever kind: to look at years of it takes a second.
     */
    async gone(
      person: string,
      recipient: string,
      { lookMax, before = Number.MAX_SAFE_INTEGER }: { lookMax: number; before?: number },
    ): Promise<Gone> {
      const kinds = (Object.keys(KINDS) as Kind[]).filter(
        (kind) => nthLast.get({ person, kind, before, n: 0 }) !== undefined,
      );
      const isMore = (upTo.get({ person, before, max: lookMax + 1 }) ?? 0) > lookMax;
      const n = Math.floor(lookMax / Math.max(kinds.length, 1));
      // One that has more says since when; it is looked at too, so that each look comes further back.
      const since = kinds.flatMap((kind) =>
        isMore ? (nthLast.get({ person, kind, before, n }) ?? []) : [],
      );
      const from = since.length > 0 ? Math.max(...since) : Number.MIN_SAFE_INTEGER;
      const found: GoneKind[] = [];
      for (const kind of kinds) {
        const of = looked.get({ person, recipient, kind, from, before });
        if (of?.n) found.push({ kind, n: of.n, first: of.first ?? 0, last: of.last ?? 0 });
        await setImmediate();
      }
      return { kinds: found, from: since.length > 0 ? from : undefined };
    },
  };
}

export type SharingRecord = ReturnType<typeof createSharingRecord>;
