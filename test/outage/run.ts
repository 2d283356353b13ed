import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startMosquitto } from '../support/mosquitto.ts';
import { until } from '../support/until.ts';
import { furnishOutage, startOutageHome } from './home.ts';
import { DEVICES, frameOf, framesOf } from './plan.ts';
import { outOfOrder, startOutageReceiver } from './receiver.ts';

const START = Date.parse('2026-03-02T00:00:00Z');
const DAY_MS = 86_400_000;
const MB = 1e6;
const DRAIN_MS_MAX = 600_000;

/** Every so-manieth envelope is refused for good by the receiver. */
const REFUSE_EVERY = 97;

export interface OutageResult {
  readonly handedOver: number;
  readonly queued: number;
  readonly arrived: number;
  readonly refused: number;
  readonly outOfOrder: number;
  /** Places in the order of arrival of what was measured when the drain had begun: an alarm, a cuff. */
  readonly alarmPlace: number;
  readonly freshPlace: number;
  readonly bytesPerReading: number;
  readonly fillSeconds: number;
  readonly drainSeconds: number;
  readonly rssMb: number;
  readonly peakRssMb: number;
}

/** Days offline at three people's rates, then the broker comes back; `readings` ends the filling earlier. */
export async function runOutage(options: {
  readonly days: number;
  readonly readings?: number;
}): Promise<OutageResult> {
  const data = mkdtempSync(join(tmpdir(), 'iomt-outage-'));
  await using broker = await startMosquitto({
    lines: ['set_tcp_nodelay true', 'max_queued_messages 0'],
  });
  await broker.stop();
  const transport = { type: 'mqtt', url: broker.url };
  const gateway = await startOutageHome({ data, transport, now: START });
  let peakRss = 0;
  const watch = setInterval(() => {
    peakRss = Math.max(peakRss, process.memoryUsage.rss());
  }, 50);
  try {
    await furnishOutage(gateway);
    const frames = framesOf(START + 60_000, options.days, options.readings);
    const begin = performance.now();
    await gateway.feed(frames);
    const filled = performance.now();
    const queued = gateway.queued();
    const storeBytes = gateway.storeBytes();
    await broker.start();
    await using receiver = await startOutageReceiver(broker.url, REFUSE_EVERY);
    await until(() => receiver.count() > 0, 'the drain begins', DRAIN_MS_MAX);
    const drainFrom = performance.now();
    // While it drains somebody measures, and a detector of smoke speaks; the drain stands meanwhile, or
    // a machine that is slow to feed would find it over.
    receiver.hold();
    gateway.time.now += DAY_MS;
    const fresh = DEVICES.filter(({ kind }) => kind === 'smoke' || kind === 'cuff')
      .toReversed()
      .slice(0, 2)
      .map((device) => frameOf(device, 1_001, gateway.time.now));
    const before = receiver.count();
    await gateway.feed(fresh);
    receiver.release();
    const total = frames.length + fresh.length;
    await until(() => receiver.count() === total, 'all has arrived', DRAIN_MS_MAX);
    await until(() => gateway.queued() === 0, 'all is answered', DRAIN_MS_MAX);
    const drained = performance.now();
    const times = receiver.arrived.map(({ at }) => at);
    const places = fresh.map(({ at }, index) => {
      const found = times.flatMap((time, place) => (time === at ? [place] : []));
      return (found[index] ?? total) - before;
    });
    return {
      handedOver: total,
      queued,
      arrived: receiver.count(),
      refused: receiver.refused(),
      outOfOrder: outOfOrder(receiver.arrived),
      alarmPlace: Math.min(...places),
      freshPlace: Math.max(...places),
      bytesPerReading: storeBytes / frames.length,
      fillSeconds: (filled - begin) / 1_000,
      drainSeconds: (drained - drainFrom) / 1_000,
      rssMb: process.memoryUsage.rss() / MB,
      peakRssMb: peakRss / MB,
    };
  } finally {
    clearInterval(watch);
    await gateway.stop();
    rmSync(data, { recursive: true, force: true });
  }
}
