import { connect } from 'node:net';
import { createInterface } from 'node:readline';

/** A cuff's measurements with numbers of their own, so that each is known again at the receiver. */
const NUMBERS_MAX = 100_000;
/** So many cuffs have numbers that no other has: values are told from each other up to 500,000. */
export const FEEDERS_MAX = 5;
const BLOOD_PRESSURE = '1810/2a35';
const CURRENT_TIME = '1805/2a2b';

/** What the receiver must hold of measurement `n`: systolic and diastolic, as the device has them. */
export const valuesOf = (n: number): string =>
  `${(100 + (n % 1_000) / 10).toFixed(1)}/${(50 + (Math.floor(n / 1_000) % 500) / 10).toFixed(1)}`;

/** Tenths as IEEE 11073 SFLOAT: exponent -1. */
const tenths = (value: number) => 0xf000 | value;

/** Blood pressure measurement 0x2A35 with its time, in mm[Hg]. */
function frameOf(n: number, at: Date): string {
  const bytes = Buffer.alloc(14);
  bytes[0] = 0x02;
  bytes.writeUInt16LE(tenths(1_000 + (n % 1_000)), 1);
  bytes.writeUInt16LE(tenths(500 + (Math.floor(n / 1_000) % 500)), 3);
  bytes.writeUInt16LE(tenths(800), 5);
  timeOf(at).copy(bytes, 7);
  return bytes.toString('hex');
}

/** Date Time 0x2A08, UTC: the gateway of the test lives in that zone. */
function timeOf(at: Date): Buffer {
  const bytes = Buffer.alloc(7);
  bytes.writeUInt16LE(at.getUTCFullYear(), 0);
  bytes.set(
    [
      at.getUTCMonth() + 1,
      at.getUTCDate(),
      at.getUTCHours(),
      at.getUTCMinutes(),
      at.getUTCSeconds(),
    ],
    2,
  );
  return bytes;
}

interface Visit {
  /** Fulfils at the first answer, when the gateway has it on disk, or when the connection ended. */
  readonly answered: Promise<void>;
  /** Rejects when the gateway refuses a line: it does not know its device any more. */
  readonly refused: Promise<never>;
  end(): Promise<void>;
}

/** A device with a memory: it keeps what was not answered, and sends that again first. */
export function createFeeder(address: string, index: number) {
  if (index >= FEEDERS_MAX) throw new RangeError('too many feeders for one receiver');
  const open = new Map<number, string>();
  const handedOver: number[] = [];
  let next = index * NUMBERS_MAX;
  const end = next + NUMBERS_MAX;

  /** One visit, by port or socket file: sends what is open, then new ones every `everyMs`, until the other end goes away. */
  function visit(at: number | string, everyMs: number): Visit {
    const socket = typeof at === 'string' ? connect(at) : connect(at, '127.0.0.1');
    const now = new Date();
    const clock = Buffer.concat([timeOf(now), Buffer.from([0, 0, 0])]).toString('hex');
    const send = (id: string, source: string, hex: string) =>
      void socket.write(`${id} ${address} ${source} ${hex}\n`);
    send('clock-of-device', CURRENT_TIME, clock);
    for (const [n, frame] of open) send(`m${n}`, BLOOD_PRESSURE, frame);
    const timer = setInterval(() => {
      if (next >= end || open.size > 200) return;
      const n = next;
      next += 1;
      const frame = frameOf(n, new Date());
      open.set(n, frame);
      send(`m${n}`, BLOOD_PRESSURE, frame);
    }, everyMs);
    const answered = Promise.withResolvers<void>();
    const refusal = Promise.withResolvers<never>();
    // Whoever has left by then does not hear it.
    refusal.promise.catch(() => undefined);
    const gone = new Promise<void>((resolve) => {
      // QEMU goes in the middle of a connection.
      socket.on('error', () => undefined);
      socket.on('close', () => {
        clearInterval(timer);
        answered.resolve();
        resolve();
      });
    });
    const lines = createInterface({ input: socket });
    lines.on('error', () => undefined);
    lines.on('line', (line) => {
      const refused = / refused (\S+)$/.exec(line);
      if (refused) refusal.reject(new Error(`The gateway refuses its device: ${refused[1]}`));
      const kept = /^m(\d+) kept$/.exec(line);
      if (!kept) return;
      answered.resolve();
      const n = Number(kept[1]);
      if (open.delete(n)) handedOver.push(n);
    });
    return {
      answered: answered.promise,
      refused: refusal.promise,
      async end() {
        clearInterval(timer);
        socket.destroy();
        await gone;
      },
    };
  }

  return { visit, handedOver: () => [...handedOver], open: () => [...open.keys()] };
}
