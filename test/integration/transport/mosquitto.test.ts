import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { afterAll, expect, test, vi } from 'vitest';
import { CONTRACT_VERSION } from '../../../agent/contract/contract.ts';
import { type Receipt, statusSchema } from '../../../agent/contract/messages.ts';
import { topics } from '../../../agent/contract/topics.ts';
import { hasOpenssl, makeCertificates } from '../../support/certificates.ts';
import { hasMosquitto, type Mosquitto, startMosquitto } from '../../support/mosquitto.ts';
import { GATEWAY, startLink } from '../../support/mqtt-link.ts';
import { listen as listenAt, mqttContract } from '../../support/mqtt-municipality.ts';
import { bundleText, envelope, RECIPIENT } from '../../support/transport-contract.ts';
import { until } from '../../support/until.ts';

const folder = mkdtempSync(join(tmpdir(), 'iomt-transport-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const never = () => new AbortController().signal;
const run = test.skipIf(!hasMosquitto());

function receipt(seq: number, over: Partial<Receipt> = {}): Receipt {
  const at = '2026-11-20T07:31:12Z';
  return { v: CONTRACT_VERSION, seq, id: randomUUID(), state: 'received', at, ...over };
}

const listen = (broker: Mosquitto, options: IClientOptions = {}) =>
  listenAt(broker, { ...options, protocolVersion: 5 });

const publish = (client: MqttClient, payload: string) =>
  client.publishAsync(topics.receipts(GATEWAY), payload, { qos: 1 });

if (hasMosquitto()) mqttContract('mqtt 5', 5, startMosquitto, (bench) => bench.online());

run('an envelope does not wait for the acknowledgement of the packet before it', async () => {
  await using broker = await startMosquitto();
  const asked = vi.spyOn(Socket.prototype, 'setNoDelay');
  await using bench = startLink({ url: broker.url });
  await bench.online();
  // Of the connection to the broker: the one that is open.
  const { port } = new URL(broker.url);
  const streams = asked.mock.contexts.filter((one) => (one as Socket).remotePort === Number(port));
  expect(streams).toHaveLength(1);
  expect(asked).toHaveBeenCalledWith(true);
  asked.mockRestore();
});

run('what arrives says what it is, and the status is retained', async () => {
  await using broker = await startMosquitto();
  await using relay = await listen(broker);
  await using bench = startLink({ url: broker.url });
  await bench.online();
  const sent = envelope();
  await bench.link.transportFor(RECIPIENT).deliver(sent, never());
  await until(() => relay.of('observations').length > 0, 'the envelope');
  const [arrived] = relay.of('observations');
  expect(arrived).toMatchObject({ topic: topics.observations(GATEWAY, RECIPIENT) });
  expect(arrived?.properties).toMatchObject({
    contentType: 'application/fhir+json',
    userProperties: { id: sent.id, v: '1' },
  });
  await using late = await listen(broker);
  await until(() => late.of('status').length > 0, 'the retained status');
  expect(late.of('status')[0]?.retain).toBe(true);
  expect(statusSchema.parse(JSON.parse(late.of('status')[0]?.text ?? ''))).toMatchObject({
    online: true,
    receiptSeq: 0,
  });
});

run('events reach their recipient', async () => {
  await using broker = await startMosquitto();
  await using relay = await listen(broker);
  await using bench = startLink({ url: broker.url });
  await bench.online();
  const event = {
    v: CONTRACT_VERSION,
    id: randomUUID(),
    kind: 'battery',
    at: '2026-11-20T07:31:12Z',
    cause: 'battery-low',
  } as const;
  const outcome = await bench.link.publishEvent(RECIPIENT, event);
  expect(outcome).toEqual({ outcome: 'delivered' });
  await expect.poll(() => relay.of('events').map((one) => JSON.parse(one.text))).toEqual([event]);
});

run('no subscriber is not delivered', async () => {
  await using broker = await startMosquitto();
  await using bench = startLink({ url: broker.url });
  await bench.online();
  expect(await bench.link.transportFor(RECIPIENT).deliver(envelope(), never())).toEqual({
    outcome: 'deferred',
    because: 'no-subscriber',
  });
});

run(
  'receipts come in, garbage is noted by size only, and the status tells the highest',
  async () => {
    await using broker = await startMosquitto();
    await using relay = await listen(broker);
    await using bench = startLink({ url: broker.url });
    await bench.online();
    await publish(relay.client, '{"secret":"Kari Eksempel"');
    await publish(relay.client, JSON.stringify({ ...receipt(1), seq: 0 }));
    await publish(relay.client, 'x'.repeat(15_000));
    const real = receipt(7);
    await publish(relay.client, JSON.stringify(real));
    await until(() => bench.receipts.length > 0, 'the receipt');
    bench.link.publishStatus();
    bench.link.publishStatus();
    await until(() => relay.of('status').some((one) => one.text.includes('"receiptSeq":7')), 'seq');
    expect(bench.receipts).toEqual([real]);
    expect(relay.of('status')).toHaveLength(2);
    const noted = bench.logLines.filter((line) => line.includes('receipt-unreadable'));
    expect(noted).toHaveLength(3);
    expect(bench.logLines.join('')).not.toContain('Eksempel');
  },
);

run('a receipt that cannot be stored breaks nothing', async () => {
  await using broker = await startMosquitto();
  await using relay = await listen(broker);
  let full = true;
  const stored: number[] = [];
  await using bench = startLink(
    { url: broker.url },
    {
      onReceipt: ({ seq }) => {
        if (full) throw Object.assign(new Error('disk'), { code: 'SQLITE_FULL' });
        stored.push(seq);
      },
    },
  );
  await bench.online();
  await publish(relay.client, JSON.stringify(receipt(1)));
  await until(() => bench.logLines.some((line) => line.includes('SQLITE_FULL')), 'the note');
  full = false;
  await publish(relay.client, JSON.stringify(receipt(1)));
  await until(() => stored.length === 1, 'the repeat');
  expect(bench.link.state().online).toBe(true);
});

run('a wrong password is said, and mended without a restart', async () => {
  await using broker = await startMosquitto({ passwords: { [GATEWAY]: 'right-word' } });
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, 'wrong-word\n', { mode: 0o600 });
  await using bench = startLink({ url: broker.url, username: GATEWAY, passwordFile });
  await bench.state('offline broker-refused-password');
  expect(await bench.link.transportFor(RECIPIENT).deliver(envelope(), never())).toEqual({
    outcome: 'deferred',
    because: 'unauthorised',
  });
  expect(bench.link.state()).toMatchObject({ online: false, code: 'broker-refused-password' });
  expect(bench.logLines.join('')).not.toContain('wrong-word');
  writeFileSync(passwordFile, 'right-word\n');
  await bench.online();
  expect(bench.link.state().protocolVersion).toBe(5);
});

run('the access list refuses a topic: deferred, nothing lost', async () => {
  const passwordFile = join(folder, 'password-acl');
  writeFileSync(passwordFile, 'word', { mode: 0o600 });
  await using broker = await startMosquitto({
    passwords: { [GATEWAY]: 'word' },
    acl: [`user ${GATEWAY}`, `topic write iomt/1/${GATEWAY}/status`],
  });
  await using bench = startLink({ url: broker.url, username: GATEWAY, passwordFile });
  await bench.online();
  expect(await bench.link.transportFor(RECIPIENT).deliver(envelope(), never())).toEqual({
    outcome: 'deferred',
    because: 'unauthorised',
  });
});

run(
  'a broker killed on the way: every delivery settles, the client repeats nothing by itself',
  async () => {
    await using broker = await startMosquitto();
    await using bench = startLink({ url: broker.url }, { deliverTimeoutMs: 60_000 });
    await bench.online();
    await until(() => bench.link.capacity() === 20, 'the status is acknowledged');
    broker.freeze();
    const transport = bench.link.transportFor(RECIPIENT);
    const sent = Array.from({ length: 25 }, () => envelope());
    const pending = Promise.all(sent.map((one) => transport.deliver(one, never())));
    await sleep(50);
    await broker.stop('SIGKILL');
    const outcomes = (await pending).map((one) => one.outcome === 'deferred' && one.because);
    expect(outcomes).toEqual([...Array(20).fill('timeout'), ...Array(5).fill('busy')]);

    await broker.start();
    await using relay = await listen(broker);
    await until(() => relay.of('status').length > 0, 'the gateway is back');
    await bench.online();
    await sleep(300);
    expect(relay.of('observations')).toEqual([]);
    const again = await transport.deliver(sent[0] ?? envelope(), never());
    expect(again).toEqual({ outcome: 'delivered' });
    await expect
      .poll(() => relay.of('observations').map((one) => one.text))
      .toEqual([sent[0]?.body]);
  },
);

run('a broker that hangs is left after the time-out and found again', async () => {
  await using broker = await startMosquitto();
  await using relay = await listen(broker);
  await using bench = startLink({ url: broker.url }, { deliverTimeoutMs: 3_000 });
  await bench.online();
  await until(() => bench.link.capacity() === 20, 'the status is acknowledged');
  broker.freeze();
  const transport = bench.link.transportFor(RECIPIENT);
  expect(await transport.deliver(envelope(), never())).toEqual({
    outcome: 'deferred',
    because: 'timeout',
  });
  await bench.state('offline broker-silent');
  broker.thaw();
  await bench.online();
  await until(() => bench.link.capacity() > 0, 'capacity');
  expect(await transport.deliver(envelope(), never())).toEqual({ outcome: 'delivered' });
  expect(relay.of('observations').length).toBeLessThanOrEqual(2);
});

run('the will speaks after a crash, the gateway itself after a close', async () => {
  await using broker = await startMosquitto();
  await using relay = await listen(broker);
  const bench = startLink({ url: broker.url });
  await bench.online();
  // A second client of the same name makes the broker drop the first: it cannot say goodbye.
  const usurper = await connectAsync(broker.url, { clientId: GATEWAY, protocolVersion: 5 });
  await until(() => relay.of('status').some((one) => one.text.includes('"online":false')), 'will');
  // Some brokers say session taken (142), this one only hangs up.
  expect(bench.states[1]).toMatch(/^offline broker-(closed|session-taken)$/);
  await usurper.endAsync(true);
  await bench.online();
  const before = relay.of('status').length;
  await bench.link.close();
  await until(() => relay.of('status').length > before, 'goodbye');
  await sleep(200);
  expect(relay.of('status')).toHaveLength(before + 1);
  expect(JSON.parse(relay.of('status').at(-1)?.text ?? '')).toMatchObject({ online: false });
});

run('the broker allows fewer in flight than we want', async () => {
  await using broker = await startMosquitto({ lines: ['max_inflight_messages 3'] });
  await using relay = await listen(broker);
  await using bench = startLink({ url: broker.url });
  await bench.online();
  await until(() => bench.link.capacity() === 3, 'capacity');
  const transport = bench.link.transportFor(RECIPIENT);
  const outcomes = await Promise.all(
    Array.from({ length: 5 }, () => transport.deliver(envelope(), never())),
  );
  expect(outcomes.map((one) => one.outcome)).toEqual([
    ...Array(3).fill('delivered'),
    ...Array(2).fill('deferred'),
  ]);
  await expect.poll(() => relay.of('observations')).toHaveLength(3);
});

run('the broker’s packet limit is kept to the byte', async () => {
  const limit = 2_000;
  await using broker = await startMosquitto({ lines: [`max_packet_size ${limit}`] });
  await using relay = await listen(broker);
  await using bench = startLink({ url: broker.url });
  await bench.online();
  const transport = bench.link.transportFor(RECIPIENT);
  const id = randomUUID();
  const padded = (bytes: number) => envelope({ id, body: bundleText(id, 'x'.repeat(bytes)) });
  let fits = 0;
  for (let low = 0, high = limit; low <= high; ) {
    const middle = Math.floor((low + high) / 2);
    const outcome = await transport.deliver(padded(middle), never());
    if (outcome.outcome === 'delivered') fits = middle;
    if (outcome.outcome === 'delivered') low = middle + 1;
    else high = middle - 1;
  }
  expect(await transport.deliver(padded(fits + 1), never())).toEqual({
    outcome: 'rejected',
    because: 'too-large',
  });
  // What the broker took at most, with its own overhead, is the limit itself.
  const overhead = limit - bundleText(id, 'x'.repeat(fits)).length;
  const names = topics.observations(GATEWAY, RECIPIENT).length + 'application/fhir+json'.length;
  const user = 'id'.length + id.length + 'v'.length + '1'.length;
  // header 1+2, topic 2, id 2, properties 1 + (2 + 3 + 5 + 5), then the texts themselves.
  expect(relay.got.length).toBeGreaterThan(0);
  expect(overhead).toBe(1 + 2 + 2 + 2 + 1 + 15 + names + user);
  expect(bench.states).toEqual(['online']);
});

run('a broker that hangs up over a packet is learnt from', async () => {
  // A limit that the broker does not announce: only its hanging up tells.
  await using broker = await startMosquitto({ lines: ['message_size_limit 1000'] });
  await using relay = await listen(broker);
  await using bench = startLink({ url: broker.url });
  await bench.online();
  const transport = bench.link.transportFor(RECIPIENT);
  const id = randomUUID();
  const large = envelope({ id, body: bundleText(id, 'x'.repeat(2_000)) });
  const small = envelope();
  const [first] = await Promise.all([
    transport.deliver(large, never()),
    transport.deliver(small, never()),
  ]);
  expect(first).toEqual({ outcome: 'rejected', because: 'too-large' });
  await bench.online();
  const again = await transport.deliver(small, never());
  expect(again).toEqual({ outcome: 'delivered' });
  await until(() => relay.of('observations').length > 0, 'the small one');
  expect(relay.of('observations').every((one) => one.text === small.body)).toBe(true);
});

test.skipIf(!hasMosquitto() || !hasOpenssl())(
  'mutual TLS, and a broker of an unknown authority is not trusted',
  async () => {
    const {
      ca,
      serverCert: cert,
      serverKey: key,
      clientCert,
      clientKey,
    } = makeCertificates(folder);
    await using broker = await startMosquitto({ tls: { cert, key, ca } });
    const files = { caFile: ca, certFile: clientCert, keyFile: clientKey };
    await using bench = startLink({ url: broker.url, ...files });
    await bench.online();
    await using distrustful = startLink(
      { url: broker.url, certFile: clientCert, keyFile: clientKey },
      { gateway: 'gw-other' },
    );
    await distrustful.state('offline broker-untrusted');
    await using nameless = startLink({ url: broker.url, caFile: ca }, { gateway: 'gw-nameless' });
    await until(() => nameless.states.length > 0, 'the refusal');
    expect(nameless.link.state().online).toBe(false);
    await using fileless = startLink(
      { url: broker.url, caFile: '/nowhere.pem' },
      { gateway: 'gw-x' },
    );
    await fileless.state('offline broker-files-unreadable');
  },
);
