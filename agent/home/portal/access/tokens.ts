import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** Of a cookie's secret, bytes: nobody guesses it. */
const TOKEN_BYTES = 32;

/** What a cookie holds. Only its hash is kept. */
export const newToken = (): string => randomBytes(TOKEN_BYTES).toString('base64url');

export const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');

/** What the forms of that cookie's pages carry: another site's page cannot know it. */
export const formTokenOf = (token: string): string =>
  createHmac('sha256', token).update('form').digest('base64url');

/** Compares without telling by its time where they differ. */
export function isSame(one: string, other: string): boolean {
  return timingSafeEqual(Buffer.from(hashOf(one), 'hex'), Buffer.from(hashOf(other), 'hex'));
}
