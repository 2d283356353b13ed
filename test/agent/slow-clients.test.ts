import { once } from 'node:events';
import { request as plainRequest } from 'node:http';
import { request as secureRequest } from 'node:https';
import { type AddressInfo, connect as plainConnect, type Server, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { connect as secureConnect } from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createFront } from '../../agent/home/portal/lan/front.ts';
import { makeSelfSigned } from '../../agent/home/portal/lan/self-signed.ts';
import { createHttp } from '../../agent/http.ts';
import { bounded, createDoor, type Front } from '../../agent/http-door.ts';
import type { HttpLimits } from '../../agent/http-limits.ts';

/** As the programs', shorter. */
const LIMITS: HttpLimits = {
  headersMs: 1_000,
  requestMs: 1_500,
  checkMs: 50,
  idleMs: 1_000,
  silentMs: 1_500,
  connectionsMax: 6,
};
const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** What was made of the long answer, and whether its making ended. */
const long = { pieces: 0, hasEnded: false };

function* pieces(): Generator<string> {
  try {
    for (;;) {
      long.pieces += 1;
      yield 'x'.repeat(16_384);
    }
  } finally {
    long.hasEnded = true;
  }
}

function application(limits?: HttpLimits) {
  const app = createHttp({ log: silent, checks: () => [], ...(limits && { limits }) });
  app.post('/echo', async ({ body }) => ({ length: JSON.stringify(body).length }));
  app.get('/long', (_request, reply) => reply.send(Readable.from(pieces())));
  return app;
}

interface Served {
  readonly port: number;
  /** A connection as a client has it, ready to be written on. */
  readonly dial: () => Promise<Socket>;
  /** What a client with manners is answered. */
  readonly ask: () => Promise<number | undefined>;
}

function clientOf(port: number, isSecure: boolean): Served {
  const to = { host: '127.0.0.1', port };
  return {
    port,
    async dial() {
      const socket = isSecure
        ? secureConnect({ ...to, rejectUnauthorized: false })
        : plainConnect(to);
      socket.on('error', () => undefined);
      onTestFinished(() => void socket.destroy());
      await once(socket, isSecure ? 'secureConnect' : 'connect');
      return socket;
    },
    ask: () =>
      new Promise((resolve, reject) => {
        const options = { ...to, path: '/healthz', agent: false } as const;
        const call = isSecure
          ? secureRequest({ ...options, rejectUnauthorized: false })
          : plainRequest(options);
        call.on('response', (answer) => {
          answer.resume();
          resolve(answer.statusCode);
        });
        call.on('error', reject);
        call.end();
      }),
  };
}

async function behind(front: Front, isSecure: boolean): Promise<Served> {
  const servers: Server[] = [];
  // Before the clocks run: what loads it blocks them.
  const app = application();
  await app.ready();
  const door = createDoor(
    async () => app,
    silent,
    (listener) => {
      const made = front(listener);
      servers.push(made.server);
      return made;
    },
  );
  await door.listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => door.close());
  const [at] = servers.map((server) => server.address());
  return clientOf((at as AddressInfo).port, isSecure);
}

async function tls(): Promise<Served> {
  const pair = await makeSelfSigned({
    dns: ['localhost'],
    addresses: [],
    from: Date.now() - 60_000,
    to: Date.now() + 3_600_000,
  });
  const certificate = { current: async () => pair };
  const isOwn = () => true;
  return behind(createFront({ certificate, isOwn, log: silent, limits: LIMITS }), true);
}

async function own(): Promise<Served> {
  const app = application(LIMITS);
  await app.listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => app.close());
  return clientOf((app.server.address() as AddressInfo).port, false);
}

const SERVERS = {
  'the port of this machine': () => behind(bounded(LIMITS), false),
  'the port of the home network': tls,
  "the municipality's": own,
};

/** Hung up on, whether or not that is an error to the one who writes. */
const closing = (socket: Socket) =>
  new Promise<void>((resolve) => socket.on('close', () => resolve()));

/** Writes one byte after the other, each before anything could be idle; tells when it was hung up on. */
async function drip(socket: Socket, text: string): Promise<string> {
  let heard = '';
  socket.setEncoding('utf8').on('data', (part: string) => {
    heard += part;
  });
  const closed = closing(socket);
  let sent = 0;
  const bytes = setInterval(() => {
    socket.write(text[sent] ?? 'x');
    sent += 1;
  }, 20);
  await closed;
  clearInterval(bytes);
  return heard;
}

describe.each(Object.entries(SERVERS))('%s', (_name, serve) => {
  test('headers or a body that come a byte at a time are not waited for', async () => {
    const { dial, ask } = await serve();
    const headers = drip(
      await dial(),
      `GET /healthz HTTP/1.1\r\nHost: localhost\r\nA: ${'a'.repeat(9_999)}`,
    );
    const slow = await dial();
    slow.write(
      'POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n',
    );
    const body = drip(slow, `"${'a'.repeat(9_999)}`);
    expect(await ask()).toBe(200);
    expect(await headers).toMatch(/^(HTTP\/1\.1 408 |$)/);
    expect(await body).toMatch(/^(HTTP\/1\.1 408 |$)/);
    expect(await ask()).toBe(200);
  });

  test('who connects and says nothing, or nothing more, is hung up on and keeps nobody out', async () => {
    const { port, dial, ask } = await serve();
    const served = await dial();
    served.resume().write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await once(served, 'data');
    const many = Array.from({ length: LIMITS.connectionsMax * 3 }, () => {
      const socket = plainConnect({ host: '127.0.0.1', port })
        .on('error', () => undefined)
        .resume();
      onTestFinished(() => void socket.destroy());
      return socket;
    });
    const ends = [served, ...many].map(closing);
    expect(await ask()).toBe(200);
    await Promise.all(ends);
    expect(await ask()).toBe(200);
  });

  test('of a long answer that nobody reads little is made, and then no more', async () => {
    const { dial, ask } = await serve();
    Object.assign(long, { pieces: 0, hasEnded: false });
    const lazy = await dial();
    lazy.pause().write('GET /long HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await expect.poll(() => long.pieces).toBeGreaterThan(1);
    expect(await ask()).toBe(200);
    await expect.poll(() => long.hasEnded, { timeout: 20_000 }).toBe(true);
    const made = long.pieces * 16_384;
    console.log(
      `made of it: ${(made / 1e6).toFixed(1)} MB, most of them in the machine's own buffers`,
    );
    expect(made).toBeLessThan(40e6);
  });

  test('who asks and does not read keeps nobody out either', async () => {
    const { dial, ask } = await serve();
    const lazy = await Promise.all(Array.from({ length: LIMITS.connectionsMax }, dial));
    for (const one of lazy) one.pause().write('GET /long HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await wait(200);
    expect(await ask()).toBe(200);
  });
});
