import type { StatusFlag } from '../../measurement.ts';
import { flagNames } from './decoded.ts';

const MEASUREMENT: Readonly<Record<number, StatusFlag>> = {
  5: 'measurement-ongoing',
  6: 'early-estimate',
  7: 'validated',
  8: 'fully-qualified',
  9: 'from-storage',
  10: 'demonstration',
  11: 'testing',
  12: 'calibration-ongoing',
  13: 'measurement-unavailable',
  14: 'questionable',
  15: 'invalid',
};

const DEVICE_AND_SENSOR: Readonly<Record<number, StatusFlag>> = {
  0: 'extended-display-update',
  1: 'equipment-malfunction',
  2: 'signal-irregularity',
  3: 'inadequate-signal',
  4: 'poor-signal',
  5: 'low-perfusion',
  6: 'erratic-signal',
  7: 'nonpulsatile-signal',
  8: 'questionable-pulse',
  9: 'signal-analysis-ongoing',
  10: 'sensor-interference',
  11: 'sensor-unconnected-to-user',
  12: 'unknown-sensor',
  13: 'sensor-displaced',
  14: 'sensor-malfunction',
  15: 'sensor-disconnected',
};

/** Flags of Measurement Status (16 bit) and Device and Sensor Status (24 bit), where sent. */
export function pulseOximeterStatus(
  measurement: number | undefined,
  sensor: number | undefined,
): StatusFlag[] {
  return [
    ...flagNames(measurement ?? 0, MEASUREMENT),
    ...flagNames(sensor ?? 0, DEVICE_AND_SENSOR),
  ];
}
