import type { Decoded } from '../../measurement.ts';
import { createCursor } from './cursor.ts';
import { fieldsOf, present, refused } from './decoded.ts';

const LOCATIONS = ['other', 'chest', 'wrist', 'finger', 'hand', 'ear-lobe', 'foot'];

/** Body Sensor Location (0x2A38); a reserved code keeps its number and has no name. */
export function bodySensorLocation(bytes: Uint8Array): Decoded {
  const frame = createCursor(bytes);
  const bodySensorLocation = frame.u8();
  if (frame.short()) return refused('too-short');
  return fieldsOf(present({ bodySensorLocation, location: LOCATIONS[bodySensorLocation] }));
}
