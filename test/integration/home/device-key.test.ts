import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { createRegistry } from '../../../agent/home/metrics.ts';
import { KEY, sealedBthome } from '../../adapters/bluetooth/advertisements/seal.ts';
import { iomt } from '../../agent/cli/console.ts';
import { CUFF, createCleanup, startHomeBench } from './bench.ts';

const cleanup = createCleanup();
afterEach(() => cleanup.run());

test('a running gateway is given a key: what waited for it is read, and nothing tells the key', async () => {
  const { home, data, logLines, now } = await startHomeBench(cleanup, { recipients: [] });
  await home.adoption.adopt('test', { address: CUFF, name: 'Door' });
  const keep = (count: number) =>
    home.keep({
      peripheral: CUFF,
      at: now(),
      session: 'broadcasts',
      source: { serviceData: 'fcd2' },
      bytes: sealedBthome(CUFF, count % 2 === 0 ? '2d00' : '2d01', count),
    });
  await keep(1);
  await keep(2);
  const listed = await iomt(['devices', 'list', '--data', data]);
  expect(listed.err).toMatch(/^Door broadcasts encrypted: give its key/);

  const key = Buffer.from(KEY).toString('hex');
  const file = join(data, 'key.txt');
  const give = (text: string) => {
    writeFileSync(file, text);
    return iomt(['devices', 'key', CUFF, '--file', file, '--data', data]);
  };
  const wrong = await give(key.replaceAll('0', '1'));
  expect(wrong).toMatchObject({ code: 1, err: expect.stringContaining('device-key-wrong') });
  const short = await give(key.slice(2));
  expect(short).toMatchObject({ code: 1, err: expect.stringContaining('device-key-invalid') });
  expect(await give(key)).toMatchObject({ code: 0, out: expect.stringMatching(/: 2$/) });
  await keep(3);
  await keep(1);
  expect(home.views.captures()).toMatchObject({ read: 3, unreadable: 1 });

  const after = await iomt(['devices', 'list', '--json', '--data', data]);
  expect(JSON.parse(after.out)).toMatchObject([{ key: 'given' }]);
  const trail = await iomt(['audit', '--json', '--data', data]);
  expect(trail.out).toContain('device-key-given');
  const metrics = await createRegistry(home.health.figures).metrics();
  expect(metrics).toContain('iomt_frames_unreadable_total{because="key-missing"} 2');
  expect(metrics).toContain('iomt_frames_unreadable_total{because="replayed"} 1');
  for (const text of [after.out, trail.out, metrics, logLines.join('\n')]) {
    expect(text).not.toContain(key);
  }
});

test('broadcasts that were not taken stand in the metrics, by how many', async () => {
  const { home } = await startHomeBench(cleanup, { recipients: [] });
  home.health.radio('broadcasts-dropped', { because: 'too-many', count: 41 });
  home.health.radio('visit-ended', { count: 7 });
  const metrics = await createRegistry(home.health.figures).metrics();
  expect(metrics).toContain('iomt_radio_events_total{event="broadcasts-dropped"} 41');
  expect(metrics).toContain('iomt_radio_events_total{event="visit-ended"} 1');
});
