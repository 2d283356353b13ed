import type { Decoded } from '../../measurement.ts';
import { createCursor, hex } from './cursor.ts';
import { fieldsOf, refused } from './decoded.ts';

/** Texts of Device Information (0x2A24 to 0x2A29), UTF-8; trailing NULs are padding. */
export function deviceInformationText(bytes: Uint8Array): Decoded {
  return fieldsOf({ text: new TextDecoder().decode(bytes).replace(/\0+$/, '') });
}

const SYSTEM_ID_BYTES = 8;

/** System ID (0x2A23): 40 bit manufacturer part and 24 bit organisation, as EUI-64 text. */
export function systemId(bytes: Uint8Array): Decoded {
  if (bytes.length < SYSTEM_ID_BYTES) return refused('too-short');
  const ordered = bytes.slice(0, SYSTEM_ID_BYTES).reverse();
  return fieldsOf({
    systemId: Array.from(ordered, (byte) => hex(Uint8Array.of(byte)).toUpperCase()).join('-'),
  });
}

/** PnP ID (0x2A50): who assigned the vendor id (1 Bluetooth SIG, 2 USB forum), and the product. */
export function pnpId(bytes: Uint8Array): Decoded {
  const frame = createCursor(bytes);
  const vendorIdSource = frame.u8();
  const vendorId = frame.u16();
  const productId = frame.u16();
  const productVersion = frame.u16();
  if (frame.short()) return refused('too-short');
  return fieldsOf({ vendorIdSource, vendorId, productId, productVersion });
}

/**
 * Regulatory Certification Data List (0x2A2A), IEEE 11073-20601: kept as it is, since what it
 * certifies is not for a decoder to say.
 */
export function regulatoryCertification(bytes: Uint8Array): Decoded {
  if (bytes.length === 0) return refused('too-short');
  return fieldsOf({ certificationHex: hex(bytes) });
}
