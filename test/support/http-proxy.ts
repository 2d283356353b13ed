import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';

export interface HttpProxy extends AsyncDisposable {
  readonly url: string;
  /** Tunnels asked for, `host:port`. */
  readonly asked: string[];
  /** All that it could read: what leaks here is leaked. */
  readonly seen: () => string;
  /** From now on it answers a request for a tunnel with this status. */
  refuse(status: number): void;
}

/** A proxy on a free loopback port that makes tunnels to loopback, and keeps what it saw. */
export async function startHttpProxy(): Promise<HttpProxy> {
  const asked: string[] = [];
  const seen: Buffer[] = [];
  let refusal: number | undefined;
  const server = createServer((_, response) => response.writeHead(405).end());
  server.on('connect', (request, near, head) => {
    asked.push(request.url ?? '');
    seen.push(Buffer.from(JSON.stringify(request.headers)), head);
    if (refusal !== undefined) {
      near.end(`HTTP/1.1 ${refusal} No\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    const far = connect(Number(request.url?.split(':')[1]), '127.0.0.1', () => {
      near.write('HTTP/1.1 200 OK\r\n\r\n');
      near.on('data', (chunk: Buffer) => seen.push(chunk));
      near.pipe(far).pipe(near);
    });
    far.on('error', () => near.destroy());
    near.on('error', () => far.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    seen: () => Buffer.concat(seen).toString('latin1'),
    refuse: (status) => {
      refusal = status;
    },
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
