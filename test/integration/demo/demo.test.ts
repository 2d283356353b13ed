import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import {
  balance,
  lines,
  readDevices,
  readReceived,
  readTruth,
} from '../../../agent/demo-accounts.ts';
import { type Account, demoPort, isAlive, startDemo } from '../../support/demo-run.ts';
import { until } from '../../support/until.ts';

const folder = mkdtempSync(join(tmpdir(), 'demo-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Every device measures within 28 s of its start; then the reading has to be fetched and sent. */
const FIRST_RUN_MS_MAX = 240_000;

const places = ({ held, withheld, queued, sent, received, rejected }: Account) =>
  held + withheld + queued + sent + received + rejected;

function expectBalanced(account: Account): void {
  expect(account).toMatchObject({ lost: 0, doubled: 0, rejected: 0, queued: 0, sent: 0 });
  expect(account.captured).toBe(places(account));
  expect(account.handedOver).toBe(account.captured);
}

function receivedIn(data: string) {
  const devices = readDevices(join(data, 'devices.ndjson'));
  return readReceived(join(data, 'received.ndjson'), (name) => devices.get(name));
}

/** What lies in the folder, reckoned anew: an altered `received.ndjson` shows. */
function reckon(data: string) {
  return balance(readTruth(join(data, 'ground-truth.ndjson')), receivedIn(data), [], 60);
}

test('a demo tells what it holds and withholds, refuses a second, stops at Ctrl-C, goes on, and accounts', async () => {
  const data = join(folder, 'data');
  const port = await demoPort();
  const first = startDemo(data, '--port', String(port), '--seed', '5');
  await until(() => first.said().includes('Code to sign in'), 'the demo', 120_000);

  const second = startDemo(data, '--port', String(port + 1));
  expect(await second.ended).toBe(1);
  expect(second.said()).toContain('(demo-running)');
  expect(second.said()).toContain(`Stop it first (kill ${first.pid}), or`);
  const elsewhere = startDemo(join(folder, 'other'), '--port', String(port));
  expect([await elsewhere.ended, elsewhere.said()]).toEqual([
    2,
    expect.stringContaining('port-taken'),
  ]);
  expect(elsewhere.said()).not.toMatch(/\n\s+at /);

  const file = join(data, 'ground-truth.ndjson');
  const devicesIn = () => new Set(readTruth(file).map(({ device }) => device)).size;
  await until(() => devicesIn() === 7, 'a measurement of every device', FIRST_RUN_MS_MAX);
  await until(
    () => ['Held:', 'Withheld:'].every((word) => first.said().includes(word)),
    'one that is held and one that is withheld',
  );
  const programs = [first.child('home'), first.child('municipality')].map((pid) => pid ?? 0);
  const began = performance.now();
  first.interrupt();
  expect(await first.ended).toBe(0);
  console.log(`Ctrl-C to the end: ${Math.round(performance.now() - began)} ms`);
  expect(programs.filter((pid) => pid === 0 || isAlive(pid))).toEqual([]);
  const one = first.account();
  console.log(JSON.stringify(one));
  expectBalanced(one);
  expect(one.kinds.length).toBeGreaterThanOrEqual(5);
  expect(one.held).toBeGreaterThanOrEqual(1);
  expect(one.withheld).toBeGreaterThanOrEqual(1);
  expect(first.said()).toContain(`npx --no iomt readings list --held --data ${data}\n`);
  const stored = receivedIn(data);
  expect(new Set(stored.map(({ device }) => device)).size).toBeGreaterThanOrEqual(5);

  const next = startDemo(data, '--port', String(port), '--for', '4', '--speed', '60');
  expect(await next.ended).toBe(0);
  const two = next.account();
  console.log(JSON.stringify(two));
  expectBalanced(two);
  expect(two.handedOver).toBeGreaterThan(one.handedOver);
  expect(two.received).toBeGreaterThan(one.received);

  // One loss and one double, planted: both are seen.
  const received = join(data, 'received.ndjson');
  const kept = readFileSync(received, 'utf8');
  const home = two.held + two.withheld;
  expect(reckon(data)).toMatchObject({ lost: home, doubled: 0 });
  const strap = lines(received).find((line) => line.includes('"147842"')) ?? '';
  writeFileSync(received, kept.replace(`${strap}\n`, ''));
  expect(reckon(data)).toMatchObject({ lost: home + 1, doubled: 0 });
  writeFileSync(received, `${kept}${strap}\n`);
  expect(reckon(data)).toMatchObject({ lost: home, doubled: 1 });
});

test('what hinders the start is said in words, once, and ends it', async () => {
  const port = await demoPort();
  const blocked = createServer();
  await new Promise<void>((done) => blocked.listen(port + 30, '127.0.0.1', done));
  const taken = startDemo(join(folder, 'taken'), '--port', String(port));
  expect(await taken.ended).toBe(2);
  expect(taken.said().match(/port-taken/g)).toHaveLength(1);
  await new Promise((done) => blocked.close(done));

  const file = join(folder, 'file');
  writeFileSync(file, '');
  const nowhere = startDemo(join(file, 'data'), '--port', String(port));
  expect([await nowhere.ended, nowhere.said()]).toEqual([
    1,
    expect.stringContaining('(demo-folder)'),
  ]);

  const data = join(folder, 'taken');
  writeFileSync(join(data, 'demo.key'), 'ab'.repeat(32));
  const wrongKey = startDemo(data, '--port', String(port));
  expect(await wrongKey.ended).toBe(2);
  expect(wrongKey.said()).toContain('(store-wrong-key)');
  for (const { said } of [taken, nowhere, wrongKey]) expect(said()).not.toMatch(/\n\s+at /);
});
