import { readdirSync, readFileSync, statSync } from 'node:fs';
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
import { decrypted, makeLegible } from '../../support/decrypted.ts';
import { startFhirReceiver } from '../../support/fhir-receiver.ts';
import { until } from '../../support/until.ts';
import { iomt } from './console.ts';

const cleanup = createCleanup();
afterEach(() => cleanup.run());

test('people erase: what is gone is gone from the store, its copies and the log, and the rest is said', async () => {
  const receiver = await startFhirReceiver();
  cleanup.add(receiver.stop);
  const transport = { type: 'https', url: receiver.url };
  const recipients = [{ id: 'ward', name: 'Test ward', transport }];
  const data = cleanup.folder();
  makeLegible(join(data, 'home.db'), KEY);
  const logLines: string[] = [];
  const first = await startHomeBench(cleanup, { recipients, data, logLines });
  const { alfa } = await furnish(first.home, ['ward']);
  const at = first.now();
  await first.hand([clockFrame(at), cuffFrame({ systolic: 1773, at })]);
  await until(() => receiver.asked.length > 0, 'the reading');
  const [{ pseudonym = '' } = {}] = first.home.views
    .permissions()
    .filter(({ person }) => person === alfa.id)
    .map(({ permission }) => permission);
  expect(pseudonym).not.toBe('');
  // At its end the household's copy is brought up to date.
  await first.stop();
  const traces = [ALFA, pseudonym, '"1773"'];
  const stores = () => readdirSync(data).filter((name) => name.endsWith('.db'));
  const whole = () => stores().map((name) => decrypted(join(data, name), KEY));
  expect(stores()).toContain('household.db');
  for (const trace of traces) {
    expect(whole().some((bytes) => bytes.includes(trace))).toBe(true);
  }

  const bench = await startHomeBench(cleanup, { recipients, data, logLines });
  const said = await iomt(['people', 'erase', ALFA, '--data', data]);
  expect(said.code).toBe(0);
  expect(said.out).toMatch(/^Erased: 1 readings, /);
  expect(said.err).toContain('ward was sent 1 readings');
  expect(said.err).toContain('backups, wherever they are');
  for (const trace of traces) {
    for (const bytes of whole()) expect(bytes.includes(trace)).toBe(false);
  }
  expect(whole().some((bytes) => bytes.includes(BETA))).toBe(true);
  expect((await iomt(['people', 'erase', ALFA, '--data', data])).code).toBe(1);
  await bench.stop();
  for (const name of readdirSync(data)) {
    const path = join(data, name);
    if (!statSync(path).isFile()) continue;
    for (const trace of traces) expect(readFileSync(path, 'latin1').includes(trace)).toBe(false);
  }
  for (const trace of traces) expect(logLines.join('')).not.toContain(trace);
});
