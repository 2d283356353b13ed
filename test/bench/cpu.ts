import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../support/free-port.ts';
import type { Family, GateResult, Scale } from './gate.ts';
import { cpuUs } from './processes.ts';
import { startBroker, startReceiver } from './receiver.ts';
import { reference } from './run-reference.ts';
import { makeHome, startSubject } from './subject.ts';
import { deliverBurst } from './throughput.ts';

/** Readings before the measuring, for the compiler. */
const WARM = 2_000;

async function run(scale: Scale): Promise<readonly GateResult[]> {
  const folder = mkdtempSync(join(tmpdir(), 'iomt-bench-cpu-'));
  const values: number[] = [];
  const notes: string[] = [];
  try {
    for (let round = 0; round < scale.rounds; round += 1) {
      await using broker = await startBroker();
      let sample = '';
      let gateway = 0;
      {
        await using receiver = await startReceiver(broker.url);
        await using home = makeHome({ type: 'mqtt', url: broker.url }, await freePort());
        await using subject = await startSubject(home);
        await deliverBurst(subject, receiver, WARM);
        const before = cpuUs(subject.pid);
        await deliverBurst(subject, receiver, scale.burst);
        gateway = (cpuUs(subject.pid) - before) / scale.burst;
        sample = receiver.sample;
      }
      const body = join(folder, 'body.json');
      writeFileSync(body, sample);
      const json = await reference('json', body, scale.burst);
      const sqlite = await reference('sqlite', body, scale.burst, folder);
      rmSync(join(folder, 'reference.db'), { force: true });
      const mqtt = await reference('mqtt', body, scale.burst, broker.url);
      const parts = [json.cpuUs, sqlite.cpuUs, mqtt.cpuUs];
      values.push(gateway / parts.reduce((sum, one) => sum + one, 0));
      notes.push([gateway, ...parts].map((us) => us.toFixed(0)).join('/'));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const note = `gateway/json/sqlite/mqtt CPU us per reading: ${notes.join(' ')}`;
  return [{ name: 'cpu per reading / sum of parts', goal: '<= 1.3', values, note }];
}

/** CPU of the gateway process per delivered reading, over what its libraries need for the same. */
export const cpu: Family = { name: 'cpu', run };
