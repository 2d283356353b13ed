import { sfloat, u8 } from '../../adapters/simulated/encode.ts';

/** What the devices of a home of three hand over in a day: measurements, rooms, doors, one hour of a strap. */

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export type DeviceKind = 'cuff' | 'strap' | 'room' | 'door' | 'motion' | 'smoke';

export interface PlannedDevice {
  readonly address: string;
  readonly kind: DeviceKind;
  /** Whose it is, of the three. */
  readonly owner: number;
}

/** Times a day. */
const A_DAY: Readonly<Record<DeviceKind, number>> = {
  cuff: 4,
  strap: 60,
  room: 96,
  door: 40,
  motion: 100,
  smoke: 1,
};

const KINDS_OF: readonly (readonly [DeviceKind, number])[] = [
  ['cuff', 0],
  ['cuff', 1],
  ['cuff', 2],
  ['strap', 0],
  ['room', 0],
  ['room', 1],
  ['door', 0],
  ['motion', 2],
  ['smoke', 1],
];

export const DEVICES: readonly PlannedDevice[] = KINDS_OF.map(([kind, owner], index) => ({
  address: `00005e0053${(index + 16).toString(16)}`,
  kind,
  owner,
}));

export const SHARED = ['blood-pressure', 'heart-rate', 'environment', 'contact', 'motion', 'smoke'];

/** How many readings a day of such a home gives. */
export const READINGS_A_DAY = DEVICES.reduce((sum, { kind }) => sum + A_DAY[kind], 0);

export interface Frame {
  readonly address: string;
  readonly at: number;
  readonly source: { service: string; characteristic: string } | { serviceData: string };
  readonly bytes: Uint8Array;
}

const SOURCE = {
  cuff: { service: '1810', characteristic: '2a35' },
  strap: { service: '180d', characteristic: '2a37' },
  broadcast: { serviceData: 'fcd2' },
} as const;

const i16 = (value: number) => Buffer.from([value & 0xff, value >> 8]).toString('hex');

/** The n-th frame of a device: no two that follow one another are alike. */
export function frameOf({ address, kind }: PlannedDevice, n: number, at: number): Frame {
  const bthome = (hex: string) => ({
    address,
    at,
    source: SOURCE.broadcast,
    bytes: Buffer.from(`40${hex}`, 'hex'),
  });
  switch (kind) {
    case 'cuff': {
      const values = [100 + (n % 60), 70, 85].map((value) => sfloat(value));
      const bytes = Buffer.concat([u8(4), ...values, sfloat(60 + (n % 30))]);
      return { address, at, source: SOURCE.cuff, bytes };
    }
    case 'strap':
      return { address, at, source: SOURCE.strap, bytes: Buffer.of(0, 60 + (n % 80)) };
    case 'room':
      return bthome(`02${i16(1_900 + (n % 400))}`);
    case 'door':
      return bthome(`2d${n % 2 ? '01' : '00'}`);
    case 'motion':
      return bthome(`21${n % 2 ? '01' : '00'}`);
    case 'smoke':
      return bthome(`29${n % 2 ? '01' : '00'}`);
    default:
      return kind satisfies never;
  }
}

/** All frames of so many days, in the order of their time; `most` ends them earlier. */
export function framesOf(from: number, days: number, most = Number.POSITIVE_INFINITY): Frame[] {
  const frames: Frame[] = [];
  for (let day = 0; day < days && frames.length < most; day += 1) {
    const today = DEVICES.flatMap((device, index) => {
      const count = A_DAY[device.kind];
      // A strap is worn for an hour; all else is spread over the day. Never two of one device at once.
      const step = device.kind === 'strap' ? HOUR_MS / count + 1_000 : DAY_MS / count;
      return Array.from({ length: count }, (_, n) =>
        frameOf(
          device,
          day * count + n,
          from + day * DAY_MS + Math.floor(n * step) + index * 1_000,
        ),
      );
    });
    frames.push(...today.sort((a, b) => a.at - b.at));
  }
  return frames.slice(0, most);
}
