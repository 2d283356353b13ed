import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { CodedError } from '../../../errors.ts';

/** scrypt as OWASP advises for what people choose: 128 MiB and half a second on a small box. */
const LOG_N = 17;
const R = 8;
const P = 1;
const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** PINs that may wait to be looked at: each takes its memory alone, one after another. */
const WAITING_MAX = 8;

export interface Pins {
  hash(pin: string): Promise<string>;
  isRight(pin: string, stored: string): Promise<boolean>;
}

/** Why a PIN cannot be chosen: `pin-form`, `pin-easy`; undefined when it can. */
export function pinFault(pin: string): 'pin-form' | 'pin-easy' | undefined {
  if (!/^\d{6}$/.test(pin)) return 'pin-form';
  const digits = [...pin].map(Number);
  const steps = new Set(digits.slice(1).map((digit, at) => (digit - (digits[at] ?? 0) + 10) % 10));
  const isRow = steps.size === 1 && [0, 1, 9].includes([...steps][0] ?? 0);
  const isPattern = /^(\d{2})\1\1$|^(\d{3})\2$/.test(pin);
  return isRow || isPattern ? 'pin-easy' : undefined;
}

/**
 * PINs are hashed one at a time, off the event loop: scrypt takes 128 MiB, and a box has little.
 * Throws CodedError `pins-busy` when too many wait.
 */
export function createPins(options: { readonly logN?: number } = {}): Pins {
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (waiting >= WAITING_MAX) {
      throw new CodedError('pins-busy', 'Too many PINs are being looked at', 'Try again soon.');
    }
    waiting += 1;
    const done = last.then(work).finally(() => {
      waiting -= 1;
    });
    last = done.catch(() => undefined);
    return done;
  }

  return {
    hash: (pin) =>
      inTurn(async () => {
        const logN = options.logN ?? LOG_N;
        const salt = randomBytes(SALT_BYTES);
        const key = await derive(pin, salt, { N: 2 ** logN, r: R, p: P });
        return ['scrypt', logN, R, P, salt.toString('hex'), key.toString('hex')].join('$');
      }),
    isRight: (pin, stored) =>
      inTurn(async () => {
        const [, logN, r, p, salt = '', key = ''] = stored.split('$');
        const expected = Buffer.from(key, 'hex');
        const parameters = { N: 2 ** Number(logN), r: Number(r), p: Number(p) };
        const found = await derive(pin, Buffer.from(salt, 'hex'), parameters);
        return expected.length === found.length && timingSafeEqual(expected, found);
      }),
  };
}

function derive(
  pin: string,
  salt: Buffer,
  { N, r, p }: { readonly N: number; readonly r: number; readonly p: number },
): Promise<Buffer> {
  // Node allows 32 MiB; scrypt takes 128·N·r bytes and a little.
  const maxmem = 128 * N * r + 1024 * 1024;
  return new Promise((resolve, reject) => {
    scrypt(pin, salt, HASH_BYTES, { N, r, p, maxmem }, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}
