import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { ADDRESS } from './frames.ts';

/** Lines sent and not answered, at most, in a burst. */
const OPEN_MAX = 500;
const CONNECT_MS_MAX = 20_000;

export interface Feeder {
  /** Sends one frame; fulfils when it is on disk, with the instant it was written, ms. */
  feed(source: string, hex: string): Promise<number>;
  /** Sets the gateway's clock so far beside the machine's, ms; it is trusted. */
  setClock(offsetMs: number): Promise<unknown>;
  /** As many as there are, as fast as they are answered; fulfils when all are on disk. */
  burst(source: string, frames: Iterable<string>): Promise<void>;
  close(): void;
}

/** Connects to a subject's socket as soon as it listens. Rejects when a frame is refused. */
export async function createFeeder(path: string): Promise<Feeder> {
  const socket = await connected(path);
  const open = new Map<string, { resolve: (at: number) => void; reject: (e: Error) => void }>();
  const written = new Map<string, number>();
  let free: (() => void) | undefined;
  let count = 0;
  let rest = '';
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const [id = '', answer] = line.split(' ');
      const one = open.get(id);
      open.delete(id);
      if (answer === 'kept' || answer === 'set') one?.resolve(written.get(id) ?? 0);
      else one?.reject(new Error(`A frame was answered: ${line}`));
      written.delete(id);
    }
    if (open.size < OPEN_MAX / 2) free?.();
  });
  socket.on('error', (error) => {
    for (const { reject } of open.values()) reject(error);
  });
  const send = (id: string, line: string) =>
    new Promise<number>((resolve, reject) => {
      open.set(id, { resolve, reject });
      written.set(id, performance.now());
      socket.write(line);
    });
  const feed = (source: string, hex: string) => {
    count += 1;
    return send(String(count), `${count} ${ADDRESS} ${source} ${hex}\n`);
  };
  return {
    feed,
    setClock: (offsetMs) => send('clock', `clock ${offsetMs} trusted\n`),
    async burst(source, frames) {
      const refused: unknown[] = [];
      let all: Promise<unknown> = Promise.resolve();
      socket.cork();
      for (const hex of frames) {
        all = feed(source, hex).catch((error: unknown) => refused.push(error));
        if (open.size < OPEN_MAX) continue;
        socket.uncork();
        await new Promise<void>((resolve) => {
          free = resolve;
        });
        socket.cork();
      }
      socket.uncork();
      await all;
      if (refused.length > 0) throw refused[0];
    },
    close: () => socket.destroy(),
  };
}

async function connected(path: string): Promise<Socket> {
  const until = performance.now() + CONNECT_MS_MAX;
  for (;;) {
    const socket = connect(path);
    const error = await new Promise<Error | undefined>((resolve) => {
      socket.once('connect', () => resolve(undefined));
      socket.once('error', resolve);
    });
    if (!error) return socket;
    if (performance.now() > until) throw error;
    await sleep(1);
  }
}
