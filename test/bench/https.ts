import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeAuthority } from '../support/certificates.ts';
import { freePort } from '../support/free-port.ts';
import { PLX_SPOT_CHECK } from './frames.ts';
import type { Family, GateResult, Scale } from './gate.ts';
import { end } from './processes.ts';
import { startBroker, startReceiver } from './receiver.ts';
import { reference } from './run-reference.ts';
import { makeHome, startSubject } from './subject.ts';
import { deliverBurst } from './throughput.ts';

/** A part of a full backlog says as much: nothing of this grows with it. */
const BACKLOG_MAX = 20_000;
/** Counting costs the gateway something too. */
const LOOK_MS = 100;

/** One envelope's text, from a gateway that sends by MQTT: they are the same. */
async function sampleBody(): Promise<string> {
  await using broker = await startBroker();
  await using receiver = await startReceiver(broker.url);
  await using home = makeHome({ type: 'mqtt', url: broker.url }, await freePort());
  await using subject = await startSubject(home);
  await deliverBurst(subject, receiver, 1);
  return receiver.sample;
}

async function run(scale: Scale): Promise<readonly GateResult[]> {
  const folder = mkdtempSync(join(tmpdir(), 'iomt-bench-https-'));
  const count = Math.min(scale.backlog, BACKLOG_MAX);
  const values: number[] = [];
  const notes: string[] = [];
  try {
    const authority = makeAuthority(folder);
    const { cert, key } = authority.server('receiver');
    const sample = await sampleBody();
    const body = join(folder, 'body.json');
    writeFileSync(body, sample);
    for (let round = 0; round < scale.rounds; round += 1) {
      const port = await freePort();
      const url = `https://127.0.0.1:${port}/r4`;
      const transport = { type: 'https', url, caFile: authority.ca } as const;
      await using home = makeHome(transport, await freePort());
      {
        await using filling = await startSubject(home);
        await filling.feeder.burst(PLX_SPOT_CHECK, filling.frames(count));
      }
      const file = join(import.meta.dirname, 'https-receiver.ts');
      const receiver = fork(file, [String(port), cert, key]);
      await once(receiver, 'message');
      await using subject = await startSubject(home);
      await once(receiver, 'message');
      const from = performance.now();
      while ((await subject.open()) > 0) await sleep(LOOK_MS);
      const mine = (count / (performance.now() - from)) * 1_000;
      await subject.stop();
      const raw = await reference('https', body, count, url, authority.ca);
      await end(receiver, 'SIGKILL');
      values.push(mine / raw.perSecond);
      notes.push(`${mine.toFixed(0)}/${raw.perSecond.toFixed(0)}`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const note = `${count} readings; per second, gateway/undici: ${notes.join(' ')}`;
  return [{ name: 'HTTPS backlog / undici Bundles of 100', goal: '>= 0.7', values, note }];
}

/** A backlog to a FHIR server over HTTPS, until each has its answer stored. */
export const https: Family = { name: 'https', run };
