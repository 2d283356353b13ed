import type { FastifyReply, FastifyRequest } from 'fastify';

/**
 * `session`: who is signed in. `browser`: remembered, for a year. `visit`: of one who is not signed in,
 * so that forms can be told from another site's. `language`: as chosen.
 */
type CookieName = 'session' | 'browser' | 'visit' | 'language';

const COOKIE = /^iomt-(session|browser|visit|language)$/;
/** What we give out; anything else in a cookie is not ours. */
const VALUE = /^[\w-]{2,64}$/;

/** Our cookies in a request; what is not of the form we give is left out. */
export function cookiesOf(request: FastifyRequest): Partial<Record<CookieName, string>> {
  const pairs = (request.headers.cookie ?? '').split(';').flatMap((part) => {
    const [name = '', value = ''] = part.trim().split('=');
    const [, own] = COOKIE.exec(name) ?? [];
    return own && VALUE.test(value) ? [[own, value] as const] : [];
  });
  return Object.fromEntries(pairs);
}

/** Sets a cookie that no script can read and no other site can send; without an age it ends with the browser. */
export function setCookie(
  reply: FastifyReply,
  name: CookieName,
  value: string,
  maxAgeMs?: number,
): void {
  const secure = reply.request.protocol === 'https' ? '; Secure' : '';
  const age = maxAgeMs === undefined ? '' : `; Max-Age=${Math.floor(maxAgeMs / 1000)}`;
  // A second one is added to the first, not put in its place.
  reply.header(
    'set-cookie',
    `iomt-${name}=${value}; Path=/; HttpOnly; SameSite=Strict${secure}${age}`,
  );
}

export const dropCookie = (reply: FastifyReply, name: CookieName): void =>
  setCookie(reply, name, '', 0);
