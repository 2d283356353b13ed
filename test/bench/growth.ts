import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../support/free-port.ts';
import { startAckProxy } from './ack-proxy.ts';
import { type Family, type GateResult, median, type Scale } from './gate.ts';
import { measured, paced, SLOW_PER_S } from './latency.ts';
import { startBroker, startReceiver } from './receiver.ts';
import { MEMORY_DISK, slowSync } from './slow-sync.ts';
import { type Home, makeHome, startSubject } from './subject.ts';
import { deliverBurst } from './throughput.ts';

/** Readings of one round: few beside the small store, which they make larger. */
const BURST = 2_000;
const ROUNDS_MAX = 3;
/** A gateway on a store, with a broker and a receiver of its own: the two are one gateway by name. */
async function stage(home: (url: string) => Promise<Home>, folder: string) {
  const stack = new AsyncDisposableStack();
  const broker = stack.use(await startBroker());
  const receiver = stack.use(await startReceiver(broker.url));
  const proxy = stack.use(await startAckProxy(broker.port, '/observations/'));
  const made = stack.use(await home(proxy.url));
  const subject = stack.use(await startSubject(made, slowSync(folder).env));
  return { made, receiver, proxy, subject, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

type Stage = Awaited<ReturnType<typeof stage>>;

const makeOne = async (url: string): Promise<Home> =>
  makeHome({ type: 'mqtt', url }, await freePort(), MEMORY_DISK);

async function round(one: Stage, samples: number) {
  const ms = await deliverBurst(one.subject, one.receiver, BURST);
  const meter = measured(one.subject.feeder, one.proxy, one.subject.next);
  await paced(SLOW_PER_S, samples, [meter.send]);
  return { perSecond: (BURST / ms) * 1_000, p50: median(await meter.since(0)) };
}

async function run(scale: Scale): Promise<readonly GateResult[]> {
  const [few, many] = scale.grown;
  const folder = mkdtempSync(join(MEMORY_DISK, 'iomt-bench-growth-'));
  try {
    await using small = await stage(makeOne, folder);
    await deliverBurst(small.subject, small.receiver, few);
    const grownHome = async (url: string) => {
      const copy = await makeOne(url);
      await small.subject.ask('GET', '/api/status');
      cpSync(small.made.folder, copy.folder, { recursive: true, filter: isStore });
      cpSync(keyOf(small.made), keyOf(copy));
      // In a program of its own: it takes minutes, and the broker's clients are to stay awake.
      await promisify(execFile)(process.execPath, [
        join(import.meta.dirname, 'grow-store.ts'),
        join(copy.folder, 'home.db'),
        keyOf(copy),
        String(many / few),
      ]);
      return copy;
    };
    await using grown = await stage(grownHome, folder);
    // As much for its compiler as the small one's had.
    await deliverBurst(grown.subject, grown.receiver, few);
    const rates: number[] = [];
    const p50s: number[] = [];
    const notes: string[] = [];
    for (let at = 0; at < Math.min(scale.rounds, ROUNDS_MAX); at += 1) {
      const samples = Math.ceil(scale.slow / 5);
      const before = await round(small, samples);
      const after = await round(grown, samples);
      rates.push(after.perSecond / before.perSecond);
      p50s.push(after.p50 / before.p50);
      const figures = [before.perSecond, after.perSecond].map((one) => one.toFixed(0));
      notes.push([...figures, before.p50.toFixed(1), after.p50.toFixed(1)].join('/'));
    }
    const note = `${few} and ${many} stored: readings/s, then p50 ms: ${notes.join(' ')}`;
    return [
      { name: 'readings/s, grown store / small', goal: '>= 0.9', values: rates, note },
      { name: 'latency p50, grown store / small', goal: '<= 1.2', values: p50s },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const keyOf = ({ folder }: Home) => join(dirname(folder), 'store.key');
const isStore = (path: string) => !path.endsWith('.sock');

/** The same work on a store that has been filled for years. */
export const growth: Family = { name: 'growth', run };
