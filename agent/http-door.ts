import { once } from 'node:events';
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { connect, type ListenOptions, type Server } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { codeOf } from './errors.ts';
import { HTTP_LIMITS, holdTo, serverOptions } from './http-limits.ts';
import type { Log } from './log.ts';

export interface Door {
  listen(at: ListenOptions): Promise<void>;
  close(): Promise<void>;
}

/** What stands before the web server: plain HTTP, or another that hands requests on. */
export type Front = (listener: RequestListener) => {
  readonly server: Server;
  closeAllConnections(): void;
};

/** Plain HTTP for who may open the socket, and may take as long as it takes. */
const unbounded: Front = (listener) => {
  const server = createServer(listener);
  return { server, closeAllConnections: () => server.closeAllConnections() };
};

/** Plain HTTP for anybody on this machine. */
export const bounded =
  (limits = HTTP_LIMITS): Front =>
  (listener) => {
    const server = createServer(serverOptions(limits), listener);
    holdTo(server, limits);
    return { server, closeAllConnections: () => server.closeAllConnections() };
  };

/**
 * Listens at once, and loads the web server when somebody first asks: most homes look at no page for
 * weeks, and a start waits for none of it. What it cannot load is logged, and the asker hung up on.
 */
export function createDoor(
  make: () => Promise<FastifyInstance>,
  log: Log,
  front: Front = unbounded,
): Door {
  let opened: Promise<FastifyInstance> | undefined;

  async function open(): Promise<FastifyInstance> {
    try {
      const app = await make();
      await app.ready();
      return app;
    } catch (error) {
      log.error({ event: 'pages-not-loaded', code: codeOf(error) });
      throw error;
    }
  }

  const door = front((request, response) => {
    opened ??= open();
    opened.then(
      (app) => app.routing(request, response),
      () => {
        opened = undefined;
        request.socket.destroy();
      },
    );
  });

  return {
    async listen(at) {
      door.server.listen(at);
      await once(door.server, 'listening');
    },
    async close() {
      door.server.close();
      door.closeAllConnections();
      await (await opened?.catch(() => undefined))?.close();
    },
  };
}

/** True when a program listens on this Unix socket; a file left by one that was killed does not. */
export function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path);
    const done = (answered: boolean) => {
      probe.destroy();
      resolve(answered);
    };
    probe.once('connect', () => done(true));
    probe.once('error', () => done(false));
  });
}

/** Listens on a Unix socket that only this user may open. */
export async function listenOnSocket(
  door: { listen(at: { path: string }): Promise<unknown> },
  path: string,
): Promise<void> {
  rmSync(path, { force: true });
  const mask = process.umask(0o177);
  try {
    await door.listen({ path });
  } finally {
    process.umask(mask);
  }
  chmodSync(path, 0o600);
}
