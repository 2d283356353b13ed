import type { Attribute, Decoded, Quantity } from '../../measurement.ts';
import { hex } from '../gatt/cursor.ts';
import { measured, present, refused } from '../gatt/decoded.ts';
import { steps } from '../gatt/ieee-11073-float.ts';

const RAW_V1 = 0x03;
const RAW_V1_BYTES = 14;
const RAW_V2 = 0x05;
const RAW_V2_BYTES = 24;

const INVALID_S16 = -0x8000;
const INVALID_U16 = 0xffff;
const INVALID_U8 = 0xff;
const INVALID_BATTERY = 0x7ff;
const INVALID_TX_POWER = 0x1f;

/** Sent as steps above 500 hPa. */
const PRESSURE_BASE_PA = 50_000;

/** RuuviTag, manufacturer data 0x0499: RAWv1 and RAWv2, high byte first. */
export function ruuvi(bytes: Uint8Array): Decoded {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes[0] === RAW_V1) return bytes.length < RAW_V1_BYTES ? refused('too-short') : rawV1(view);
  if (bytes[0] === RAW_V2) return bytes.length < RAW_V2_BYTES ? refused('too-short') : rawV2(view);
  return refused(bytes.length === 0 ? 'too-short' : 'unsupported');
}

function rawV1(view: DataView): Decoded {
  // Sign and magnitude, then hundredths.
  const magnitude = (view.getUint8(2) & 0x7f) * 100 + view.getUint8(3);
  const temperature = view.getUint8(2) & 0x80 ? -magnitude : magnitude;
  return tag(
    {
      temperature: steps(temperature, 1, -2, 'Cel'),
      humidity: steps(view.getUint8(1), 5, -1, '%'),
      pressure: steps(view.getUint16(4) + PRESSURE_BASE_PA, 1, 0, 'Pa'),
    },
    {
      accX_mG: view.getInt16(6),
      accY_mG: view.getInt16(8),
      accZ_mG: view.getInt16(10),
      batteryMv: view.getUint16(12),
    },
  );
}

function rawV2(view: DataView): Decoded {
  const temperature = view.getInt16(1);
  const humidity = view.getUint16(3);
  const pressure = view.getUint16(5);
  const power = view.getUint16(13);
  const battery = power >> 5;
  const txPower = power & 0x1f;
  return tag(
    {
      temperature: unless(INVALID_S16, temperature, steps(temperature, 5, -3, 'Cel')),
      humidity: unless(INVALID_U16, humidity, steps(humidity, 25, -4, '%')),
      pressure: unless(INVALID_U16, pressure, steps(pressure + PRESSURE_BASE_PA, 1, 0, 'Pa')),
    },
    {
      accX_mG: unless(INVALID_S16, view.getInt16(7), view.getInt16(7)),
      accY_mG: unless(INVALID_S16, view.getInt16(9), view.getInt16(9)),
      accZ_mG: unless(INVALID_S16, view.getInt16(11), view.getInt16(11)),
      batteryMv: unless(INVALID_BATTERY, battery, battery + 1600),
      txPowerDbm: unless(INVALID_TX_POWER, txPower, txPower * 2 - 40),
      movementCounter: unless(INVALID_U8, view.getUint8(15), view.getUint8(15)),
      sequence: unless(INVALID_U16, view.getUint16(16), view.getUint16(16)),
      mac: hex(new Uint8Array(view.buffer, view.byteOffset + 18, 6)),
    },
  );
}

/** The value, unless the raw number is the one that says "not available". */
function unless<Value>(invalid: number, raw: number, value: Value): Value | undefined {
  return raw === invalid ? undefined : value;
}

function tag(
  quantities: Readonly<Record<string, Quantity | undefined>>,
  attributes: Readonly<Record<string, Attribute | undefined>>,
): Decoded {
  return measured([
    {
      kind: 'environment',
      quantities: present<Quantity>(quantities),
      attributes: present<Attribute>(attributes),
    },
  ]);
}
