import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import type { Keep } from '../../adapters/adapter.ts';
import type { BluetoothAdapter } from '../../adapters/bluetooth/bluetooth.ts';
import type { Capture } from '../../adapters/measurement.ts';
import type { Clock } from '../../agent/clock.ts';
import { CodedError, codeOf } from '../../agent/errors.ts';

/** Lines of one feeder that are not answered yet, at most: then it is not read from. */
const OPEN_LINES_MAX = 1_000;

/** A clock that the feeder sets: the machine's, and so much beside it. */
export interface FedClock extends Clock {
  /** Fulfils nothing by itself: what was given is what the gateway knows from now on. */
  set(offsetMs: number, trusted: boolean): void;
}

/** @param text `OFFSET_MS trusted` or `OFFSET_MS untrusted`. */
export function createFedClock(text = '0 trusted'): FedClock {
  let [offsetMs, isTrusted] = [0, true];
  const set = (to: number, trusted: boolean) => {
    offsetMs = to;
    isTrusted = trusted;
  };
  set(...clockWords(text.split(' ')));
  return { now: () => Date.now() + offsetMs, trusted: () => isTrusted, set };
}

const clockWords = ([offset, trust]: readonly string[]): [number, boolean] => [
  Number(offset),
  trust === 'trusted',
];

/**
 * Devices whose frames come over a unix socket, one line each, from a feeder outside the process:
 *
 *     ID ADDRESS SOURCE HEX     SOURCE: SERVICE/CHARACTERISTIC, data:UUID or maker:NUMBER
 *     clock OFFSET_MS (trusted|untrusted)
 *
 * Each line is answered with its first word and what became of it, a frame only once it is on disk:
 * `ID kept`, or `ID refused CODE`. Each connection of a feeder is one session of each device.
 * Every device can be paired at once, and says nothing of itself.
 */
export function createFedAdapter(deps: {
  readonly socket: string;
  readonly clock: FedClock;
}): BluetoothAdapter {
  const { clock } = deps;

  function feed(socket: Socket, keep: Keep, open: Set<Promise<void>>): void {
    const sessions = new Map<string, string>();
    let rest = '';
    let answers = '';
    const answer = (line: string) => {
      // What is answered in one turn leaves in one write, in that turn: not after the next sync.
      if (answers === '') {
        process.nextTick(() => {
          if (socket.writable) socket.write(answers);
          answers = '';
        });
      }
      answers += `${line}\n`;
    };
    const take = async (line: string) => {
      const [id = '', address = '', source = '', hex = ''] = line.split(' ');
      if (id === 'clock') {
        clock.set(...clockWords([address, source]));
        return answer('clock set');
      }
      const session = sessions.get(address) ?? randomUUID();
      sessions.set(address, session);
      const bytes = Buffer.from(hex, 'hex');
      try {
        const at = clock.now();
        await keep({ peripheral: address, at, session, source: sourceOf(source), bytes });
        answer(`${id} kept`);
      } catch (error) {
        answer(`${id} refused ${codeOf(error)}`);
      }
    };
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const taken = take(line);
        open.add(taken);
        void taken.then(() => {
          open.delete(taken);
          if (open.size < OPEN_LINES_MAX && socket.isPaused()) socket.resume();
        });
      }
      if (open.size >= OPEN_LINES_MAX) socket.pause();
    });
    // A feeder that goes away has the frames that were not answered.
    socket.on('error', () => undefined);
  }

  return {
    name: 'fed',
    async run(keep, signal) {
      const open = new Set<Promise<void>>();
      const sockets = new Set<Socket>();
      const server = createServer((socket) => {
        sockets.add(socket);
        socket.once('close', () => sockets.delete(socket));
        feed(socket, keep, open);
      });
      rmSync(deps.socket, { force: true });
      const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
      server.once('error', reject);
      server.listen(deps.socket);
      signal.addEventListener('abort', () => resolve(), { once: true });
      try {
        await ended;
      } finally {
        server.close();
        for (const socket of sockets) socket.destroy();
        await Promise.all(open);
      }
    },
    seen: () => [],
    pair: (address) => Promise.resolve({ address, services: [] }),
    unpair: () => Promise.resolve(),
    record: () =>
      Promise.reject(new CodedError('radio-not-heard', 'A fed device has nothing to say', 'None.')),
    states: () => [],
    visiting: () => 0,
  };
}

function sourceOf(text: string): Capture['source'] {
  if (text.startsWith('data:')) return { serviceData: text.slice(5) };
  if (text.startsWith('maker:')) return { manufacturer: Number(text.slice(6)) };
  const [service = '', characteristic = ''] = text.split('/');
  return { service, characteristic };
}
