import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import tls from 'node:tls';
import { connectAsync } from 'mqtt';
import { afterAll, expect, test } from 'vitest';
import { BROKERS } from '../../support/brokers.ts';
import { hasOpenssl, makeAuthority } from '../../support/certificates.ts';
import { hasMosquitto, startMosquitto } from '../../support/mosquitto.ts';
import { GATEWAY, startLink } from '../../support/mqtt-link.ts';
import { startTcpProxy } from '../../support/tcp-proxy.ts';
import { envelope, RECIPIENT } from '../../support/transport-contract.ts';
import { until } from '../../support/until.ts';

const folder = mkdtempSync(join(tmpdir(), 'iomt-broker-faults-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const never = () => new AbortController().signal;
/** A silent broker is left soon; and one that answers late on a busy machine is not taken for one. */
const QUICK = { keepAliveS: 2, connectTimeoutMs: 3_000, filesEveryMs: 60_000 };

for (const { title, version, has, start } of BROKERS) {
  const run = (name: string, body: () => Promise<void>) =>
    test(`${title}: ${name}`, { skip: !has, concurrent: true }, body);

  run('a connection that swallows all is left by the keep-alive, and found again', async () => {
    await using broker = await start();
    await using proxy = await startTcpProxy(broker.port);
    await using bench = startLink(
      { url: `mqtt://127.0.0.1:${proxy.port}` },
      { patience: QUICK, deliverTimeoutMs: 60_000 },
    );
    await bench.online();
    expect(bench.link.state().protocolVersion).toBe(version);
    await bench.idle();
    const taken = proxy.taken();
    proxy.swallow(true);
    const lost = bench.link.transportFor(RECIPIENT).deliver(envelope(), never());
    expect(await lost).toEqual({ outcome: 'deferred', because: 'timeout' });
    await until(() => proxy.taken() > taken + 2, 'new attempts end too');
    // None of that is a word of the broker about the version.
    expect(bench.states.at(-1)).toBe('offline broker-silent');
    proxy.swallow(false);
    await bench.online();
    expect(bench.link.state().protocolVersion).toBe(version);
  });

  run('a broker that is restarted is found again, and nothing is repeated unasked', async () => {
    await using broker = await start();
    await using bench = startLink({ url: broker.url });
    await bench.idle();
    await broker.stop();
    await until(() => !bench.link.state().online, 'it is noticed');
    await bench.state('offline broker-unreachable');
    await broker.start();
    await bench.online();
    const listener = await connectAsync(broker.url, { protocolVersion: 4 });
    const topics: string[] = [];
    listener.on('message', (topic) => topics.push(topic.split('/')[3] ?? ''));
    await listener.subscribeAsync('iomt/1/#', { qos: 1 });
    const outcome = await bench.link.transportFor(RECIPIENT).deliver(envelope(), never());
    expect(outcome).toEqual({ outcome: 'delivered' });
    await until(() => topics.includes('observations'), 'the envelope');
    expect(topics.filter((topic) => topic === 'observations')).toHaveLength(1);
    await listener.endAsync(true);
  });

  run('a reset on the way leaves each delivery unanswered, never delivered', async () => {
    await using broker = await start();
    await using proxy = await startTcpProxy(broker.port);
    await using bench = startLink({ url: `mqtt://127.0.0.1:${proxy.port}` });
    await bench.idle();
    proxy.swallow(true);
    const transport = bench.link.transportFor(RECIPIENT);
    const pending = [1, 2, 3].map(() => transport.deliver(envelope(), never()));
    await sleep(20);
    proxy.swallow(false);
    proxy.reset();
    expect(await Promise.all(pending)).toEqual(
      Array(3).fill({ outcome: 'deferred', because: 'timeout' }),
    );
    await bench.online();
  });

  run('another client of the same id is said, and is not thrown off in turn', async () => {
    await using broker = await start();
    const waits = { minMs: 20, maxMs: 200, slowMs: 20_000 };
    await using proxy = await startTcpProxy(broker.port);
    await using bench = startLink({ url: `mqtt://127.0.0.1:${proxy.port}` }, { reconnect: waits });
    const other = { clientId: GATEWAY, protocolVersion: version, reconnectPeriod: 0 } as const;
    for (let taken = 1; taken <= 3; taken += 1) {
      await bench.online();
      const usurper = await connectAsync(broker.url, other);
      await until(() => !bench.link.state().online, `taken over, time ${taken}`);
      if (taken < 3) await usurper.endAsync(true);
      else {
        expect(bench.states.at(-1)).toBe('offline broker-drops');
        const calls = proxy.taken();
        await sleep(300);
        expect([proxy.taken(), usurper.connected]).toEqual([calls, true]);
        await usurper.endAsync(true);
      }
    }
  });
}

test('MQTT 5, Mosquitto: a password is rotated, whichever side is first', {
  skip: !hasMosquitto(),
  concurrent: true,
}, async () => {
  const word = (password: string) => ({ passwords: { [GATEWAY]: password } });
  await using broker = await startMosquitto(word('first'));
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, 'first\n', { mode: 0o600 });
  await using bench = startLink(
    { url: broker.url, username: GATEWAY, passwordFile },
    {
      patience: { keepAliveS: 30, connectTimeoutMs: 20_000, filesEveryMs: 40 },
      // So long that only the changed file can be why it comes back.
      reconnect: { minMs: 20, maxMs: 200, slowMs: 60_000 },
    },
  );
  await bench.idle();
  // The gateway first: the connection that holds is left alone, for the broker would refuse.
  writeFileSync(passwordFile, 'second\n');
  await sleep(200);
  expect(bench.states).toEqual(['online']);
  await broker.stop();
  await broker.start(word('second'));
  await until(() => bench.states.length > 2, 'back with the new one');
  await bench.online();
  expect(bench.states.join()).not.toContain('refused');
  // The broker first.
  await broker.stop();
  await broker.start(word('third'));
  await bench.state('offline broker-refused-password');
  writeFileSync(passwordFile, 'third\n');
  await bench.online();
  expect(bench.logLines.join('')).not.toMatch(/first|second|third/);
});

/** A broker that accepts under MQTT 5, and then does as the test says. */
async function scripted(then: (socket: Socket) => void) {
  let connections = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('data', () => {
      const CONNACK = Buffer.from([0x20, 0x03, 0x00, 0x00, 0x00]);
      socket.write(CONNACK);
      then(socket);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `mqtt://127.0.0.1:${(server.address() as { port: number }).port}`,
    connections: () => connections,
    [Symbol.asyncDispose]: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}

test('a broker that says "session taken over" (142) is believed at once', async () => {
  const TAKEN_OVER = Buffer.from([0xe0, 0x02, 0x8e, 0x00]);
  await using broker = await scripted((socket) => socket.end(TAKEN_OVER));
  await using bench = startLink(
    { url: broker.url },
    { reconnect: { minMs: 10, maxMs: 20, slowMs: 20_000 } },
  );
  await bench.state('offline broker-session-taken');
  await sleep(150);
  expect(broker.connections()).toBe(1);
});

test.skipIf(!hasOpenssl())(
  'nothing older than TLS 1.2 is spoken, whatever the environment allows',
  async () => {
    const authority = makeAuthority(folder);
    const { cert, key } = authority.server('old');
    const before = { min: tls.DEFAULT_MIN_VERSION, ciphers: tls.DEFAULT_CIPHERS };
    const any = { minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    const secured: (string | null)[] = [];
    const server = tls.createServer(
      { cert: readFileSync(cert), key: readFileSync(key), maxVersion: 'TLSv1.1', ...any },
      (socket) => secured.push(socket.getProtocol()),
    );
    server.on('tlsClientError', () => undefined);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    // As `node --tls-min-v1.0` would have it.
    Object.assign(tls, { DEFAULT_MIN_VERSION: any.minVersion, DEFAULT_CIPHERS: any.ciphers });
    try {
      await using bench = startLink({ url: `mqtts://127.0.0.1:${port}`, caFile: authority.ca });
      await bench.state('offline broker-tls-failed');
      expect(secured).toEqual([]);
    } finally {
      Object.assign(tls, { DEFAULT_MIN_VERSION: before.min, DEFAULT_CIPHERS: before.ciphers });
      server.close();
    }
  },
);
