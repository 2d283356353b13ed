import { CodedError } from '../../errors.ts';
import type { Database } from '../../store.ts';

/** A user of a device by its own number, with the code that the device wants to hear. */
export interface UserCode {
  readonly index?: number;
  readonly code: number;
}

/** What people are told of it; the code itself is never shown again. */
export interface UserCodeState {
  /** Absent until the device has registered the user. */
  readonly user?: number;
  /** What the device said to it last: accepted, wrong-code, no-such-user, locked, unsupported, refused, silent. */
  readonly answer?: string;
}

/** So many codes of four digits there are (User Data Service). */
export const USER_CODES = 10_000;
/** 255 stands for a user whom the device does not know. */
const USER_MAX = 254;

/**
 * Said once, not tried again before a person gives another: some devices lock themselves, or drop
 * the bond, when they hear a wrong code.
 */
const FINAL = "('wrong-code', 'no-such-user', 'unsupported')";

/** Throws `user-code-invalid`, without the text. */
export function parseUserCode(text: string): number {
  if (/^\d{1,4}$/.test(text.trim())) return Number(text);
  throw new CodedError(
    'user-code-invalid',
    'The code is not a number of up to four digits',
    'The device shows it beside the user, or the app that set up the user does.',
  );
}

/**
 * Codes of the users of devices that hand nothing over without them. They stand in the encrypted
 * store only: never logged, never shown again. All inside the caller's commit.
 */
export function createUserCodes(db: Database) {
  const told = db.prepare<[string], { user: number | null; code: number }>(
    `SELECT user, code FROM user_code WHERE device = ? AND (answer IS NULL OR answer NOT IN ${FINAL})
     ORDER BY user IS NULL, user`,
  );
  const states = db.prepare<[string], { user: number | null; answer: string | null }>(
    'SELECT user, answer FROM user_code WHERE device = ? ORDER BY user IS NULL, user',
  );
  const forget = db.prepare('DELETE FROM user_code WHERE device = ? AND user IS ?');
  const give = db.prepare('INSERT INTO user_code (device, user, code) VALUES (?, ?, ?)');
  const number = db.prepare(
    'UPDATE user_code SET user = ?, answer = NULL WHERE device = ? AND user IS NULL AND code = ?',
  );
  const say = db.prepare(
    'UPDATE user_code SET answer = ? WHERE device = ? AND user IS ? AND code = ?',
  );

  return {
    /** Replaces what was given for that user before. Throws `user-invalid`. */
    give(device: string, user: number, code: number): void {
      if (!Number.isInteger(user) || user < 0 || user > USER_MAX) {
        throw new CodedError(
          'user-invalid',
          `A device's users have numbers from 0 to ${USER_MAX}`,
          'Give the number that the device shows beside the user.',
        );
      }
      forget.run(device, user);
      give.run(device, user, code);
    },
    /** To be registered by the device at its next visit, under this code. */
    register(device: string, code: number): void {
      forget.run(device, null);
      give.run(device, null, code);
    },
    /** To be told to the device, known users first; none that it has called wrong. */
    of: (device: string): UserCode[] =>
      told.all(device).map(({ user, code }) => (user === null ? { code } : { index: user, code })),
    /** What the device said; with the number that it gave to a newly registered user. */
    answered(device: string, { index, code }: UserCode, answer: string, user?: number): void {
      if (answer === 'registered' && user !== undefined) {
        forget.run(device, user);
        number.run(user, device, code);
      } else say.run(answer, device, index ?? null, code);
    },
    states: (device: string): UserCodeState[] =>
      states.all(device).map(({ user, answer }) => ({
        ...(user === null ? {} : { user }),
        ...(answer === null ? {} : { answer }),
      })),
  };
}
