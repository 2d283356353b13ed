import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { BluetoothAdapter } from '../../adapters/bluetooth/bluetooth.ts';
import type { Capture } from '../../adapters/measurement.ts';
import type { Clock } from '../../agent/clock.ts';
import { CodedError } from '../../agent/errors.ts';
import { startHome } from '../../agent/home/home.ts';
import { createLog } from '../../agent/log.ts';
import { configSchema } from '../../config/schema.ts';
import { freePort } from '../support/free-port.ts';
import { DEVICES, type Frame, SHARED } from './plan.ts';

const KEY = new Uint8Array(32).fill(7);
const RECIPIENT = 'care';
/** Handed over together: a commit group, as of a device that stored much. */
const TOGETHER = 250;
const DAY_MS = 86_400_000;

/** A real gateway in this process with a clock that the test moves and devices that it plays. */
export async function startOutageHome(options: {
  readonly data: string;
  readonly transport: object;
  readonly now: number;
  readonly limits?: object;
}) {
  const time = { now: options.now };
  const clock: Clock = { now: () => time.now, trusted: () => true };
  const { home: config } = configSchema.parse({
    home: {
      data: options.data,
      zone: 'Europe/Oslo',
      clock: 'assume-trusted',
      http: { port: await freePort() },
      recipients: [{ id: RECIPIENT, name: 'Test care', transport: options.transport }],
      limits: { retryMinMs: 20, retryMaxMs: 200, ...options.limits },
    },
  });
  if (!config) throw new Error('no home in the configuration');
  const logLines: string[] = [];
  const destination = { write: (line: string) => void logLines.push(line) };
  const radio = playedRadio();
  const log = createLog({ level: 'warn', program: 'home', destination });
  const start = { config, key: KEY, clock, log, version: '0.0.0', bluetooth: () => radio };
  const home = await startHome(start);
  let session = 0;
  return {
    home,
    time,
    logLines,
    /** Hands frames over in their order; their times move the gateway's clock. */
    async feed(frames: readonly Frame[]): Promise<void> {
      for (let from = 0; from < frames.length; from += TOGETHER) {
        const some = frames.slice(from, from + TOGETHER);
        await Promise.all(
          some.map(({ address, at, source, bytes }) => {
            time.now = Math.max(time.now, at);
            session += 1;
            return radio.hand({ peripheral: address, at, session: `s${session}`, source, bytes });
          }),
        );
      }
    },
    storeBytes: (): number =>
      ['home.db', 'home.db-wal'].reduce(
        (sum, name) =>
          sum + (statSync(join(options.data, name), { throwIfNoEntry: false })?.size ?? 0),
        0,
      ),
    queued: (): number =>
      home.views
        .outbox()
        .filter(({ state }) => state === 'queued' || state === 'sent')
        .reduce((sum, { n }) => sum + n, 0),
    stop: home.stop,
  };
}

export type OutageHome = Awaited<ReturnType<typeof startOutageHome>>;

/** Three people with their devices, who share all of it. */
export async function furnishOutage({ home, time }: OutageHome): Promise<void> {
  const people = [];
  for (const name of ['Alfa Example', 'Beta Example', 'Gamma Example']) {
    people.push(await home.decisions.addPerson('test', name));
  }
  for (const { address, kind, owner } of DEVICES) {
    const name = `${kind} ${address.slice(-2)}`;
    const device = await home.adoption.adopt('test', { address, name, slotKind: 'none' });
    await home.decisions.assignDevice('test', device.id, { owner: people[owner]?.id ?? '' });
  }
  for (const { id } of people) {
    const from = new Date(time.now - DAY_MS).toISOString();
    const permission = { person: id, recipient: RECIPIENT, kinds: [...SHARED], from };
    await home.decisions.givePermission('test', permission);
  }
}

function playedRadio(): BluetoothAdapter & { hand(capture: Capture): Promise<void> } {
  let running: ((capture: Capture) => Promise<void>) | undefined;
  return {
    name: 'played',
    async run(keep, signal) {
      running = keep;
      await new Promise<void>((done) =>
        signal.addEventListener('abort', () => done(), { once: true }),
      );
    },
    hand(capture) {
      if (!running) throw new Error('the adapter does not run');
      return running(capture);
    },
    seen: () => [],
    pair: () => Promise.reject(new CodedError('radio-not-heard', 'Not heard', 'Switch it on.')),
    unpair: () => Promise.resolve(),
    record: () => Promise.resolve([]),
    states: () => [],
    visiting: () => 0,
  };
}
