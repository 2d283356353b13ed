import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect as dial } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterEach, expect, test, vi } from 'vitest';
import { systemClock } from '../../../agent/clock.ts';
import type { Receipt } from '../../../agent/contract/messages.ts';
import { topics } from '../../../agent/contract/topics.ts';
import { createLog } from '../../../agent/log.ts';
import { startBroker } from '../../../agent/municipality/broker.ts';
import { startMunicipality } from '../../../agent/municipality/municipality.ts';
import { type MunicipalityConfig, municipalitySchema } from '../../../config/schema.ts';
import { bloodPressure, glucose } from '../../agent/municipality/envelopes.ts';
import { freePort } from '../../support/free-port.ts';

const HOME = 'gw-aaaabbbbccccdddd';
const MOSQUITTO = '/usr/sbin/mosquitto';
const KEY = new Uint8Array(32).fill(9);
const log = createLog({ level: 'silent', program: 'test' });

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'iomt-municipality-'));
  closing.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function settings(changes: object = {}): Promise<MunicipalityConfig> {
  const [http, mqtt, fhir] = [await freePort(), await freePort(), await freePort()];
  return municipalitySchema.parse({
    data: folder(),
    http: { port: http },
    mqtt: { type: 'embedded', port: mqtt },
    fhir: { type: 'embedded', port: fhir },
    acceptSimulated: true,
    ...changes,
  });
}

async function start(config: MunicipalityConfig) {
  const municipality = await startMunicipality({
    config,
    key: KEY,
    clock: systemClock,
    log,
    version: '0.0.0',
  });
  let running = true;
  const stop = async () => {
    if (running) await municipality.stop();
    running = false;
  };
  closing.push(stop);
  return { ...municipality, stop };
}

/** A gateway as any other program would write it: publishes, listens. */
async function gateway(url: string, protocolVersion: 4 | 5 = 4) {
  const client: MqttClient = await connectAsync(url, { protocolVersion, reconnectPeriod: 0 });
  closing.push(() => client.connected && client.endAsync(true));
  const receipts: Receipt[] = [];
  client.on('message', (_topic, payload) => receipts.push(JSON.parse(payload.toString())));
  await client.subscribeAsync(topics.receipts(HOME), { qos: 1 });
  return {
    receipts,
    send: (body: string) =>
      client.publishAsync(topics.observations(HOME, 'homecare'), body, { qos: 1 }),
    status: (receiptSeq: number) =>
      client.publishAsync(
        topics.status(HOME),
        JSON.stringify({
          v: 1,
          online: true,
          version: '0.0.0',
          since: '2026-11-20T06:00:00Z',
          receiptSeq,
        }),
        { qos: 1, retain: true },
      ),
    publish: (topic: string, body: string) => client.publishAsync(topic, body, { qos: 1 }),
    states: () => receipts.map(({ seq, id, state }) => [seq, id, state]),
    end: () => client.endAsync(true),
    closed: new Promise<void>((done) => client.once('close', () => done())),
  };
}

const until = (check: () => unknown) => vi.waitFor(check, { timeout: 60_000, interval: 20 });

test('a reading goes from the broker to the FHIR server, the desk and the export, its number untouched', async () => {
  const municipality = await start(await settings());
  const home = await gateway(municipality.mqttUrl ?? '');
  const { id, body } = glucose({ value: '6.0' });
  await home.send(body);
  await until(() => expect(home.states()).toEqual([[1, id, 'received']]));
  const found = await fetch(`${municipality.fhirUrl}/Observation?code=15074-8`);
  expect(await found.text()).toContain('"value":6.0,');
  const desk = await fetch(`${municipality.deskUrl}/api/readings`);
  expect(await desk.text()).toContain('6.0');
  const out = folder();
  expect(await municipality.exportTo(out)).toBe(2);
  expect(readFileSync(join(out, 'devices.ndjson'), 'utf8')).toContain('"resourceType":"Device"');
  const lines = readFileSync(join(out, 'received.ndjson'), 'utf8').trimEnd().split('\n');
  expect(lines).toHaveLength(2);
  expect(lines[0]).toContain('"value":6.0,');
});

test('what was not heard is answered after a restart, and a late listener gets what it lacks', async () => {
  const config = await settings();
  const first = await start(config);
  const home = await gateway(first.mqttUrl ?? '');
  const { id, body } = bloodPressure();
  await home.send(body);
  await until(() => expect(home.receipts).toHaveLength(1));
  await home.end();
  await first.stop();
  const second = await start(config);
  const again = await gateway(second.mqttUrl ?? '');
  await again.status(0);
  await until(() => expect(again.states()).toEqual([[1, id, 'received']]));
  await again.send(body);
  await until(() =>
    expect(again.states()).toEqual([
      [1, id, 'received'],
      [1, id, 'received'],
    ]),
  );
  const stored = await fetch(`${second.fhirUrl}/Observation`);
  expect(await stored.json()).toMatchObject({ total: 3 });
});

test('the embedded broker passes on contract topics only', async () => {
  const municipality = await start(await settings());
  const stranger = await gateway(municipality.mqttUrl ?? '');
  // The broker hangs up instead of answering; mqtt.js then leaves the promise unsettled.
  void stranger.publish('other/topic', 'x').catch(() => undefined);
  await stranger.closed;
  const home = await gateway(municipality.mqttUrl ?? '');
  await home.send(bloodPressure().body);
  await until(() => expect(home.receipts).toHaveLength(1));
  expect(stranger.receipts).toEqual([]);
});

test('a port that is taken is said by name, and nothing is left running', async () => {
  const config = await settings();
  const municipality = await start(config);
  const other = { ...config, data: folder() };
  await expect(
    startMunicipality({ config: other, key: KEY, clock: systemClock, log, version: '0' }),
  ).rejects.toMatchObject({ code: 'port-taken' });
  await expect(
    startMunicipality({ config, key: KEY.map(() => 1), clock: systemClock, log, version: '0' }),
  ).rejects.toMatchObject({ code: 'store-wrong-key' });
  await municipality.stop();
  const again = await start(other);
  expect((await fetch(`${again.deskUrl}/healthz`)).status).toBe(200);
});

test('an envelope POSTed to the FHIR base stands on the desk', async () => {
  const municipality = await start(await settings());
  const { body } = glucose({ value: '5.40' });
  for (const _ of [1, 2]) {
    const answer = await fetch(municipality.fhirUrl, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/fhir+json' },
    });
    expect(answer.status).toBe(200);
  }
  const desk = await fetch(`${municipality.deskUrl}/api/readings?lang=en`);
  const { readings } = (await desk.json()) as { readings: { said: { value: string } }[] };
  expect(readings.map(({ said }) => said.value.split(',')[0])).toEqual(['5.40 mmol/L']);
});

test('while a FHIR server by address is down nothing is answered; when it is back the repeat is', async () => {
  const keeper = await start(await settings());
  const port = await freePort();
  const config = await settings({ fhir: { type: 'https', url: `http://127.0.0.1:${port}/fhir` } });
  const municipality = await start(config);
  const home = await gateway(municipality.mqttUrl ?? '');
  const { id, body } = glucose({ value: '7.30' });
  await home.send(body);
  await expect(municipality.exportTo(folder())).rejects.toMatchObject({
    code: 'export-elsewhere',
  });
  await until(async () => {
    const metrics = await fetch(`${municipality.deskUrl}/metrics`);
    expect(await metrics.text()).toContain('iomt_sink_unavailable_total 1');
  });
  expect(home.receipts).toEqual([]);
  // The address is answered from now on, by the server of the other municipality.
  const proxy = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', async () => {
      const answer = await fetch(keeper.fhirUrl, {
        method: 'POST',
        body: Buffer.concat(chunks),
        headers: { 'content-type': 'application/fhir+json' },
      });
      response.writeHead(answer.status, { 'content-type': 'application/fhir+json' });
      response.end(await answer.text());
    });
  }).listen(port, '127.0.0.1');
  closing.push(() => proxy.close());
  await once(proxy, 'listening');
  await home.send(body);
  await until(() => expect(home.states()).toEqual([[1, id, 'received']]));
  const stored = await fetch(`${keeper.fhirUrl}/Observation`);
  expect(await stored.text()).toContain('"value":7.30,');
});

async function mosquitto(port: number): Promise<ChildProcess> {
  const child = spawn(MOSQUITTO, ['-p', String(port)], { stdio: 'ignore' });
  await until(async () => {
    const socket = dial(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.destroy();
  });
  return child;
}

test('a broker that speaks only 3.1.1 is met with that', async () => {
  const broker = await startBroker({ host: '127.0.0.1', port: 0 });
  closing.push(broker.close);
  const municipality = await start(await settings({ mqtt: { type: 'mqtt', url: broker.url } }));
  await until(async () => expect((await fetch(`${municipality.deskUrl}/readyz`)).status).toBe(200));
  const home = await gateway(broker.url);
  await home.send(bloodPressure().body);
  await until(() => expect(home.receipts).toHaveLength(1));
});

test('a municipality stops also while its broker is away', async () => {
  const url = `mqtt://127.0.0.1:${await freePort()}`;
  const municipality = await start(await settings({ mqtt: { type: 'mqtt', url } }));
  await municipality.stop();
});

test.skipIf(!existsSync(MOSQUITTO))(
  'a broker by address may come later, and go, and come back',
  async () => {
    const port = await freePort();
    const config = await settings({ mqtt: { type: 'mqtt', url: `mqtt://127.0.0.1:${port}` } });
    const municipality = await start(config);
    const ready = async () => (await fetch(`${municipality.deskUrl}/readyz`)).status;
    expect(municipality.mqttUrl).toBeUndefined();
    expect(await ready()).toBe(503);
    const sent: unknown[] = [];
    for (const round of [1, 2]) {
      const broker = await mosquitto(port);
      closing.push(() => broker.kill());
      await until(async () => expect(await ready()).toBe(200));
      const home = await gateway(`mqtt://127.0.0.1:${port}`, 5);
      const { id, body } = bloodPressure();
      sent.push([round, id, 'received']);
      await home.send(body);
      await until(() => expect(home.states()).toEqual([sent.at(-1)]));
      await home.end();
      broker.kill();
      await until(async () => expect(await ready()).toBe(503));
    }
  },
);
