import { afterEach, expect, test } from 'vitest';
import { MODELS } from '../../../../adapters/bluetooth/models/index.ts';
import { systemClock } from '../../../../agent/clock.ts';
import { startHome } from '../../../../agent/home/home.ts';
import { mustNeedNoBond } from '../../../../agent/home/people/bonds.ts';
import { createLog } from '../../../../agent/log.ts';
import { configSchema } from '../../../../config/schema.ts';
import { ALFA, createCleanup, KEY, startHomeBench } from '../../../integration/home/bench.ts';

const cleanup = createCleanup();
afterEach(() => cleanup.run());

const bonded = MODELS.filter(({ bond }) => bond !== 'none').map(({ key }) => key);
const free = MODELS.filter(({ bond }) => bond === 'none').map(({ key }) => key);
const [first, second] = bonded;

test('devices without a bond, and those of no known model, may be on the hci backend', () => {
  expect(free.length).toBeGreaterThan(0);
  const devices = [...free, undefined].map((model, at) => ({ id: `d${at}`, model }));
  expect(() => mustNeedNoBond(devices)).not.toThrow();
});

test('every model that needs a bond is a configuration error there', () => {
  for (const model of bonded) {
    expect(() => mustNeedNoBond([{ id: 'd1', model }])).toThrow('d1');
  }
});

test('all of them are told at once, with what to do', () => {
  const devices = [first, free[0], second].map((model, at) => ({ id: `d${at}`, model }));
  const start = () => mustNeedNoBond(devices);
  expect(start).toThrow(/\(d0\).*\(d2\)/);
  expect(start).toThrow(
    expect.objectContaining({ code: 'config-bond-needed', hint: expect.stringContaining('bluez') }),
  );
});

test('a gateway with such a device does not start on the hci backend', async () => {
  const bench = await startHomeBench(cleanup, { recipients: [] });
  await bench.home.adoption.adopt(ALFA, { address: '00005e005301', name: 'Cuff', model: first });
  await bench.stop();
  const { home: config } = configSchema.parse({
    home: { data: bench.data, zone: 'Europe/Oslo', bluetooth: { backend: 'hci' } },
  });
  if (!config) throw new Error('no home in the configuration');
  const log = createLog({
    level: 'debug',
    program: 'home',
    destination: { write: () => undefined },
  });
  const start = (backend: 'hci' | 'bluez') =>
    startHome({
      config: {
        ...config,
        http: { ...config.http, port: 0 },
        bluetooth: { backend, adapter: 'hci0' },
      },
      key: KEY,
      clock: systemClock,
      log,
      version: '0.0.0',
    });
  await expect(start('hci')).rejects.toMatchObject({ code: 'config-bond-needed' });
  // The store was let go of, and nothing in it changed.
  const home = await start('bluez');
  expect(home.views.devices()).toHaveLength(1);
  await home.stop();
});
