import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../support/free-port.ts';
import { PLX_SPOT_CHECK } from './frames.ts';
import type { Family, GateResult, Scale } from './gate.ts';
import { memoryOf, resetPeak } from './processes.ts';
import { startBroker, startReceiver } from './receiver.ts';
import { reference } from './run-reference.ts';
import { makeHome, startSubject } from './subject.ts';

const MB = 1e6;
const LOOK_MS = 20;
/** A drain is long: fewer rounds say as much. */
const ROUNDS_MAX = 3;

interface Drained {
  readonly perSecond: number;
  readonly peakMb: number;
  readonly sample: string;
}

/** Fills the queue while the broker is away, then lets it come back. */
async function drainOnce(count: number): Promise<Drained> {
  await using broker = await startBroker();
  await using home = makeHome({ type: 'mqtt', url: broker.url }, await freePort());
  // The gateway has to be restarted for its own waits to begin anew: the drain is what is measured.
  {
    await broker.stop();
    await using filling = await startSubject(home);
    await filling.feeder.burst(PLX_SPOT_CHECK, filling.frames(count));
  }
  await broker.start();
  await using receiver = await startReceiver(broker.url);
  await using subject = await startSubject(home);
  resetPeak(subject.pid);
  await receiver.until(1);
  const from = performance.now();
  await receiver.until(count);
  while ((await subject.open()) > 0) await sleep(LOOK_MS);
  const perSecond = (count / (performance.now() - from)) * 1_000;
  return { perSecond, peakMb: memoryOf(subject.pid).peak / MB, sample: receiver.sample };
}

async function run(scale: Scale): Promise<readonly GateResult[]> {
  const rates: number[] = [];
  const peaks: number[] = [];
  const notes: string[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'iomt-bench-drain-'));
  try {
    for (let round = 0; round < Math.min(scale.rounds, ROUNDS_MAX); round += 1) {
      const drained = await drainOnce(scale.backlog);
      const body = join(folder, 'body.json');
      writeFileSync(body, drained.sample);
      await using broker = await startBroker();
      const raw = await reference('mqtt', body, scale.backlog, broker.url);
      rates.push(drained.perSecond / raw.perSecond);
      peaks.push(drained.peakMb);
      notes.push(`${drained.perSecond.toFixed(0)}/${raw.perSecond.toFixed(0)}`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const note = `${scale.backlog} readings; per second, gateway/mqtt.js: ${notes.join(' ')}`;
  return [
    { name: 'backlog drain / mqtt.js at window 100', goal: '>= 0.6', values: rates, note },
    { name: 'peak RSS of the drain, MB', goal: '<= 130', values: peaks },
  ];
}

/** What waited while the broker was away, until each has its stored receipt. */
export const drain: Family = { name: 'drain', run };
