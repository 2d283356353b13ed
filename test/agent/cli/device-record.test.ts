import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { createAudit } from '../../../agent/home/audit.ts';
import { createCommitter } from '../../../agent/home/journal/committer.ts';
import { HOME_MIGRATIONS } from '../../../agent/home/journal/schema.ts';
import type { Recognised } from '../../../agent/home/people/recognised.ts';
import { recognised } from '../../../agent/home/people/recognised.ts';
import { createRecordings, type RecordingRadio } from '../../../agent/home/people/recordings.ts';
import { registerDeviceApi } from '../../../agent/home/portal/device-api.ts';
import { createHttp } from '../../../agent/http.ts';
import { listenOnSocket } from '../../../agent/http-door.ts';
import { openStore } from '../../../agent/store.ts';
import { createCleanup } from '../../integration/home/bench.ts';
import { until } from '../../support/until.ts';
import { withoutIds } from '../../support/without-ids.ts';
import { iomt } from './console.ts';

const cleanup = createCleanup();
afterEach(() => cleanup.run());

const ADDRESS = '00:00:5E:00:53:41';
const LINES = [
  { at: 0, is: 'connected' },
  { at: 9, is: 'value', hex: '0102' },
];
const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** The gateway's own handlers on a control socket, over a radio that the test plays. */
async function gateway(radio?: RecordingRadio, seen: readonly Recognised[] = []) {
  const data = cleanup.folder();
  mkdirSync(data, { recursive: true });
  const key = new Uint8Array(32);
  const db = openStore({ file: join(data, 'home.db'), key, migrations: HOME_MIGRATIONS });
  const committer = createCommitter(db, { onTrouble: () => {}, onFault: () => {} });
  const audit = createAudit(db);
  const clock = { now: () => 0, trusted: () => true };
  const app = createHttp({ log: silent, checks: () => [] });
  const recordings = createRecordings({ radio: () => radio, committer, audit, clock });
  registerDeviceApi(app, { keyGiving: { give: () => Promise.reject() }, recordings });
  app.get('/api/devices/seen', async () => seen);
  await listenOnSocket(app, join(data, 'control.sock'));
  cleanup.add(async () => {
    await app.close();
    db.close();
  });
  return { data, trail: () => audit.list().map(({ action, detail }) => [action, detail]) };
}

test('devices record: lines to a file of its own, said what they hold; the trail names no device', async () => {
  const asked: unknown[] = [];
  const { data, trail } = await gateway({
    record: async (...[address, ms]) => {
      asked.push([address, ms]);
      return LINES;
    },
  });
  const out = join(data, 'gadget.ndjson');
  const argv = ['devices', 'record', ADDRESS, '--seconds', '20', '--out', out, '--data', data];
  const said = await iomt(argv);
  expect(said).toMatchObject({ code: 0, out: '' });
  expect(asked).toEqual([['00005e005341', 20_000]]);
  expect(said.err).toMatch(/20 s[\s\S]*nothing is written to it[\s\S]*What it measured is not/);
  const lines = readFileSync(out, 'utf8').trim().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { is: 'iomt-recording', version: 1, seconds: 20 },
    ...LINES,
  ]);
  expect(statSync(out).mode & 0o777).toBe(0o600);
  expect(JSON.stringify(trail())).toMatch(/device-recorded/);
  expect(withoutIds(JSON.stringify(trail()))).not.toMatch(/5e005341|53:41/i);

  const again = await iomt(argv);
  expect(again).toMatchObject({ code: 1, err: expect.stringContaining('EEXIST') });
  expect(asked).toHaveLength(1);
});

test('devices record: without a file to standard output; a failure leaves no file', async () => {
  const radio = { record: () => Promise.resolve(LINES) };
  const { data } = await gateway(radio);
  const said = await iomt(['devices', 'record', ADDRESS, '--data', data]);
  expect(said.out.split('\n')).toHaveLength(1 + LINES.length);
  expect(said.err).toContain('60 s');
  radio.record = () => Promise.reject(Object.assign(new Error(), { code: 'radio-not-heard' }));
  const out = join(data, 'gadget.ndjson');
  const failed = await iomt(['devices', 'record', ADDRESS, '--out', out, '--data', data]);
  expect(failed).toMatchObject({ code: 1, err: expect.stringContaining('radio-not-heard') });
  expect(existsSync(out)).toBe(false);
});

test.each([
  [[]],
  [[ADDRESS, '--seconds', '0']],
  [[ADDRESS, '--seconds', '601']],
  [[ADDRESS, 'more']],
  [['gadget']],
])('devices record %j: a usage error', async (more) => {
  const { data } = await gateway();
  expect(await iomt(['devices', 'record', ...more, '--data', data])).toMatchObject({ code: 2 });
});

test('devices record: Bluetooth switched off is said', async () => {
  const { data } = await gateway();
  const off = await iomt(['devices', 'record', ADDRESS, '--data', data]);
  expect(off).toMatchObject({ code: 1, err: expect.stringContaining('radio-off') });
});

test('a recording ends when whoever asked for it has gone', async () => {
  let [begun, ended] = [false, false];
  const { data } = await gateway({
    record: (_address, _ms, signal) =>
      new Promise((_, reject) => {
        begun = true;
        signal.addEventListener('abort', () => {
          ended = true;
          reject(new Error('aborted'));
        });
      }),
  });
  const { request } = await import('node:http');
  const body = JSON.stringify({ address: ADDRESS, seconds: 60 });
  const headers = { 'content-type': 'application/json', host: 'localhost' };
  const socketPath = join(data, 'control.sock');
  const path = '/api/devices/record';
  const call = request({ socketPath, path, method: 'POST', headers });
  call.on('error', () => undefined);
  call.end(body);
  await until(() => begun, 'the recording');
  expect(ended).toBe(false);
  call.destroy();
  await until(() => ended, 'the end of the recording');
});

test('devices seen: what is not supported yet, with what it offers, and how to record it', async () => {
  const common = { rssi: -50, connectable: true, at: 0 };
  const heard = [
    { address: '00005e005341', name: 'Gadget', services: ['180f', 'fff0'], company: 0x0157 },
    { address: '00005e005342', name: 'Cuff', services: ['1810'] },
  ];
  const seen = heard.map((one) =>
    recognised({ ...common, ...one, supported: one.services.includes('1810') }),
  );
  const { data } = await gateway(undefined, seen);
  const said = await iomt(['devices', 'seen', '--data', data]);
  expect(said.err).toBe(
    [
      'Not supported yet: 00005e005341 (Gadget) offers Battery (180f), fff0, company 0x0157.',
      'If one is yours, record what it says for whoever adds it: iomt devices record ADDRESS --out FILE',
    ].join('\n'),
  );
  const json = await iomt(['devices', 'seen', '--json', '--data', data]);
  expect(json.err).toBe('');
  expect(JSON.parse(json.out)[0].offers).toEqual(['Battery (180f)', 'fff0', 'company 0x0157']);
  expect(JSON.parse(json.out)[1].offers).toBeUndefined();
});
