import type { Decode, Decoded } from '../../measurement.ts';
import { batteryLevel } from './battery-level.ts';
import { bloodPressureFeature } from './blood-pressure-feature.ts';
import { bloodPressureMeasurement } from './blood-pressure-measurement.ts';
import { bodyCompositionFeature } from './body-composition-feature.ts';
import { bodyCompositionMeasurement } from './body-composition-measurement.ts';
import { bodySensorLocation } from './body-sensor-location.ts';
import { currentTime } from './current-time.ts';
import { dateTime } from './date-time.ts';
import { refused } from './decoded.ts';
import {
  deviceInformationText,
  pnpId,
  regulatoryCertification,
  systemId,
} from './device-information.ts';
import { heartRateMeasurement } from './heart-rate-measurement.ts';
import { intermediateCuffPressure } from './intermediate-cuff-pressure.ts';
import { localTimeInformation } from './local-time-information.ts';
import { plxContinuousMeasurement } from './plx-continuous-measurement.ts';
import { plxFeatures } from './plx-features.ts';
import { plxSpotCheckMeasurement } from './plx-spot-check-measurement.ts';
import { temperatureMeasurement } from './temperature-measurement.ts';
import { temperatureType } from './temperature-type.ts';
import { weightMeasurement } from './weight-measurement.ts';
import { weightScaleFeature } from './weight-scale-feature.ts';

/** Decoders by characteristic; 16-bit UUIDs of the Bluetooth SIG short, all lower case. */
const DECODERS: ReadonlyMap<string, { readonly name: string; readonly decode: Decode }> = new Map([
  ['2a08', { name: 'Date Time', decode: dateTime }],
  ['2a0f', { name: 'Local Time Information', decode: localTimeInformation }],
  ['2a19', { name: 'Battery Level', decode: batteryLevel }],
  ['2a1c', { name: 'Temperature Measurement', decode: temperatureMeasurement }],
  ['2a1d', { name: 'Temperature Type', decode: temperatureType }],
  ['2a23', { name: 'System ID', decode: systemId }],
  ['2a24', { name: 'Model Number String', decode: deviceInformationText }],
  ['2a25', { name: 'Serial Number String', decode: deviceInformationText }],
  ['2a26', { name: 'Firmware Revision String', decode: deviceInformationText }],
  ['2a27', { name: 'Hardware Revision String', decode: deviceInformationText }],
  ['2a28', { name: 'Software Revision String', decode: deviceInformationText }],
  ['2a29', { name: 'Manufacturer Name String', decode: deviceInformationText }],
  ['2a2a', { name: 'Regulatory Certification Data List', decode: regulatoryCertification }],
  ['2a2b', { name: 'Current Time', decode: currentTime }],
  ['2a35', { name: 'Blood Pressure Measurement', decode: bloodPressureMeasurement }],
  ['2a36', { name: 'Intermediate Cuff Pressure', decode: intermediateCuffPressure }],
  ['2a37', { name: 'Heart Rate Measurement', decode: heartRateMeasurement }],
  ['2a38', { name: 'Body Sensor Location', decode: bodySensorLocation }],
  ['2a49', { name: 'Blood Pressure Feature', decode: bloodPressureFeature }],
  ['2a50', { name: 'PnP ID', decode: pnpId }],
  ['2a5e', { name: 'PLX Spot-Check Measurement', decode: plxSpotCheckMeasurement }],
  ['2a5f', { name: 'PLX Continuous Measurement', decode: plxContinuousMeasurement }],
  ['2a60', { name: 'PLX Features', decode: plxFeatures }],
  ['2a9b', { name: 'Body Composition Feature', decode: bodyCompositionFeature }],
  ['2a9c', { name: 'Body Composition Measurement', decode: bodyCompositionMeasurement }],
  ['2a9d', { name: 'Weight Measurement', decode: weightMeasurement }],
  ['2a9e', { name: 'Weight Scale Feature', decode: weightScaleFeature }],
]);

const SIG_UUID = /^0000([0-9a-f]{4})00001000800000805f9b34fb$/;

/**
 * One spelling of a UUID: lower case without dashes or `0x`, and short (`2a35`) for those of the
 * Bluetooth SIG.
 */
export function shortUuid(uuid: string): string {
  const plain = uuid.trim().toLowerCase().replace(/^0x/, '').replaceAll('-', '');
  return SIG_UUID.exec(plain)?.[1] ?? plain;
}

/** What the bytes of a characteristic say; unknown characteristics are `unsupported`. Total. */
export function decodeGatt(
  uuid: string,
  bytes: Uint8Array,
  context?: Parameters<Decode>[1],
): Decoded {
  const row = DECODERS.get(shortUuid(uuid));
  return row ? row.decode(bytes, context) : refused('unsupported');
}

/** Characteristics that can be decoded, by UUID. */
export function gattDecoders(): readonly { readonly uuid: string; readonly name: string }[] {
  return [...DECODERS].map(([uuid, { name }]) => ({ uuid, name }));
}
