import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** Packet types (MQTT 5, 2.1.2), in the upper half of the first byte. */
const PUBLISH = 3;
const PUBACK = 4;

export interface AckProxy extends AsyncDisposable {
  readonly url: string;
  /** Instants at which the broker's answers came back, in the order of the envelopes, ms. */
  readonly acks: number[];
  /** Fulfils when so many have been answered. */
  until(count: number): Promise<void>;
}

/**
 * Between a client and the broker: notes when the PUBACK of each publish to `topic` passes. The
 * packets go through as they are.
 */
export async function startAckProxy(brokerPort: number, topic: string): Promise<AckProxy> {
  const acks: number[] = [];
  const sockets = new Set<Socket>();
  let published = 0;
  let answered = 0;
  let waiting: { count: number; resolve: () => void } | undefined;
  const server = createServer({ noDelay: true }, (client) => {
    const broker = connect({ port: brokerPort, host: '127.0.0.1', noDelay: true });
    const open = new Map<number, number>();
    for (const socket of [client, broker]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => sockets.delete(socket));
    }
    const sent = eachPacket((type, flags, packet) => {
      if (type !== PUBLISH || (flags & 6) === 0) return;
      const length = packet.readUInt16BE(0);
      const name = packet.toString('latin1', 2, 2 + length);
      if (name.includes(topic)) open.set(packet.readUInt16BE(2 + length), published++);
    });
    const came = eachPacket((type, _flags, packet) => {
      const index = type === PUBACK ? open.get(packet.readUInt16BE(0)) : undefined;
      if (index === undefined) return;
      open.delete(packet.readUInt16BE(0));
      acks[index] = performance.now();
      answered += 1;
      if (waiting && answered >= waiting.count) waiting.resolve();
    });
    client.on('data', (bytes: Buffer) => {
      broker.write(bytes);
      sent(bytes);
    });
    broker.on('data', (bytes: Buffer) => {
      client.write(bytes);
      came(bytes);
    });
    client.once('close', () => broker.destroy());
    broker.once('close', () => client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  return {
    url: `mqtt://127.0.0.1:${port}`,
    acks,
    until: (count) =>
      new Promise((resolve) => {
        if (answered >= count) resolve();
        else waiting = { count, resolve };
      }),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Cuts a stream into packets: type, flags, and what follows the remaining length (MQTT 5, 2.1). */
function eachPacket(take: (type: number, flags: number, packet: Buffer) => void) {
  let rest: Buffer = Buffer.alloc(0);
  return (bytes: Buffer) => {
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    for (;;) {
      let length = 0;
      let at = 1;
      for (let shift = 0; ; shift += 7) {
        const byte = rest[at];
        if (byte === undefined) return;
        length |= (byte & 0x7f) << shift;
        at += 1;
        if (byte < 0x80) break;
      }
      if (rest.length < at + length) return;
      const [first = 0] = rest;
      take(first >> 4, first & 0xf, rest.subarray(at, at + length));
      rest = rest.subarray(at + length);
    }
  };
}
