import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface TcpProxy extends AsyncDisposable {
  readonly port: number;
  /** Connections taken so far. */
  readonly taken: () => number;
  /** From now on bytes go nowhere, in either direction, and nobody hangs up: a half-open connection. */
  swallow(on: boolean): void;
  /** Ends all connections now, with a TCP reset. */
  reset(): void;
}

/** Passes bytes on to a loopback port, until the test says otherwise. */
export async function startTcpProxy(to: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let isSwallowing = false;
  let taken = 0;
  const server = createServer((near) => {
    taken += 1;
    const far = connect(to, '127.0.0.1');
    for (const [from, into] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('data', (chunk) => isSwallowing || into.write(chunk));
      from.on('error', () => into.destroy());
      from.on('close', () => {
        sockets.delete(from);
        if (!isSwallowing) into.destroy();
      });
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const end = (how: (socket: Socket) => void) => {
    for (const socket of sockets) how(socket);
    sockets.clear();
  };
  return {
    port,
    taken: () => taken,
    swallow: (on) => {
      isSwallowing = on;
    },
    reset: () => end((socket) => socket.resetAndDestroy()),
    [Symbol.asyncDispose]: async () => {
      server.close();
      end((socket) => socket.destroy());
      await once(server, 'close');
    },
  };
}
