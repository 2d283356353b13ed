import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { startFhirReceiver } from '../../support/fhir-receiver.ts';
import { freePort } from '../../support/free-port.ts';
import { hasMosquitto, startMosquitto } from '../../support/mosquitto.ts';
import { until } from '../../support/until.ts';
import { withoutIds } from '../../support/without-ids.ts';
import {
  ALFA,
  BETA,
  CUFF,
  clockFrame,
  createCleanup,
  cuffFrame,
  furnish,
  KEY,
  panels,
  startHomeBench,
  startReceiver,
  ZONE,
} from './bench.ts';

const cleanup = createCleanup();
afterEach(() => cleanup.run());

test.skipIf(!hasMosquitto())(
  'no line of a whole run, faults included, holds a name, a value, an address or an id of a person',
  async () => {
    const broker = await startMosquitto();
    cleanup.add(() => broker[Symbol.asyncDispose]());
    const municipality = await startReceiver(cleanup, broker.url);
    const ward = await startFhirReceiver();
    cleanup.add(ward.stop);
    const recipients = [
      { id: 'home-care', name: 'Canary care', transport: { type: 'mqtt', url: broker.url } },
      { id: 'ward', name: 'Canary ward', transport: { type: 'https', url: ward.url } },
    ];
    const logLines: string[] = [];
    const bench = await startHomeBench(cleanup, { recipients, logLines });
    const { alfa, beta, cuff } = await furnish(bench.home, ['home-care', 'ward']);

    // A receiver that repeats what it was told, first as garbage, then as a refusal.
    ward.answer((asked, response) => response.writeHead(200).end(`<p>${asked.body}`));
    const at = bench.now();
    await bench.hand([clockFrame(at), cuffFrame({ systolic: 173, at })]);
    await until(
      () => bench.home.views.outcomes().some((one) => one.lastDeferral === 'garbage'),
      'garbage came',
    );
    ward.answer((asked, response) => {
      response.writeHead(422, { 'content-type': 'application/fhir+json' });
      response.end(
        JSON.stringify({
          resourceType: 'OperationOutcome',
          issue: [{ severity: 'error', code: 'invalid', diagnostics: asked.body }],
        }),
      );
    });
    await until(() => bench.home.views.outcomes().some((one) => one.rejected > 0), 'rejected');
    await until(() => bench.home.views.summary().received === 1, 'received');
    const pseudonym = (await panels(municipality.fhirUrl))[0]?.subject?.split(':').at(-1) ?? '';
    expect(pseudonym).toHaveLength(36);

    await bench.hand([{ characteristic: '2a35', bytes: Uint8Array.of(0x1e, 0xff) }]);
    const [reading] = bench.home.views.readings('all');
    const id = reading?.id ?? '';
    await bench.home.decisions.assignReading('test', id, beta.id);
    await bench.home.decisions.removeReading('test', id);
    await expect(bench.home.decisions.addPerson('test', '')).rejects.toThrow();
    await broker.stop('SIGKILL');
    await until(() => bench.home.links().some(({ online }) => !online), 'the broker is gone');
    await broker.start();
    await until(() => bench.home.links().every(({ online }) => online), 'it is back');
    await until(() => bench.home.views.outcomes()[0]?.waiting === 0, 'all is delivered');
    await bench.stop();
    await municipality.stop();

    const lines = [...logLines, ...municipality.logLines];
    expect(lines.length).toBeGreaterThan(10);
    const canaries = [
      'Canary',
      ALFA,
      BETA,
      CUFF,
      '00:00:5E:00:53:01',
      '00-00-5E-FF-FE-00-53-01',
      pseudonym,
      id,
      alfa.id,
      beta.id,
      cuff.id,
      'blood-pressure',
      '85354-9',
      'redacted',
    ].map((text) => text.toLowerCase());
    for (const line of lines) {
      for (const canary of canaries) expect(line.toLowerCase()).not.toContain(canary);
      // A duration, a size or a port may be any number.
      const rest = withoutIds(line).replace(/"(ms|bytes|port)":\d+/g, '');
      expect(rest).not.toMatch(/\b173\b/);
    }
  },
);

test('libraries do not print although DEBUG says so', async () => {
  const folder = cleanup.folder();
  const data = cleanup.folder();
  const keyFile = join(folder, 'store.key');
  writeFileSync(keyFile, Buffer.from(KEY).toString('hex'), { mode: 0o600 });
  const transport = { type: 'mqtt', url: 'mqtt://127.0.0.1:9' };
  const home = {
    data,
    keyFile,
    zone: ZONE,
    clock: 'assume-trusted',
    http: { port: await freePort() },
    bluetooth: { backend: 'off' },
    recipients: [{ id: 'home-care', name: 'Test care', transport }],
  };
  const config = join(folder, 'iomt.yaml');
  writeFileSync(config, JSON.stringify({ home }));
  const bin = join(import.meta.dirname, '..', '..', '..', 'agent', 'iomt.js');
  const child = spawn(process.execPath, [bin, 'home', '--config', config], {
    env: { ...process.env, DEBUG: '*' },
  });
  const exited = once(child, 'exit');
  cleanup.add(() => child.kill('SIGKILL'));
  let out = '';
  let err = '';
  child.stdout.on('data', (part) => {
    out += part;
  });
  child.stderr.on('data', (part) => {
    err += part;
  });
  await until(() => out.includes('broker-unreachable'), 'it has tried the broker', 120_000);
  child.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
  expect(err).toBe('');
  for (const line of out.trim().split('\n')) expect(JSON.parse(line)).toHaveProperty('event');
});
