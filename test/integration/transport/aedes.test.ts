import { once } from 'node:events';
import { createServer, type Server, Socket } from 'node:net';
import { Aedes } from 'aedes';
import { expect, test, vi } from 'vitest';
import { startLink } from '../../support/mqtt-link.ts';
import { envelope, RECIPIENT } from '../../support/transport-contract.ts';
import { until } from '../../support/until.ts';

const never = () => new AbortController().signal;

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `mqtt://127.0.0.1:${(server.address() as { port: number }).port}`;
}

/** The protocol level stands behind the protocol name (3.1.1, 3.1.2.2). */
const levelOf = (connect: Buffer) => connect[connect.indexOf('MQTT') + 4] ?? 0;

/** A broker that knows 3.1.1 only, and who connected with which version. */
async function oldBroker() {
  const broker = await Aedes.createBroker();
  const versions: number[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('data', (chunk) => versions.push(levelOf(chunk)));
    broker.handle(socket);
  });
  const url = await listen(server);
  return {
    broker,
    url,
    versions,
    drop: () => {
      for (const socket of sockets) socket.destroy();
      sockets.clear();
    },
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close();
        broker.close(() => resolve());
      }),
  };
}

test('a broker of 3.1.1 is spoken to in 3.1.1 at once, and the version is remembered', async () => {
  await using old = await oldBroker();
  await using bench = startLink({ url: old.url });
  await bench.online();
  expect(bench.states).toEqual(['online']);
  expect(bench.link.state().protocolVersion).toBe(4);
  const outcome = await bench.link.transportFor(RECIPIENT).deliver(envelope(), never());
  expect(outcome).toEqual({ outcome: 'delivered' });
  old.drop();
  await until(() => bench.states.length === 3, 'back again');
  expect(old.versions).toEqual([5, 4, 4]);
});

test('a broker that hangs up on MQTT 5 without a word is tried in 3.1.1', async () => {
  const old = await Aedes.createBroker();
  const server = createServer((socket) => {
    socket.once('data', (chunk: Buffer) => {
      if (levelOf(chunk) === 5) return socket.destroy();
      socket.unshift(chunk);
      old.handle(socket);
      return undefined;
    });
  });
  const url = await listen(server);
  const bench = startLink({ url });
  await bench.online();
  expect(bench.link.state().protocolVersion).toBe(4);
  await bench.link.close();
  server.close();
  await new Promise<void>((resolve) => old.close(() => resolve()));
});

test('receipts that the broker does not let us hear are said, and delivery goes on', async () => {
  await using old = await oldBroker();
  old.broker.authorizeSubscribe = (_client, _subscription, done) => done(null, null);
  await using bench = startLink({ url: old.url });
  await bench.online();
  expect(bench.states).toEqual(['online broker-refused-receipts']);
  const outcome = await bench.link.transportFor(RECIPIENT).deliver(envelope(), never());
  expect(outcome).toEqual({ outcome: 'delivered' });
});

test('the bytes are in the socket in the step of the hand-over', async () => {
  await using old = await oldBroker();
  await using bench = startLink({ url: old.url });
  await bench.online();
  await until(() => bench.link.capacity() === 50, 'idle');
  const sent = envelope();
  const written: string[] = [];
  const original = Socket.prototype._writev;
  vi.spyOn(Socket.prototype, '_writev').mockImplementation(function (this: Socket, chunks, done) {
    written.push(...chunks.map(({ chunk }) => Buffer.from(chunk).toString()));
    original?.call(this, chunks, done);
  });
  const transport = bench.link.transportFor(RECIPIENT);
  const outcome = transport.deliver(sent, never());
  transport.flush?.();
  const inThisTick = [...written];
  vi.restoreAllMocks();
  expect(inThisTick).toContain(sent.body);
  expect(await outcome).toEqual({ outcome: 'delivered' });
});
