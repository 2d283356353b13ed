import { createServer as createPlain, type Server as Inner, type RequestListener } from 'node:http';
import type { Server as Secure } from 'node:https';
import { createServer, type Server, type Socket } from 'node:net';
import { codeOf } from '../../../errors.ts';
import {
  createConnections,
  HTTP_LIMITS,
  type HttpLimits,
  serverOptions,
} from '../../../http-limits.ts';
import type { Log } from '../../../log.ts';
import type { Pair } from './self-signed.ts';

/** RFC 8446, 5.1: what TLS begins with, a record of the handshake. */
const HANDSHAKE = 22;

/**
 * One port for the home network: TLS goes on to `listener`, with the certificate of the moment. A
 * browser that came without it is sent to the same page with TLS, and nothing else is answered to it.
 */
export function createFront(parts: {
  readonly certificate: { current(): Promise<Pair> };
  /** Names of this box, as `createNames` tells them. */
  readonly isOwn: (host: string) => boolean;
  readonly log: Log;
  readonly limits?: HttpLimits;
}) {
  const { limits = HTTP_LIMITS } = parts;
  return (listener: RequestListener): { server: Server; closeAllConnections(): void } => {
    const connections = createConnections(limits.connectionsMax);
    const plain = inner(createPlain(serverOptions(limits), redirecting(parts.isOwn)));
    let secure: Secure | undefined;
    let used: Pair | undefined;

    async function take(socket: Socket): Promise<void> {
      const first: Buffer | null = socket.read();
      if (first === null) return void socket.destroy();
      socket.unshift(first);
      if (first[0] !== HANDSHAKE) return void plain.emit('connection', socket);
      const pair = await parts.certificate.current();
      // Loaded here: the start of a gateway, whose devices wait, is the quicker for it.
      const { createServer: createSecure } = await import('node:https');
      const options = { ...serverOptions(limits), handshakeTimeout: limits.headersMs };
      secure ??= inner(createSecure(options, listener));
      if (pair !== used) secure.setSecureContext(pair);
      used = pair;
      if (!socket.destroyed) secure.emit('connection', socket);
    }

    /** Node looks for slow requests from when a server listens, which the inner ones never do. */
    function inner<S extends Inner | Secure>(made: S): S {
      made.timeout = limits.silentMs;
      made.on('request', connections.asked);
      made.emit('listening');
      return made;
    }

    const server = createServer((socket) => {
      connections.admit(socket);
      socket.on('error', () => socket.destroy());
      const silent = () => socket.destroy();
      socket.setTimeout(limits.headersMs, silent);
      socket.once('readable', () => {
        socket.setTimeout(0, silent);
        take(socket).catch((error: unknown) => {
          parts.log.error({ event: 'portal-no-certificate', code: codeOf(error) });
          socket.destroy();
        });
      });
    });
    server.on('close', () => {
      plain.close();
      secure?.close();
    });
    return { server, closeAllConnections: connections.destroyAll };
  };
}

function redirecting(isOwn: (host: string) => boolean): RequestListener {
  return async (request, response) => {
    const { host = '' } = request.headers;
    const { hostIn } = await import('../../../http.ts');
    // A form is not sent on: what was in it has been in the open.
    const isAsking = request.method === 'GET' || request.method === 'HEAD';
    response.setHeader('connection', 'close');
    if (isAsking && isOwn(hostIn(host)) && request.url?.startsWith('/')) {
      response.writeHead(307, { location: `https://${host}${request.url}` }).end();
    } else {
      response.writeHead(421, { 'content-type': 'application/json' }).end('{"code":"tls-only"}');
    }
  };
}
