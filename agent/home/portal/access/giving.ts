import { CodedError } from '../../../errors.ts';
import type { Database } from '../../../store.ts';
import type { Committer } from '../../journal/committer.ts';
import type { RepresentationRules } from '../../people/representation.ts';
import type { Accounts, Grant } from './accounts.ts';
import type { CodeGrant } from './codes.ts';
import type { Role, Who } from './rights.ts';
import type { Session, Sessions } from './sessions.ts';

const DAY_MS = 86_400_000;
/** A helper is let in for so long unless somebody says otherwise, ms: to set up what is new. */
export const HELPER_MS = 30 * DAY_MS;
/** The same of a representative, ms: then it is given anew, or it is over. */
export const REPRESENTATIVE_MS = 365 * DAY_MS;
/** Longest that anybody is let in for, ms; a guardian's appointment lasts longer, and is given anew. */
export const ACCESS_MS_MAX = 5 * 365 * DAY_MS;
/** Lines of what was done under an access, at most. */
const DONE_MAX = 200;

export interface GivingParts {
  readonly db: Database;
  readonly committer: Committer;
  readonly accounts: Accounts;
  readonly sessions: Sessions;
  readonly representation: RepresentationRules;
  /** The machine's own clock, ms. */
  readonly now: () => number;
  readonly trail: (actor: string, action: string, detail: Record<string, unknown>) => void;
}

/** Somebody for whom an account may act. */
export interface ActingFor {
  readonly grant: string;
  readonly role: Role;
  readonly person: string;
}

/** What was done under an access: the act, as the trail names it, and when by the gateway's clock. */
export interface DoneAct {
  readonly action: string;
  readonly at: number;
}

/** What was refused; the pages have words for each code. */
export const refusal = (code: string): CodedError =>
  new CodedError(code, 'The pages refused this', 'What to do stands on the page.');

/** Who acts, as the trail of decisions names it. */
export const actorOf = ({ role, id, person }: Pick<Grant, 'role' | 'id' | 'person'>): string =>
  role === 'citizen' ? `person ${person}` : `${role} ${id}`;

/**
 * What may be given. Nobody else is let in without an end, nor a parent past the day from which the
 * child decides. Throws `basis-needed`, `born-needed`, `until-invalid`, `child-decides`.
 */
export function limited(grant: CodeGrant, { now, representation }: GivingParts): CodeGrant {
  const { role, person, basis, born } = grant;
  if (role === 'citizen') return { role, person, mayReset: grant.mayReset };
  if (person === undefined) throw refusal('code-needed');
  const usual = role === 'helper' ? HELPER_MS : REPRESENTATIVE_MS;
  const until = grant.until ?? now() + usual;
  if (until <= now() || until > now() + ACCESS_MS_MAX) throw refusal('until-invalid');
  if (role === 'helper') return { role, person, until, mayReset: false };
  if (basis === undefined) throw refusal('basis-needed');
  const { seesValues = false } = grant;
  const given = { role, person, basis, seesValues, mayReset: false };
  if (basis !== 'parent') return { ...given, until };
  if (born === undefined) throw refusal('born-needed');
  const parent = representation.parentUntil(born);
  if (parent <= now()) throw refusal('child-decides');
  return { ...given, born, until: Math.min(until, parent) };
}

/** What a code is for, to an account. Call inside a commit; throws `access-ended`. */
export function letIn(grant: CodeGrant, account: string, parts: GivingParts): Grant {
  const { role, person, basis, until, born } = grant;
  if (person === undefined) throw refusal('code-needed');
  if (until !== undefined && until <= parts.now()) throw refusal('access-ended');
  const seesValues = role === 'citizen' || (role === 'representative' && grant.seesValues === true);
  const own = { account, role, person, basis, until, seesValues };
  const id = parts.accounts.give(own);
  if (born !== undefined) parts.representation.setBorn(person, born);
  const limits = role === 'citizen' ? {} : { access: id, basis, until, seesValues };
  parts.trail(`person ${person}`, 'access-given', { account, role, person, ...limits });
  return { id, ...own };
}

/** Who else may act for a person: seen, limited and ended by that person; and for whom an account acts. */
export function createGiving(parts: GivingParts) {
  const { db, committer, accounts, sessions, representation, now, trail } = parts;
  const done = db.prepare<[string], DoneAct>(
    `SELECT action, at FROM audit WHERE actor = ? ORDER BY seq DESC LIMIT ${DONE_MAX}`,
  );
  const nameOf = db.prepare<[string], string>('SELECT name FROM person WHERE id = ?').pluck();

  return {
    /** Ends it at once, with its sessions; false when this person gave none such. */
    endAccess: (who: Who, id: string) =>
      committer.commit(() => {
        const hasEnded = accounts.end(who.person.id, id);
        if (hasEnded) trail(who.actor, 'access-ended', { access: id, person: who.person.id });
        return hasEnded;
      }),
    /** Another end; false as above. Throws `until-invalid`, `child-decides`. */
    limitAccess: (
      who: Who,
      id: string,
      to: { readonly until: number; readonly seesValues: boolean },
    ) =>
      committer.commit(() => {
        const person = who.person.id;
        const given = accounts.given(person).find((one) => one.id === id);
        if (!given) return false;
        const { role, basis } = given;
        const born = representation.bornOf(person);
        const { until, seesValues = false } = limited(
          { role, person, basis, born, ...to, mayReset: false },
          parts,
        );
        const isChanged = accounts.limit(person, id, { until, seesValues });
        if (isChanged)
          trail(who.actor, 'access-limited', { access: id, person, until, seesValues });
        return isChanged;
      }),
    /** What was done under it, latest first. */
    done: (given: Pick<Grant, 'role' | 'id' | 'person'>): DoneAct[] => done.all(actorOf(given)),
    /** Those for whom an account may act now, its owner first. */
    actsFor: (account: string): ActingFor[] =>
      accounts.grants(account).map(({ id, role, person }) => ({
        ...{ grant: id, role, person: nameOf.get(person) ?? '' },
      })),
    /** Goes on for another person, in a session with another secret; undefined when that is not given. */
    actFor: ({ id, who }: Session, grant: string): Promise<string | undefined> =>
      committer.commit(() => {
        const own = accounts.grants(who.account).find((one) => one.id === grant);
        if (!own) return undefined;
        accounts.used(own.id);
        trail(actorOf(own), 'acting-for', { account: who.account, person: own.person });
        return sessions.change(id, own.id);
      }),
    /** Whether nothing new is shared without a representative; the person alone cannot take it back. */
    setLacksCapacity: (who: Who, lacks: boolean) =>
      committer.commit(() => {
        const acting = representation.of(who.actor);
        const mayEnd = acting !== undefined && acting.basis !== 'parent';
        if (!lacks && !mayEnd) throw refusal('needs-representative');
        const person = who.person.id;
        if (!representation.setLacksCapacity(person, lacks)) return;
        trail(who.actor, 'capacity-marked', { person, lacks, basis: acting?.basis });
      }),
    /** Why nothing new is shared on this person's own word. */
    needsRepresentative: representation.needsRepresentative,
    /** Age from which a child decides alone, years. */
    decidesFromAge: representation.decidesFromAge,
    /** The machine's own clock, by which access ends, ms. */
    realNow: now,
  };
}
