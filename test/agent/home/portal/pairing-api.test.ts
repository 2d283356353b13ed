import { afterEach, beforeEach, expect, test } from 'vitest';
import type { PairingRadio } from '../../../../agent/home/people/adoption.ts';
import { createPairings } from '../../../../agent/home/people/pairings.ts';
import { registerApi } from '../../../../agent/home/portal/api.ts';
import { createHttp } from '../../../../agent/http.ts';
import { bloodPressure, cuff } from '../frames.ts';
import { type Household, openHousehold } from '../household.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const ADDRESS = '00:00:5E:00:53:01';

let home: Household;
let app: ReturnType<typeof createHttp>;
let typed: number[];

/** A device that shows a code, and is taken for the right one whatever is typed. */
const radio: PairingRadio = {
  seen: () => [],
  unpair: () => Promise.resolve(),
  async pair(address, _keep, onProgress, signal, dialog) {
    onProgress('bonding');
    typed.push((await dialog?.enterPasskey(signal)) ?? -1);
    return { address, services: ['1810'] };
  },
};

beforeEach(() => {
  typed = [];
  home = openHousehold({ radio });
  app = createHttp({ log: silent, checks: () => [] });
  const pairings = createPairings({ adoption: home.adoption, now: Date.now });
  registerApi(app, { ...home, pairings } as unknown as Parameters<typeof registerApi>[1]);
});
afterEach(async () => {
  await ask('DELETE', '/api/pairing');
  await app.close();
  await home.stop();
});

async function ask(method: 'GET' | 'POST' | 'DELETE', url: string, body?: object) {
  const headers = { host: 'localhost' };
  const answer = await app.inject({ method, url, headers, ...(body ? { body } : {}) });
  return { status: answer.statusCode, body: answer.json() };
}
const view = async () => (await ask('GET', '/api/pairing')).body;

test('a pairing is begun, followed, answered, and is done with its first measurement', async () => {
  expect(await view()).toBeNull();
  const { body } = await ask('POST', '/api/people', { name: 'Kari Example' });
  const whose = { owner: body.id };
  const begun = await ask('POST', '/api/pairing', { address: ADDRESS, name: 'Cuff', whose });
  expect(begun).toMatchObject({ status: 200, body: { state: 'running' } });
  await expect.poll(async () => (await view()).question).toEqual({ ask: 'passkey', number: 1 });
  expect(await ask('POST', '/api/pairing/answer', { passkey: '12345' })).toMatchObject({
    status: 422,
    body: { code: 'request-invalid' },
  });
  await ask('POST', '/api/pairing/answer', { passkey: '012345' });
  await expect.poll(async () => (await view()).step).toBe('waiting-for-measurement');
  await cuff(home, bloodPressure());
  await expect.poll(async () => (await view()).state).toBe('paired');
  expect(await view()).toMatchObject({ firstRecord: true, device: { owner: body.id } });
  expect(typed).toEqual([12_345]);
  expect(await ask('POST', '/api/pairing/answer', { passkey: '012345' })).toMatchObject({
    status: 422,
    body: { code: 'pairing-no-question' },
  });
});

test('a code that is given beforehand is not asked for', async () => {
  await ask('POST', '/api/pairing', { address: ADDRESS, name: 'Cuff', passkey: '123456' });
  await expect.poll(async () => (await view()).step).toBe('waiting-for-measurement');
  expect(typed).toEqual([123_456]);
});

test('cancelled, nothing of it is left', async () => {
  await ask('POST', '/api/pairing', { address: ADDRESS, name: 'Cuff' });
  await expect.poll(async () => (await view()).question).toBeDefined();
  const cancelled = await ask('DELETE', '/api/pairing');
  expect(cancelled.body).toMatchObject({ state: 'failed' });
  expect(cancelled.body).not.toHaveProperty('question');
  expect(home.devices.list()).toEqual([]);
});

test('whose nobody knows, or what is no address, is refused before the device is fetched', async () => {
  for (const wrong of [
    { address: ADDRESS, name: 'Cuff', whose: { owner: 'Nobody Example' } },
    { address: ADDRESS, name: 'Cuff', whose: { slots: { 1: 'Nobody Example' } } },
    { address: 'no-address', name: 'Cuff' },
    { address: ADDRESS, name: 'Cuff', passkey: '1234567' },
  ]) {
    expect((await ask('POST', '/api/pairing', wrong)).status).toBe(422);
  }
  expect(await view()).toBeNull();
});
