import { once } from 'node:events';
import { createServer } from 'node:net';
import { Aedes } from 'aedes';
import { startLink } from '../../../support/mqtt-link.ts';
import { RECIPIENT, transportContract } from '../../../support/transport-contract.ts';

transportContract('mqtt 3.1.1', async (deliverTimeoutMs) => {
  let silent = false;
  const broker = await Aedes.createBroker();
  const received: string[] = [];
  broker.authorizePublish = (_client, packet, done) => {
    if (packet.topic.includes('/observations/')) {
      received.push(packet.payload.toString());
      if (silent) return;
    }
    done(null);
  };
  const server = createServer(broker.handle).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const bench = startLink({ url: `mqtt://127.0.0.1:${port}` }, { deliverTimeoutMs });
  await bench.online();
  const stop = () =>
    new Promise<void>((resolve) => {
      if (server.listening) server.close();
      broker.close(() => resolve());
    });
  return {
    transport: bench.link.transportFor(RECIPIENT),
    received: () => received,
    silence: () => {
      silent = true;
    },
    down: async () => {
      await stop();
      await bench.state('offline broker-unreachable');
    },
    [Symbol.asyncDispose]: async () => {
      await bench.link.close();
      await stop();
    },
  };
});
