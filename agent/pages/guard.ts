import type { FastifyReply, FastifyRequest } from 'fastify';

/** Nothing but our own style sheet and forms; the icon is an empty data address. */
const POLICY =
  "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/** The same with one script of our own, and what it asks for. */
export const POLICY_WITH_SCRIPT =
  "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/**
 * House rules of every answer, and no change asked for by another site's page: a browser names the
 * origin of a form, and one that it does not share with us is refused. A hook for `onRequest`.
 */
export const guardWith =
  (policy: string) =>
  async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    reply.headers({
      'content-security-policy': policy,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'same-origin',
      'cache-control': 'no-store',
    });
    if (request.method === 'GET' || request.method === 'HEAD') return;
    const { origin, host } = request.headers;
    const site = request.headers['sec-fetch-site'];
    const foreign =
      (origin !== undefined && URL.parse(origin)?.host !== host) ||
      (site !== undefined && site !== 'same-origin');
    if (foreign) await reply.code(403).send({ code: 'foreign-origin' });
  };

/** For pages without a script. */
export const guard = guardWith(POLICY);
