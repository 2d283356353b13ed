import fastify, { type FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import { CodedError, codeOf } from './errors.ts';
import { HTTP_LIMITS, type HttpLimits, holdTo, serverOptions } from './http-limits.ts';
import type { Log } from './log.ts';

/**
 * Largest request body, bytes, also where nothing is: a form or a command. Strangers fill no memory;
 * who takes more says so where it is read.
 */
const BODY_BYTES_MAX = 64 * 1024;

/** One line of `/readyz`: what is well, or what is not. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** A stable code when it is not well, or when something is to be known of it all the same. */
  readonly code?: string;
  /** When it ends, ISO 8601, where that is what is not well. */
  readonly until?: string;
  /** Something to be done in time: until then the program is ready. */
  readonly isWarning?: true;
}

const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** The name in a Host header as names are compared: no port, no case, no dot at the end. */
export function hostIn(header: string | undefined): string {
  return (header ?? '').replace(/:\d+$/, '').replace(/\.$/, '').toLowerCase();
}

/**
 * A bare HTTP server with the house rules: no request in the log, coded errors as JSON, a Host
 * allow-list against DNS rebinding, `/healthz` (the process), `/readyz` (its parts), `/metrics`.
 */
export function createHttp(options: {
  readonly log: Log;
  readonly checks: () => readonly Check[];
  readonly metrics?: Registry;
  /** Host names that a browser may name, lower case and without port; loopback always may. */
  readonly hosts?: readonly string[] | ((host: string) => boolean);
  /** Of its own server: whoever stands before another has theirs. */
  readonly limits?: HttpLimits;
}): FastifyInstance {
  const { hosts = [], limits = HTTP_LIMITS } = options;
  const app = fastify({
    ...{ bodyLimit: BODY_BYTES_MAX, logger: false, forceCloseConnections: true },
    // The library would set its own, which wait for ever.
    ...{ requestTimeout: limits.requestMs, keepAliveTimeout: limits.idleMs },
    connectionTimeout: limits.silentMs,
    http: serverOptions(limits),
  });
  holdTo(app.server, limits);
  const isOwn =
    typeof hosts === 'function'
      ? hosts
      : (host: string) => hosts.some((own) => own.toLowerCase() === host);

  app.addHook('onRequest', async (request, reply) => {
    if (request.socket.remoteAddress === undefined) return;
    const host = hostIn(request.headers.host);
    if (!LOOPBACK.has(host) && !isOwn(host)) {
      await reply.code(421).send({ code: 'host-not-allowed' });
    }
  });
  app.setErrorHandler((error, _request, reply) => {
    const status = (error as { statusCode?: number }).statusCode;
    const coded = error instanceof CodedError;
    const code = codeOf(error);
    if (!coded && (status === undefined || status >= 500))
      options.log.warn({ event: 'http-failed', code });
    return reply
      .code(coded ? 422 : (status ?? 500))
      .send(coded ? { code, message: error.message, hint: error.hint } : { code });
  });
  app.get('/healthz', async () => ({ ok: true }));
  app.get('/readyz', async (_request, reply) => {
    const checks = options.checks();
    const ok = checks.every((check) => check.ok || check.isWarning);
    return reply.code(ok ? 200 : 503).send({ ok, checks });
  });
  const { metrics } = options;
  if (metrics) {
    app.get('/metrics', async (_request, reply) =>
      reply.type(metrics.contentType).send(await metrics.metrics()),
    );
  }
  return app;
}
