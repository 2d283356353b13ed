import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { IClientOptions } from 'mqtt';
import { afterAll, expect, test } from 'vitest';
import { CONTRACT_VERSION } from '../../../agent/contract/contract.ts';
import { statusSchema } from '../../../agent/contract/messages.ts';
import { topics } from '../../../agent/contract/topics.ts';
import { hasOpenssl, makeAuthority } from '../../support/certificates.ts';
import { GATEWAY, startLink } from '../../support/mqtt-link.ts';
import { listen as listenAt, mqttContract } from '../../support/mqtt-municipality.ts';
import { hasNats, type Nats, startNats } from '../../support/nats.ts';
import { startTcpProxy } from '../../support/tcp-proxy.ts';
import { envelope, RECIPIENT } from '../../support/transport-contract.ts';
import { until } from '../../support/until.ts';

const folder = mkdtempSync(join(tmpdir(), 'iomt-nats-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const never = () => new AbortController().signal;
const run = test.skipIf(!hasNats());

/** NATS speaks 3.1.1 only. */
const listen = (broker: Nats, options: IClientOptions = {}) =>
  listenAt(broker, { ...options, protocolVersion: 4 });

if (hasNats()) mqttContract('mqtt 3.1.1 on NATS', 4, startNats, (bench) => bench.idle());

run('NATS: the status is retained, the will speaks after a crash, receipts come in', async () => {
  await using broker = await startNats();
  await using relay = await listen(broker);
  await using proxy = await startTcpProxy(broker.port);
  await using bench = startLink({ url: `mqtt://127.0.0.1:${proxy.port}` });
  await bench.online();
  const receipt = { v: CONTRACT_VERSION, seq: 1, id: envelope().id, state: 'received' } as const;
  const text = JSON.stringify({ ...receipt, at: '2026-11-20T07:31:12Z' });
  await relay.client.publishAsync(topics.receipts(GATEWAY), text, { qos: 1 });
  await until(() => bench.receipts.length > 0, 'the receipt');
  expect(bench.receipts).toEqual([{ ...receipt, at: '2026-11-20T07:31:12Z' }]);
  const last = async () => {
    await using late = await listen(broker);
    await until(() => late.of('status').length > 0, 'the retained status');
    expect(late.of('status')[0]?.retain).toBe(true);
    return statusSchema.parse(JSON.parse(late.of('status')[0]?.text ?? ''));
  };
  await until(() => relay.of('status').length > 0, 'the status');
  expect(await last()).toMatchObject({ online: true });
  proxy.reset();
  await until(() => relay.of('status').some((one) => one.text.includes('"online":false')), 'will');
  await bench.online();
  await until(async () => (await last()).online, 'online again');
  await bench.link.close();
  await until(async () => !(await last()).online, 'goodbye');
});

run(
  'NATS: what the access list forbids is acknowledged and dropped, so it is sent and no more',
  async () => {
    const users = [
      { user: 'care', password: 'word' },
      {
        user: GATEWAY,
        password: 'word',
        publish: [`iomt.1.${GATEWAY}.status`],
        subscribe: ['iomt.1.nobody.receipts'],
      },
    ];
    await using broker = await startNats({ users });
    await using relay = await listen(broker, { username: 'care', password: 'word' });
    const passwordFile = join(folder, 'password');
    writeFileSync(passwordFile, 'wrong\n', { mode: 0o600 });
    await using bench = startLink({ url: broker.url, username: GATEWAY, passwordFile });
    await bench.state('offline broker-refused-password');
    writeFileSync(passwordFile, 'word\n');
    await bench.online();
    // 3.1.1 can refuse a subscription, and has no word for a refused message (3.3.5).
    expect(bench.states.at(-1)).toBe('online broker-refused-receipts');
    const outcome = await bench.link.transportFor(RECIPIENT).deliver(envelope(), never());
    expect(outcome).toEqual({ outcome: 'delivered' });
    await until(() => relay.of('status').length > 0, 'the status');
    await sleep(100);
    expect(relay.of('observations')).toEqual([]);
  },
);

test.skipIf(!hasNats() || !hasOpenssl())('NATS: mutual TLS, and who is refused', async () => {
  const authority = makeAuthority(folder);
  const { ca: caFile } = authority;
  await using broker = await startNats({ tls: { ...authority.server('server'), ca: caFile } });
  const said = async (certFile?: string, keyFile?: string) => {
    const files = certFile && keyFile ? { certFile, keyFile } : {};
    const gateway = `gw-${certFile?.length ?? 0}`;
    await using bench = startLink({ url: broker.url, caFile, ...files }, { gateway });
    await until(() => bench.states.length > 0, 'a word');
    return { state: bench.states[0], version: bench.link.state().protocolVersion };
  };
  const good = authority.client('good');
  const past = { from: new Date(Date.now() - 7_200_000), to: new Date(Date.now() - 3_600_000) };
  const ended = authority.client('ended-already', past);
  const foreign = makeAuthority(folder, 'foreign').client('foreign-to-it');
  expect(await said(good.cert, good.key)).toEqual({ state: 'online', version: 4 });
  // Which alert it sends is its own choice; that it is about our certificate is said.
  const OURS = /^offline (own-certificate-ended|broker-refused-certificate)$/;
  expect((await said(ended.cert, ended.key)).state).toMatch(OURS);
  expect((await said(foreign.cert, foreign.key)).state).toMatch(OURS);
  expect((await said()).state).toMatch(OURS);
});
