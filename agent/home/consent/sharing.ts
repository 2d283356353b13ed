import type { Kind } from '../../../adapters/measurement.ts';
import type { SharingPermission } from '../../../fhir/consent.ts';
import { instantText } from '../../../fhir/time.ts';
import type { Clock } from '../../clock.ts';
import { CodedError } from '../../errors.ts';
import type { Language } from '../../pages/language.ts';
import type { People } from '../people/people.ts';
import { instantOf, laterOf } from '../stated-instant.ts';
import type { Permissions } from './permissions.ts';
import { permissionSentence } from './sentence.ts';

/** What is asked for when a permission is given. */
export interface PermissionAsk {
  readonly person: string;
  readonly recipient: string;
  readonly kinds: readonly string[];
  /** Measured from, ISO instant; default now. */
  readonly from?: string;
  readonly until?: string;
  readonly language?: Language;
}

/** One person and one recipient: what is shared between them is decided in one go. */
export interface Pair {
  readonly person: string;
  readonly recipient: string;
}

/** What was decided, and the envelopes that were past the hand-over. */
export interface SharingResult {
  readonly permissions: readonly SharingPermission[];
  readonly alreadyPast: readonly string[];
}

interface Work {
  readonly result: SharingResult;
  readonly detail: Record<string, unknown> | undefined;
}

export interface SharingParts {
  readonly permissions: Pick<Permissions, 'of' | 'change'>;
  /** Throws when nothing new is shared on the word of who decides. */
  readonly mustMayShare: (person: string) => void;
  readonly people: Pick<People, 'find'>;
  readonly clock: Clock;
  readonly zone: string;
  readonly decide: (
    actor: string,
    action: string,
    work: () => Work,
  ) => Promise<SharingResult & { readonly trail?: string }>;
  readonly give: (ask: PermissionAsk) => SharingPermission;
  readonly endOf: (id: string) => SharingPermission;
  readonly pausesEndedAt: (
    pauses: SharingPermission['pauses'],
    now: number,
  ) => SharingPermission['pauses'];
  readonly reconsider: (person: string, recipient: string) => string[];
  readonly kindsOf: (names: readonly string[]) => Kind[];
}

/** In force, or only paused. */
export const isCurrent = ({ state, until }: SharingPermission, now: number): boolean =>
  state === 'active' && (until === undefined || Date.parse(until) > now);

/** Its pause that lasts; one begins when it is asked for. */
export const openPause = ({ pauses }: SharingPermission, now: number) =>
  pauses.find(({ until }) => until === undefined || Date.parse(until) > now);

/** The first permits nothing that the other does not: it is not said twice. */
export function isWithin(one: SharingPermission, other: SharingPermission): boolean {
  return (
    one.id !== other.id &&
    one.kinds.every((kind) => other.kinds.includes(kind)) &&
    Date.parse(one.from) >= Date.parse(other.from) &&
    one.until === other.until
  );
}

/**
 * Decisions about all that one person shares with one recipient. A repeated one changes nothing and
 * leaves no line in the trail.
 */
export function createSharing(parts: SharingParts) {
  const { permissions, people, clock, zone, decide } = parts;

  const currentOf = ({ person, recipient }: Pair) =>
    permissions.of(person, recipient).filter((one) => isCurrent(one, clock.now()));

  /** Asks what waits again, once all is written. */
  function done(pair: Pair, written: SharingPermission[], more: object = {}): Work {
    if (written.length === 0) {
      return { result: { permissions: [], alreadyPast: [] }, detail: undefined };
    }
    const alreadyPast = parts.reconsider(pair.person, pair.recipient);
    const versions = written.map(({ id, version }) => `${id}/${version}`);
    const { person, recipient } = pair;
    return {
      result: { permissions: written, alreadyPast },
      detail: { person, recipient, permissions: versions, ...more, alreadyPast },
    };
  }

  /** A permission keeps what is still asked for: when it was given and paused stays with it. */
  function narrow(permission: SharingPermission, kept: readonly Kind[], ask: Terms) {
    const { until, language } = ask;
    if (kept.length === 0) return [parts.endOf(permission.id)];
    if (kept.length === permission.kinds.length && until === permission.until) return [];
    const { recipient, from } = permission;
    const shown = { recipient: recipient.name, kinds: kept, from, until, language };
    const to = { kinds: kept, until, language, sentence: permissionSentence(shown) };
    return [permissions.change(permission.id, to, clock.now())];
  }

  return {
    /**
     * These kinds and no others, until then: what is new is a permission of its own, from now. With
     * `from`, all of them are asked for from then on, also what was measured in a pause.
     */
    shareKinds(actor: string, ask: PermissionAsk) {
      const { recipient } = ask;
      const pair = { person: people.find(ask.person).id, recipient };
      const isFirst = currentOf(pair).length === 0;
      return decide(actor, isFirst ? 'permission-given' : 'permission-changed', () => {
        const kinds = parts.kindsOf(ask.kinds);
        const before = currentOf(pair);
        if (before.some((one) => openPause(one, clock.now()))) throw paused();
        const from = instantOf(ask.from, 'from');
        const since = from === undefined ? undefined : Date.parse(from);
        const until = laterOf(ask.until, Math.max(clock.now(), since ?? 0));
        const terms: Terms = { until, language: ask.language ?? 'nb' };
        if (isAsked(before, kinds, from, until)) return done(pair, []);
        if (!isNoMore(before, kinds, from, until)) parts.mustMayShare(pair.person);
        const covered = new Set<Kind>();
        const written = before.flatMap((permission) => {
          const stays = since === undefined || Date.parse(permission.from) < since;
          const kept = stays ? permission.kinds.filter((kind) => kinds.includes(kind)) : [];
          for (const kind of kept) covered.add(kind);
          return narrow(permission, kept, terms);
        });
        const added = since === undefined ? kinds.filter((kind) => !covered.has(kind)) : kinds;
        if (added.length > 0) {
          const { language } = terms;
          const asked = { ...pair, kinds: added, language };
          const begins = from === undefined ? {} : { from };
          written.push(parts.give({ ...asked, ...begins, ...(until ? { until } : {}) }));
        }
        return done(pair, written, { kinds });
      });
    },
    /** Nothing leaves from now until then, or until it is resumed. */
    pauseSharing: (actor: string, pair: Pair, until?: string) =>
      decide(actor, 'permission-paused', () => {
        const now = clock.now();
        const end = laterOf(until, now);
        const pause = {
          from: instantText(now, zone),
          ...(end === undefined ? {} : { until: end }),
        };
        const written = currentOf(pair)
          .filter((one) => !openPause(one, now))
          .map(({ id, pauses }) => permissions.change(id, { pauses: [...pauses, pause] }, now));
        return done(pair, written, end === undefined ? {} : { until: end });
      }),
    /** Ends the pause now. What was measured in it stays home, unless it is asked for. */
    resumeSharing: (actor: string, pair: Pair, also: { paused: boolean; language: Language }) =>
      decide(actor, 'permission-resumed', () => {
        const now = clock.now();
        parts.mustMayShare(pair.person);
        const written = currentOf(pair).flatMap((one) => {
          const pause = openPause(one, now);
          if (!pause) return [];
          const pauses = parts.pausesEndedAt(one.pauses, now);
          const resumed = permissions.change(one.id, { pauses }, now);
          if (!also.paused) return [resumed];
          const { kinds, until } = one;
          const { language } = also;
          const asked = { ...pair, kinds, from: pause.from, language };
          return [resumed, parts.give({ ...asked, ...(until === undefined ? {} : { until }) })];
        });
        return done(pair, written, { alsoPaused: also.paused });
      }),
    /** Ends all of it. */
    endSharing: (actor: string, pair: Pair) =>
      decide(actor, 'permission-withdrawn', () =>
        done(
          pair,
          currentOf(pair).map(({ id }) => parts.endOf(id)),
        ),
      ),
  };
}

interface Terms {
  readonly until: string | undefined;
  readonly language: Language;
}

/** The very same is in force: somebody tapped twice. */
function isAsked(
  before: readonly SharingPermission[],
  kinds: readonly Kind[],
  from: string | undefined,
  until: string | undefined,
): boolean {
  return before.some(
    (one) =>
      before.length === 1 &&
      one.from === from &&
      one.until === until &&
      one.pauses.length === 0 &&
      one.kinds.length === kinds.length &&
      kinds.every((kind) => one.kinds.includes(kind)),
  );
}

/** Nothing is permitted by it that was not before. */
function isNoMore(
  before: readonly SharingPermission[],
  kinds: readonly Kind[],
  from: string | undefined,
  until: string | undefined,
): boolean {
  const ends = until === undefined ? Number.POSITIVE_INFINITY : Date.parse(until);
  const endOf = (one: SharingPermission) =>
    one.until === undefined ? Number.POSITIVE_INFINITY : Date.parse(one.until);
  return (
    from === undefined &&
    kinds.every((kind) => before.some((one) => one.kinds.includes(kind))) &&
    before.every((one) => ends <= endOf(one))
  );
}

const paused = () =>
  new CodedError('sharing-paused', 'Sharing is paused', 'End the pause first, then change it.');
