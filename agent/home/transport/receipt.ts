import { type Receipt, receiptSchema } from '../../contract/messages.ts';
import { INBOUND_BYTES_MAX } from './mqtt-options.ts';

/** A receipt as it came; undefined when it is none. */
export function readReceipt(payload: Buffer): Receipt | undefined {
  if (payload.length > INBOUND_BYTES_MAX) return undefined;
  try {
    const parsed = receiptSchema.safeParse(JSON.parse(payload.toString('utf8')));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
