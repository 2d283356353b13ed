import { once } from 'node:events';
import { chmodSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect, type ListenOptions } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { codeOf } from './errors.ts';
import type { Log } from './log.ts';

export interface Door {
  listen(at: ListenOptions): Promise<void>;
  close(): Promise<void>;
}

/**
 * Listens at once, and loads the web server when somebody first asks: most homes look at no page for
 * weeks, and a start waits for none of it. What it cannot load is logged, and the asker hung up on.
 */
export function createDoor(make: () => Promise<FastifyInstance>, log: Log): Door {
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

  const door = createServer((request, response) => {
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
      door.listen(at);
      await once(door, 'listening');
    },
    async close() {
      door.close();
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
