import { decodeGatt } from '../../../../adapters/bluetooth/gatt/index.ts';
import type { Decoded } from '../../../../adapters/measurement.ts';

/** What the bytes measure; throws when they are refused or are not a result. */
export function result(uuid: string, bytes: readonly number[]) {
  const decoded: Decoded = decodeGatt(uuid, Uint8Array.from(bytes));
  if (!decoded.ok || !('measurements' in decoded)) throw new Error(JSON.stringify(decoded));
  return decoded;
}
