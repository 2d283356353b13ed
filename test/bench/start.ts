import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { freePort } from '../support/free-port.ts';
import { createFeeder } from './feeder.ts';
import { HISTORY_MS, measurementFrame, PLX_SPOT_CHECK } from './frames.ts';
import { type Family, type GateResult, median, type Scale } from './gate.ts';
import { end } from './processes.ts';
import { startBroker } from './receiver.ts';
import { makeHome, startHomeProcess, startSubject } from './subject.ts';

async function bareStart(): Promise<number> {
  const from = performance.now();
  await once(spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' }), 'exit');
  return performance.now() - from;
}

/** From the start of the process until it answers that a reading is on disk. */
async function run(scale: Scale): Promise<readonly GateResult[]> {
  await using broker = await startBroker();
  await using home = makeHome({ type: 'mqtt', url: broker.url }, await freePort());
  // Set up before, as on every day but the first.
  await (await startSubject(home)).stop();
  const values: number[] = [];
  const bares: number[] = [];
  const starts: number[] = [];
  const from = Date.now() - HISTORY_MS;
  for (let round = 0; round < scale.starts; round += 1) {
    const bare = await bareStart();
    const begun = performance.now();
    const child = startHomeProcess(home);
    const feeder = await createFeeder(join(home.folder, 'fed.sock'));
    await feeder.feed(PLX_SPOT_CHECK, measurementFrame(from, round));
    const ms = performance.now() - begun;
    feeder.close();
    await end(child, 'SIGKILL');
    values.push(ms / bare);
    bares.push(bare);
    starts.push(ms);
  }
  const note = `ms, node -e 0/first durable reading: ${median(bares).toFixed(0)}/${median(starts).toFixed(0)}`;
  return [{ name: 'cold start to first durable reading / node -e 0', goal: '<= 3', values, note }];
}

export const start: Family = { name: 'start', run };
