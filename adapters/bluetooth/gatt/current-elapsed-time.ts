import type { Decoded } from '../../measurement.ts';
import { bit, createCursor } from './cursor.ts';
import { fieldsOf, refused } from './decoded.ts';

const RESOLUTIONS = ['1s', '100ms', '1ms', '100us'];

/**
 * Current Elapsed Time (0x2BF2): ticks of `resolution` since 2000-01-01, or since the device
 * started when it is a tick counter.
 */
export function currentElapsedTime(bytes: Uint8Array): Decoded {
  const frame = createCursor(bytes);
  const flags = frame.u8();
  const time = frame.u48();
  const syncSource = frame.u8();
  const tzDstOffset15min = frame.s8();
  const clockStatus = frame.u8();
  const clockCapabilities = frame.u8();
  if (frame.short()) return refused('too-short');
  return fieldsOf({
    flags,
    tickCounter: bit(flags, 0),
    utc: bit(flags, 1),
    resolution: RESOLUTIONS[(flags >> 2) & 0b11],
    tzDstUsed: bit(flags, 4),
    currentTimeline: bit(flags, 5),
    time,
    syncSource,
    tzDstOffset15min,
    clockStatus,
    clockCapabilities,
  });
}
