import type { Note } from '../../adapter.ts';
import { type DBusPort, DBusRefusal } from './dbus-port.ts';
import { nameOf } from './radio-error.ts';

/** Where the gateway's own GATT application lies on the bus. */
export const TIME_APPLICATION = '/iomt/time';
const SERVICE = `${TIME_APPLICATION}/service0`;
const CURRENT_TIME = `${SERVICE}/char0`;
const CHARACTERISTIC_INTERFACE = 'org.bluez.GattCharacteristic1';

const uuid = (short: string) => `0000${short}-0000-1000-8000-00805f9b34fb`;

/** How often it is looked whether the clock was set, while somebody wants to be told. */
const LOOK_MS = 60_000;
/** A clock that moved by more than this against the machine's own was set. */
const SET_MS = 1_000;

/** Adjust reasons of Current Time (0x2A2B): set by an external reference; daylight saving. */
const ADJUSTED = { none: 0, reference: 0x02, daylight: 0x08 } as const;
const HOUR_MS = 3_600_000;
const SUNDAY = 7;

/** Current Time (0x2A2B), 10 bytes; the first 7 are Date Time (0x2A08). `local` as if it were UTC. */
export function currentTimeBytes(local: number, reason: number = ADJUSTED.none): Uint8Array {
  const at = new Date(local);
  const year = at.getUTCFullYear();
  return Uint8Array.of(
    ...[year & 0xff, year >> 8, at.getUTCMonth() + 1, at.getUTCDate()],
    ...[at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds()],
    ...[at.getUTCDay() || SUNDAY, Math.floor((at.getUTCMilliseconds() * 256) / 1000), reason],
  );
}

export interface TimeServerDeps {
  /** The wall clock as if it were UTC; undefined while it is not to be trusted: then no time is told. */
  readonly localTime: () => number | undefined;
  readonly monotonic: () => number;
  readonly note: Note;
}

export interface TimeServer {
  /** Puts the application on a bus; before the bus is used. Only bluetoothd may ask. */
  serve(port: DBusPort, trusted: (sender: string) => boolean): void;
  /** Has bluetoothd offer it on an adapter; what it refuses is noted and no failure. */
  register(call: (member: string, body: readonly unknown[]) => Promise<unknown>): Promise<void>;
  stop(): void;
}

/**
 * The gateway's Current Time service (0x1805), for devices that fetch the time from their host: local
 * time, since devices know no zone. It is told by request, and when the clock was set to those who
 * subscribed; never while the gateway's own clock is not to be trusted.
 */
export function createTimeServer({ localTime, monotonic, note }: TimeServerDeps): TimeServer {
  let timer: ReturnType<typeof setInterval> | undefined;
  let last: { local: number; at: number } | undefined;

  function read(): Buffer {
    const local = localTime();
    if (local === undefined) throw new DBusRefusal('org.bluez.Error.NotPermitted');
    return Buffer.from(currentTimeBytes(local));
  }

  /** Told once for each time that the clock was set. */
  function look(port: DBusPort): void {
    const local = localTime();
    if (local === undefined) return;
    const at = monotonic();
    const moved = last === undefined ? 0 : local - last.local - (at - last.at);
    last = { local, at };
    if (Math.abs(moved) <= SET_MS) return;
    const isHour = Math.abs(Math.abs(moved) - HOUR_MS) <= SET_MS;
    const bytes = currentTimeBytes(local, isHour ? ADJUSTED.daylight : ADJUSTED.reference);
    port.changed(CURRENT_TIME, CHARACTERISTIC_INTERFACE, { Value: Buffer.from(bytes) });
  }

  function stop(): void {
    clearInterval(timer);
    timer = undefined;
    last = undefined;
  }

  return {
    serve(port, trusted) {
      stop();
      const only =
        <T>(run: () => T) =>
        (_args: readonly unknown[], sender: string): T => {
          if (!trusted(sender)) throw new DBusRefusal('org.bluez.Error.NotAuthorized');
          return run();
        };
      const begin = () => {
        stop();
        look(port);
        timer = setInterval(() => look(port), LOOK_MS);
        timer.unref();
      };
      port.exportObject(
        SERVICE,
        'org.bluez.GattService1',
        {},
        {
          UUID: ['s', uuid('1805')],
          Primary: ['b', true],
        },
      );
      const methods = {
        ReadValue: { takes: 'a{sv}', gives: 'ay', run: only(read) },
        StartNotify: { takes: '', gives: '', run: only(begin) },
        StopNotify: { takes: '', gives: '', run: only(stop) },
      };
      port.exportObject(CURRENT_TIME, CHARACTERISTIC_INTERFACE, methods, {
        UUID: ['s', uuid('2a2b')],
        Service: ['o', SERVICE],
        Flags: ['as', ['read', 'notify']],
        Value: ['ay', Buffer.alloc(0)],
      });
      port.exportTree(TIME_APPLICATION);
    },
    async register(call) {
      try {
        await call('RegisterApplication', [TIME_APPLICATION, {}]);
      } catch (error) {
        const code = nameOf(error);
        if (code !== 'org.bluez.Error.AlreadyExists') note('time-server-failed', { code });
      }
    },
    stop,
  };
}
