import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { afterEach, expect, test, vi } from 'vitest';
import type { Receipt } from '../../../agent/contract/messages.ts';
import { topics } from '../../../agent/contract/topics.ts';
import { bloodPressure } from '../../agent/municipality/envelopes.ts';
import { freePort } from '../../support/free-port.ts';

const HOME = 'gw-aaaabbbbccccdddd';
const ENVELOPES = 60;
const OBSERVATIONS_EACH = 3;

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function run(config: object): Promise<{ child: ChildProcess; url: string }> {
  const file = join(import.meta.dirname, 'child.ts');
  const child = spawn(process.execPath, [file, JSON.stringify(config)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  closing.push(() => child.kill('SIGKILL'));
  const [line] = (await once(child.stdout ?? child, 'data')) as [Buffer];
  return { child, url: line.toString().trim() };
}

test('killed at any moment, what was answered is there, and all is there once', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'iomt-kill-'));
  closing.push(() => rmSync(folder, { recursive: true, force: true }));
  const [http, mqtt, fhir] = [await freePort(), await freePort(), await freePort()];
  const config = {
    data: folder,
    http: { port: http },
    mqtt: { type: 'embedded', port: mqtt },
    fhir: { type: 'embedded', port: fhir },
  };
  const total = async () => {
    const answer = await fetch(`http://127.0.0.1:${fhir}/fhir/Observation?_count=0`);
    return ((await answer.json()) as { total: number }).total;
  };
  const waiting = new Map<string, string>();
  for (let count = 0; count < ENVELOPES; count += 1) {
    const { id, body } = bloodPressure();
    waiting.set(id, body);
  }
  const answered = new Set<string>();

  // Each round sends what is unanswered, and kills sooner than all of it can be stored.
  for (const afterMs of [15, 40, 80, 120, 0]) {
    const { child, url } = await run(config);
    expect(await total()).toBeGreaterThanOrEqual(answered.size * OBSERVATIONS_EACH);
    expect(await total()).toBeLessThanOrEqual(ENVELOPES * OBSERVATIONS_EACH);
    const home = await connectAsync(url, { protocolVersion: 4, reconnectPeriod: 0 });
    home.on('error', () => {});
    home.on('message', (_topic, payload) => {
      const receipt = JSON.parse(payload.toString()) as Receipt;
      if (receipt.state === 'received') answered.add(receipt.id);
    });
    await home.subscribeAsync(topics.receipts(HOME), { qos: 1 });
    for (const [id, body] of waiting) {
      if (!answered.has(id)) home.publish(topics.observations(HOME, 'care'), body, { qos: 1 });
    }
    if (afterMs > 0) {
      await new Promise((done) => setTimeout(done, afterMs));
      child.kill('SIGKILL');
      await once(child, 'exit');
      console.log(`killed after ${afterMs} ms: ${answered.size} of ${ENVELOPES} answered`);
    } else {
      await vi.waitFor(() => expect(answered.size).toBe(ENVELOPES), { timeout: 60_000 });
      expect(await total()).toBe(ENVELOPES * OBSERVATIONS_EACH);
      const desk = await fetch(`http://127.0.0.1:${http}/api/readings`);
      const { readings } = (await desk.json()) as { readings: unknown[] };
      expect(readings).toHaveLength(50);
    }
    home.end(true);
  }
});
