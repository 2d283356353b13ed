import type { Decode, DecodeContext, Decoded } from '../../measurement.ts';
import { batteryLevel } from './battery-level.ts';
import { bloodPressureFeature } from './blood-pressure-feature.ts';
import { bloodPressureMeasurement } from './blood-pressure-measurement.ts';
import { bodyCompositionFeature } from './body-composition-feature.ts';
import { bodyCompositionMeasurement } from './body-composition-measurement.ts';
import { bodySensorLocation } from './body-sensor-location.ts';
import { cgmFeature } from './cgm-feature.ts';
import { cgmMeasurement } from './cgm-measurement.ts';
import { cgmSessionRunTime, cgmSessionStartTime } from './cgm-session.ts';
import { cgmSpecificOpsControlPoint } from './cgm-specific-ops-control-point.ts';
import { cgmStatus } from './cgm-status.ts';
import { currentElapsedTime } from './current-elapsed-time.ts';
import { currentTime } from './current-time.ts';
import { dateTime } from './date-time.ts';
import { refused } from './decoded.ts';
import {
  deviceInformationText,
  pnpId,
  regulatoryCertification,
  systemId,
} from './device-information.ts';
import { humidity, pressure, temperature } from './environment.ts';
import { glucoseFeature } from './glucose-feature.ts';
import { glucoseMeasurement } from './glucose-measurement.ts';
import { glucoseMeasurementContext } from './glucose-measurement-context.ts';
import { heartRateMeasurement } from './heart-rate-measurement.ts';
import { intermediateCuffPressure } from './intermediate-cuff-pressure.ts';
import { localTimeInformation } from './local-time-information.ts';
import { microlifeBloodPressure } from './microlife-blood-pressure.ts';
import { noninOximetry } from './nonin-oximetry.ts';
import { omronRecord } from './omron-record.ts';
import { plxContinuousMeasurement } from './plx-continuous-measurement.ts';
import { plxFeatures } from './plx-features.ts';
import { plxSpotCheckMeasurement } from './plx-spot-check-measurement.ts';
import { NONIN_OXIMETRY, protocolDecoder } from './protocols.ts';
import { recordAccessControlPoint } from './record-access-control-point.ts';
import { temperatureMeasurement } from './temperature-measurement.ts';
import { temperatureType } from './temperature-type.ts';
import { userControlPoint } from './user-control-point.ts';
import { VITAFIT_HEADER, vitafitScale } from './vitafit-scale.ts';
import { weightMeasurement } from './weight-measurement.ts';
import { weightScaleFeature } from './weight-scale-feature.ts';
import { yonkerBloodPressure } from './yonker-blood-pressure.ts';

/** Decoders by characteristic; 16-bit UUIDs of the Bluetooth SIG short, all lower case. */
const DECODERS: ReadonlyMap<string, { readonly name: string; readonly decode: Decode }> = new Map([
  ['2a08', { name: 'Date Time', decode: dateTime }],
  ['2a0f', { name: 'Local Time Information', decode: localTimeInformation }],
  ['2a18', { name: 'Glucose Measurement', decode: glucoseMeasurement }],
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
  ['2a34', { name: 'Glucose Measurement Context', decode: glucoseMeasurementContext }],
  ['2a35', { name: 'Blood Pressure Measurement', decode: bloodPressureMeasurement }],
  ['2a36', { name: 'Intermediate Cuff Pressure', decode: intermediateCuffPressure }],
  ['2a37', { name: 'Heart Rate Measurement', decode: heartRateMeasurement }],
  ['2a38', { name: 'Body Sensor Location', decode: bodySensorLocation }],
  ['2a49', { name: 'Blood Pressure Feature', decode: bloodPressureFeature }],
  ['2a50', { name: 'PnP ID', decode: pnpId }],
  ['2a51', { name: 'Glucose Feature', decode: glucoseFeature }],
  ['2a52', { name: 'Record Access Control Point', decode: recordAccessControlPoint }],
  ['2a5e', { name: 'PLX Spot-Check Measurement', decode: plxSpotCheckMeasurement }],
  ['2a5f', { name: 'PLX Continuous Measurement', decode: plxContinuousMeasurement }],
  ['2a60', { name: 'PLX Features', decode: plxFeatures }],
  ['2a6d', { name: 'Pressure', decode: pressure }],
  ['2a6e', { name: 'Temperature', decode: temperature }],
  ['2a6f', { name: 'Humidity', decode: humidity }],
  ['2a9b', { name: 'Body Composition Feature', decode: bodyCompositionFeature }],
  ['2a9c', { name: 'Body Composition Measurement', decode: bodyCompositionMeasurement }],
  ['2a9d', { name: 'Weight Measurement', decode: weightMeasurement }],
  ['2a9e', { name: 'Weight Scale Feature', decode: weightScaleFeature }],
  ['2a9f', { name: 'User Control Point', decode: userControlPoint }],
  ['2aa7', { name: 'CGM Measurement', decode: cgmMeasurement }],
  ['2aa8', { name: 'CGM Feature', decode: cgmFeature }],
  ['2aa9', { name: 'CGM Status', decode: cgmStatus }],
  ['2aaa', { name: 'CGM Session Start Time', decode: cgmSessionStartTime }],
  ['2aab', { name: 'CGM Session Run Time', decode: cgmSessionRunTime }],
  ['2aac', { name: 'CGM Specific Ops Control Point', decode: cgmSpecificOpsControlPoint }],
  ['2bf2', { name: 'Current Elapsed Time', decode: currentElapsedTime }],
  // Makers' own. Omron and Yonker are found by their service: the frame is the same on each of its
  // characteristics.
  ['fff1', { name: 'Microlife BP3GY1-2N, Vitafit VT701', decode: fff1 }],
  ['cdeacd8052354c07884693a37ee6b86d', { name: 'Yonker YK-IBPA1', decode: yonkerBloodPressure }],
  [NONIN_OXIMETRY, { name: 'Nonin oximetry', decode: noninOximetry }],
  ['ecbe3980c9a211e1b1bd0002a5d5c51b', { name: 'Omron memory record', decode: omronRecord }],
]);

/** A characteristic that several makers use; the first byte of the frame is the maker's. */
function fff1(bytes: Uint8Array): Decoded {
  return bytes[0] === VITAFIT_HEADER ? vitafitScale(bytes) : microlifeBloodPressure(bytes);
}

const SIG_UUID = /^0000([0-9a-f]{4})00001000800000805f9b34fb$/;

/**
 * One spelling of a UUID: lower case without dashes or `0x`, and short (`2a35`) for those of the
 * Bluetooth SIG.
 */
export function shortUuid(uuid: string): string {
  const plain = uuid.trim().toLowerCase().replace(/^0x/, '').replaceAll('-', '');
  return SIG_UUID.exec(plain)?.[1] ?? plain;
}

/**
 * What the bytes of a characteristic say; unknown characteristics are `unsupported`. With
 * `context.protocol` a maker's own bytes are read as that model sends them. Total.
 */
export function decodeGatt(
  uuid: string,
  bytes: Uint8Array,
  context?: Parameters<Decode>[1],
): Decoded {
  const characteristic = shortUuid(uuid);
  const own = context?.protocol && protocolDecoder(context.protocol, characteristic);
  const decode = own || DECODERS.get(characteristic)?.decode;
  if (!decode) return refused('unsupported');
  const decoded = decode(bytes, context);
  return isMeasurable(decoded, context?.ranges) ? decoded : refused('reserved-value');
}

/** False for what the device's model cannot measure: no value, however near (promise 5). */
function isMeasurable(decoded: Decoded, ranges: DecodeContext['ranges'] = {}): boolean {
  if (!decoded.ok || 'fields' in decoded) return true;
  return decoded.measurements.every(({ quantities }) =>
    Object.entries(ranges).every(([name, { low, high, unit }]) => {
      const quantity = quantities[name];
      if (!quantity || !('value' in quantity) || quantity.unit !== unit) return true;
      const value = Number(quantity.value);
      return value >= Number(low) && value <= Number(high);
    }),
  );
}

/** Characteristics that can be decoded, by UUID. */
export function gattDecoders(): readonly { readonly uuid: string; readonly name: string }[] {
  return [...DECODERS].map(([uuid, { name }]) => ({ uuid, name }));
}
