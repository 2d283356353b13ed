import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import makeMdns, { type MulticastDNS, type ResponsePacket } from 'multicast-dns';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { createAnnouncement } from '../../../../../agent/home/portal/lan/announce.ts';
import type { LanAddress } from '../../../../../agent/home/portal/lan/names.ts';
import { createLog } from '../../../../../agent/log.ts';
import { until } from '../../../../support/until.ts';

const GROUP = '224.0.0.251';
const LOCAL = 'iomt-abcdefgh.local';
const INSTANCE = 'IoMT abcdefgh._https._tcp.local';
const HERE: LanAddress = { device: 'lo', address: '127.0.0.1', family: 4, prefix: 8 };
const SIX: LanAddress = { device: 'lo', address: '2001:db8::10', family: 6, prefix: 64 };

/** Not 5353: what else runs on this machine has nothing to do with it. A new one for each test. */
let mdnsPort = 25_353 + (process.pid % 5_000);
beforeEach(() => {
  mdnsPort += 1;
});

interface Seen {
  readonly name: string;
  readonly type: string;
  readonly ttl?: number;
  readonly flush?: boolean;
  readonly data?: unknown;
}

function stage(addresses: LanAddress[] = [HERE, SIX]) {
  const lines: string[] = [];
  const log = createLog({
    level: 'info',
    program: 'home',
    destination: { write: (line: string) => void lines.push(line) },
  });
  const names = { local: LOCAL, shortId: 'abcdefgh', addresses: () => addresses };
  const announcement = createAnnouncement({ names, port: 8420, log, mdnsPort });
  onTestFinished(() => announcement.stop());
  return { announcement, lines, addresses };
}

/** Another on the network: an mDNS client of its own, which hears all that is said. */
async function listener() {
  const client: MulticastDNS = makeMdns({
    interface: '127.0.0.1',
    bind: GROUP,
    port: mdnsPort,
  });
  const heard: ResponsePacket[] = [];
  client.on('response', (response) => heard.push(response));
  onTestFinished(() => new Promise<void>((resolve) => client.destroy(resolve)));
  await once(client, 'ready');
  const said = () => heard.flatMap(({ answers }) => answers as Seen[]);
  return { client, heard, said };
}

const here = { name: LOCAL, type: 'A', ttl: 120, flush: true, data: '127.0.0.1' };

test('the box says where it is, twice, answers what it is asked, and says goodbye', async () => {
  const other = await listener();
  const { announcement, lines } = stage();
  await announcement.refresh();
  await until(() => other.heard.length === 2, 'both announcements');
  const first = other.heard[0]?.answers as Seen[];
  expect(first.map(({ name, type }) => `${type} ${name}`)).toEqual([
    'PTR _services._dns-sd._udp.local',
    'PTR _https._tcp.local',
    `SRV ${INSTANCE}`,
    `TXT ${INSTANCE}`,
    `A ${LOCAL}`,
    `AAAA ${LOCAL}`,
  ]);
  expect(first[2]?.data).toMatchObject({ target: LOCAL, port: 8420 });
  expect(String(first[3]?.data)).toBe('path=/');
  expect(first[4]).toMatchObject(here);
  expect(first[5]).toMatchObject({ data: '2001:db8::10' });
  expect(other.heard[1]?.answers).toEqual(first);

  other.heard.length = 0;
  other.client.query([{ name: LOCAL.toUpperCase(), type: 'A' }]);
  await until(() => other.heard.length > 0, 'an answer');
  expect(other.said()).toEqual([expect.objectContaining(here)]);
  other.heard.length = 0;
  other.client.query([{ name: '_https._tcp.local', type: 'PTR' }]);
  await until(() => other.heard.length > 0, 'an answer');
  expect(other.said()).toEqual([
    expect.objectContaining({ type: 'PTR', data: INSTANCE, ttl: 4500, flush: false }),
  ]);
  const along = other.heard[0]?.additionals?.map(({ type }) => type);
  expect(along?.sort()).toEqual(['A', 'AAAA', 'SRV', 'TXT']);

  other.heard.length = 0;
  await announcement.stop();
  await until(() => other.heard.length > 0, 'an answer');
  expect(other.said()).toHaveLength(6);
  expect(other.said().map(({ ttl }) => ttl)).toEqual([0, 0, 0, 0, 0, 0]);
  other.heard.length = 0;
  other.client.query([{ name: LOCAL, type: 'A' }]);
  await wait(200);
  expect(other.heard).toEqual([]);
  expect(lines.join('')).toContain('"event":"mdns-announced"');
});

test('no answer to what is known, to what is of others, twice in a second, or for garbage', async () => {
  const other = await listener();
  const { announcement } = stage();
  await announcement.refresh();
  await until(() => other.heard.length === 2, 'both announcements');
  other.heard.length = 0;
  const ask = (query: object) => other.client.query(query as never);
  ask({ questions: [{ name: 'other.local', type: 'A' }] });
  ask({ questions: [{ name: LOCAL, type: 'A' }], answers: [here] });
  const raw = createSocket('udp4');
  raw.send(Buffer.from('nothing that is DNS'), mdnsPort, GROUP);
  await wait(200);
  expect(other.heard).toEqual([]);
  ask({ questions: [{ name: LOCAL, type: 'A' }], answers: [{ ...here, ttl: 59 }] });
  ask({ questions: [{ name: LOCAL, type: 'A' }] });
  await until(() => other.heard.length > 0, 'an answer');
  await wait(200);
  expect(other.said()).toHaveLength(1);
  raw.close();
});

/** A program that asks from a port of its own, at `from`, and hears only what is sent to it. */
async function simpleResolver(from: string) {
  const socket = createSocket('udp4');
  socket.bind(0, from);
  await once(socket, 'listening');
  socket.setMulticastInterface('127.0.0.1');
  const client = makeMdns({ socket, port: mdnsPort, bind: false, multicast: false });
  onTestFinished(() => new Promise<void>((resolve) => client.destroy(resolve)));
  const heard: ResponsePacket[] = [];
  client.on('response', (response) => heard.push(response));
  client.query({ id: 4711, questions: [{ name: LOCAL, type: 'A' }] } as never);
  return heard;
}

test('a simple resolver is answered alone, as a name server would', async () => {
  const other = await listener();
  const { announcement } = stage([HERE]);
  await announcement.refresh();
  await until(() => other.heard.length === 2, 'both announcements');
  other.heard.length = 0;
  const heard = await simpleResolver('127.0.0.1');
  await until(() => heard.length > 0, 'an answer');
  expect(heard[0]?.id).toBe(4711);
  expect(heard[0]?.questions).toEqual([{ name: LOCAL, type: 'A', class: 'IN' }]);
  expect(heard[0]?.answers).toEqual([expect.objectContaining({ ...here, ttl: 10, flush: false })]);
  expect(other.heard).toEqual([]);
});

test('who is not on the same network is not answered', async () => {
  const other = await listener();
  const { announcement } = stage([{ ...HERE, prefix: 32 }]);
  await announcement.refresh();
  await until(() => other.heard.length === 2, 'both announcements');
  const far = await simpleResolver('127.0.0.2');
  // The near one, asking later, is answered.
  const near = await simpleResolver('127.0.0.1');
  await until(() => near.length > 0, 'an answer to the near one');
  expect(far).toEqual([]);
});

test('a new address is announced and the former taken back', async () => {
  const other = await listener();
  const { announcement, addresses } = stage([HERE]);
  await announcement.refresh();
  await until(() => other.heard.length === 2, 'both announcements');
  await announcement.refresh();
  await wait(100);
  expect(other.heard).toHaveLength(2);
  addresses.push(SIX);
  other.heard.length = 0;
  await announcement.refresh();
  await until(() => other.heard.length >= 2, 'a new announcement');
  const a = other.said().filter(({ type }) => type === 'A' || type === 'AAAA');
  expect(a.slice(0, 3).map(({ type, ttl }) => [type, ttl])).toEqual([
    ['A', 0],
    ['A', 120],
    ['AAAA', 120],
  ]);
});

test('beside a program that does not share the port it is silent, says so once, and tries again', async () => {
  const blocker = createSocket({ type: 'udp4', reuseAddr: false });
  blocker.bind(mdnsPort, GROUP);
  await once(blocker, 'listening');
  const { announcement, lines } = stage();
  await announcement.refresh();
  await until(() => lines.length > 0, 'a line');
  await announcement.refresh();
  await wait(100);
  expect(lines.join('').match(/mdns-unavailable/g)).toHaveLength(1);
  expect(lines[0]).toContain('EADDRINUSE');
  blocker.close();
  const other = await listener();
  await announcement.refresh();
  await until(() => other.heard.length > 0, 'an answer');
});
