import type { Database } from '../../../store.ts';
import type { Audit } from '../../audit.ts';
import type { Committer } from '../../journal/committer.ts';
import type { People } from '../../people/people.ts';
import type { RepresentationRules } from '../../people/representation.ts';
import { type Account, createAccounts, type Grant } from './accounts.ts';
import { type CodeGrant, createCodes, type DemoCode } from './codes.ts';
import { actorOf, createGiving, type GivingParts, letIn, limited, refusal } from './giving.ts';
import { createGuesses } from './guesses.ts';
import { createPasskeyAccess } from './passkey-access.ts';
import { createPasskeys } from './passkeys.ts';
import { type Pins, pinFault } from './pin.ts';
import type { Who } from './rights.ts';
import { createSessions, type Session } from './sessions.ts';

/** Longest name, letters. */
const NAME_MAX = 80;

export interface AccessParts {
  readonly db: Database;
  readonly committer: Committer;
  readonly audit: Audit;
  readonly people: People;
  readonly representation: RepresentationRules;
  readonly pins: Pins;
  /** The gateway's clock, for the trail of decisions. */
  readonly now: () => number;
  /** The machine's own clock: codes and sessions last as long as people wait, whatever a demo's speed. */
  readonly realNow: () => number;
  readonly randomInt: (below: number) => number;
  readonly note: (event: string, fields: Readonly<Record<string, string | number>>) => void;
  readonly demo?: (() => DemoCode | undefined) | undefined;
}

/** What a browser is given when somebody signs in. */
export interface SignedIn {
  readonly session: string;
  /** Of a browser that was not remembered before. */
  readonly browser?: string;
}

/** What is filled in after a code. */
export interface Enrolment {
  readonly visit: string;
  /** Cookie of the browser, if it is remembered for somebody already. */
  readonly browser: string | undefined;
  /** Of somebody who is new here. */
  readonly name: string;
  readonly pin: string;
  readonly again: string;
  /** Their former PIN is forgotten, and the code allows another. */
  readonly reset: boolean;
  readonly shared: boolean;
  readonly label: string;
  /** An account that this browser knows already: its owner is let in for another person too. */
  readonly account?: string | undefined;
}

/**
 * Who may use the pages: codes make a browser known, a PIN opens it, and everything can be ended. A
 * change counts when it is on disk. Refusals are CodedErrors with codes that the pages have words for.
 */
export function createAccess(parts: AccessParts) {
  const { db, committer, people, pins } = parts;
  const now = parts.realNow;
  const accounts = createAccounts(db, { now });
  const sessions = createSessions(db, { now });
  const { randomInt, demo } = parts;
  const codes = createCodes(db, { now, randomInt, demo });
  const guesses = createGuesses(db, {
    now,
    onSlowed(place, count) {
      const [kind = '', account] = place.split('/');
      parts.note('guessing-slowed', { op: kind, count });
      const detail =
        kind === 'pin' && account ? { place: kind, account, count } : { place: kind, count };
      trail('gateway', 'guessing-slowed', detail);
    },
  });

  const { representation } = parts;
  const giving: GivingParts = { db, committer, accounts, sessions, representation, now, trail };
  const passkeys = createPasskeyAccess({
    ...{ committer, accounts, sessions, guesses, now, trail, begin },
    passkeys: createPasskeys(db, { now }),
    confirm: confirmed,
  });

  function trail(actor: string, action: string, detail: Record<string, unknown>): void {
    parts.audit.append({ at: parts.now(), actor, action, detail });
  }

  /** One try at a PIN: counted first, then looked at, then forgiven if right. */
  async function isRightPin(account: Account, pin: string, browser: string): Promise<boolean> {
    const own = [`pin/${account.id}`, `browser/${browser}`];
    await committer.commit(() => guesses.begin([...own, 'pin']));
    if (!(await pins.isRight(pin, account.pin))) return false;
    await committer.commit(() => {
      guesses.right(own);
      guesses.takeBack('pin');
    });
    return true;
  }

  function begin(browser: string, grant: Grant, actor: string): string {
    sessions.link(browser, grant.account);
    if (accounts.ofBrowser(browser).length > 1) passkeys.endMadeOn(browser, { actor });
    accounts.used(grant.id);
    trail(actor, 'signed-in', { account: grant.account, browser });
    return sessions.begin(browser, grant.id).token;
  }

  function setShared(browser: string, shared: boolean, actor: string): void {
    sessions.setShared(browser, shared);
    if (shared) passkeys.endMadeOn(browser, { actor });
  }

  async function confirmed(
    { browser, who }: Pick<Session, 'browser' | 'who'>,
    pin: string,
  ): Promise<Account> {
    const account = accounts.get(who.account);
    if (!account) throw refusal('access-ended');
    if (!(await isRightPin(account, pin, browser))) throw refusal('pin-wrong');
    return account;
  }

  /** The PIN that somebody chooses; throws what is wrong with it. */
  function chosen(pin: string, again: string): string {
    const fault = pinFault(pin) ?? (pin === again ? undefined : 'pin-differs');
    if (fault) throw refusal(fault);
    return pin;
  }

  /** What is there already of whom a code is for. */
  function known(grant: CodeGrant): Account | undefined {
    return grant.role === 'citizen' && grant.person ? accounts.ofPerson(grant.person) : undefined;
  }

  /** Somebody whom this browser knows, and who is let in for another person with that account. */
  function joining(grant: CodeGrant, { browser, account }: Enrolment): Account | undefined {
    if (grant.role === 'citizen' || account === undefined) return undefined;
    const at = sessions.browser(browser);
    const found = at && accounts.ofBrowser(at.id).find(({ id }) => id === account);
    if (!found) throw refusal('browser-unknown');
    if (found.person === grant.person) throw refusal('code-own');
    return found;
  }

  /** A new account, or a known one with another PIN; what it is for then. Inside a commit. */
  function open(grant: CodeGrant, { name }: Enrolment, pin: string): Grant | undefined {
    const before = known(grant);
    if (before) {
      accounts.setPin(before.id, pin);
      sessions.endOthers(before.id, undefined);
      passkeys.endWithPin(before.id, `person ${grant.person}`);
      trail(`person ${grant.person}`, 'pin-changed', { account: before.id });
      return accounts.grants(before.id)[0];
    }
    const person = grant.person ?? people.add(name).id;
    if (grant.person === undefined) trail('gateway', 'person-added', { person });
    const isCitizen = grant.role === 'citizen';
    const account = accounts.add(isCitizen ? { person } : { name: name.trim() }, pin);
    return letIn({ ...grant, person }, account, giving);
  }

  return {
    sessions,
    accounts,
    passkeys,
    ...createGiving(giving),
    /** A code for somebody to type at `/welcome`. One for somebody else has an end: {@link limited}. */
    async makeCode(actor: string, asked: CodeGrant): Promise<{ code: string; until: number }> {
      const grant = limited(asked, giving);
      const made = await committer.commit(() => {
        const code = codes.make(grant);
        if (code) {
          const { role, person, basis, until } = grant;
          trail(actor, 'access-code-made', { role, person, basis, until });
        }
        return code;
      });
      if (made) return made;
      throw refusal('codes-many');
    },
    /** Spends a code on this browser; throws `code-wrong`, or {@link TooManyGuesses}. */
    async claim(code: string, visit: string, isLoopback: boolean): Promise<void> {
      const digits = code.replaceAll(/[\s–-]/g, '');
      const isRight = await committer.commit(() => {
        guesses.begin(['code']);
        const right = /^\d{8}$/.test(digits) && codes.claim(digits, visit, isLoopback);
        if (right) guesses.takeBack('code');
        return right;
      });
      if (!isRight) throw refusal('code-wrong');
    },
    /** What the code typed in this browser leads to, while it counts. */
    claimed(visit: string | undefined) {
      const grant = visit === undefined ? undefined : codes.claimedBy(visit);
      if (!grant) return undefined;
      const person = grant.person === undefined ? undefined : people.get(grant.person);
      return { ...grant, person, isKnown: known(grant) !== undefined };
    },
    /** After a code: the PIN is chosen, or shown to be known, and the browser remembered. */
    async enrol(enrolment: Enrolment): Promise<SignedIn> {
      const grant = codes.claimedBy(enrolment.visit);
      if (!grant) throw refusal('code-needed');
      const joins = joining(grant, enrolment);
      const before = known(grant) ?? joins;
      const keeps = before !== undefined && !(enrolment.reset && grant.mayReset);
      if (!before && (grant.role !== 'citizen' || !grant.person)) mustName(enrolment.name);
      if (keeps && !(await isRightPin(before, enrolment.pin, 'new'))) throw refusal('pin-wrong');
      const pin = keeps ? '' : await pins.hash(chosen(enrolment.pin, enrolment.again));
      return committer.commit(() => {
        // Spent by another request meanwhile.
        if (!codes.claimedBy(enrolment.visit)) throw refusal('code-needed');
        codes.spend(enrolment.visit);
        const own = joins
          ? letIn(grant, joins.id, giving)
          : keeps
            ? accounts.grants(before.id)[0]
            : open(grant, enrolment, pin);
        if (!own) throw refusal('access-ended');
        const remembered = sessions.browser(enrolment.browser);
        const made = remembered ? undefined : sessions.remember(enrolment.label, enrolment.shared);
        const browser = remembered?.id ?? made?.id ?? '';
        if (enrolment.shared) setShared(browser, true, actorOf(own));
        trail(actorOf(own), 'browser-remembered', { account: own.account, browser });
        const session = begin(browser, own, actorOf(own));
        return made ? { session, browser: made.token } : { session };
      });
    },
    /** Throws `pin-wrong`, `browser-unknown`, `access-ended`, or {@link TooManyGuesses}. */
    async signIn(browser: string | undefined, account: string, pin: string): Promise<SignedIn> {
      const at = sessions.browser(browser);
      const found = at && accounts.ofBrowser(at.id).find(({ id }) => id === account);
      // Of another's account is said what is said of none.
      if (!at || !found) throw refusal('browser-unknown');
      if (!(await isRightPin(found, pin, at.id))) throw refusal('pin-wrong');
      return committer.commit(() => {
        const [grant] = accounts.grants(found.id);
        if (!grant) throw refusal('access-ended');
        // Ended, or with another PIN, while this one was looked at.
        const still = accounts.ofBrowser(at.id).find(({ id }) => id === account);
        if (still?.pin !== found.pin) throw refusal('browser-unknown');
        return { session: begin(at.id, grant, actorOf(grant)) };
      });
    },
    async signOut({ id, who }: Session): Promise<void> {
      await committer.commit(() => sessions.end(id, who.account));
    },
    /** The PIN once more, before what cannot be undone; throws `pin-wrong`, or {@link TooManyGuesses}. */
    async confirm(session: Session, pin: string): Promise<void> {
      await confirmed(session, pin);
    },
    /** Every other session of the account ends, and its passkeys. */
    async changePin(
      { id, browser, who }: Session,
      to: { readonly old: string; readonly pin: string; readonly again: string },
    ): Promise<void> {
      const account = await confirmed({ browser, who }, to.old);
      const pin = await pins.hash(chosen(to.pin, to.again));
      await committer.commit(() => {
        accounts.setPin(account.id, pin);
        sessions.endOthers(account.id, id);
        passkeys.endWithPin(account.id, who.actor);
        trail(who.actor, 'pin-changed', { account: account.id });
      });
    },
    /** Signs out one browser of the account; false when it has no such session. */
    endSession: (who: Who, session: string) =>
      committer.commit(() => {
        const ended = sessions.end(session, who.account);
        if (ended) trail(who.actor, 'session-ended', { account: who.account });
        return ended;
      }),
    /** The browser no longer knows the account, nor do the passkeys made there; false when it did not. */
    forgetBrowser: (who: Who, browser: string) =>
      committer.commit(() => {
        passkeys.endMadeOn(browser, who);
        const forgotten = sessions.forget(browser, who.account);
        if (forgotten) trail(who.actor, 'browser-forgotten', { account: who.account, browser });
        return forgotten;
      }),
    /** Several use it, or one alone; false when it does not know the account. */
    setShared: (who: Who, browser: string, shared: boolean) =>
      committer.commit(() => {
        const isOwn = accounts.ofBrowser(browser).some(({ id }) => id === who.account);
        if (isOwn) setShared(browser, shared, who.actor);
        return isOwn;
      }),
    /** Something was asked for: noted now and then, without hurry. */
    touch: ({ id, grant }: Session) =>
      committer.ride(() => {
        sessions.touch(id);
        accounts.used(grant);
      }),
    /** When guessing at this account had to be slowed, latest first, ms. */
    guessing(account: string): number[] {
      return db
        .prepare<[string], number>(
          `SELECT at FROM audit WHERE action = 'guessing-slowed' AND detail ->> 'account' = ?
           ORDER BY seq DESC LIMIT 5`,
        )
        .pluck()
        .all(account);
    },
  };
}

export type Access = ReturnType<typeof createAccess>;

function mustName(name: string): void {
  const text = name.trim();
  if (text === '' || text.length > NAME_MAX) throw refusal('name-invalid');
}
