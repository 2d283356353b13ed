import { vi } from 'vitest';
import type { GattError } from '../../../../adapters/bluetooth/radio/bindings.ts';
import { createBluez } from '../../../../adapters/bluetooth/radio/bluez.ts';
import { type DBusPort, openSystemBus } from '../../../../adapters/bluetooth/radio/dbus-port.ts';
import { createRadio, type Radio } from '../../../../adapters/bluetooth/radio/radio.ts';
import { until } from '../../../support/until.ts';
import { MockBluez } from './mock-bluez.ts';
import { type PrivateBus, startPrivateBus } from './mock-bluez-bus.ts';

export const CUFF = '00:00:5E:00:53:11';
export const ID = '00005e005311';
export const DEVICE = 'org.bluez.Device1';
export const CHARACTERISTIC = 'org.bluez.GattCharacteristic1';

/** Virtual time goes on in steps, and between two everything said on the bus is heard. */
const STEP_MS = 500;
const EVENTS = ['stateChange', 'connect', 'disconnect', 'read', 'scanStart', 'scanStop', 'notify'];

/** A private bus, `org.bluez` on it, and the real bindings and radio over both. */
export interface World extends AsyncDisposable {
  readonly bus: PrivateBus;
  readonly daemon: MockBluez;
  readonly bluez: ReturnType<typeof createBluez>;
  readonly radio: Radio;
  readonly notes: string[];
  /** What the bindings told, by event. */
  of(event: string): unknown[][];
  /** Starts scanning and waits for power. */
  up(): Promise<void>;
  /** A cuff that is heard, with an indication and a characteristic to read; their paths. */
  cuff(
    more?: Record<string, unknown>,
  ): Promise<{ path: string; indication: string; model: string }>;
  /** The device at this path advertises; fulfils when the radio heard it. */
  heard(path: string): Promise<void>;
  /** Everything that was said so far on the bus is heard on both sides. */
  settle(): Promise<void>;
  /** From the first call on, timers go by virtual time, which goes on by `ms` in steps. */
  pass(ms: number): Promise<void>;
}

/** A call that bluetoothd never answers. */
export const never = () => new Promise<never>(() => undefined);

class TestWorld implements World {
  readonly bus: PrivateBus;
  readonly daemon: MockBluez;
  readonly bluez: ReturnType<typeof createBluez>;
  readonly radio: Radio;
  readonly notes: string[] = [];
  readonly #events: unknown[][] = [];
  #port: DBusPort | undefined;

  constructor(bus: PrivateBus, adapter: string) {
    this.bus = bus;
    this.daemon = new MockBluez(bus.address);
    const note = (event: string) => void this.notes.push(event);
    const openBus = () => {
      this.#port = openSystemBus();
      return this.#port;
    };
    this.bluez = createBluez({ adapter, note, openBus });
    const { bindings, pairing } = this.bluez;
    for (const event of EVENTS) {
      bindings.on(event, (...args: unknown[]) => this.#events.push([event, ...args]));
    }
    bindings.on('gattError', ({ op, error }: GattError) => this.#events.push(['error', op, error]));
    this.radio = createRadio({ bindings, pairing, now: Date.now, note });
  }

  of(event: string): unknown[][] {
    return this.#events.filter(([name]) => name === event).map(([, ...args]) => args);
  }

  async up(): Promise<void> {
    this.radio.startScanning();
    await until(() => this.radio.state === 'poweredOn', 'power');
  }

  async cuff(more: Record<string, unknown> = {}) {
    const { daemon } = this;
    const path = daemon.device(CUFF, more);
    const indication = daemon.characteristic(path, '1810', '2a35', ['indicate']);
    const model = daemon.characteristic(path, '180a', '2a24', ['read']);
    for (const one of Object.keys(daemon.objects)) if (one.startsWith(path)) daemon.added(one);
    await this.heard(path);
    return { path, indication, model };
  }

  async heard(path: string): Promise<void> {
    const address = String(this.daemon.objects[path]?.[DEVICE]?.Address);
    const id = address.replaceAll(':', '').toLowerCase();
    this.daemon.changed(path, DEVICE, { RSSI: -50 });
    await until(() => this.radio.heard().some((one) => one.address === id), 'the device');
  }

  async settle(): Promise<void> {
    const ping = {
      destination: 'org.bluez',
      path: '/',
      interface: 'org.freedesktop.DBus.Peer',
      member: 'Ping',
      timeoutMs: 0,
    };
    // The first carries our calls over, the second what came of their answers.
    for (let n = 0; n < 2; n += 1) {
      await this.#port?.call(ping).catch(() => undefined);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async pass(ms: number): Promise<void> {
    if (!vi.isFakeTimers()) throw new Error('virtual time was not begun');
    for (let past = 0; past < ms; past += STEP_MS) {
      await vi.advanceTimersByTimeAsync(Math.min(STEP_MS, ms - past));
      await this.settle();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    vi.useRealTimers();
    await this.radio.stop();
    this.daemon.vanish();
    await this.bus[Symbol.asyncDispose]();
  }
}

/** bluetoothd is there already, with the adapter hci0 on. */
export async function openWorld(adapter = 'hci0'): Promise<World> {
  const world = new TestWorld(await startPrivateBus(), adapter);
  await world.daemon.arrive();
  return world;
}

/** Timers of this process go by virtual time from now on, those of sockets do not. */
export function virtualTime(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
}
