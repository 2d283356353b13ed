import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../support/free-port.ts';
import type { Family, GateResult, Scale } from './gate.ts';
import { end, memoryOf, pidOf, resetPeak } from './processes.ts';
import { startBroker, startReceiver } from './receiver.ts';
import { makeHome, startSubject } from './subject.ts';
import { deliverBurst } from './throughput.ts';

const MB = 1e6;
/** Until a process that does nothing has settled, with what a gateway loads after its start, ms. */
const IDLE_MS = 15_000;

async function bareRss(): Promise<number> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'ignore' });
  await sleep(IDLE_MS);
  const { rss } = memoryOf(pidOf(child));
  await end(child, 'SIGKILL');
  return rss;
}

async function run(scale: Scale): Promise<readonly GateResult[]> {
  const idle: number[] = [];
  const peak: number[] = [];
  const notes: string[] = [];
  for (let round = 0; round < scale.rounds; round += 1) {
    await using broker = await startBroker();
    await using receiver = await startReceiver(broker.url);
    await using home = makeHome({ type: 'mqtt', url: broker.url }, await freePort());
    // Set up before: the gateway that is measured was started as it is every day.
    await (await startSubject(home)).stop();
    await using subject = await startSubject(home);
    const [bare] = await Promise.all([bareRss(), sleep(IDLE_MS)]);
    const { rss } = memoryOf(subject.pid);
    resetPeak(subject.pid);
    await deliverBurst(subject, receiver, scale.burst);
    const most = memoryOf(subject.pid).peak;
    idle.push(rss / bare);
    peak.push(most / rss);
    notes.push([bare, rss, most].map((bytes) => (bytes / MB).toFixed(0)).join('/'));
  }
  const note = `MB, bare node/idle/peak of ${scale.burst} at once: ${notes.join(' ')}`;
  return [
    { name: 'idle RSS / bare node', goal: '<= 1.75', values: idle, note },
    { name: 'peak RSS in a burst / idle', goal: '<= 2', values: peak },
  ];
}

/** Memory of the gateway process, idle and when much comes at once. */
export const memory: Family = { name: 'memory', run };
