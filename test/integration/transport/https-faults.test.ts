import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer as createTcpServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import { createHttpsTransport } from '../../../agent/home/transport/https.ts';
import type { Delivery } from '../../../agent/home/transport/transport.ts';
import { readTlsFiles } from '../../../agent/tls-files.ts';
import { bearer, createFhirClient, type FhirClientOptions } from '../../../fhir/client.ts';
import { hasOpenssl, makeAuthority, type Pair, pemOf } from '../../support/certificates.ts';
import { answerTransaction, startFhirReceiver } from '../../support/fhir-receiver.ts';
import { freePort } from '../../support/free-port.ts';
import { startHttpProxy } from '../../support/http-proxy.ts';
import { envelope, RECIPIENT } from '../../support/transport-contract.ts';
import { until } from '../../support/until.ts';

const folder = mkdtempSync(join(tmpdir(), 'iomt-https-faults-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => vi.useRealTimers());
const run = test.skipIf(!hasOpenssl());

const never = () => new AbortController().signal;
const deferred = (because: string) => ({ outcome: 'deferred', because });

/** One delivery over a client of its own, as the gateway makes it. */
async function deliver(over: Partial<FhirClientOptions> & { baseUrl: string }): Promise<Delivery> {
  const client = createFhirClient({ timeoutMs: 20_000, ...over });
  const transport = createHttpsTransport({ client, recipient: RECIPIENT, now: () => 0 });
  try {
    return await transport.deliver(envelope(), never());
  } finally {
    await transport.close();
  }
}

/** A server that does to each connection what the test says. */
async function serve(onConnection: (socket: Socket) => void, pair?: Pair) {
  const sockets = new Set<Socket>();
  const take = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    onConnection(socket);
  };
  const server = pair ? createTlsServer(pemOf(pair), take) : createTcpServer(take);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  return {
    baseUrl: `https://127.0.0.1:${port}/r4`,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: application/fhir+json\r\n';
const answering =
  (...texts: string[]) =>
  (socket: Socket) =>
    void socket.once('data', () => {
      for (const text of texts) socket.write(text);
      setTimeout(() => (socket as TLSSocket).destroy(), 20);
    });
const dripping = (text: string) => (socket: Socket) =>
  void socket.once('data', () => {
    socket.write(text);
    const drip = setInterval(() => socket.write('a'), 10);
    socket.once('close', () => clearInterval(drip));
  });

run('an end at whatever stage is no delivery', async () => {
  const authority = makeAuthority(folder, 'stages');
  const pair = authority.server('stages');
  const tls = () => readTlsFiles({ caFile: authority.ca });
  const outcome = async (
    onConnection: (socket: Socket) => void,
    { secured = true, ...over }: { secured?: boolean; timeoutMs?: number } = {},
  ) => {
    await using server = await serve(onConnection, secured ? pair : undefined);
    return await deliver({ baseUrl: server.baseUrl, tls, ...over });
  };
  const plain = { secured: false };
  const endless = { timeoutMs: 800 };
  expect(
    await Promise.all([
      outcome((socket) => void socket.resetAndDestroy(), plain),
      outcome((socket) => void socket.once('data', () => socket.destroy()), plain),
      outcome((socket) => void socket.destroy()),
      outcome(answering()),
      outcome(answering('HTTP/1.1 2')),
      outcome(answering(HEAD)),
      outcome(answering(HEAD, 'Content-Length: 900\r\n\r\n{"resourceType":"Bundle"')),
      outcome(answering(HEAD, 'Transfer-Encoding: chunked\r\n\r\n5\r\n{"res\r\n')),
      // Neither a status line nor headers, and a body, that never come to an end.
      outcome(dripping('HTTP/1.1 200 '), endless),
      outcome(dripping(`${HEAD}X: `), endless),
      outcome(dripping(`${HEAD}Content-Length: 900000\r\n\r\n`), endless),
      outcome(() => undefined, endless),
      outcome(() => undefined, { ...endless, ...plain }),
      // Not HTTP at all, and headers without bound.
      outcome(answering('SSH-2.0-OpenSSH\r\n')),
      outcome(answering(HEAD, `X: ${'a'.repeat(64 * 1024)}\r\n\r\n`)),
    ]),
  ).toEqual([
    ...Array(8).fill(deferred('unavailable')),
    ...Array(5).fill(deferred('timeout')),
    ...Array(2).fill(deferred('garbage')),
  ]);
});

test('an answer that unpacks without bound is not unpacked', async () => {
  await using receiver = await startFhirReceiver();
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, 0x20));
  receiver.answer((_, response) =>
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
  );
  const before = process.memoryUsage().rss;
  const client = createFhirClient({ baseUrl: receiver.url, timeoutMs: 60_000 });
  expect(await client.transaction(envelope().body)).toEqual({
    failed: 'unreadable',
    code: 'answer-packed',
  });
  await client.close();
  console.info(`rss +${Math.round((process.memoryUsage().rss - before) / 1e6)} MB`);
  expect(receiver.asked[0]?.headers['accept-encoding']).toBe('identity');
});

test('one entry refused is the whole refused, and each refusal says why', async () => {
  await using receiver = await startFhirReceiver();
  const said = async (status: string) => {
    const entry = [{ response: { status } }];
    receiver.answer((_, response) =>
      response.end(JSON.stringify({ resourceType: 'Bundle', type: 'transaction-response', entry })),
    );
    const { outcome, ...rest } = await deliver({ baseUrl: receiver.url });
    return 'because' in rest ? `${outcome} ${rest.because}` : outcome;
  };
  expect([
    await said('201 Created'),
    await said('403 Forbidden'),
    await said('409 Conflict'),
    await said('422 Unprocessable'),
    await said('503'),
  ]).toEqual([
    'delivered',
    'deferred unauthorised',
    'rejected conflict',
    'rejected invalid',
    'deferred unavailable',
  ]);
});

run('a proxy is asked for a tunnel, and reads neither token nor body', async () => {
  const authority = makeAuthority(folder, 'proxied');
  const pair = authority.server('proxied', { names: 'DNS:receiver.example' });
  const tls = () => readTlsFiles({ caFile: authority.ca });
  await using receiver = await startFhirReceiver(pemOf(pair));
  await using proxy = await startHttpProxy();
  const { port } = new URL(receiver.url);
  const ask = (host: string, over: Partial<FhirClientOptions> = {}) =>
    deliver({
      baseUrl: `https://${host}:${port}/r4`,
      tls,
      proxy: proxy.url,
      token: bearer(() => 'secret-token'),
      ...over,
    });
  expect(await ask('receiver.example')).toMatchObject({ outcome: 'delivered' });
  expect(proxy.asked).toEqual([`receiver.example:${port}`]);
  expect(receiver.asked[0]?.headers.authorization).toBe('Bearer secret-token');
  expect(receiver.asked[0]?.headers['proxy-authorization']).toBeUndefined();
  for (const secret of ['secret-token', 'resourceType', '/r4']) {
    expect(proxy.seen()).not.toContain(secret);
  }
  // Through a tunnel too the certificate must be for who was asked for.
  expect(await ask('elsewhere.example')).toEqual(deferred('untrusted'));
  proxy.refuse(407);
  expect(await ask('receiver.example')).toEqual(deferred('offline'));
  proxy.refuse(502);
  expect(await ask('receiver.example')).toEqual(deferred('offline'));
  expect(await ask('receiver.example', { proxy: 'http://127.0.0.1:9' })).toEqual(
    deferred('offline'),
  );
  expect(receiver.asked).toHaveLength(1);
});

test('a proxy of the environment is not asked', async () => {
  await using receiver = await startFhirReceiver();
  await using proxy = await startHttpProxy();
  const names = ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY', 'ALL_PROXY'];
  for (const name of [...names, 'NODE_USE_ENV_PROXY']) vi.stubEnv(name, proxy.url);
  expect(await deliver({ baseUrl: receiver.url })).toMatchObject({ outcome: 'delivered' });
  vi.unstubAllEnvs();
  expect(proxy.asked).toEqual([]);
});

/** A receiver that knows the gateway by its certificate, and files that a renewal writes over. */
async function renewable(name: string) {
  const authority = makeAuthority(folder, name);
  const files = {
    caFile: authority.ca,
    certFile: join(folder, `${name}.cert`),
    keyFile: join(folder, `${name}.key`),
  };
  const install = ({ cert, key }: Pair) => {
    copyFileSync(cert, files.certFile);
    copyFileSync(key, files.keyFile);
  };
  install(authority.client('old'));
  const receiver = await startFhirReceiver({
    ...pemOf(authority.server('receiver')),
    ca: pemOf({ cert: authority.ca, key: authority.ca }).cert,
    requestCert: true,
    rejectUnauthorized: true,
  });
  const client = createFhirClient({
    baseUrl: receiver.url,
    tls: () => readTlsFiles(files),
    timeoutMs: 20_000,
  });
  const transport = createHttpsTransport({ client, recipient: RECIPIENT, now: () => 0 });
  return { authority, files, install, receiver, transport };
}

run(
  'a renewed certificate is used without a restart, and requests on the way are answered',
  async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const { authority, install, receiver, transport } = await renewable('renewed');
    const peers: string[] = [];
    receiver.onConnection((socket) => peers.push(String(socket.getPeerCertificate().subject.CN)));
    const send = () => transport.deliver(envelope(), never());
    expect(await send()).toMatchObject({ outcome: 'delivered' });
    install(authority.client('new'));
    receiver.answer((asked, response) => {
      setTimeout(() => answerTransaction(asked, response), 150);
    });
    const onTheWay = send();
    vi.advanceTimersByTime(11_000);
    const outcomes = await Promise.all(Array.from({ length: 8 }, send));
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(Array(8).fill('delivered'));
    expect(await onTheWay).toMatchObject({ outcome: 'delivered' });
    expect([peers[0], peers.at(-1)]).toEqual(['test old', 'test new']);
    await transport.close();
    await receiver.stop();
  },
);

run('a certificate that the receiver refuses is read anew at the next try', async () => {
  const { authority, install, receiver, transport } = await renewable('refused');
  install(makeAuthority(folder, 'stranger').client('stranger'));
  const send = () => transport.deliver(envelope(), never());
  // This receiver hangs up after the handshake and does not say why.
  expect(await send()).toEqual(deferred('unavailable'));
  install(authority.client('good'));
  expect(await send()).toMatchObject({ outcome: 'delivered' });
  await transport.close();
  await receiver.stop();
});

/** OpenSSL's own server, which says why it refuses a certificate. */
async function refusing(pair: Pair, ca: string, version: 'tls1_2' | 'tls1_3') {
  const port = await freePort();
  const args = [
    '-accept',
    `127.0.0.1:${port}`,
    '-cert',
    pair.cert,
    '-key',
    pair.key,
    '-CAfile',
    ca,
  ];
  const server = spawn(
    'openssl',
    ['s_server', `-${version}`, ...args, '-Verify', '1', '-verify_return_error', '-quiet'],
    { stdio: 'ignore' },
  );
  await until(async () => {
    const socket = connect(port, '127.0.0.1');
    const up = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    return up;
  }, 'the server');
  return {
    baseUrl: `https://127.0.0.1:${port}/r4`,
    [Symbol.asyncDispose]: async () => {
      const ended = once(server, 'close');
      server.kill();
      await ended;
    },
  };
}

run(
  'a receiver that says that it takes no certificate of ours is heard, also after the handshake',
  async () => {
    const authority = makeAuthority(folder, 'saying');
    const stranger = makeAuthority(folder, 'unheard-of').client('stranger');
    const ended = { from: new Date(Date.now() - 7_200_000), to: new Date(Date.now() - 3_600_000) };
    const pairs = [undefined, stranger, authority.client('ended', ended)];
    const said = async (version: 'tls1_2' | 'tls1_3') => {
      await using server = await refusing(authority.server('saying'), authority.ca, version);
      const answers: Delivery[] = [];
      for (const pair of pairs) {
        const own = pair ? { certFile: pair.cert, keyFile: pair.key } : {};
        const tls = () => readTlsFiles({ caFile: authority.ca, ...own });
        answers.push(await deliver({ baseUrl: server.baseUrl, tls }));
      }
      return answers;
    };
    // There nothing had left, here the request had.
    expect(await said('tls1_2')).toEqual(Array(3).fill(deferred('untrusted')));
    expect(await said('tls1_3')).toEqual(Array(3).fill(deferred('unauthorised')));
  },
);

run('files that cannot be used send nothing, and are used once they can', async () => {
  const { authority, files, install, receiver, transport } = await renewable('unusable');
  copyFileSync(authority.client('other').key, files.keyFile);
  const send = () => transport.deliver(envelope(), never());
  expect(await send()).toEqual(deferred('untrusted'));
  expect(receiver.asked).toEqual([]);
  install(authority.client('good'));
  expect(await send()).toMatchObject({ outcome: 'delivered' });
  await transport.close();
  await receiver.stop();
});
