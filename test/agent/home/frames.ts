import { currentTime, dateTime, sfloat, u8, u16 } from '../../../adapters/simulated/encode.ts';
import type { Household } from './household.ts';

/* What the household's devices send: frames as they come over the air, handed to its home. */

let sessions = 0;
export const session = () => `session-${++sessions}`;

/** Local wall-clock of a device as `encode` wants it: UTC digits are the device's. */
export const local = (text: string) => Date.parse(`${text}Z`);

export const bloodPressure = (
  values: { systolic?: number; at?: string; slot?: number; status?: number } = {},
): Uint8Array => {
  const { systolic = 128, at, slot, status } = values;
  const flags =
    (at === undefined ? 0 : 2) | 4 | (slot === undefined ? 0 : 8) | (status === undefined ? 0 : 16);
  return Buffer.concat([
    u8(flags),
    ...[systolic, 82, 97].map((value) => sfloat(value)),
    ...(at === undefined ? [] : [dateTime(local(at))]),
    sfloat(64),
    ...(slot === undefined ? [] : [u8(slot)]),
    ...(status === undefined ? [] : [u16(status)]),
  ]);
};

type Place = { readonly at?: number; readonly session?: string; readonly peripheral?: string };

const gatt = (
  home: Household,
  service: string,
  characteristic: string,
  bytes: Uint8Array,
  place: Place,
) =>
  home.keep({
    peripheral: place.peripheral ?? '00005e005301',
    at: place.at ?? home.time.now,
    session: place.session ?? session(),
    source: { service, characteristic },
    bytes,
  });

export const cuff = (home: Household, bytes: Uint8Array, place: Place = {}) =>
  gatt(home, '1810', '2a35', bytes, place);
/** PLX spot-check, 97 % and 71 /min, of an oximeter that says that its clock is not set. */
export const oximeter = (home: Household, at: string, place: Place = {}) => {
  const bytes = [u8(0x11), sfloat(97), sfloat(71), dateTime(local(at))];
  return gatt(home, '1822', '2a5e', Buffer.concat(bytes), place);
};
export const deviceClock = (home: Household, at: string, place: Place = {}) =>
  gatt(home, '1805', '2a2b', currentTime(local(at)), place);
export const strap = (home: Household, rate: number, place: Place = {}) =>
  gatt(home, '180d', '2a37', Buffer.of(0, rate), place);
export const battery = (home: Household, percent: number, place: Place = {}) =>
  gatt(home, '180f', '2a19', u8(percent), place);

/** BTHome v2, plain: the objects as hex. */
export const bthome = (home: Household, objects: string, place: Place = {}) =>
  home.keep({
    peripheral: place.peripheral ?? '00005e005301',
    at: place.at ?? home.time.now,
    session: place.session ?? 'broadcasts',
    source: { serviceData: 'fcd2' },
    bytes: Buffer.from(`40${objects}`, 'hex'),
  });
