import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { afterAll, expect, test } from 'vitest';
import type { Log } from '../../../agent/log.ts';
import { subscribe } from '../../../agent/municipality/subscriber.ts';
import { hasOpenssl, makeAuthority, type Pair } from '../../support/certificates.ts';
import { hasMosquitto, startMosquitto } from '../../support/mosquitto.ts';
import { until } from '../../support/until.ts';

const folder = mkdtempSync(join(tmpdir(), 'iomt-relay-tls-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const run = test.skipIf(!hasMosquitto() || !hasOpenssl());

const HOUR = 3_600_000;
const ago = (ms: number) => new Date(Date.now() - ms);
const TOPIC = 'iomt/1/gw-test/observations/care';

/** The relay's place at a broker that knows it by its certificate, and files that a renewal writes over. */
async function relayAt(name: string, pair: (of: ReturnType<typeof makeAuthority>) => Pair) {
  const authority = makeAuthority(folder, name);
  const files = {
    caFile: authority.ca,
    certFile: join(folder, `${name}.cert`),
    keyFile: join(folder, `${name}.key`),
  };
  const first = pair(authority);
  copyFileSync(first.cert, files.certFile);
  copyFileSync(first.key, files.keyFile);
  const broker = await startMosquitto({
    tls: { ...authority.server('server'), ca: authority.ca },
    lines: ['use_identity_as_username true'],
    // Only the new certificate may read: what arrives proves which one is in use.
    acl: ['user test new', 'topic iomt/1/#', 'user test sender', 'topic iomt/1/#'],
  });
  const arrived: string[] = [];
  const warned: string[] = [];
  const log: Log = {
    ...{ debug() {}, info() {}, error() {} },
    warn: (fields) => void warned.push(`${fields.event} ${fields.code}`),
  };
  const start = (filesEveryMs: number) =>
    subscribe({
      broker: { url: broker.url, ...files } as Parameters<typeof subscribe>[0]['broker'],
      protocolVersion: 5,
      take: (_, payload) => Promise.resolve(void arrived.push(Buffer.from(payload).toString())),
      onChange: () => undefined,
      ...{ log, filesEveryMs },
    });
  return { authority, files, broker, arrived, warned, start };
}

run('a renewed certificate is used without a restart, and never half of it', async () => {
  const { authority, files, broker, arrived, warned, start } = await relayAt('renewed', (one) =>
    one.client('old'),
  );
  await using _broker = broker;
  const subscriber = start(40);
  await until(subscriber.connected, 'the subscription');
  const renewed = authority.client('new');
  copyFileSync(renewed.cert, files.certFile);
  await until(() => warned.length > 0, 'a word about half a renewal');
  expect(warned[0]).toBe('broker-files-unusable certificate-key-mismatch');
  expect(subscriber.connected()).toBe(true);
  copyFileSync(renewed.key, files.keyFile);
  const { cert, key } = authority.client('sender');
  const sender = await connectAsync(broker.url, {
    ...{ ca: readFileSync(files.caFile), cert: readFileSync(cert), key: readFileSync(key) },
  });
  await until(async () => {
    await sender.publishAsync(TOPIC, 'envelope', { qos: 1 });
    return arrived.length > 0;
  }, 'what only the new certificate may read');
  await sender.endAsync();
  await subscriber.close();
});

run('refused for a certificate that has ended, it takes the new one at its next try', async () => {
  const { authority, files, broker, start } = await relayAt('ended', (one) =>
    one.client('old', { from: ago(3 * HOUR), to: ago(HOUR) }),
  );
  await using _broker = broker;
  const subscriber = start(HOUR);
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(subscriber.connected()).toBe(false);
  const renewed = authority.client('new');
  copyFileSync(renewed.cert, files.certFile);
  copyFileSync(renewed.key, files.keyFile);
  await until(subscriber.connected, 'the subscription');
  await subscriber.close();
});
