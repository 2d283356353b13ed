import type { Attribute, Decoded, Measurement } from '../../measurement.ts';
import { bit, type Cursor, createCursor } from './cursor.ts';
import { measured, present, refused } from './decoded.ts';
import { type Ieee11073, ieee11073Quantity } from './ieee-11073-float.ts';
import { oxygenSaturation } from './oxygen-saturation.ts';
import { pulseOximeterStatus } from './pulse-oximeter-status.ts';

interface Pair {
  readonly modality: 'continuous' | 'fast' | 'slow';
  readonly spo2: Ieee11073;
  readonly pulse: Ieee11073;
}

/**
 * PLX Continuous Measurement (0x2A5F): one measurement for each modality that is sent, the normal
 * one first.
 */
export function plxContinuousMeasurement(bytes: Uint8Array): Decoded {
  const frame = createCursor(bytes);
  const flags = frame.u8();
  const pairs = [readPair(frame, 'continuous')];
  if (bit(flags, 0)) pairs.push(readPair(frame, 'fast'));
  if (bit(flags, 1)) pairs.push(readPair(frame, 'slow'));
  const measurementStatus = bit(flags, 2) ? frame.u16() : undefined;
  const deviceSensorStatus = bit(flags, 3) ? frame.u24() : undefined;
  const amplitude = bit(flags, 4) ? frame.sfloat() : undefined;
  if (frame.short()) return refused('too-short');
  const trailingBytes = frame.left();
  const measurements = pairs.map(
    ({ modality, spo2, pulse }): Measurement => ({
      kind: 'oxygen-saturation',
      quantities: present({
        spo2: oxygenSaturation(spo2),
        'pulse-rate': ieee11073Quantity(pulse, '/min'),
        'pulse-amplitude-index':
          amplitude && modality === 'continuous' ? ieee11073Quantity(amplitude, '%') : undefined,
      }),
      attributes: present<Attribute>({
        modality,
        flags,
        measurementStatus,
        deviceSensorStatus,
        trailingBytes,
      }),
    }),
  );
  return measured(measurements, {
    status: pulseOximeterStatus(measurementStatus, deviceSensorStatus),
  });
}

function readPair(frame: Cursor, modality: Pair['modality']): Pair {
  return { modality, spo2: frame.sfloat(), pulse: frame.sfloat() };
}
