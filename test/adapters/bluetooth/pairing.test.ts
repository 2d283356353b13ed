import { describe, expect, test } from 'vitest';
import type { Capture } from '../../../adapters/measurement.ts';
import { asked, CUFF, cuff, named, STRANGER, stage, VALUE, visits } from './stage.ts';

describe('pairing', () => {
  const keepInto = (kept: Capture[]) => async (capture: Capture) => {
    kept.push(capture);
  };
  const never = new AbortController().signal;

  test('bonds first where the service asks for it, and keeps what comes', async () => {
    const set = await stage([{ ...cuff(STRANGER), needsBond: true }]);
    set.bindings.advertise(STRANGER);
    const kept: Capture[] = [];
    const steps: string[] = [];
    const paired = await set.adapter.pair(
      STRANGER,
      keepInto(kept),
      (step) => steps.push(step),
      never,
    );
    expect(paired.address).toBe(STRANGER);
    expect(paired.services).toContain('1810');
    expect(steps).toEqual([
      'waiting',
      'bonding',
      'connecting',
      'reading',
      'subscribing',
      'subscribed',
    ]);
    set.bindings.value(STRANGER, '1810', '2a35', VALUE);
    expect(kept.map(named)).toEqual(['2a23', '2a24', '2a2b', '2a19', '2a35']);
    expect(set.kept).toEqual([]);
  });

  test('waits until the device is heard, and gives up', async () => {
    const set = await stage([cuff(STRANGER)]);
    const pairing = set.adapter.pair(STRANGER, keepInto([]), () => undefined, never);
    set.bindings.advertise(STRANGER);
    expect((await pairing).address).toBe(STRANGER);
    const nobody = set.adapter.pair('00005e0053fe', keepInto([]), () => undefined, never);
    await expect(nobody).rejects.toMatchObject({ code: 'radio-not-heard' });
  });

  test('of a device that refuses its bond fails, and says so', async () => {
    const set = await stage([{ ...cuff(STRANGER), needsBond: true }]);
    set.bindings.twist.set('pair', 'refuse');
    set.bindings.advertise(STRANGER);
    const pairing = set.adapter.pair(STRANGER, keepInto([]), () => undefined, never);
    await expect(pairing).rejects.toMatchObject({ code: 'radio-pairing-failed' });
    expect(set.bindings.bonded.size).toBe(0);
  });

  test('asks it anew what it is after a try that failed, whose answers nobody kept', async () => {
    const set = await stage([{ ...cuff(STRANGER), needsBond: true }]);
    set.bindings.twist.set('pair', 'refuse');
    set.bindings.advertise(STRANGER);
    const pairing = set.adapter.pair(STRANGER, keepInto([]), () => undefined, never);
    await expect(pairing).rejects.toMatchObject({ code: 'radio-pairing-failed' });
    set.bindings.twist.delete('pair');
    set.bindings.advertise(STRANGER);
    const kept: Capture[] = [];
    await set.adapter.pair(STRANGER, keepInto(kept), () => undefined, never);
    expect(kept.map(named)).toEqual(['2a23', '2a24', '2a2b', '2a19']);
  });

  test('can be cancelled, and one at a time', async () => {
    const set = await stage([]);
    const abort = new AbortController();
    const pairing = set.adapter.pair(STRANGER, keepInto([]), () => undefined, abort.signal);
    const second = set.adapter.pair(STRANGER, keepInto([]), () => undefined, never);
    await expect(second).rejects.toMatchObject({ code: 'radio-busy' });
    abort.abort();
    await expect(pairing).rejects.toMatchObject({ code: 'radio-aborted' });
  });

  test('a key that the device has forgotten is said, kept until a person pairs, and then made anew', async () => {
    const set = await stage([{ ...cuff(), needsBond: true }]);
    set.bindings.bonded.add(CUFF);
    set.bindings.forgotten.add(CUFF);
    set.bindings.advertise(CUFF);
    await expect.poll(() => visits(set)).toBe(1);
    expect(set.adapter.states()[0]).toMatchObject({ failure: 'radio-bond-lost', linked: true });
    expect(asked(set, 'unpair')).toEqual([]);
    const kept: Capture[] = [];
    const steps: string[] = [];
    const note = (step: string) => {
      steps.push(step);
      if (step === 'waiting' && steps.length > 1) {
        void expect
          .poll(() => set.bindings.asked)
          .toContain(`unpair ${CUFF}`)
          .then(() => set.bindings.advertise(CUFF));
      }
    };
    await set.adapter.pair(CUFF, keepInto(kept), note, never);
    expect(set.bindings.asked.filter((one) => /pair/.test(one))).toEqual([
      `unpair ${CUFF}`,
      `pair ${CUFF}`,
    ]);
    set.bindings.value(CUFF, '1810', '2a35', VALUE);
    expect(kept.map(named)).toContain('2a35');
    await expect.poll(() => set.adapter.states()[0]?.failure).toBeUndefined();
  });

  test('adopts a mere broadcaster without connecting, and unpairing forgets the bond', async () => {
    const data = { serviceData: [{ uuid: 'fcd2', data: Buffer.from([0x40]) }] };
    const set = await stage([{ id: STRANGER, advertised: [], gatt: {}, ...data }]);
    set.bindings.advertise(STRANGER);
    const paired = await set.adapter.pair(STRANGER, keepInto([]), () => undefined, never);
    expect(paired).toEqual({ address: STRANGER, services: ['fcd2'] });
    expect(asked(set, 'connect')).toEqual([]);
    await set.adapter.unpair(STRANGER);
    expect(set.bindings.asked).toContain(`unpair ${STRANGER}`);
  });
});
