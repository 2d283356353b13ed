import { BlockList } from 'node:net';
import type { MulticastDNS, QueryPacket, ResponseOutgoingPacket } from 'multicast-dns';
import { codeOf } from '../../../errors.ts';
import type { Log } from '../../../log.ts';
import type { LanAddress, Names } from './names.ts';

type Answer = ResponseOutgoingPacket['answers'][number];

const SERVICE = '_https._tcp.local';
/** RFC 6763, 9: who lists all kinds of service asks for this. */
const SERVICES = '_services._dns-sd._udp.local';
const GROUP = '224.0.0.251';
const PORT = 5353;
/** RFC 6762, 10: records with a host name or address live short, others long, seconds. */
const HOST_TTL_S = 120;
const OTHER_TTL_S = 4500;
/** RFC 6762, 6.7: a simple resolver keeps an answer no longer, seconds. */
const LEGACY_TTL_S_MAX = 10;
/** RFC 6762, 8.3 and 6: said twice at the start; the same no sooner than this again, ms. */
const AGAIN_MS = 1_000;

interface Voice {
  readonly mdns: MulticastDNS;
  readonly addresses: readonly LanAddress[];
  readonly isNear: (address: string) => boolean;
  /** What was said to everybody, and when, ms. */
  readonly saidAt: Map<string, number>;
}

/**
 * Tells the network at home where the pages are (mDNS and DNS-SD, RFC 6762 and 6763): the box's name,
 * its addresses and its port; nothing about anybody. Without a port of its own, beside a program
 * that does not share it, it is silent: the address still works.
 */
export function createAnnouncement(parts: {
  readonly names: Pick<Names, 'local' | 'shortId' | 'addresses'>;
  readonly port: number;
  readonly log: Log;
  /** Where mDNS lives; another port in tests, beside what else runs on the machine. */
  readonly mdnsPort?: number;
}) {
  const { names, log, mdnsPort = PORT } = parts;
  const instance = `IoMT ${names.shortId}.${SERVICE}`;
  const voices = new Map<string, Voice>();
  let hasFailed = false;
  let hasStopped = false;

  const records = (addresses: readonly LanAddress[]): Answer[] => [
    pointer(SERVICES, SERVICE),
    pointer(SERVICE, instance),
    {
      ...own(instance, HOST_TTL_S),
      type: 'SRV',
      data: { target: names.local, port: parts.port },
    },
    { ...own(instance, OTHER_TTL_S), type: 'TXT', data: ['path=/'] },
    ...addresses.map(
      ({ family, address }): Answer => ({
        ...own(names.local, HOST_TTL_S),
        type: family === 4 ? 'A' : 'AAAA',
        data: address,
      }),
    ),
  ];

  async function open(key: string, addresses: readonly LanAddress[]): Promise<void> {
    const at = addresses.find(({ family }) => family === 4)?.address;
    // The group is version 4's, which every home network has.
    if (at === undefined) return;
    const { default: makeMdns } = await import('multicast-dns');
    if (hasStopped) return;
    // Bound to the group: what is sent to this machine alone is for a program that shares the port.
    const mdns = makeMdns({ interface: at, bind: GROUP, port: mdnsPort });
    const near = new BlockList();
    for (const { address, prefix, family } of addresses) {
      near.addSubnet(address, prefix, family === 4 ? 'ipv4' : 'ipv6');
    }
    const voice = {
      mdns,
      addresses,
      isNear: (from: string) => near.check(from),
      saidAt: new Map(),
    };
    voices.set(key, voice);
    mdns.on('warning', () => undefined);
    mdns.on('error', (error) => {
      voices.delete(key);
      mdns.destroy();
      if (!hasFailed) log.warn({ event: 'mdns-unavailable', code: codeOf(error) });
      hasFailed = true;
    });
    mdns.on('query', (query, from) => answer(voice, query, from));
    mdns.on('ready', () => {
      if (!hasFailed) log.info({ event: 'mdns-announced', name: names.local });
      const say = () => mdns.respond({ answers: records(addresses) });
      say();
      setTimeout(say, AGAIN_MS).unref();
    });
  }

  function answer(voice: Voice, query: QueryPacket, from: { address: string; port: number }): void {
    if (!voice.isNear(from.address)) return;
    const all = records(voice.addresses);
    const asked = all.filter((record) =>
      (query.questions ?? []).some(
        ({ name, type }) => same(name, record.name) && [record.type, 'ANY'].includes(type),
      ),
    );
    const answers = asked.filter((record) => !isKnown(record, query.answers ?? []));
    if (answers.length === 0) return;
    const additionals = all.filter(
      (record) => !answers.includes(record) && follows(answers, record),
    );
    if (from.port !== mdnsPort) {
      voice.mdns.respond(
        {
          id: query.id,
          questions: query.questions,
          answers: answers.map(forLegacy),
          additionals: additionals.map(forLegacy),
        },
        from,
      );
      return;
    }
    const now = performance.now();
    const due = answers.filter(
      (record) => now - (voice.saidAt.get(keyOf(record)) ?? Number.NEGATIVE_INFINITY) >= AGAIN_MS,
    );
    if (due.length === 0) return;
    for (const record of due) voice.saidAt.set(keyOf(record), now);
    voice.mdns.respond({ answers: due, additionals });
  }

  /** Says that nothing is here any more, and lets go. */
  function close({ mdns, addresses }: Voice): Promise<void> {
    const answers = records(addresses).map((record) => ({ ...record, ttl: 0 }));
    return new Promise((resolve) => mdns.respond({ answers }, () => mdns.destroy(resolve)));
  }

  return {
    /** Speaks on the networks of now, and no longer on those that went. */
    async refresh(): Promise<void> {
      const now = Map.groupBy(names.addresses(), ({ device }) => device);
      const wanted = new Map(
        [...now].map(([device, list]) => [
          [device, ...list.map(({ address }) => address)].join(' '),
          list,
        ]),
      );
      for (const [key, voice] of voices) {
        if (wanted.has(key)) continue;
        voices.delete(key);
        await close(voice);
      }
      for (const [key, list] of wanted) if (!voices.has(key)) await open(key, list);
    },
    async stop(): Promise<void> {
      hasStopped = true;
      const all = [...voices.values()];
      voices.clear();
      await Promise.all(all.map(close));
    },
  };
}

function pointer(name: string, data: string): Answer {
  return { name, type: 'PTR', ttl: OTHER_TTL_S, data };
}

/** Of a record that is this box's alone: what others have kept of it is void. */
function own(name: string, ttl: number) {
  return { name, ttl, flush: true };
}

const same = (one: string, other: string) => one.toLowerCase() === other.toLowerCase();

const keyOf = (record: Answer) => JSON.stringify([record.name, record.type, dataOf(record)]);

const dataOf = (record: Answer) => ('data' in record ? record.data : undefined);

/** RFC 6762, 7.1: who asks has it already, for half of its life at least. */
function isKnown(record: Answer, known: readonly Answer[]): boolean {
  const { ttl = 0 } = record as { ttl?: number };
  return known.some(
    (one) =>
      one.type === record.type &&
      same(one.name, record.name) &&
      ((one as { ttl?: number }).ttl ?? 0) >= ttl / 2 &&
      JSON.stringify(dataOf(one)) === JSON.stringify(dataOf(record)),
  );
}

/** RFC 6763, 12: what is asked next travels along. */
function follows(answers: readonly Answer[], { type, name }: Answer): boolean {
  const has = (one: string) => answers.some((answer) => answer.type === one);
  if (type === 'A' || type === 'AAAA') return has('PTR') || has('SRV') || has('A') || has('AAAA');
  return (type === 'SRV' || type === 'TXT') && has('PTR') && !same(name, SERVICE);
}

/** RFC 6762, 6.7: as an ordinary name server would answer. */
function forLegacy(record: Answer): Answer {
  return { ...record, flush: false, ttl: LEGACY_TTL_S_MAX } as Answer;
}
