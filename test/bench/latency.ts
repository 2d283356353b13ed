import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../support/free-port.ts';
import { type AckProxy, startAckProxy } from './ack-proxy.ts';
import { createFeeder, type Feeder } from './feeder.ts';
import { PLX_SPOT_CHECK } from './frames.ts';
import { type Family, type GateResult, median, quantile, type Scale } from './gate.ts';
import { end } from './processes.ts';
import { startBroker, startReceiver } from './receiver.ts';
import { MEMORY_DISK, slowSync } from './slow-sync.ts';
import { makeHome, startSubject } from './subject.ts';
import { deliverBurst } from './throughput.ts';

export const SLOW_PER_S = 20;
const FAST_PER_S = 500;
/** Readings before the measuring, for the compiler. */
const WARM = 1_000;
const TOPIC = 'floor/observations/';

/** Sends one frame and notes when. */
type Send = () => void;

interface Measured {
  readonly send: Send;
  /** The latencies from the mark on, ms, when all have been answered. */
  since(mark: number): Promise<number[]>;
  readonly mark: () => number;
}

/** Frame written to PUBACK seen: both ends are this process, so one clock. */
export function measured(feeder: Feeder, proxy: AckProxy, next: () => string): Measured {
  // What was published before, to warm up, is no sample.
  const offset = proxy.acks.length;
  const written: number[] = [];
  return {
    send: () => {
      written.push(performance.now());
      void feeder.feed(PLX_SPOT_CHECK, next());
    },
    mark: () => written.length,
    since: async (mark) => {
      await proxy.until(offset + written.length);
      return written
        .slice(mark)
        .map((at, index) => (proxy.acks[offset + mark + index] ?? Number.NaN) - at);
    },
  };
}

/** Evenly, several senders in turn within each period. */
export async function paced(
  perSecond: number,
  count: number,
  senders: readonly Send[],
): Promise<void> {
  const step = 1_000 / perSecond / senders.length;
  const from = performance.now();
  for (let at = 0; at < count * senders.length; at += 1) {
    const wait = from + at * step - performance.now();
    // Timers end up to a millisecond late: that is nobody's latency.
    if (wait > 0) await sleep(wait);
    senders[at % senders.length]?.();
  }
}

/** The comparison: one sync and one QoS 1 acknowledgement, on the same disk and through the same proxy. */
async function startFloor(folder: string, proxy: AckProxy, sample: string, env: NodeJS.ProcessEnv) {
  const body = join(folder, 'body.json');
  writeFileSync(body, sample);
  const socket = join(folder, 'floor.sock');
  const program = join(import.meta.dirname, 'floor.ts');
  const child = spawn(
    process.execPath,
    [program, socket, join(folder, 'log'), body, proxy.url, TOPIC],
    { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const feeder = await createFeeder(socket);
  const stop = async () => {
    feeder.close();
    await end(child);
  };
  return { feeder, [Symbol.asyncDispose]: stop };
}

async function run(scale: Scale): Promise<readonly GateResult[]> {
  const folder = mkdtempSync(join(MEMORY_DISK, 'iomt-bench-floor-'));
  try {
    await using broker = await startBroker();
    await using receiver = await startReceiver(broker.url);
    await using proxy = await startAckProxy(broker.port, '/observations/');
    await using floorProxy = await startAckProxy(broker.port, TOPIC);
    await using home = makeHome({ type: 'mqtt', url: proxy.url }, await freePort(), MEMORY_DISK);
    const { env, syncs } = slowSync(folder);
    await using subject = await startSubject(home, env);
    await deliverBurst(subject, receiver, WARM);
    await using floor = await startFloor(folder, floorProxy, receiver.sample, {
      ...env,
      SYNC_COUNT: '',
    });
    await floor.feeder.burst(PLX_SPOT_CHECK, Array<string>(WARM).fill('00'));
    await floorProxy.until(WARM);
    const gateway = measured(subject.feeder, proxy, subject.next);
    const least = measured(floor.feeder, floorProxy, () => '00');
    return await measure(scale, gateway, least, syncs);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(
  scale: Scale,
  gateway: Measured,
  least: Measured,
  syncs: () => number,
): Promise<readonly GateResult[]> {
  const p50: number[] = [];
  const p99: number[] = [];
  const fast: number[] = [];
  const perReading: number[] = [];
  const notes: string[] = [];
  for (let round = 0; round < scale.rounds; round += 1) {
    const mine = gateway.mark();
    const theirs = least.mark();
    const synced = syncs();
    const count = Math.ceil(scale.slow / scale.rounds);
    await paced(SLOW_PER_S, count, [gateway.send, least.send]);
    const at20 = await gateway.since(mine);
    const floor = await least.since(theirs);
    perReading.push((syncs() - synced) / count);
    p50.push(median(at20) / median(floor));
    p99.push(quantile(at20, 0.99) / quantile(floor, 0.99));
    const before = gateway.mark();
    await paced(FAST_PER_S, Math.ceil(scale.fast / scale.rounds), [gateway.send]);
    const at500 = await gateway.since(before);
    fast.push(median(at500) / median(at20));
    const figures = [median(at20), quantile(at20, 0.99), median(floor), quantile(floor, 0.99)];
    notes.push([...figures, median(at500)].map((ms) => ms.toFixed(1)).join('/'));
  }
  const note = `ms at 20/s: gateway p50/p99, floor p50/p99, gateway p50 at 500/s: ${notes.join(' ')}`;
  return [
    { name: 'latency p50 / (sync + ack), 20/s', goal: '<= 1.2', values: p50, note },
    { name: 'latency p99 / (sync + ack), 20/s', goal: '<= 2', values: p99 },
    { name: 'latency p50 at 500/s / at 20/s', goal: '<= 1.2', values: fast },
    { name: 'syncs per reading at 20/s', goal: '<= 1.05', values: perReading },
  ];
}

/** From the frame to the broker's acknowledgement, beside the least that durable can be. */
export const latency: Family = { name: 'latency', run };
