import type { Note } from '../../adapter.ts';
import type { BleLink } from '../radio/radio.ts';
import { createStay } from '../stay.ts';
import { USER_CONTROL } from './health-services.ts';

/** Op codes of User Control Point (0x2A9F). Users are never listed, changed or deleted (3, 4, 5). */
const OP = { register: 1, consent: 2, response: 0x20 } as const;

/** User Data Service: what a device says to a user's code. */
const ANSWERS = {
  1: 'accepted',
  2: 'unsupported',
  3: 'no-such-user',
  /** Operation failed: it is busy, or locked after wrong codes. */
  4: 'locked',
  5: 'wrong-code',
} as const;

export type UserAnswer =
  | (typeof ANSWERS)[keyof typeof ANSWERS]
  /** Given an index; its code is told next. */
  | 'registered'
  /** The request itself was refused, or never answered. */
  | 'refused'
  | 'silent';

/** One user of a device. The code is a secret: it is never in a log, an error or a capture. */
export interface UserCode {
  /** Absent: the device has yet to register a user with this code. */
  readonly index?: number;
  readonly code: number;
}

/** The codes that the household has given for its devices. */
export interface UserCodes {
  /** To be told to a device, in order; none that it has called wrong, since some then drop their bond. */
  of(address: string): readonly UserCode[];
  /** What the device said; with the index that it gave to a newly registered user. On disk when it fulfils. */
  answered(address: string, user: UserCode, answer: UserAnswer, index?: number): Promise<void>;
}

export interface UserControlLimits {
  /** Longest wait for the device's word on a code, ms. */
  readonly userAnswerMs: number;
  /** Silence after which the next user's measurements are asked for, ms. */
  readonly userQuietMs: number;
}

export const USER_CONTROL_LIMITS: UserControlLimits = { userAnswerMs: 5_000, userQuietMs: 2_000 };

export interface UserControlDeps {
  readonly link: BleLink;
  readonly codes: UserCodes;
  readonly signal: AbortSignal;
  readonly note: Note;
  readonly limits: UserControlLimits;
}

interface Told {
  readonly answer: UserAnswer;
  readonly index?: number | undefined;
}

/**
 * The conversation with one link's User Control Point, which is subscribed to here. Nothing in it
 * writes a user's data.
 */
export async function openUserControl(deps: UserControlDeps) {
  const { link, codes, signal, note, limits } = deps;
  const { service, characteristic } = USER_CONTROL;
  let hear: (bytes: Uint8Array) => void = () => undefined;
  await link.subscribe(service, characteristic, (bytes) => hear(bytes), signal);

  async function ask(request: readonly number[]): Promise<Told> {
    const stay = createStay();
    let told: Told = { answer: 'silent' };
    hear = ([op, of, value = 0, index]) => {
      if (op !== OP.response || of !== request[0]) return;
      told = { answer: ANSWERS[value as keyof typeof ANSWERS] ?? 'refused', index };
      stay.end();
    };
    link.onDisconnect(stay.end);
    signal.addEventListener('abort', stay.end, { once: true });
    try {
      await link.write(service, characteristic, Uint8Array.from(request), signal);
      // Over at once where the answer came ahead of the write's own.
      await stay.whileRenewed(limits.userAnswerMs);
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'radio-gatt-refused') throw error;
      return { answer: 'refused' };
    } finally {
      signal.removeEventListener('abort', stay.end);
    }
    return told;
  }

  async function said(user: UserCode, answer: UserAnswer): Promise<void> {
    const accepted = answer === 'accepted';
    note(accepted ? 'user-code-accepted' : 'user-code-not-accepted', { code: answer });
    await codes.answered(link.address, user, answer);
  }

  async function register(user: UserCode): Promise<UserCode | undefined> {
    const { answer, index } = await ask([OP.register, ...low(user.code)]);
    if (answer !== 'accepted' || index === undefined) {
      await said(user, answer === 'accepted' ? 'silent' : answer);
      return undefined;
    }
    await codes.answered(link.address, user, 'registered', index);
    return { ...user, index };
  }

  return {
    /**
     * Tells the device which user is there (consent by index and code), after registering the user
     * where that was asked for: it then hands over what belongs to that user. True when it accepted;
     * what it does not accept is said by name and is no failure. Rejects as the link does.
     */
    async tell(user: UserCode): Promise<boolean> {
      const known = user.index === undefined ? await register(user) : user;
      if (known?.index === undefined) return false;
      const { answer } = await ask([OP.consent, known.index, ...low(known.code)]);
      await said(known, answer);
      return answer === 'accepted';
    },
  };
}

export type UserControl = Awaited<ReturnType<typeof openUserControl>>;

/** 16 bit, low byte first. */
const low = (code: number): [number, number] => [code & 0xff, code >> 8];
