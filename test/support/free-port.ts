import { createServer } from 'node:net';

/**
 * Ports below those that the system hands out to whoever connects or listens at 0 (32,768 and up),
 * and below the demos' (`demoPort`). Nobody is given one of these between its being found and its
 * being used, or while its server is being started again.
 */
const PORTS_BEGIN = 10_000;
const PORTS_END = 21_000;
/** Each process begins at a place of its own. */
const PORTS_PER_PROCESS = 50;

const places = (PORTS_END - PORTS_BEGIN) / PORTS_PER_PROCESS;
let next = PORTS_BEGIN + (process.pid % places) * PORTS_PER_PROCESS;

/** A loopback port that is free now, and given to nobody else in this process. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = next;
    next = port + 1 < PORTS_END ? port + 1 : PORTS_BEGIN;
    if (await isFree(port)) return port;
  }
}

/** Whether one could listen at this loopback port now. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
