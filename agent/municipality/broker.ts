import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { Aedes } from 'aedes';
import { parseTopic } from '../contract/topics.ts';
import { CodedError, codeOf } from '../errors.ts';

/** Largest message that the broker passes on: room for an envelope that is then refused by name. */
const MESSAGE_BYTES_MAX = 1024 * 1024;

export interface Broker {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * The embedded broker (MQTT 3.1.1, in memory): for the demo and a small municipality on one machine.
 * It passes on contract topics only. What it forgets at a restart, the contract repeats.
 * Throws CodedError `port-taken` when it cannot listen.
 */
export async function startBroker(options: {
  readonly host: string;
  readonly port: number;
}): Promise<Broker> {
  const aedes = await Aedes.createBroker({
    authorizePublish: (_client, packet, done) => {
      const ours = parseTopic(packet.topic) !== undefined;
      const fits = packet.payload.length <= MESSAGE_BYTES_MAX;
      done(ours && fits ? null : new Error('not in the contract'));
    },
  });
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    aedes.handle(socket);
  });
  await listen(server, options);
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : options.port;
  return {
    url: `mqtt://${options.host}:${port}`,
    async close() {
      for (const socket of sockets) socket.destroy();
      const closed = once(server, 'close');
      server.close();
      await closed;
      await new Promise<void>((done) => aedes.close(done));
    },
  };
}

async function listen(server: Server, at: { host: string; port: number }): Promise<void> {
  server.listen(at.port, at.host);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new CodedError(
      'port-taken',
      `The embedded broker cannot listen on port ${at.port} (${codeOf(error)})`,
      'Stop the program that uses the port, or choose another in `municipality.mqtt.port`.',
      error,
    );
  }
}
