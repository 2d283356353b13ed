import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import {
  createSplitter,
  levelOf,
  type Packet,
  PUBACK,
  PUBLISH,
  pubackFor,
  publishOf,
} from './mqtt-packets.ts';

/** What passes between gateway and broker. */
export type Passing =
  | { readonly what: 'envelope'; readonly topic: string; readonly payload: Buffer }
  | { readonly what: 'acknowledgement' | 'receipt' | 'other' };

/** `forget`: the sender is told that it arrived, and nobody else is. */
export type Fate = 'pass' | 'drop' | 'forget';

export interface Wiretap {
  readonly port: number;
  /** No connection of a gateway is open. */
  quiet(): Promise<void>;
  close(): Promise<void>;
}

/**
 * A way between gateway and broker that sees each packet before it goes on, and decides what becomes
 * of it. A broker that is down is a connection that ends at once.
 */
export async function startWiretap(options: {
  readonly port: number;
  readonly broker: number;
  readonly onPacket: (passing: Passing) => Fate;
}): Promise<Wiretap> {
  const sockets = new Set<Socket>();
  const server = createServer((gateway) => {
    const broker = connect(options.broker, '127.0.0.1');
    sockets.add(gateway);
    let level = 5;
    const split = createSplitter();
    const splitBack = createSplitter();
    gateway.on('data', (chunk: Buffer) => {
      for (const packet of split(chunk)) {
        level = levelOf(packet) ?? level;
        const passing = outward(packet, level);
        const fate = options.onPacket(passing);
        if (fate === 'pass') broker.write(packet.bytes);
        if (fate === 'forget') gateway.write(pubackFor(publishOf(packet, level).id));
      }
    });
    broker.on('data', (chunk: Buffer) => {
      for (const packet of splitBack(chunk)) {
        if (options.onPacket(inward(packet)) !== 'drop') gateway.write(packet.bytes);
      }
    });
    const end = () => {
      gateway.destroy();
      broker.destroy();
    };
    for (const socket of [gateway, broker]) socket.on('error', end).on('close', end);
    gateway.on('close', () => sockets.delete(gateway));
  });
  server.listen(options.port, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: options.port,
    async quiet() {
      // Not `once`: a connection that breaks is over too.
      const closed = [...sockets].map(
        (socket) => new Promise((resolve) => socket.once('close', resolve)),
      );
      await Promise.all(closed);
    },
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}

function outward(packet: Packet, level: number): Passing {
  if (packet.type !== PUBLISH) return { what: 'other' };
  const { topic, payload } = publishOf(packet, level);
  return topic.includes('/observations/') ? { what: 'envelope', topic, payload } : OTHER;
}

const OTHER = { what: 'other' } as const;

function inward({ type }: Packet): Passing {
  if (type === PUBLISH) return { what: 'receipt' };
  return type === PUBACK ? { what: 'acknowledgement' } : OTHER;
}
