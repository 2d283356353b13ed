import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { afterEach, expect, test } from 'vitest';
import { enrolledFile } from '../../../config/enrolled.ts';
import { hasOpenssl, makeAuthority } from '../../support/certificates.ts';
import { createEnrolment, RECIPIENT } from '../../support/enrolment.ts';
import { hasMosquitto, startMosquitto } from '../../support/mosquitto.ts';
import { startLink } from '../../support/mqtt-link.ts';
import { envelope } from '../../support/transport-contract.ts';
import { until } from '../../support/until.ts';
import {
  clockFrame,
  createCleanup,
  cuffFrame,
  furnish,
  panels,
  startHomeBench,
  startReceiver,
} from '../home/bench.ts';

const cleanup = createCleanup();
afterEach(() => cleanup.run());
const run = test.skipIf(!hasMosquitto() || !hasOpenssl());

const EXAMPLES = join(import.meta.dirname, '../../../config/mosquitto');
const lines = (file: string) => readFileSync(join(EXAMPLES, file), 'utf8').split('\n');

/** A broker configured as the example for municipalities is, and the municipality at it. */
async function municipality() {
  const folder = cleanup.folder();
  const authority = makeAuthority(folder);
  const relay = authority.client('relay');
  const broker = await startMosquitto({
    tls: { ...authority.server('server'), ca: authority.ca },
    lines: lines('iomt.conf').filter((line) => line.startsWith('use_identity')),
    acl: lines('iomt.acl').map((line) => line.replace('iomt-municipality', 'test relay')),
  });
  cleanup.add(() => broker[Symbol.asyncDispose]());
  const files = { caFile: authority.ca, certFile: relay.cert, keyFile: relay.key };
  return { folder, authority, broker, files, world: createEnrolment(folder, authority) };
}

run(
  'a gateway that is enrolled while it runs connects by itself, and its reading arrives; one that is not is refused',
  async () => {
    const { authority, broker, files, world } = await municipality();
    const receiver = await startReceiver(cleanup, broker.url, files);
    const transport = { type: 'mqtt', url: broker.url, enrolled: true };
    const recipients = [{ id: RECIPIENT, name: 'Test care', transport }];
    const bench = await startHomeBench(cleanup, { recipients });
    await furnish(bench.home, [RECIPIENT]);
    const at = bench.now();
    await bench.hand([clockFrame(at), cuffFrame({ systolic: 143, at })]);
    const brokerCheck = () => bench.home.checks().find(({ name }) => name === 'broker');
    await until(
      () => brokerCheck()?.code === 'broker-files-unreadable',
      'a word of what is missing',
    );

    expect(await world.request(bench.data)).toMatchObject({ code: 0 });
    expect(await world.answer([], broker.url)).toMatchObject({ code: 0 });
    expect(await world.apply(bench.data)).toMatchObject({ code: 0 });
    await until(async () => (await panels(receiver.fhirUrl)).length > 0, 'the reading', 90_000);
    expect(await panels(receiver.fhirUrl)).toMatchObject([{ status: 'final', systolic: 143 }]);

    const stranger = makeAuthority(world.at('.'), 'stranger').client('stranger');
    const url = broker.url;
    await using refused = startLink(
      { url, caFile: authority.ca, certFile: stranger.cert, keyFile: stranger.key },
      { gateway: 'gw-aaaaaaaaaaaaaaaa' },
    );
    await using without = startLink(
      { url, caFile: authority.ca },
      { gateway: 'gw-bbbbbbbbbbbbbbbb' },
    );
    for (const link of [refused, without]) {
      await until(() => link.states.length > 0, 'a word');
      expect(link.states[0]).toBe('offline broker-refused-certificate');
    }
  },
);

run('an enrolled gateway is kept in its own subtree', async () => {
  const { authority, broker, files, world } = await municipality();
  const [own, other] = [world.gateway('own'), world.gateway('other')];
  await world.request(own.data);
  await world.answer([], broker.url);
  await world.apply(own.data);
  const file = enrolledFile(own.data, broker.url);
  const text = readFileSync(file);
  const listener = await connectAsync(broker.url, {
    protocolVersion: 5,
    ca: readFileSync(authority.ca),
    cert: readFileSync(files.certFile),
    key: readFileSync(files.keyFile),
  });
  cleanup.add(() => listener.endAsync(true));
  const arrived: string[] = [];
  listener.on('message', (topic) => void arrived.push(topic));
  await listener.subscribeAsync('iomt/1/+/observations/+', { qos: 1 });
  const as = { ca: text, cert: text, key: text, protocolVersion: 5 } as const;
  const client = await connectAsync(broker.url, { ...as, clientId: own.id });
  cleanup.add(() => client.endAsync(true));
  const topic = (id: string) => `iomt/1/${id}/observations/${RECIPIENT}`;
  await expect(client.publishAsync(topic(other.id), 'x', { qos: 1 })).rejects.toThrow(
    /Not authorized/i,
  );
  const heard: string[] = [];
  client.on('message', (one) => void heard.push(one));
  for (const id of [own.id, other.id])
    await client.subscribeAsync(`iomt/1/${id}/receipts`).catch(() => []);
  for (const id of [other.id, own.id])
    await listener.publishAsync(`iomt/1/${id}/receipts`, '{}', { qos: 1 });
  await client.publishAsync(topic(own.id), 'x', { qos: 1 });
  await until(() => arrived.length > 0 && heard.length > 0, 'what is its own');
  expect(arrived).toEqual([topic(own.id)]);
  expect(heard).toEqual([`iomt/1/${own.id}/receipts`]);
});

run('a renewal by the three commands is used without a restart', async () => {
  const { broker, world } = await municipality();
  const { data, id } = world.gateway('gateway');
  await world.request(data);
  await world.answer(['--days', '1'], broker.url);
  await world.apply(data);
  const file = enrolledFile(data, broker.url);
  await using bench = startLink(
    { url: broker.url, caFile: file, certFile: file, keyFile: file },
    {
      gateway: id,
      patience: { keepAliveS: 30, connectTimeoutMs: 20_000, filesEveryMs: 40 },
      reconnect: { minMs: 20, maxMs: 200, slowMs: 60_000 },
    },
  );
  await bench.online();
  const before = bench.states.length;
  await world.request(data, '--new-keys');
  await world.answer([], broker.url);
  await world.apply(data);
  await until(() => bench.logLines.some((line) => line.includes('renewed')), 'the renewal');
  const sent = { ...envelope(), recipient: RECIPIENT };
  const because = async () => {
    const transport = bench.link.transportFor(RECIPIENT);
    const answer = await transport.deliver(sent, new AbortController().signal);
    return answer.outcome === 'deferred' ? answer.because : answer.outcome;
  };
  // Nobody listens here; the broker takes it from this gateway.
  await until(async () => (await because()) === 'no-subscriber', 'an answer of the broker');
  expect(bench.states.slice(before)).not.toContain('offline broker-refused-certificate');
});
