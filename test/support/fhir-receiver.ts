import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { TLSSocket } from 'node:tls';

export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface FhirReceiver extends AsyncDisposable {
  readonly url: string;
  readonly asked: Asked[];
  /** How it answers from now on. Starts as an honest transaction-response. */
  answer(how: (asked: Asked, response: ServerResponse) => void): void;
  /** Told each connection that passed its TLS handshake. */
  onConnection(told: (socket: TLSSocket) => void): void;
  stop(): Promise<void>;
}

/** A web server on a free loopback port that keeps what it was asked. */
export async function startFhirReceiver(tls?: ServerOptions): Promise<FhirReceiver> {
  const asked: Asked[] = [];
  let how: (asked: Asked, response: ServerResponse) => void = answerTransaction;
  const listener: Parameters<typeof createServer>[1] = (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const one: Asked = {
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString('utf8'),
      };
      asked.push(one);
      how(one, response);
    });
  };
  const server: Server = tls ? createTlsServer(tls, listener) : createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const stop = async () => {
    if (!server.listening) return;
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}/r4`,
    asked,
    answer: (next) => {
      how = next;
    },
    onConnection: (told) => void server.on('secureConnection', told),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** Every entry created, as a server that keeps FHIR's rules says it. */
export function answerTransaction(asked: Asked, response: ServerResponse): void {
  const { entry = [] } = JSON.parse(asked.body || '{}') as { entry?: unknown[] };
  const body = {
    resourceType: 'Bundle',
    type: 'transaction-response',
    entry: entry.map(() => ({ response: { status: '201 Created' } })),
  };
  response.writeHead(200, { 'content-type': 'application/fhir+json' });
  response.end(JSON.stringify(body));
}
