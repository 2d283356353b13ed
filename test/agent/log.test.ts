import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createTcp } from 'node:net';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3-multiple-ciphers';
import { DBusError } from 'dbus-native';
import fastify from 'fastify';
import { Client } from 'fhir-kit-client';
import mqtt from 'mqtt';
import { pino } from 'pino';
import { request, errors as undiciErrors } from 'undici';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { CodedError } from '../../agent/errors.ts';
import { createLog, LOG_FIELDS, type Log, redact } from '../../agent/log.ts';
import { fc } from '../support/property.ts';

/** Invented, and easy to find. The number is synthetic: no such day exists. */
const CANARIES = {
  name: 'Kanarie Fjelltopp',
  surname: 'Fjelltopp',
  number: '99999912345',
  hyphened: '999999-12345',
  value: '138.7 mm[Hg]',
  bare: '138.7',
  address: 'Kanarigata 7B, 0000 Testvik',
  token: 'eyJhbGciOiJub25lIn0.kanari',
  bluetooth: '00:00:5e:00:53:ca',
  person: 'c0ffee00-1111-4222-8333-44445555cafe',
};
const PERSONAL = Object.values(CANARIES).join(' | ');

function leaked(line: string): string[] {
  const text = line.toLowerCase().replaceAll('\\', '');
  return Object.values(CANARIES).filter((canary) => text.includes(canary.toLowerCase()));
}

function capture(): { log: Log; lines: string[] } {
  const lines: string[] = [];
  const destination = { write: (line: string) => lines.push(line) };
  return { log: createLog({ level: 'debug', program: 'test', destination }), lines };
}

async function errorOf(call: () => unknown): Promise<Error> {
  try {
    await call();
  } catch (error) {
    return error as Error;
  }
  throw new Error('the library did not fail');
}

/** A receiver that answers 400 with the person in it, as servers do. */
const receiver = createServer((_request, response) => {
  response.writeHead(400, { 'content-type': 'application/fhir+json', 'x-person': CANARIES.number });
  response.end(
    JSON.stringify({ resourceType: 'OperationOutcome', issue: [{ details: PERSONAL }] }),
  );
});
/** A broker that refuses everybody: CONNACK, not authorised, MQTT 3.1.1. */
const broker = createTcp((socket) => {
  socket.on('error', () => {});
  socket.once('data', () => socket.end(Buffer.from([0x20, 0x02, 0x00, 0x05])));
});
let receiverUrl = '';
let brokerUrl = '';

beforeAll(async () => {
  for (const server of [receiver, broker]) {
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  }
  receiverUrl = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  brokerUrl = `mqtt://127.0.0.1:${(broker.address() as AddressInfo).port}`;
});
afterAll(() => {
  receiver.close();
  broker.close();
});

/** An error of every library we use, made to carry the person as far as the library lets it. */
const FAILURES: Record<string, () => Promise<Error>> = {
  zod: () => {
    const schema = z.strictObject({ name: z.number() });
    const input = { name: CANARIES.name, [CANARIES.number]: PERSONAL };
    return errorOf(() => schema.parse(input, { reportInput: true }));
  },
  'zod with our words': () =>
    errorOf(() =>
      z
        .string()
        .refine(() => false, PERSONAL)
        .parse(PERSONAL),
    ),
  'fhir-kit-client': () => {
    const client = new Client({ baseUrl: receiverUrl, bearerToken: CANARIES.token });
    const body = { resourceType: 'Patient', name: [{ text: PERSONAL }] };
    return errorOf(() =>
      client.create({
        resourceType: 'Patient',
        body: body as never,
        options: { headers: { 'If-None-Exist': `identifier=${CANARIES.number}` } },
      }),
    );
  },
  mqtt: () =>
    new Promise((done) => {
      const client = mqtt.connect(brokerUrl, {
        username: CANARIES.name,
        password: CANARIES.token,
        reconnectPeriod: 0,
        will: { topic: CANARIES.number, payload: Buffer.from(PERSONAL), qos: 1, retain: true },
      });
      client.once('error', (error) => {
        client.end(true);
        done(Object.assign(error, { packet: { topic: CANARIES.number, payload: PERSONAL } }));
      });
    }),
  'mqtt with a reason': async () => new mqtt.ErrorWithReasonCode(PERSONAL, 135),
  'SQLite syntax': () => errorOf(() => new Sqlite(':memory:').exec(`"${PERSONAL}"`)),
  'SQLite constraint': () => {
    const db = new Sqlite(':memory:');
    db.exec(`CREATE TABLE "${PERSONAL}" (x UNIQUE)`);
    const insert = db.prepare(`INSERT INTO "${PERSONAL}" VALUES (1)`);
    insert.run();
    return errorOf(() => insert.run());
  },
  undici: () => errorOf(() => request(`http://${CANARIES.number}.invalid/${CANARIES.name}`)),
  'undici with a body': async () =>
    new undiciErrors.ResponseError(PERSONAL, 400, {
      headers: { 'x-person': CANARIES.name },
      body: PERSONAL,
    }),
  fetch: () => errorOf(() => fetch(`http://[${PERSONAL}`)),
  'fastify body': async () => {
    const app = fastify();
    let caught: unknown;
    app.setErrorHandler((error, _request, reply) => {
      caught = error;
      return reply.send({});
    });
    const body = { type: 'object', propertyNames: { pattern: '^x$' } };
    app.post('/', { schema: { body } }, async () => ({}));
    await app.inject({ method: 'POST', url: '/', payload: { [PERSONAL]: PERSONAL } });
    return caught as Error;
  },
  'D-Bus': async () =>
    Object.assign(new DBusError(PERSONAL), {
      dbusName: 'org.bluez.Error.Failed',
      body: [PERSONAL],
    }),
  'node fs': () => errorOf(() => readFileSync(`/nowhere/${PERSONAL}`)),
  'node fs folder': () => errorOf(() => readdirSync(`/nowhere/${PERSONAL}`)),
  JSON: () => errorOf(() => JSON.parse(CANARIES.surname)),
  URL: () => errorOf(() => new URL(PERSONAL)),
  YAML: () => errorOf(() => parseYaml(`"${PERSONAL}`)),
  abort: async () => new DOMException(PERSONAL, 'AbortError'),
  aggregate: async () => new AggregateError([new Error(PERSONAL)], PERSONAL, { cause: PERSONAL }),
  'ours with a cause': async () =>
    new CodedError('store-full', PERSONAL, PERSONAL, new Error(PERSONAL)),
  'a code that is no code': async () => Object.assign(new Error(PERSONAL), { code: PERSONAL }),
  'a plain object thrown': async () => ({ code: PERSONAL, message: PERSONAL }) as unknown as Error,
};

/** Ways that a hurried hand logs something it should not; types are no help against `unknown`. */
function shapes(what: unknown): unknown[][] {
  const { message, stack, code } = (what ?? {}) as {
    message?: string;
    stack?: string;
    code?: string;
  };
  const deep = { event: 'x', state: { what }, cause: [what], host: new Map([[what, what]]) };
  const everywhere = Object.fromEntries(Object.keys(LOG_FIELDS).map((name) => [name, what]));
  const spread = typeof what === 'object' ? { ...what } : {};
  return [
    [what],
    [what, message],
    [message, what],
    ['%s failed: %o', message, what],
    [{ event: 'x' }, `failed: ${message}`],
    [{ event: 'x', err: what, error: what, e: what }],
    [{ event: 'x', code: what }],
    [{ event: 'x', code, msg: message, message, because: message, cause: stack }],
    [{ event: message, state: message, host: stack }],
    [{ event: 'x', ...spread }],
    [deep],
    [everywhere],
    [[what]],
    [{ event: 'x', [String(message)]: 1 }],
    [{ event: 'x', toJSON: () => ({ what: message }) }],
    [Object.create({ event: message })],
    [new Proxy({ event: message }, {})],
    [{ event: 'x', count: { valueOf: () => 1, toJSON: () => message } }],
  ];
}

type Loose = Record<'debug' | 'info' | 'warn' | 'error', (...args: unknown[]) => void>;
const LEVELS = ['debug', 'info', 'warn', 'error'] as const;

function logAll(log: Loose, what: unknown): void {
  for (const shape of shapes(what)) for (const level of LEVELS) log[level](...shape);
}

test.each(Object.keys(FAILURES))('nothing personal of an error of %s is logged', async (name) => {
  const error = await FAILURES[name]?.();
  expect(error).toBeDefined();
  const { log, lines } = capture();
  logAll(log as unknown as Loose, error);
  expect(lines.length).toBe(shapes(error).length * LEVELS.length);
  for (const line of lines) {
    expect(leaked(line)).toEqual([]);
    expect(line).not.toMatch(/Kanari|node_modules|\.ts:\d/i);
    expect(line.length).toBeLessThan(600);
  }
});

test('the same errors through a bare logger do leak: the net has fish to catch', async () => {
  const leaking: string[] = [];
  for (const [name, fail] of Object.entries(FAILURES)) {
    const lines: string[] = [];
    const error = await fail();
    logAll(pino({ level: 'debug' }, { write: (line: string) => lines.push(line) }) as never, error);
    if (lines.some((line) => leaked(line).length > 0)) leaking.push(name);
  }
  expect(Object.keys(FAILURES).filter((name) => !leaking.includes(name))).toEqual([]);
});

test.each(Object.entries(CANARIES))('a %s is logged in no field and no shape', (_name, canary) => {
  const { log, lines } = capture();
  for (const what of [
    canary,
    `${canary} `,
    `x ${canary}`,
    { canary },
    [canary],
    new Error(canary),
  ]) {
    logAll(log as unknown as Loose, what);
  }
  for (const name of Object.keys(LOG_FIELDS)) log.info({ event: 'x', [name]: canary });
  expect(lines.flatMap(leaked)).toEqual([]);
});

test('numbers that identify are not logged, nor a fraction of a measurement', () => {
  const { log, lines } = capture();
  for (const name of Object.keys(LOG_FIELDS)) {
    for (const value of [99_999_912_345, -99_999_912_345, 138.7, 99999912345n, Number.NaN]) {
      log.info({ event: 'x', [name]: value });
    }
  }
  expect(lines.flatMap(leaked)).toEqual([]);
});

const DBUS = 'org.freedesktop.DBus.Error.NoReply';

test('what operations need is logged', () => {
  const { log, lines } = capture();
  const fields = {
    event: 'delivery-failed',
    code: 'ECONNREFUSED',
    because: 'store-full',
    cause: 'UND_ERR_CONNECT_TIMEOUT',
    state: 'online',
    op: 'bluetooth',
    backend: 'bluez',
    transport: 'mqtt',
    signal: 'SIGTERM',
    status: 503,
    count: 3,
    bytes: 131_072,
    ms: 12,
    attempt: 4,
    seq: 2_000_000_000,
    port: 8420,
    recipient: 'home-care',
    gateway: 'gw-abcdefgh22345672',
    host: 'broker.example.org',
    version: '0.1.0',
  };
  log.warn(fields);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ ...fields, program: 'test', level: 40 });
  expect(redact({ event: 'x', state: 'poweredOn', code: 'TypeError', cause: DBUS })).toEqual({
    event: 'x',
    state: 'poweredOn',
    code: 'TypeError',
    cause: DBUS,
  });
  expect(redact({ event: 'x', state: true, ms: 1.6, host: '127.0.0.1' })).toEqual({
    event: 'x',
    state: true,
    ms: 2,
    host: '127.0.0.1',
  });
});

test('of an error its code is logged, ours and those of libraries', async () => {
  expect(redact({ event: 'x', err: await FAILURES['ours with a cause']?.() })).toEqual({
    event: 'x',
    code: 'store-full',
  });
  expect(redact({ event: 'x', err: await FAILURES['node fs']?.() }).code).toBe('ENOENT');
  expect(redact({ event: 'x', err: await FAILURES['SQLite constraint']?.() }).code).toBe(
    'SQLITE_CONSTRAINT_UNIQUE',
  );
  expect(redact({ event: 'x', err: await FAILURES['a code that is no code']?.() }).code).toBe(
    'unexpected',
  );
});

test('logging never throws, whatever it is given', () => {
  const { log } = capture();
  const hostile = {
    get event(): string {
      throw new Error(PERSONAL);
    },
  };
  const closed = new Proxy(
    {},
    {
      ownKeys: () => {
        throw new Error(PERSONAL);
      },
    },
  );
  const cyclic: Record<string, unknown> = { event: 'x' };
  cyclic.state = cyclic;
  for (const what of [
    hostile,
    closed,
    cyclic,
    undefined,
    null,
    7,
    7n,
    Symbol('x'),
    () => PERSONAL,
  ]) {
    expect(() => log.info(what as never)).not.toThrow();
  }
  fc.assert(
    fc.property(fc.anything({ withProxy: false } as never), (what) => {
      log.info(what as never);
    }),
  );
});

test('the level is kept', () => {
  const lines: string[] = [];
  const destination = { write: (line: string) => lines.push(line) };
  const log = createLog({ level: 'warn', program: 'test', destination });
  for (const level of LEVELS) log[level]({ event: level });
  expect(lines.map((line) => JSON.parse(line).event)).toEqual(['warn', 'error']);
});

test('every log call in the tree names its event as a constant', () => {
  const root = join(import.meta.dirname, '../..');
  const sources = ['adapters', 'agent', 'config', 'fhir'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => `${folder}/${file}`),
  );
  const wrong: string[] = [];
  let calls = 0;
  for (const file of sources) {
    const source = readFileSync(join(root, file), 'utf8');
    for (const match of source.matchAll(/\blog\??\.\w+\(\s*([^)]{0,60})/g)) {
      calls += 1;
      if (!/^\{\s*event(: '[a-z0-9-]+'|,)/.test(match[1] ?? '')) wrong.push(`${file}: ${match[0]}`);
    }
  }
  expect(wrong).toEqual([]);
  expect(calls).toBeGreaterThan(5);
});
