import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { createRegistry } from '../../agent/home/metrics.ts';
import {
  ALFA,
  clockFrame,
  createCleanup,
  cuffFrame,
  furnish,
  KEY,
  panels,
  startHomeBench,
  startReceiver,
} from '../integration/home/bench.ts';
import { hasMosquitto, startMosquitto } from '../support/mosquitto.ts';
import { until } from '../support/until.ts';
import { iomt } from './cli/console.ts';

const IOMT = join(import.meta.dirname, '..', '..', 'agent', 'iomt.js');
const cleanup = createCleanup();
afterEach(() => cleanup.run());

const nobody = [
  { id: 'ward', name: 'Test ward', transport: { type: 'https', url: 'http://127.0.0.1:9/r4' } },
];

/** A configuration file as an installer writes it, with a key file beside. */
function configure(home: object, key: Uint8Array = KEY) {
  const folder = cleanup.folder();
  const keyFile = join(folder, 'store.key');
  writeFileSync(keyFile, Buffer.from(key).toString('hex'), { mode: 0o600 });
  const config = join(folder, 'iomt.yaml');
  const base = { zone: 'Europe/Oslo', keyFile, bluetooth: { backend: 'off' } };
  writeFileSync(config, JSON.stringify({ home: { ...base, ...home } }));
  return { folder, config };
}

interface Ended {
  readonly code: number | null;
  readonly err: string;
}

/** Runs a command as a process of its own; it must end by itself. */
function ended(file: string, args: readonly string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    execFile(file, args, { timeout: 120_000, env: process.env }, (error, _out, err) => {
      if (error?.killed) reject(new Error(`did not end: ${err}`));
      else resolve({ code: typeof error?.code === 'number' ? error.code : 0, err });
    });
  });
}

test('a frame that decodes to nothing is kept, counted and said; it is no value', async () => {
  const bench = await startHomeBench(cleanup, { recipients: nobody });
  await furnish(bench.home, ['ward']);
  await bench.hand([{ characteristic: '2a35', bytes: Uint8Array.of(0x1e) }]);
  expect(bench.home.views.captures()).toEqual({ unreadable: 1 });
  expect(bench.home.views.readings('all')).toEqual([]);
  expect(JSON.stringify(bench.home.events.recent(10))).toContain('frame-unreadable');
  expect(await createRegistry(bench.home.health.figures).metrics()).toContain(
    'iomt_frames_unreadable_total{because="too-short"} 1',
  );
});

test('a device that was not adopted is refused by code, and nothing of it is written', async () => {
  const bench = await startHomeBench(cleanup, { recipients: nobody });
  const at = bench.now();
  await expect(bench.hand([cuffFrame({ systolic: 143, at })])).rejects.toMatchObject({
    code: 'device-not-adopted',
    message: 'Not a device of this household',
  });
  expect(bench.home.views.captures()).toEqual({});
});

test('a configuration with five mistakes: all five at once, exit 2', async () => {
  const { config } = configure({
    zone: 'Mars/Olympus',
    http: { port: 70_000 },
    limits: { inFlightMax: 0 },
    recipients: [{ id: 'Home Care', name: 'Test', transport: { type: 'mqtt', url: 'ftp://x' } }],
  });
  const said = await iomt(['home', '--config', config]);
  expect(said).toMatchObject({ code: 2, out: '' });
  expect(said.err).toContain('5 problem(s)');
  for (const place of ['zone', 'port', 'inFlightMax', 'id', 'url']) {
    expect(said.err).toContain(place);
  }
});

test('a wrong store key: exit 2, and the store is as it was', async () => {
  const bench = await startHomeBench(cleanup, { recipients: nobody });
  await furnish(bench.home, []);
  await bench.stop();
  const file = join(bench.data, 'home.db');
  const digest = () => createHash('sha256').update(readFileSync(file)).digest('hex');
  const before = digest();
  const { config } = configure({ data: bench.data }, new Uint8Array(32).fill(8));
  const said = await iomt(['home', '--config', config]);
  expect(said).toMatchObject({ code: 2, out: '' });
  expect(said.err).toContain('(store-wrong-key)\nUse the key that it was made with');
  expect(digest()).toBe(before);
  const again = await startHomeBench(cleanup, { recipients: nobody, data: bench.data });
  expect(again.home.views.people()).toHaveLength(2);
});

test('no key at all, and a key that others may read: exit 2 with what to do', async () => {
  const missing = configure({ data: cleanup.folder(), keyFile: '/nowhere/store.key' });
  const said = await iomt(['home', '--config', missing.config]);
  expect(said.code).toBe(2);
  expect(said.err).toContain('(key-missing)');
  const open = configure({ data: cleanup.folder() });
  execFileSync('chmod', ['644', join(open.folder, 'store.key')]);
  const refused = await iomt(['home', '--config', open.config]);
  expect(refused.code).toBe(2);
  expect(refused.err).toContain('(key-file-readable-by-others)\nRun: chmod 600');
});

test('a port that is taken: said by name, and the program ends', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  cleanup.add(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  const transport = { type: 'mqtt', url: 'mqtt://127.0.0.1:9' };
  const recipients = [{ id: 'home-care', name: 'Test care', transport }];
  const { config } = configure({ data: cleanup.folder(), http: { port }, recipients });
  const { code, err } = await ended(process.execPath, [IOMT, 'home', '--config', config]);
  expect(code).toBe(2);
  expect(err).toContain('(port-taken)\nAnother program uses the port.');
});

test('a certificate that cannot be read ends no gateway: it is said', async () => {
  const mqtt = { type: 'mqtt', url: 'mqtts://127.0.0.1:9', caFile: '/nowhere/ca.pem' };
  const https = { type: 'https', url: 'https://127.0.0.1:9/r4', caFile: '/nowhere/ca.pem' };
  const bench = await startHomeBench(cleanup, {
    recipients: [
      { id: 'home-care', name: 'Test care', transport: mqtt },
      { id: 'ward', name: 'Test ward', transport: https },
    ],
  });
  const codes = () => bench.home.checks().map(({ code }) => code);
  await until(() => codes().includes('broker-files-unreadable'), 'the broker');
  expect(codes()).toContain('certificate-files-unusable');
  const { out } = await iomt(['doctor', '--data', bench.data]);
  expect(out).toContain('certificate-2: NOT well (certificate-files-unusable)');
});

test('a second gateway on the same store is refused, and the first goes on', async () => {
  const bench = await startHomeBench(cleanup, { recipients: nobody });
  const { config } = configure({ data: bench.data });
  const { code, err } = await ended(process.execPath, [IOMT, 'home', '--config', config]);
  expect(code).toBe(1);
  expect(err).toContain('(store-in-use)\nStop it first');
  expect((await iomt(['doctor', '--data', bench.data])).out).toContain('gateway: well');
});

const UNSHARE = '/usr/bin/unshare';

/** Only root may make a small disk, in a view of the file system of its own. */
function canMount(): boolean {
  try {
    execFileSync(UNSHARE, ['-m', 'mount', '-t', 'tmpfs', '-o', 'size=64k', 'x', '/mnt'], {
      stdio: 'ignore',
    });
    return true;
  } catch {
    return false;
  }
}

test.skipIf(!canMount()).each([
  ['full', 'size=48k', 'store-full', 'Free space'],
  ['read-only', 'size=1m,ro', 'store-read-only', 'Make the data folder writable'],
])('a %s disk at start: exit 1, so that it is tried again, and what to do', async (...row) => {
  const [kind, options, code, advice] = row;
  const disk = cleanup.folder();
  // The folder is there on the full disk; on the read-only one it is to be made.
  const { config } = configure({ data: kind === 'full' ? disk : join(disk, 'data') });
  const small = `mount -t tmpfs -o ${options} disk "$0" && exec "$@"`;
  const program = [process.execPath, IOMT, 'home', '--config', config];
  const said = await ended(UNSHARE, ['-m', 'sh', '-c', small, disk, ...program]);
  expect(said.code).toBe(1);
  expect(said.err).toContain(`(${code})\n${advice}`);
  // No stack, which is for faults of ours.
  expect(said.err).not.toContain('    at ');
});

test.skipIf(!hasMosquitto())(
  'a broker that refuses the password: said, nothing is lost, delivered once it is mended',
  async () => {
    const broker = await startMosquitto({ passwords: { gateway: 'right', relay: 'relay' } });
    cleanup.add(() => broker[Symbol.asyncDispose]());
    const folder = cleanup.folder();
    const file = (name: string, text: string) => {
      writeFileSync(join(folder, name), `${text}\n`, { mode: 0o600 });
      return join(folder, name);
    };
    const municipality = await startReceiver(cleanup, broker.url, {
      username: 'relay',
      passwordFile: file('relay', 'relay'),
    });
    const passwordFile = file('gateway', 'wrong');
    const transport = { type: 'mqtt', url: broker.url, username: 'gateway', passwordFile };
    const bench = await startHomeBench(cleanup, {
      recipients: [{ id: 'home-care', name: 'Test care', transport }],
    });
    await furnish(bench.home, ['home-care']);
    const at = bench.now();
    await bench.hand([clockFrame(at), cuffFrame({ systolic: 143, at })]);
    const doctor = () => iomt(['doctor', '--data', bench.data]);
    await until(async () => (await doctor()).out.includes('(broker-refused-password)'), 'red line');
    expect(bench.home.views.summary()).toMatchObject({ queued: 1, received: 0 });
    file('gateway', 'right');
    await until(() => bench.home.views.summary().received === 1, 'it is delivered');
    expect(await panels(municipality.fhirUrl)).toMatchObject([{ status: 'final', systolic: 143 }]);
    expect((await doctor()).code).toBe(0);
  },
);

test('an answer over the control socket that a person mistyped: by code, nothing changed', async () => {
  const bench = await startHomeBench(cleanup, { recipients: nobody });
  await furnish(bench.home, []);
  const run = (...argv: string[]) => iomt([...argv, '--data', bench.data]);
  const trail = () => bench.home.views.audit().entries.length;
  const before = trail();
  for (const [argv, code] of [
    [['people', 'add', 'x'.repeat(81)], 'request-invalid'],
    [['people', 'remove', 'nobody'], 'person-unknown'],
    [['devices', 'unpair', 'nothing'], 'device-unknown'],
    [['readings', 'remove', 'nothing'], 'reading-unknown'],
    [['readings', 'assign', 'nothing', ALFA], 'reading-unknown'],
    [
      ['consents', 'give', '--person', ALFA, '--recipient', 'x', '--kinds', 'glucose'],
      'recipient-unknown',
    ],
    [['consents', 'withdraw', 'nothing'], 'permission-unknown'],
    [['export', '--person', 'nobody'], 'person-unknown'],
  ] as const) {
    const said = await run(...argv);
    expect({ argv, ...said }).toMatchObject({ code: 1, out: '' });
    expect(said.err).toMatch(new RegExp(`\\(${code}\\)\\n[A-Z]`));
  }
  expect(trail()).toBe(before);
});
