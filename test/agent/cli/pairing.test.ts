import { afterEach, expect, test } from 'vitest';
import { recognised } from '../../../agent/home/people/recognised.ts';
import { createCleanup } from '../../integration/home/bench.ts';
import { startControlSocket } from '../../support/control-socket.ts';
import { iomt } from './console.ts';

const cleanup = createCleanup();
afterEach(() => cleanup.run());

/** A gateway that hears one device, and whose pairing goes through these views, one a look. */
async function gateway(name: string, views: object[] = [], answers: unknown[] = []) {
  const heard = { address: '00005e005301', name, services: ['1810'] };
  const seen = [recognised({ ...heard, rssi: -60, connectable: true, at: 0 })];
  const device = { id: 'one', name: 'Cuff' };
  const last = { state: 'paired', device, firstRecord: true, ...views.at(-1) };
  const told = [{ state: 'running', step: 'waiting' }, ...views.slice(0, -1), last];
  let at = 0;
  return await startControlSocket(cleanup, ({ method, path, body }) => {
    if (path === '/api/pairing/answer') answers.push(JSON.parse(body));
    // A question stands until it is answered.
    const stands = 'question' in (told[at] ?? {}) && answers.length === 0;
    if (path === '/api/pairing' && method === 'GET' && !stands) at += 1;
    const view = { id: 'pairing', ...told[Math.min(at, told.length - 1)] };
    return path === '/api/devices/seen' ? seen : view;
  });
}
const command = ['devices', 'pair', '00:00:5E:00:53:01', '--name', 'Cuff', '--data'];
const pair = async (name: string, views: object[] = []) =>
  iomt([...command, await gateway(name, views)]);

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

test('devices pair: asks for the code that the device shows, until it is one', async () => {
  const answers: unknown[] = [];
  const question = { ask: 'passkey', number: 1 };
  const data = await gateway(
    'Somebody',
    [{ state: 'running', step: 'bonding', question }, {}],
    answers,
  );
  const said = await iomt([...command, data, '--json'], {}, ['12', '012345']);
  expect(said.err.match(/shows a code of six digits/g)).toHaveLength(2);
  expect(answers).toEqual([{ passkey: '012345' }]);
  expect(JSON.parse(said.out)).toEqual({ id: 'one', name: 'Cuff', firstRecord: true });
});

test('devices pair: asks whether both show the same', async () => {
  const answers: unknown[] = [];
  const question = { ask: 'compare', number: 1, passkey: '004711' };
  const data = await gateway(
    'Somebody',
    [{ state: 'running', step: 'bonding', question }, {}],
    answers,
  );
  const said = await iomt([...command, data], {}, ['no']);
  expect(said.err).toContain('004711');
  expect(answers).toEqual([{ same: false }]);
});

test('devices pair: shows the code to type on the device, and how far it is', async () => {
  const show = (entered: number) => ({
    state: 'running',
    step: 'bonding',
    show: { passkey: '000042', entered },
  });
  const said = await pair('Somebody', [show(0), show(3), {}]);
  expect(said.err).toMatch(/Type 000042 on the device \(0 of 6.*\n.*\(3 of 6/);
});

test('devices pair: without a measurement it is paired, and says to measure once', async () => {
  const said = await pair('Somebody', [{ firstRecord: false }]);
  expect(said.code).toBe(0);
  expect(said.err).toMatch(/Paired; no measurement received yet: measure once now\./);
});

test('devices pair: a failure is the gateway’s own words, exit 1; a code that is none exit 2', async () => {
  const failure = { code: 'radio-pairing-failed', message: 'Not paired', hint: 'Again.' };
  expect(await pair('Somebody', [{ state: 'failed', failure }])).toMatchObject({
    code: 1,
    err: expect.stringContaining('Not paired (radio-pairing-failed)\nAgain.'),
  });
  const said = await iomt([...command, await gateway('Somebody'), '--passkey', '12345']);
  expect(said.code).toBe(2);
});
