import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { afterAll, expect, test } from 'vitest';
import { hasOpenssl, makeAuthority, type Pair } from '../../support/certificates.ts';
import { hasMosquitto, type Mosquitto, startMosquitto } from '../../support/mosquitto.ts';
import { GATEWAY, startLink } from '../../support/mqtt-link.ts';
import { envelope, RECIPIENT } from '../../support/transport-contract.ts';
import { until } from '../../support/until.ts';

const folder = mkdtempSync(join(tmpdir(), 'iomt-mosquitto-tls-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const run = test.skipIf(!hasMosquitto() || !hasOpenssl());

const never = () => new AbortController().signal;
const ago = (ms: number) => new Date(Date.now() - ms);
const HOUR = 3_600_000;
const ENDED = { from: ago(3 * HOUR), to: ago(HOUR) };
const NOT_YET = { from: ago(-HOUR) };
/** Files are looked at often, and no wait is short enough to explain a reconnection. */
const ATTENTIVE = {
  patience: { keepAliveS: 30, connectTimeoutMs: 20_000, filesEveryMs: 40 },
  reconnect: { minMs: 20, maxMs: 200, slowMs: 60_000 },
};
let gateways = 0;
const anotherGateway = () => {
  gateways += 1;
  return { gateway: `gw-${gateways}` };
};

/** What a link to this broker says first. */
async function firstWord(
  broker: Mosquitto,
  files: { caFile?: string; certFile?: string; keyFile?: string },
): Promise<string> {
  const url = `mqtts://127.0.0.1:${broker.port}`;
  await using bench = startLink({ url, ...files }, anotherGateway());
  await until(() => bench.states.length > 0, 'a word');
  return bench.states[0] ?? '';
}

const filesOf = ({ cert, key }: Pair) => ({ certFile: cert, keyFile: key });

run('each way a certificate of the gateway can be wrong is told apart', async () => {
  const authority = makeAuthority(folder, 'of-the-broker');
  const revoked = authority.client('revoked');
  authority.revoke(revoked.cert);
  const { ca: caFile, crl } = authority;
  await using broker = await startMosquitto({
    tls: { ...authority.server('server'), ca: caFile, crl },
  });
  const foreign = makeAuthority(folder, 'foreign').client('foreign');
  const said = async (pair?: Pair) => firstWord(broker, { caFile, ...(pair ? filesOf(pair) : {}) });
  expect(
    await Promise.all([
      said(authority.client('good')),
      said(authority.client('ended', ENDED)),
      said(authority.client('not-yet', NOT_YET)),
      said(revoked),
      said(foreign),
      said(),
    ]),
  ).toEqual([
    'online',
    'offline own-certificate-ended',
    'offline broker-refused-certificate',
    'offline own-certificate-revoked',
    'offline broker-refused-certificate',
    'offline broker-refused-certificate',
  ]);
});

run('each way a certificate of the broker can be wrong is told apart', async () => {
  const authority = makeAuthority(folder, 'of-the-gateway');
  const { ca: caFile } = authority;
  const said = async (tls?: Pair) => {
    await using broker = await startMosquitto(tls ? { tls } : {});
    return await firstWord(broker, { caFile });
  };
  expect(
    await Promise.all([
      said(authority.server('good')),
      said(authority.server('elsewhere', { names: 'DNS:broker.example' })),
      said(authority.server('ended', ENDED)),
      said(authority.server('not-yet', NOT_YET)),
      said(makeAuthority(folder, 'unknown').server('unknown')),
      said(undefined),
    ]),
  ).toEqual([
    'online',
    'offline broker-wrong-name',
    'offline broker-certificate-ended',
    'offline broker-certificate-not-yet',
    'offline broker-untrusted',
    'offline broker-tls-failed',
  ]);
});

/** Files of the gateway that a renewal writes over, and a broker that knows it by its certificate. */
async function renewable(name: string) {
  const authority = makeAuthority(folder, name);
  const old = authority.client('old');
  const files = {
    caFile: join(folder, `${name}.ca`),
    certFile: join(folder, `${name}.cert`),
    keyFile: join(folder, `${name}.key`),
  };
  copyFileSync(authority.ca, files.caFile);
  const install = ({ cert, key }: Pair, part: 'both' | 'cert' | 'key' = 'both') => {
    if (part !== 'key') copyFileSync(cert, files.certFile);
    if (part !== 'cert') copyFileSync(key, files.keyFile);
  };
  install(old);
  const relay = authority.client('relay');
  const broker = await startMosquitto({
    tls: { ...authority.server('server'), ca: authority.ca },
    lines: ['use_identity_as_username true'],
    acl: [
      ...['old', 'new'].flatMap((user) => [
        `user test ${user}`,
        `topic iomt/1/${GATEWAY}/receipts`,
        `topic iomt/1/${GATEWAY}/status`,
      ]),
      // Only the new certificate may send: what arrives proves which one is in use.
      'user test new',
      `topic iomt/1/${GATEWAY}/observations/${RECIPIENT}`,
      'user test relay',
      'topic iomt/1/#',
    ],
  });
  return { authority, files, install, relay, broker };
}

run('a renewed certificate is used by itself, without a loss and without the will', async () => {
  const { authority, files, install, relay, broker } = await renewable('renewed');
  await using _broker = broker;
  const ca = files.caFile;
  const listener = await connectAsync(broker.url, {
    protocolVersion: 5,
    ca: readFileSync(ca),
    cert: readFileSync(relay.cert),
    key: readFileSync(relay.key),
  });
  const statuses: string[] = [];
  const arrived: string[] = [];
  listener.on('message', (topic, payload) => {
    (topic.endsWith('status') ? statuses : arrived).push(payload.toString());
  });
  await listener.subscribeAsync('iomt/1/#', { qos: 1 });
  await using bench = startLink({ url: broker.url, ...files }, ATTENTIVE);
  await bench.online();
  const transport = bench.link.transportFor(RECIPIENT);
  expect(await transport.deliver(envelope(), never())).toEqual({
    outcome: 'deferred',
    because: 'unauthorised',
  });

  const renewed = authority.client('new');
  install(renewed, 'cert');
  await bench.state('online broker-files-unreadable');
  expect(bench.link.capacity()).toBeGreaterThan(0);
  install(renewed, 'key');
  const outcomes = new Set<string>();
  const sent = envelope();
  await until(async () => {
    const answer = await transport.deliver(sent, never());
    outcomes.add(answer.outcome === 'deferred' ? answer.because : answer.outcome);
    return answer.outcome === 'delivered';
  }, 'the new certificate is in use');
  await until(() => arrived.length > 0, 'the envelope');
  expect(arrived).toEqual([sent.body]);
  // Nothing was cut off on the way: what came back had not left, or was answered.
  expect([...outcomes].sort()).not.toContain('timeout');
  expect(statuses.map((text) => JSON.parse(text).online)).toEqual([true, true]);
  expect(bench.states).toEqual(['online', 'online broker-files-unreadable', 'online']);
  await listener.endAsync(true);
});

run('an authority that is put in place ends a long wait', async () => {
  const { files, install, authority, broker } = await renewable('authority');
  await using _broker = broker;
  install(authority.client('new'));
  copyFileSync(makeAuthority(folder, 'wrong').ca, files.caFile);
  await using bench = startLink({ url: broker.url, ...files }, ATTENTIVE);
  await bench.state('offline broker-untrusted');
  copyFileSync(authority.ca, files.caFile);
  await bench.online();
});

run('a key that others may read is not used, and is once that is mended', async () => {
  const { files, install, authority, broker } = await renewable('open-key');
  await using _broker = broker;
  install(authority.client('new'));
  chmodSync(files.keyFile, 0o644);
  await using bench = startLink({ url: broker.url, ...files }, ATTENTIVE);
  await bench.state('offline broker-files-unreadable');
  expect(bench.logLines.join('')).toContain('secret-file-readable-by-others');
  chmodSync(files.keyFile, 0o600);
  await bench.online();
});
