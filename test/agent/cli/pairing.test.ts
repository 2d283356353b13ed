import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { recognised } from '../../../agent/home/people/recognised.ts';
import { createCleanup } from '../../integration/home/bench.ts';
import { iomt } from './console.ts';

const cleanup = createCleanup();
afterEach(() => cleanup.run());

/** A gateway that hears one device and pairs whatever it is asked for. */
async function gateway(name: string): Promise<string> {
  const data = cleanup.folder();
  const heard = { address: '00005e005301', name, services: ['1810'] };
  const seen = [recognised({ ...heard, rssi: -60, connectable: true, at: 0 })];
  const server = createServer((request, answer) =>
    answer.end(JSON.stringify(request.method === 'GET' ? seen : { id: 'one', name: 'Cuff' })),
  );
  mkdirSync(data, { recursive: true });
  await new Promise<void>((resolve) => server.listen(join(data, 'control.sock'), resolve));
  cleanup.add(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return data;
}
const pair = async (name: string) =>
  iomt(['devices', 'pair', '00:00:5E:00:53:01', '--name', 'Cuff', '--data', await gateway(name)]);

test('devices pair: a model that keeps one pairing only is said before it is paired', async () => {
  const said = await pair('X4 Smart');
  expect(said.code).toBe(0);
  expect(said.err).toMatch(/Omron X4 Smart\.\nThis device keeps one pairing only\..*\n.*\nWaiting/);
});

test('devices pair: of a device that is not known nothing is said', async () => {
  const said = await pair('Somebody');
  expect(said.code).toBe(0);
  expect(said.err).toMatch(/^Waiting/);
});

test('devices seen: the model where the name tells it', async () => {
  const said = await iomt(['devices', 'seen', '--data', await gateway('X4 Smart')]);
  expect(said.out).toMatch(/^address +name +model +services .*\n.*X4 Smart +Omron X4 Smart/);
});
