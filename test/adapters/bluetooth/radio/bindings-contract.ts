import { afterEach, describe, expect, test } from 'vitest';
import type { NobleBindings, PairingPort } from '../../../../adapters/bluetooth/radio/bindings.ts';
import { createRadio, type Radio } from '../../../../adapters/bluetooth/radio/radio.ts';

/** One device of the bindings under test, which advertises, or is made to, during the test. */
export interface ContractSubject {
  readonly bindings: NobleBindings;
  readonly pairing: PairingPort;
  readonly device: {
    /** Lower case without colons. */
    readonly address: string;
    /** Advertised, and present. */
    readonly service: string;
    /** A characteristic that can be read without a bond. */
    readonly readable: { readonly service: string; readonly characteristic: string };
    /** A characteristic that notifies or indicates, and sends a value after being subscribed to. */
    readonly notifying: { readonly service: string; readonly characteristic: string };
  };
  /** Makes the device advertise now, for bindings that do not by themselves. */
  readonly wake?: () => void;
  /** Makes the device send a value now, for bindings that do not by themselves. */
  readonly send?: () => void;
}

const WAIT_MS = 60_000;

/**
 * What noble, and the radio on it, expect of bindings (see `NobleBindings`). Call it from a test
 * file with a maker of fresh bindings.
 */
export function bindingsContract(name: string, make: () => ContractSubject): void {
  describe(`bindings: ${name}`, () => {
    let subject: ContractSubject;
    let radio: Radio;
    let waking: ReturnType<typeof setInterval> | undefined;

    /** Records every event with its arguments, in order. */
    function record(...events: string[]): unknown[][] {
      const seen: unknown[][] = [];
      for (const event of events) {
        subject.bindings.on(event, (...args: unknown[]) => seen.push([event, ...args]));
      }
      return seen;
    }

    function begin(): void {
      subject = make();
      const { bindings, pairing } = subject;
      radio = createRadio({ bindings, pairing, now: Date.now, note: () => undefined });
    }

    async function heard(): Promise<void> {
      waking = setInterval(() => subject.wake?.(), 20);
      radio.startScanning();
      await expect
        .poll(() => radio.heard().map(({ address }) => address))
        .toContain(subject.device.address);
    }

    afterEach(async () => {
      clearInterval(waking);
      await radio.stop();
    });

    test('nothing is emitted before init; then a state comes', async () => {
      begin();
      const seen = record('stateChange', 'discover', 'scanStart');
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(seen).toEqual([]);
      radio.startScanning();
      await expect.poll(() => radio.state).toBe('poweredOn');
    });

    test('a scan is confirmed and finds the device in short UUIDs and a bare address', async () => {
      begin();
      const seen = record('scanStart');
      await heard();
      const [one] = radio.heard().filter(({ address }) => address === subject.device.address);
      expect(one?.address).toMatch(/^[0-9a-f]{12}$/);
      expect(one?.services).toContain(subject.device.service);
      // What BlueZ knew already is told before it confirms.
      await expect.poll(() => seen.length).toBeGreaterThan(0);
    });

    test('stopping a scan is confirmed', async () => {
      begin();
      await heard();
      const seen = record('scanStop');
      radio.stopScanning();
      await expect.poll(() => seen.length).toBe(1);
    });

    test('connects, lists services and characteristics, reads, and disconnects', async () => {
      begin();
      await heard();
      const { address, readable } = subject.device;
      const gone = record('disconnect');
      const link = await radio.connect(address, AbortSignal.timeout(WAIT_MS));
      const services = await link.services();
      const service = services.find(({ uuid }) => uuid === readable.service);
      const one = service?.characteristics.find(({ uuid }) => uuid === readable.characteristic);
      expect(one?.properties).toContain('read');
      expect(await link.read(readable.service, readable.characteristic)).toBeInstanceOf(Uint8Array);
      await link.disconnect();
      expect(gone.map(([, id]) => id)).toContain(address);
    });

    test('connects again at once after a disconnection', async () => {
      begin();
      await heard();
      const { address, readable } = subject.device;
      for (let n = 0; n < 3; n += 1) {
        const link = await radio.connect(address, AbortSignal.timeout(WAIT_MS));
        expect((await link.services()).map(({ uuid }) => uuid)).toContain(readable.service);
        await link.disconnect();
      }
    });

    test('a connection that was given up at any moment does not end the next', async () => {
      begin();
      await heard();
      const { address } = subject.device;
      for (let turns = 0; turns < 6; turns += 1) {
        const abort = new AbortController();
        const first = radio.connect(address, abort.signal).then(
          (link) => link.disconnect(),
          () => undefined,
        );
        for (let n = 0; n < turns; n += 1) await new Promise((resolve) => setImmediate(resolve));
        abort.abort();
        await first;
        const link = await radio.connect(address, AbortSignal.timeout(WAIT_MS));
        let ended = false;
        link.onDisconnect(() => {
          ended = true;
        });
        await new Promise((resolve) => setTimeout(resolve, 20));
        expect(ended).toBe(false);
        expect(await link.services()).not.toEqual([]);
        await link.disconnect();
      }
    });

    test('after stop nothing is told any more', async () => {
      begin();
      await heard();
      const { address, notifying } = subject.device;
      const link = await radio.connect(address, AbortSignal.timeout(WAIT_MS));
      await link.services();
      await link.subscribe(notifying.service, notifying.characteristic);
      await radio.stop();
      const told = record('stateChange', 'discover', 'connect', 'disconnect', 'read', 'gattError');
      subject.wake?.();
      subject.send?.();
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(told).toEqual([]);
    });

    test('values that come of themselves are marked as such, and a read is not', async () => {
      begin();
      await heard();
      const { address, readable, notifying } = subject.device;
      const values: string[] = [];
      radio.onValue(({ characteristic }) => values.push(characteristic));
      const link = await radio.connect(address, AbortSignal.timeout(WAIT_MS));
      await link.services();
      await link.read(readable.service, readable.characteristic);
      expect(values).toEqual([]);
      await link.subscribe(notifying.service, notifying.characteristic);
      subject.send?.();
      await expect.poll(() => values).toContain(notifying.characteristic);
      await link.disconnect();
    });

    test('an operation without a connection is refused by a gattError, not by silence', async () => {
      begin();
      await heard();
      const { address, readable } = subject.device;
      const errors = record('gattError');
      subject.bindings.read(address, readable.service, readable.characteristic);
      await expect.poll(() => errors.length).toBe(1);
      expect(errors[0]?.[1]).toMatchObject({ id: address });
    });

    test('connecting to nobody settles with an error', async () => {
      begin();
      await heard();
      const answers = record('connect');
      subject.bindings.connect('00005e0053ff');
      await expect.poll(() => answers.length).toBe(1);
      expect(answers[0]?.[2]).toBeInstanceOf(Error);
    });
  });
}
