import { afterEach, expect, test } from 'vitest';
import { RadioError } from '../../../../adapters/bluetooth/radio/radio-error.ts';
import type { PairingRadio } from '../../../../agent/home/people/adoption.ts';
import { createPairings } from '../../../../agent/home/people/pairings.ts';
import { battery, bloodPressure, cuff } from '../frames.ts';
import { type Household, openHousehold } from '../household.ts';

const ADDRESS = '00005e005301';
const OTHER = '00005e005302';
const request = { address: ADDRESS, name: 'Meter' };

let home: Household;
afterEach(() => home.stop());

/** A household whose radio pairs as a test says; the pairing ends by itself after `limitMs`. */
function begin(pair: PairingRadio['pair'], limitMs = 10_000) {
  const heard = { address: ADDRESS, name: 'X4 Smart', services: ['1810'], rssi: -50 };
  const radio: PairingRadio = {
    seen: () => [{ ...heard, connectable: true, at: 0 }],
    unpair: () => Promise.resolve(),
    pair,
  };
  home = openHousehold({ radio });
  return createPairings({ adoption: home.adoption, now: () => 1_000, limitMs });
}

const done = { address: ADDRESS, services: ['1810'] };
const until = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => {
    const aborted = () => reject(new RadioError('radio-aborted'));
    signal.addEventListener('abort', aborted);
    if (signal.aborted) aborted();
  });

test('goes step by step, and is done when one measurement has come', async () => {
  const pairings = begin(async (_address, _keep, onProgress) => {
    for (const step of ['waiting', 'bonding', 'subscribed']) onProgress(step);
    return done;
  });
  expect(pairings.view()).toBeUndefined();
  const first = await pairings.begin('test', request);
  expect(first).toMatchObject({ state: 'running', endsAt: 11_000 });
  expect(first.about).toMatchObject({
    model: 'Omron X4 Smart',
    oneHost: { en: expect.any(String) },
  });
  await expect.poll(() => pairings.view()?.step).toBe('waiting-for-measurement');
  expect(pairings.view()).toMatchObject({ state: 'running', device: { address: ADDRESS } });
  // What it says of itself is no measurement.
  await battery(home, 80);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(pairings.view()?.state).toBe('running');
  await cuff(home, bloodPressure());
  await expect.poll(() => pairings.view()?.state).toBe('paired');
  expect(pairings.view()).toMatchObject({ firstRecord: true });
});

test('a measurement that came while it was being paired counts', async () => {
  const pairings = begin(async (_address, keep) => {
    const source = { service: '1810', characteristic: '2a35' };
    const place = { peripheral: ADDRESS, at: home.time.now, session: 'one' };
    await keep({ ...place, source, bytes: bloodPressure() });
    return done;
  });
  await pairings.begin('test', request);
  await expect.poll(() => pairings.view()).toMatchObject({ state: 'paired', firstRecord: true });
});

test('without a measurement in time it is adopted all the same, and says so', async () => {
  const pairings = begin(async () => done, 100);
  await pairings.begin('test', request);
  await expect.poll(() => pairings.view()?.state).toBe('paired');
  expect(pairings.view()).toMatchObject({ firstRecord: false });
  expect(home.adoption.adopted()).toMatchObject([{ address: ADDRESS }]);
});

test('what is given beforehand answers once; then the person is asked', async () => {
  const got: number[] = [];
  const pairings = begin(async (_address, _keep, _onProgress, signal, dialog) => {
    for (let n = 0; n < 2; n += 1) got.push((await dialog?.enterPasskey(signal)) ?? -1);
    return done;
  });
  await pairings.begin('test', { ...request, passkey: 123_456 });
  await expect.poll(() => pairings.view()?.question).toEqual({ ask: 'passkey', number: 1 });
  expect(got).toEqual([123_456]);
  expect(() => pairings.answer({ same: true })).toThrow('Nothing is being asked');
  expect(pairings.answer({ passkey: 7 })).not.toHaveProperty('question');
  await expect.poll(() => got).toEqual([123_456, 7]);
  expect(() => pairings.answer({ passkey: 7 })).toThrow('Nothing is being asked');
});

test('a comparison is answered; a code to type is shown as far as it is, and gone with its step', async () => {
  const answers: unknown[] = [];
  const go = Promise.withResolvers<void>();
  const pairings = begin(async (_address, _keep, onProgress, signal, dialog) => {
    answers.push(await dialog?.confirmPasskey('004711', signal));
    dialog?.showPasskey('000042', 2);
    await go.promise;
    onProgress('connecting');
    return await until(signal);
  });
  await pairings.begin('test', request);
  await expect
    .poll(() => pairings.view()?.question)
    .toEqual({ ask: 'compare', passkey: '004711', number: 1 });
  pairings.answer({ same: false });
  await expect.poll(() => pairings.view()?.show).toEqual({ passkey: '000042', entered: 2 });
  expect(answers).toEqual([false]);
  go.resolve();
  await expect.poll(() => pairings.view()?.step).toBe('connecting');
  expect(pairings.view()).not.toHaveProperty('show');
  await pairings.cancel();
});

test('a question that is taken back is asked no more', async () => {
  const asking = new AbortController();
  const pairings = begin(async (_address, _keep, _onProgress, signal, dialog) => {
    await dialog?.enterPasskey(asking.signal).catch(() => undefined);
    return await until(signal);
  });
  await pairings.begin('test', request);
  await expect.poll(() => pairings.view()?.question).toBeDefined();
  asking.abort();
  expect(pairings.view()).not.toHaveProperty('question');
  expect(() => pairings.answer({ passkey: 1 })).toThrow('Nothing is being asked');
  await pairings.cancel();
});

test('cancelled or timed out while it bonds: nothing is adopted, and the next try is a fresh one', async () => {
  let tries = 0;
  const pairings = begin(async (_address, _keep, _onProgress, signal) => {
    tries += 1;
    return tries < 4 ? await until(signal) : done;
  }, 60);
  await pairings.begin('test', request);
  expect(await pairings.cancel()).toMatchObject({
    state: 'failed',
    failure: { code: 'radio-aborted', hint: expect.any(String) },
  });
  await pairings.begin('test', request);
  await expect.poll(() => pairings.view()?.state).toBe('failed');
  expect(home.adoption.adopted()).toEqual([]);
  expect(home.devices.list()).toEqual([]);
  // A retry ends the one that nobody follows any more.
  await pairings.begin('test', request);
  await pairings.begin('test', request);
  await expect.poll(() => pairings.view()?.state).toBe('paired');
  expect(tries).toBe(4);
});

test('one at a time; one that only waits for a measurement gives way, and stays paired', async () => {
  const pairings = begin(async (address, _keep, _onProgress, signal) =>
    address === OTHER ? await until(signal) : done,
  );
  await pairings.begin('test', request);
  await expect.poll(() => pairings.view()?.step).toBe('waiting-for-measurement');
  await pairings.begin('test', { ...request, address: OTHER });
  await expect(pairings.begin('test', request)).rejects.toMatchObject({ code: 'radio-busy' });
  expect(home.adoption.adopted()).toMatchObject([{ address: ADDRESS }]);
  await pairings.cancel();
});

test('cancelled while it waits for a measurement: the visit that goes on is not ended', async () => {
  let signal: AbortSignal | undefined;
  const pairings = begin(async (_address, _keep, _onProgress, own) => {
    signal = own;
    return done;
  });
  await pairings.begin('test', request);
  await expect.poll(() => pairings.view()?.step).toBe('waiting-for-measurement');
  expect(await pairings.cancel()).toMatchObject({ state: 'paired', firstRecord: false });
  expect(signal?.aborted).toBe(false);
});

test('it is somebody’s before its first measurement is waited for', async () => {
  const pairings = begin(async () => done);
  const { id } = await home.decisions.addPerson('test', 'Kari Example');
  const assign = (device: { id: string }) =>
    home.decisions.assignDevice('test', device.id, { owner: id });
  await pairings.begin('test', { ...request, assign });
  await expect.poll(() => pairings.view()?.device).toMatchObject({ ownership: 'mine', owner: id });
  await cuff(home, bloodPressure());
  expect(home.readings.held()).toEqual([]);
});

test('whoever did not begin it does not see it, answer it or end it; nobody in particular may', async () => {
  const pairings = begin(async (_address, _keep, _onProgress, signal, dialog) => {
    await dialog?.enterPasskey(signal);
    return done;
  });
  await pairings.begin('person one', request);
  await expect.poll(() => pairings.view('person one')?.question?.number).toBe(1);
  expect(pairings.view('person two')).toBeUndefined();
  expect(() => pairings.answer({ passkey: 7 }, 'person two')).toThrow('Nothing is being asked');
  expect(await pairings.cancel('person two')).toBeUndefined();
  expect([pairings.isBusyFor('person one'), pairings.isBusyFor('person two')]).toEqual([
    false,
    true,
  ]);
  // The same device, by somebody else: no retry.
  await expect(pairings.begin('person two', request)).rejects.toMatchObject({ code: 'radio-busy' });
  expect(pairings.view()).toMatchObject({ by: 'person one', state: 'running' });
  await pairings.cancel();
  expect(pairings.view('person one')).toMatchObject({ failure: { code: 'radio-aborted' } });
  expect(pairings.isBusyFor('person two')).toBe(false);
});
