import type { Committer } from '../../journal/committer.ts';
import type { Accounts, Grant } from './accounts.ts';
import { createChallenges } from './challenges.ts';
import { actorOf, refusal } from './giving.ts';
import type { Guesses } from './guesses.ts';
import { initialsOf } from './initials.ts';
import { PASSKEYS_MAX, type Passkeys } from './passkeys.ts';
import type { RelyingParty } from './relying-party.ts';
import type { Who } from './rights.ts';
import type { Session, Sessions } from './sessions.ts';
import { hashOf } from './tokens.ts';
import {
  credentialIn,
  madeKey,
  optionsToMake,
  optionsToSignIn,
  signedCounter,
} from './webauthn.ts';

/** Longest name of a device, letters. */
const NAME_MAX = 40;

/** What answers a challenge to sign in, and from where. */
export interface PasskeyVisit {
  /** Cookie of who is not signed in: the challenge was for that one. */
  readonly visit: string;
  /** Cookie of the browser, if it is remembered. */
  readonly browser: string | undefined;
  /** JSON of the browser's `PublicKeyCredential`. */
  readonly response: string;
  /** What a browser that is new here is remembered as. */
  readonly label: string;
  /** Several people use the browser. */
  readonly shared: boolean;
}

/**
 * Signing in by passkey instead of the PIN. It is let in without a code on a browser that is new here,
 * too: the key is one's own, and the device made sure of its user, which is more than a code and a PIN
 * prove. Refusals are CodedErrors with codes that the pages have words for.
 */
export function createPasskeyAccess(parts: {
  readonly committer: Committer;
  readonly accounts: Accounts;
  readonly sessions: Sessions;
  readonly guesses: Guesses;
  readonly passkeys: Passkeys;
  /** The machine's own clock, ms. */
  readonly now: () => number;
  readonly trail: (actor: string, action: string, detail: Record<string, unknown>) => void;
  /** Throws `pin-wrong`, or {@link TooManyGuesses}. */
  readonly confirm: (session: Session, pin: string) => Promise<unknown>;
  /** Signs in on a remembered browser; the session's secret. Inside a commit. */
  readonly begin: (browser: string, grant: Grant, actor: string) => string;
}) {
  const { committer, accounts, sessions, guesses, passkeys, now, trail } = parts;
  const toMake = createChallenges<{ rp: RelyingParty; name: string }>({ now });
  const toSignIn = createChallenges<RelyingParty>({ now });

  /** Who can unlock a device that several use would come in as another of them. */
  function isOwn({ browser, who }: Session): boolean {
    const here = sessions.browsers(who.account).find(({ id }) => id === browser);
    return here?.shared === false && accounts.ofBrowser(browser).length < 2;
  }

  /** The key that an answer is of, and what it counted; a wrong one is counted as a guess is. */
  async function judged(response: string, rp: RelyingParty, challenge: string) {
    const credential = credentialIn(response);
    const passkey = credential === undefined ? undefined : passkeys.byCredential(credential);
    // A stranger's answers are counted apart: they must not keep out who has a key.
    const own = [passkey ? `passkey/${passkey.account}` : 'passkey'];
    await committer.commit(() => guesses.begin(own));
    if (!passkey) throw refusal('passkey-unknown');
    const counter = await signedCounter(response, passkey, { rp, challenge });
    if (counter !== undefined) return { passkey, counter, own };
    await committer.commit(() => {
      const { id, account } = passkey;
      trail('gateway', 'passkey-refused', { account, passkey: id });
    });
    throw refusal('passkey-wrong');
  }

  /**
   * Those that were made in a browser end when it is forgotten (by its `account`), or when several
   * use it (everybody's). Inside a commit.
   */
  function endMadeOn(
    browser: string,
    { actor, account: only }: { readonly actor: string; readonly account?: string },
  ): void {
    for (const { id, account } of passkeys.madeOn(browser)) {
      if (only !== undefined && account !== only) continue;
      passkeys.remove(id, account);
      trail(actor, 'passkey-removed', { account, passkey: id });
    }
  }

  return {
    of: passkeys.ofAccount,
    /** Somebody here could sign in so, at this site. */
    isUsed: ({ id }: Pick<RelyingParty, 'id'>) => passkeys.hasAny(id),
    /** The browser is its owner's alone, so that one may be made there. */
    isOwn,
    /**
     * What the browser is to make, after the PIN. Throws `pin-wrong`, `passkey-shared`,
     * `passkeys-many`, `passkey-name`, or {@link TooManyGuesses}.
     */
    async askToMake(
      session: Session,
      rp: RelyingParty,
      asked: { readonly name: string; readonly pin: string; readonly product: string },
    ) {
      const name = asked.name.trim();
      const { account, name: owner } = session.who;
      if (name === '' || name.length > NAME_MAX) throw refusal('passkey-name');
      if (!isOwn(session)) throw refusal('passkey-shared');
      const known = passkeys.ofAccount(account);
      if (known.length >= PASSKEYS_MAX) throw refusal('passkeys-many');
      await parts.confirm(session, asked.pin);
      const challenge = toMake.make(session.id, { rp, name });
      const { product } = asked;
      const initials = initialsOf(owner);
      return optionsToMake({ rp, product, account, initials, known, challenge });
    },
    /** Throws `passkey-late`, `passkey-wrong`, `passkey-known`, `passkey-shared`, `access-ended`. */
    async make(session: Session, rp: RelyingParty, response: string): Promise<void> {
      const asked = toMake.take(session.id);
      if (asked?.about.rp.id !== rp.id) throw refusal('passkey-late');
      const { challenge, about } = asked;
      const key = await madeKey(response, { rp, challenge });
      if (!key) throw refusal('passkey-wrong');
      await committer.commit(() => {
        const { who, browser, id: own } = session;
        // Ended, or become a browser of several, while the person looked for the right finger.
        if (!sessions.isThere(own)) throw refusal('access-ended');
        if (!isOwn(session)) throw refusal('passkey-shared');
        const { account, actor } = who;
        if (passkeys.ofAccount(account).length >= PASSKEYS_MAX) throw refusal('passkeys-many');
        const id = passkeys.add({ ...key, account, browser, rp: rp.id, name: about.name });
        if (id === undefined) throw refusal('passkey-known');
        trail(actor, 'passkey-made', { account, passkey: id });
      });
    },
    /** False when the account has none such. */
    remove: ({ account, actor }: Who, id: string) =>
      committer.commit(() => {
        const isRemoved = passkeys.remove(id, account);
        if (isRemoved) trail(actor, 'passkey-removed', { account, passkey: id });
        return isRemoved;
      }),
    /** What a browser is to sign, bound to its visit. */
    askToSignIn: (rp: RelyingParty, visit: string) =>
      optionsToSignIn(rp, toSignIn.make(hashOf(visit), rp)),
    /**
     * Throws `passkey-late`, `passkey-unknown`, `passkey-wrong`, `access-ended`, or
     * {@link TooManyGuesses}.
     */
    async signIn(rp: RelyingParty, at: PasskeyVisit) {
      const asked = toSignIn.take(hashOf(at.visit));
      if (asked?.about.id !== rp.id) throw refusal('passkey-late');
      const { passkey, counter, own } = await judged(at.response, rp, asked.challenge);
      return committer.commit(() => {
        guesses.right(own);
        const [grant] = accounts.grants(passkey.account);
        if (!grant) throw refusal('access-ended');
        if (!passkeys.used(passkey.id, counter)) throw refusal('passkey-wrong');
        const { account } = grant;
        const actor = actorOf(grant);
        const known = sessions.browser(at.browser);
        const made = known ? undefined : sessions.remember(at.label, at.shared);
        const browser = known?.id ?? made?.id ?? '';
        if (known && at.shared) {
          sessions.setShared(browser, true);
          endMadeOn(browser, { actor });
        }
        if (!known || !accounts.ofBrowser(browser).some(({ id }) => id === account)) {
          trail(actor, 'browser-remembered', { account, browser, passkey: passkey.id });
        }
        const session = parts.begin(browser, grant, actor);
        return { session, account, ...(made ? { browser: made.token } : {}) };
      });
    },
    /** All of an account end with its PIN: whoever knew that may have made one. Inside a commit. */
    endWithPin(account: string, actor: string): void {
      const count = passkeys.endAll(account);
      if (count > 0) trail(actor, 'passkeys-ended', { account, count, because: 'pin-changed' });
    },
    endMadeOn,
  };
}
