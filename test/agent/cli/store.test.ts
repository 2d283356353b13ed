import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { ensureGatewayIdentity } from '../../../agent/identity.ts';
import {
  ALFA,
  createCleanup,
  cuffFrame,
  furnish,
  KEY,
  startHomeBench,
} from '../../integration/home/bench.ts';
import { startFhirReceiver } from '../../support/fhir-receiver.ts';
import { damagePage, leavesOf } from '../home/store/damage.ts';
import { iomt } from './console.ts';

const cleanup = createCleanup();
afterEach(() => cleanup.run());

/** A box: its configuration, its key, and a command line that uses them. */
function box(data: string, key: Uint8Array = KEY) {
  const folder = cleanup.folder();
  const keyFile = join(folder, 'store.key');
  writeFileSync(keyFile, Buffer.from(key).toString('hex'), { mode: 0o600 });
  const secret = join(folder, 'passphrase');
  // As a key itself is taken, so that the test is quick.
  writeFileSync(secret, `x'${'5a'.repeat(32)}'\n`, { mode: 0o600 });
  const transport = {
    type: 'https',
    url: 'https://care.example/fhir',
    tokenFile: `${folder}/token`,
  };
  const home = {
    ...{ data, keyFile, zone: 'Europe/Oslo', clock: 'assume-trusted' },
    recipients: [{ id: 'ward', name: 'Test ward', transport }],
  };
  const config = join(folder, 'iomt.yaml');
  writeFileSync(config, JSON.stringify({ home }));
  const run = (...argv: string[]) => iomt(['store', ...argv, '--config', config]);
  return { folder, secret, run };
}

async function gateway() {
  const receiver = await startFhirReceiver();
  cleanup.add(receiver.stop);
  const recipients = [
    { id: 'ward', name: 'Test ward', transport: { type: 'https', url: receiver.url } },
  ];
  const bench = await startHomeBench(cleanup, { recipients });
  const { alfa } = await furnish(bench.home, ['ward']);
  for (let n = 0; n < 40; n += 1) {
    await bench.hand([cuffFrame({ systolic: 100 + n, at: bench.now() + n })]);
  }
  return { bench, alfa };
}

test('backed up while it runs, restored on another box: what a person has to do is said', async () => {
  const { bench } = await gateway();
  const here = box(bench.data);
  const out = join(here.folder, 'backup.iomt');
  const passphrase = ['--passphrase-file', here.secret];
  const said = await here.run('backup', '--out', out, ...passphrase);
  expect(said).toMatchObject({ code: 0, out: `${out}: ${statSync(out).size} bytes` });
  expect(said.err).toContain('passphrase');
  expect(await here.run('backup', '--out', out, ...passphrase)).toMatchObject({
    code: 1,
    err: expect.stringContaining('(backup-exists)'),
  });
  expect((await here.run('repair')).err).toContain('(gateway-running)');

  const data = join(cleanup.folder(), 'data');
  const there = box(data, new Uint8Array(32).fill(9));
  expect((await there.run('restore', out)).code).toBe(2);
  const restored = await there.run('restore', out, ...passphrase);
  expect(restored.code).toBe(0);
  expect(restored.out).toContain('The old box must not run any more');
  expect(restored.out).toMatch(
    /Pair anew: Cuff\. Put the device beside the box .*iomt devices pair/,
  );
  expect(restored.out).toMatch(/Paused until a person says so .*\n {2}[0-9a-f-]{36} {2}\S/);
  expect(restored.out).toContain(
    `Not on this box, named in the configuration: ${there.folder}/token`,
  );
  expect(await there.run('restore', out, ...passphrase)).toMatchObject({
    code: 1,
    err: expect.stringContaining('(restore-store-there)'),
  });
  const check = JSON.parse((await there.run('check', '--json')).out);
  expect(check).toMatchObject({ pages: 'ok', references: 'ok', audit: 'ok', rows: { device: 1 } });
  // The same gateway, as its first start makes it known.
  const before = ensureGatewayIdentity(bench.data).id;
  await bench.stop();
  const again = await startHomeBench(cleanup, {
    data,
    recipients: [],
    key: new Uint8Array(32).fill(9),
  });
  expect(again.home.identity.id).toBe(before);
});

test('a damaged store is named by check, mended by repair, and merged; an export is whole', async () => {
  const { bench } = await gateway();
  await bench.stop();
  const { folder, run } = box(bench.data);
  const file = join(bench.data, 'home.db');
  const whole = join(folder, 'whole.db');
  writeFileSync(whole, readFileSync(file));
  expect((await run('repair')).out).toBe('Nothing to mend: every page can be read.');
  damagePage(file, leavesOf(file, 'capture')[0] ?? 0);
  const found = await run('check');
  expect(found).toMatchObject({ code: 1, out: 'pages: damaged' });
  expect(found.err).toContain('iomt store repair');
  const mended = await run('repair');
  expect(mended.code).toBe(1);
  expect(mended.out).toMatch(/^capture: \d+ saved, \d+ lost$/m);
  expect(mended.out).toMatch(/^reading: 40 saved$/m);
  const [, aside = ''] = /^kept: (.*)$/m.exec(mended.out) ?? [];
  expect(await run('check')).toMatchObject({ code: 1, err: expect.stringContaining('kept aside') });
  const merged = await run('repair', whole);
  expect(merged).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^capture: [1-9]\d* saved$/m),
  });

  const out = join(folder, 'all.ndjson');
  expect((await run('export', '--out', out)).code).toBe(0);
  expect(statSync(out).mode & 0o777).toBe(0o600);
  const rows = readFileSync(out, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { table: string; name?: string });
  expect(rows.filter(({ table }) => table === 'reading')).toHaveLength(40);
  expect(rows.some(({ name }) => name === ALFA)).toBe(true);
  expect((await run('export', '--out', out)).err).toContain('(file-exists)');
  const partial = await run('export', '--file', aside);
  expect(partial.code).toBe(1);
  expect(partial.err).toContain('Rows could not be read in: capture.');
  expect(readdirSync(folder).filter((name) => name.includes('draft'))).toEqual([]);
});

test('where no store is, repair makes none', async () => {
  const data = cleanup.folder();
  const { run } = box(data);
  expect(await run('repair')).toMatchObject({
    code: 1,
    err: expect.stringContaining('(store-missing)'),
  });
  expect(readdirSync(data)).toEqual([]);
});
