/** The benchmark's one device: a spot oximeter that sends what it has stored, each with its time. */
export const ADDRESS = '00005e005301';
export const KIND = 'oxygen-saturation';

/** Characteristics, as a fed adapter is told them. */
export const PLX_SPOT_CHECK = '1822/2a5e';
export const CURRENT_TIME = '1805/2a2b';

const DAY_MS = 24 * 3_600_000;

/** Bytes of a date-time (Date Time, 0x2A08) of a device whose clock shows UTC. */
function dateTime(at: number): number[] {
  const time = new Date(at);
  const year = time.getUTCFullYear();
  return [
    ...[year & 0xff, year >> 8, time.getUTCMonth() + 1, time.getUTCDate()],
    ...[time.getUTCHours(), time.getUTCMinutes(), time.getUTCSeconds()],
  ];
}

const hex = (bytes: readonly number[]) => Buffer.from(bytes).toString('hex');

/** What the device's clock shows now: Current Time with an unknown day of the week. */
export const clockFrame = (now: number) => hex([...dateTime(now), 0, 0, 0]);

/** The oldest that a stored measurement of the benchmark is, ms before now. */
export const HISTORY_MS = 25 * DAY_MS;

/**
 * The n-th stored measurement from an instant on: saturation, pulse and a time of its own, seconds
 * apart. Flags 01: with a timestamp (PLX Spot-Check Measurement, 0x2A5E).
 */
export function measurementFrame(from: number, index: number): string {
  const spo2 = 90 + (index % 10);
  const pulse = 55 + (index % 50);
  return hex([1, spo2, 0, pulse, 0, ...dateTime(from + index * 1_000)]);
}
