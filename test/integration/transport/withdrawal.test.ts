import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, connect as dial, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectAsync } from 'mqtt';
import { afterAll, expect, test } from 'vitest';
import { createHttpsTransport } from '../../../agent/home/transport/https.ts';
import type { Transport } from '../../../agent/home/transport/transport.ts';
import { createFhirClient } from '../../../fhir/client.ts';
import { bloodPressure, cuff } from '../../agent/home/frames.ts';
import { usual } from '../../agent/home/household.ts';
import { hasOpenssl, makeAuthority, pemOf } from '../../support/certificates.ts';
import type { FakeTransport } from '../../support/fake-transport.ts';
import { startFhirReceiver } from '../../support/fhir-receiver.ts';
import { hasMosquitto, startMosquitto } from '../../support/mosquitto.ts';
import { startLink } from '../../support/mqtt-link.ts';
import { until } from '../../support/until.ts';

/** What leaves after consent has ended, by real sockets: at most what the act of ending lists. */

const folder = mkdtempSync(join(tmpdir(), 'iomt-withdrawal-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What is on the way by then would have arrived in this time. */
const ARRIVES_MS = 400;

/** A home whose only way out is this one. */
const homeWith = (transport: Transport) =>
  usual({
    transports: new Map([
      ['care', { ...transport, received: [], answer: () => undefined } as FakeTransport],
    ]),
  });

/** Takes connections at once and passes nothing on before it is told to. */
async function lateDoor(port: number) {
  const waiting: Socket[] = [];
  let isOpen = false;
  const pass = (socket: Socket) => {
    const inner = dial(port, '127.0.0.1');
    socket.pipe(inner).pipe(socket);
    socket.on('error', () => inner.destroy());
    inner.on('error', () => socket.destroy());
  };
  const server = createServer((socket) => {
    if (isOpen) pass(socket);
    else waiting.push(socket.on('error', () => undefined));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as { port: number }).port,
    waiting,
    open(): void {
      isOpen = true;
      for (const socket of waiting.splice(0)) pass(socket);
    },
    [Symbol.asyncDispose]: async () => {
      server.close();
      for (const socket of waiting) socket.destroy();
    },
  };
}

/** An HTTPS receiver behind a late door. */
async function lateReceiver(name: string) {
  const authority = makeAuthority(folder, name);
  const receiver = await startFhirReceiver(pemOf(authority.server('server')));
  const door = await lateDoor(Number(new URL(receiver.url).port));
  const client = createFhirClient({
    baseUrl: `https://127.0.0.1:${door.port}/r4`,
    tls: () => ({ ca: readFileSync(authority.ca, 'utf8') }),
    timeoutMs: 10_000,
  });
  const transport = createHttpsTransport({ client, recipient: 'care', now: () => 0 });
  return { receiver, door, transport };
}

test.skipIf(!hasOpenssl())(
  'https: what waits for a handshake when consent ends never arrives, and is not listed',
  async () => {
    const { receiver, door, transport } = await lateReceiver('late');
    await using _door = door;
    await using _receiver = receiver;
    const home = await homeWith(transport);
    await cuff(home, bloodPressure());
    await until(() => door.waiting.length > 0, 'a connection');
    const { alreadyPast } = await home.decisions.withdrawPermission('test', home.permission.id);
    expect(alreadyPast).toEqual([]);
    door.open();
    await sleep(ARRIVES_MS);
    expect(receiver.asked).toEqual([]);
    await home.stop();
  },
);

test.skipIf(!hasOpenssl())(
  'https: consent that ended without anybody saying so is asked for at the end of the handshake',
  async () => {
    const { receiver, door, transport } = await lateReceiver('expired');
    await using _door = door;
    await using _receiver = receiver;
    const home = await homeWith(transport);
    await cuff(home, bloodPressure());
    await until(() => door.waiting.length > 0, 'a connection');
    // By the clock alone, in the moment before: no act, and no time for the outbox to look.
    home.time.now -= 1;
    door.open();
    await until(() => home.outbox.inFlightCount() === 0, 'it settled');
    expect(receiver.asked).toEqual([]);
    await home.stop();
  },
);

test.skipIf(!hasOpenssl())('https: what a silent receiver was handed is listed', async () => {
  const { receiver, door, transport } = await lateReceiver('silent');
  await using _door = door;
  await using _receiver = receiver;
  receiver.answer(() => undefined);
  door.open();
  const home = await homeWith(transport);
  await cuff(home, bloodPressure());
  await until(() => receiver.asked.length === 1, 'the request');
  const { alreadyPast } = await home.decisions.withdrawPermission('test', home.permission.id);
  expect(alreadyPast).toHaveLength(1);
  expect(receiver.asked[0]?.body).toContain(alreadyPast[0]);
  await sleep(ARRIVES_MS);
  expect(receiver.asked).toHaveLength(1);
  await home.stop();
});

test.skipIf(!hasMosquitto())(
  'mqtt: of what a frozen broker was handed, nothing more arrives after withdrawal than is listed',
  async () => {
    await using broker = await startMosquitto();
    const care = await connectAsync(broker.url, { protocolVersion: 5 });
    const arrived: string[] = [];
    care.on('message', (_topic, payload) => {
      arrived.push(JSON.parse(payload.toString()).identifier.value.slice('urn:uuid:'.length));
    });
    await care.subscribeAsync('iomt/1/+/observations/care', { qos: 1 });
    await using bench = startLink({ url: broker.url }, { deliverTimeoutMs: 10_000 });
    await bench.online();
    const home = await homeWith(bench.link.transportFor('care'));
    await cuff(home, bloodPressure({ systolic: 131 }));
    await until(() => arrived.length === 1, 'the first');
    await home.outbox.store({ id: arrived[0] ?? '', state: 'received' });
    broker.freeze();
    for (let more = 0; more < 8; more += 1) {
      await cuff(home, bloodPressure({ systolic: 140 + more }));
    }
    await until(() => home.outbox.inFlightCount() > 1, 'several on the way');
    const { alreadyPast } = await home.decisions.withdrawPermission('test', home.permission.id);
    broker.thaw();
    await until(() => arrived.length > 1, 'what was on the way');
    await sleep(ARRIVES_MS);
    console.log(`after withdrawal: ${arrived.length - 1} arrived, ${alreadyPast.length} listed`);
    expect(new Set(arrived.slice(1)).isSubsetOf(new Set(alreadyPast))).toBe(true);
    expect(alreadyPast.length).toBeLessThanOrEqual(4);
    await home.stop();
    await care.endAsync(true);
  },
);
