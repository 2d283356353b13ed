import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import {
  ALFA,
  BETA,
  clockFrame,
  createCleanup,
  cuffFrame,
  furnish,
  KEY,
  startHomeBench,
} from '../../integration/home/bench.ts';
import { startFhirReceiver } from '../../support/fhir-receiver.ts';
import { hasMosquitto, startMosquitto } from '../../support/mosquitto.ts';
import { until } from '../../support/until.ts';
import { iomt } from './console.ts';

const cleanup = createCleanup();
afterEach(() => cleanup.run());

/** A gateway whose configuration file the commands read, with one reading at hand. */
async function setUp() {
  const receiver = await startFhirReceiver();
  cleanup.add(receiver.stop);
  const folder = cleanup.folder();
  const keyFile = join(folder, 'store.key');
  writeFileSync(keyFile, Buffer.from(KEY).toString('hex'), { mode: 0o600 });
  const recipients = [
    { id: 'ward', name: 'Test ward', transport: { type: 'https', url: receiver.url } },
  ];
  const bench = await startHomeBench(cleanup, { recipients });
  const config = join(folder, 'iomt.yaml');
  const home = {
    data: bench.data,
    keyFile,
    zone: 'Europe/Oslo',
    clock: 'assume-trusted',
    bluetooth: { backend: 'off' },
    recipients,
  };
  // JSON is YAML.
  writeFileSync(config, JSON.stringify({ home }));
  const run = (...argv: string[]) => iomt([...argv, '--config', config]);
  const json = async (...argv: string[]) => {
    const said = await run(...argv, '--json');
    expect(said.err).toBe('');
    expect(said.code).toBe(0);
    return JSON.parse(said.out);
  };
  return { bench, receiver, config, home, run, json };
}

async function withReading() {
  const all = await setUp();
  const people = await furnish(all.bench.home, []);
  const at = all.bench.now();
  await all.bench.hand([clockFrame(at), cuffFrame({ systolic: 143, at })]);
  return { ...all, ...people };
}

test('people: added, listed, removed', async () => {
  const { run, json } = await setUp();
  const added = await json('people', 'add', ALFA);
  expect(added).toMatchObject({ name: ALFA });
  expect(await json('people')).toEqual([added]);
  const said = await run('people', 'list');
  expect(said.out).toMatch(/^id +name\n/);
  expect(said.out).toContain(ALFA);
  expect(await run('people', 'remove', 'nobody')).toMatchObject({
    code: 1,
    out: '',
    err: expect.stringContaining('(person-unknown)'),
  });
  await json('people', 'remove', added.id);
  expect(await json('people')).toEqual([]);
  expect((await run('people')).err).toBe('Nothing there.');
});

test('devices: listed, heard, assigned, unpaired; one that is not heard is not paired', async () => {
  const { run, json, cuff, beta } = await withReading();
  expect(await json('devices')).toMatchObject([{ id: cuff.id, ownership: 'mine' }]);
  expect(await json('devices', 'seen')).toMatchObject([{ services: ['1810'], rssi: -60 }]);
  expect(await json('devices', 'assign', cuff.id, '--owner', BETA)).toMatchObject({
    owner: beta.id,
  });
  const slots = ['--slot', `1=${ALFA}`, '--slot', `2=${BETA}`, '--slots', 'chosen'];
  expect(await json('devices', 'assign', cuff.id, ...slots)).toMatchObject({
    ownership: 'shared',
    slotKind: 'chosen',
  });
  const refused = await run('devices', 'pair', '00:00:5E:00:53:02', '--name', 'Scale');
  expect(refused).toMatchObject({ code: 1, out: '' });
  expect(refused.err).toContain('(radio-not-heard)\nPut the device in pairing mode');
  expect(await run('devices', 'pair', 'no-address')).toMatchObject({
    code: 1,
    err: expect.stringContaining('(request-invalid)'),
  });
  await json('devices', 'unpair', cuff.id);
  expect(await json('devices')).toEqual([]);
});

test('consents and readings: from given to withdrawn, from sent to taken back', async () => {
  const { bench, run, json, alfa, beta } = await withReading();
  const from = new Date(bench.now() - 3_600_000).toISOString();
  const give = ['consents', 'give', '--person', ALFA, '--recipient', 'ward', '--from', from];
  const permission = await json(...give, '--kinds', 'blood-pressure', '--language', 'en');
  expect(permission.sentence).toContain('Test ward');
  expect(await run(...give, '--kinds', 'telepathy')).toMatchObject({
    code: 1,
    err: expect.stringContaining('(kind-unknown)'),
  });
  await until(() => bench.home.views.summary().received === 1, 'it is received');
  const [reading] = await json('readings');
  expect(reading).toMatchObject({
    kind: 'blood-pressure',
    person: alfa.id,
    quantities: { systolic: { value: '143' } },
  });
  expect(await json('readings', 'list', '--held')).toEqual([]);
  expect(await json('outbox')).toEqual([
    { recipient: 'ward', action: 'new', state: 'received', n: 1 },
  ]);
  expect(await json('consents')).toMatchObject([{ person: alfa.id }]);
  // For people: who shares what, where each reading got to, and instants that can be read.
  expect((await run('consents')).out).toMatch(new RegExp(`${ALFA} +active +Test ward`));
  expect((await run('readings')).out).toMatch(/ ward: received \d{4}-\d\d-\d\d \d\d:\d\dZ$/m);
  expect((await run('audit')).out).toMatch(/^1 +\d{4}-\d\d-\d\dT[\d:.]+Z +\S+ +person-added/m);
  const until_ = new Date(bench.now() + 3_600_000).toISOString();
  await json('consents', 'pause', permission.id, '--until', until_);
  await json('consents', 'resume', permission.id);
  expect(await run('consents', 'pause', permission.id, '--until', 'tomorrow')).toMatchObject({
    code: 1,
    err: expect.stringContaining('(instant-invalid)'),
  });
  const withdrawn = await json('consents', 'withdraw', permission.id);
  expect(withdrawn).toMatchObject({ alreadyPast: [] });
  expect(await run('audit', '--has', withdrawn.trail)).toMatchObject({ code: 0 });
  expect(await run('audit', '--has', '99:00')).toMatchObject({
    code: 1,
    err: expect.stringContaining('cut off'),
  });
  expect(await json('readings', 'reread')).toMatchObject({ looked: 1, changed: 0 });
  await json('readings', 'assign', reading.id, beta.id);
  await json('readings', 'remove', reading.id);
  expect(await run('readings', 'remove', reading.id)).toMatchObject({
    code: 1,
    err: expect.stringContaining('(reading-unknown)'),
  });
  const { entries } = await json('audit');
  expect(entries.map(({ action }: { action: string }) => action)).toEqual(
    expect.arrayContaining(['permission-given', 'captures-reread', 'reading-removed']),
  );
  const exported = await run('export', '--person', alfa.id);
  expect(JSON.parse(exported.out)).toMatchObject({ person: { name: ALFA } });
  expect(await json('store', 'check')).toMatchObject({
    pages: 'ok',
    references: 'ok',
    audit: 'ok',
    rows: { capture: 2, reading: 1, device: 1 },
    keptAside: [],
  });
});

test('gateway down: what is stored can be read, a change says to start it first', async () => {
  const { bench, run, json, alfa } = await withReading();
  await bench.stop();
  expect(await json('people')).toHaveLength(2);
  expect(await json('devices')).toHaveLength(1);
  expect(await json('consents')).toEqual([]);
  expect(await json('readings')).toMatchObject([{ person: alfa.id }]);
  expect(await json('outbox')).toHaveLength(1);
  expect(await json('audit')).toHaveProperty('entries');
  expect(await json('store', 'check')).toMatchObject({
    pages: 'ok',
    references: 'ok',
    audit: 'ok',
    rows: { capture: 2, reading: 1, device: 1 },
    keptAside: [],
  });
  expect((await run('export', '--person', ALFA)).code).toBe(0);
  for (const argv of [
    ['people', 'add', 'Somebody'],
    ['people', 'remove', alfa.id],
    ['devices', 'seen'],
    ['devices', 'unpair', 'Cuff'],
    ['devices', 'assign', 'Cuff', '--owner', ALFA],
    ['consents', 'give', '--person', ALFA, '--recipient', 'ward', '--kinds', 'glucose'],
    ['consents', 'withdraw', 'x'],
    ['readings', 'assign', 'x', ALFA],
    ['readings', 'remove', 'x'],
    ['readings', 'reread'],
  ]) {
    const said = await run(...argv);
    expect({ argv, ...said }).toMatchObject({ code: 1, out: '' });
    expect(said.err).toContain('(gateway-down)\nStart it first');
  }
  expect(await json('people')).toHaveLength(2);
});

const lines = (out: string) => JSON.parse(out) as { name: string; ok: boolean; code?: string }[];

test('doctor, gateway up: every part, and how it goes with each recipient', async () => {
  const { bench, receiver, run, alfa } = await withReading();
  const well = await run('doctor');
  expect(well).toMatchObject({ code: 0, err: '' });
  for (const name of ['configuration', 'gateway', 'store', 'clock', 'radio', 'recipient ward']) {
    expect(well.out).toContain(`${name}: well`);
  }
  // Over HTTPS, which is nothing wrong.
  expect(well.out).toMatch(/^events: well\n {2}.*not told to this recipient/m);
  receiver.answer((_asked, response) => response.writeHead(401).end());
  const from = new Date(bench.now() - 3_600_000).toISOString();
  const kinds = ['blood-pressure'];
  await bench.home.decisions.givePermission('test', {
    person: alfa.id,
    recipient: 'ward',
    kinds,
    from,
  });
  await until(() => bench.home.views.outcomes()[0]?.lastDeferral !== undefined, 'it is refused');
  const ill = await run('doctor', '--json');
  expect(ill).toMatchObject({ code: 1, err: '' });
  expect(lines(ill.out).filter(({ ok }) => !ok)).toEqual([
    {
      name: 'recipient ward',
      ok: false,
      code: 'last-try-unauthorised',
      advice: expect.stringContaining('tokenFile'),
    },
  ]);
});

test('doctor and the device list say what is wrong with a device, without its name', async () => {
  const { bench, run, json } = await withReading();
  expect(await json('devices')).toMatchObject([{ name: 'Cuff' }]);
  bench.fail('radio-bond-lost');
  const [device] = await json('devices');
  expect(device).toMatchObject({ trouble: 'bond-lost' });
  const said = await run('doctor');
  expect(said.code).toBe(1);
  expect(said.out).toContain(
    `device ${device.id}: NOT well (bond-lost)\n  The device has forgotten`,
  );
  expect(said.out).not.toContain('Cuff');
});

test('doctor, gateway down: looks itself, and has advice for each red line', async () => {
  const { bench, config, home, receiver, run } = await withReading();
  await bench.stop();
  const said = await run('doctor', '--json');
  expect(said.code).toBe(1);
  expect(lines(said.out).map(({ name, ok, code }) => [name, ok ? 'well' : code])).toEqual([
    ['configuration', 'well'],
    ['gateway', 'gateway-down'],
    ['data folder', 'well'],
    ['key', 'well'],
    ['store', 'well'],
    ['clock', 'well'],
    ['files of ward', 'well'],
    ['receiver of ward', 'well'],
  ]);
  await receiver.stop();
  const tokenFile = join(bench.data, 'open-token');
  writeFileSync(tokenFile, 'x');
  // Whatever umask the tests have.
  chmodSync(tokenFile, 0o644);
  const [ward] = home.recipients;
  const recipients = [{ ...ward, transport: { ...ward?.transport, tokenFile } }];
  const broken = { ...home, recipients, data: join(bench.data, 'x'), keyFile: '/nowhere/a.key' };
  writeFileSync(config, JSON.stringify({ home: { ...broken, bluetooth: {}, clock: 'system' } }));
  const ill = await run('doctor');
  expect(ill.code).toBe(1);
  const files = 'secret-file-readable-by-others';
  for (const code of [
    'gateway-down',
    'folder-missing',
    'key-missing',
    files,
    'receiver-unreachable',
  ]) {
    // Each red line is followed by what to do.
    expect(ill.out).toMatch(new RegExp(`NOT well \\(${code}\\)\\n {2}[A-Z]`));
  }
  expect(ill.out).toMatch(/^radio: /m);
  expect(ill.out).not.toContain('See the log of the gateway');
  writeFileSync(config, '{"home":{"zone":"Mars"},"frob":1}');
  const unreadable = await run('doctor');
  expect(unreadable.code).toBe(1);
  expect(unreadable.out).toContain('configuration: NOT well (config-invalid)');
  expect(unreadable.out).toContain('frob');
});

test.skipIf(!hasMosquitto())(
  'doctor says that the broker refuses the password; mended, readings go out without a restart',
  async () => {
    const broker = await startMosquitto({ passwords: { gateway: 'right' } });
    cleanup.add(() => broker[Symbol.asyncDispose]());
    const folder = cleanup.folder();
    const passwordFile = join(folder, 'password');
    writeFileSync(passwordFile, 'wrong\n', { mode: 0o600 });
    const transport = { type: 'mqtt', url: broker.url, username: 'gateway', passwordFile };
    const bench = await startHomeBench(cleanup, {
      recipients: [{ id: 'home-care', name: 'Test care', transport }],
    });
    await furnish(bench.home, ['home-care']);
    const at = bench.now();
    await bench.hand([clockFrame(at), cuffFrame({ systolic: 143, at })]);
    const doctor = () => iomt(['doctor', '--data', bench.data]);
    await until(
      async () => (await doctor()).out.includes('last-try-unauthorised'),
      'the try is refused',
    );
    const said = await doctor();
    expect(said.code).toBe(1);
    expect(said.out).toContain('broker: NOT well (broker-refused-password)\n  The broker refuses');
    writeFileSync(passwordFile, 'right\n', { mode: 0o600 });
    // Nobody answers with a receipt here: past the broker is as far as it goes.
    await until(async () => !(await doctor()).out.includes('broker: NOT'), 'the broker lets it in');
    expect(bench.home.views.summary().captured).toBe(1);
  },
);

test('readings: typed in by hand, with the decimals as they were', async () => {
  const { bench, run, json } = await setUp();
  await json('people', 'add', ALFA);
  const at = new Date(bench.now() - 3_600_000).toISOString();
  const words = ['readings', 'add', '--person', ALFA, '--kind', 'body-weight', '--at', at];
  const { id } = await json(...words, '--value', 'weight=72,50', '--comment', 'after the stairs');
  expect(await json('readings')).toMatchObject([
    { id, basis: 'typed', state: 'ready', quantities: { weight: { value: '72.50', unit: 'kg' } } },
  ]);
  expect((await json('export', '--person', ALFA)).readings).toMatchObject([
    { id, comment: 'after the stairs', basis: 'typed' },
  ]);
  for (const [more, code, err] of [
    [['--value', 'weight=7250'], 1, '(typed-invalid)'],
    [['--value', 'weight'], 2, 'weight=72.50'],
    [['--kind', 'contact'], 1, '(request-invalid)'],
  ] as const) {
    expect(await run(...words, ...more)).toMatchObject({
      code,
      out: '',
      err: expect.stringContaining(err),
    });
  }
  expect(await json('readings')).toHaveLength(1);
});
