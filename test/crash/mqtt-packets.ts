/** Control packets by number (MQTT 5, 2.1.2). */
export const PUBLISH = 3;
export const PUBACK = 4;
const CONNECT = 1;

export interface Packet {
  readonly type: number;
  /** As it came, fixed header included. */
  readonly bytes: Buffer;
  /** Where the variable header begins. */
  readonly start: number;
}

/** Cuts a stream into control packets (MQTT 5, 2.1). */
export function createSplitter(): (chunk: Buffer) => Packet[] {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const packets: Packet[] = [];
    for (;;) {
      const length = rest.length > 1 ? variableLength(rest, 1) : undefined;
      if (!length || rest.length < length.end + length.value) return packets;
      const bytes = rest.subarray(0, length.end + length.value);
      packets.push({ type: (bytes[0] ?? 0) >> 4, bytes, start: length.end });
      rest = rest.subarray(bytes.length);
    }
  };
}

/** Variable byte integer (MQTT 5, 1.5.5); undefined while its end has not come. */
function variableLength(bytes: Buffer, at: number): { value: number; end: number } | undefined {
  let value = 0;
  for (let index = 0; index < 4; index += 1) {
    const byte = bytes[at + index];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 0x80 ** index;
    if (byte < 0x80) return { value, end: at + index + 1 };
  }
  throw new RangeError('remaining length');
}

/** Protocol level of a CONNECT: 4 is 3.1.1, 5 is 5; undefined for any other packet. */
export const levelOf = ({ type, bytes, start }: Packet): number | undefined =>
  type === CONNECT ? bytes[start + 2 + bytes.readUInt16BE(start)] : undefined;

/** What a PUBLISH of QoS 1 says. */
export function publishOf({ bytes, start }: Packet, level: number) {
  const topicEnd = start + 2 + bytes.readUInt16BE(start);
  const properties = level === 5 ? variableLength(bytes, topicEnd + 2) : undefined;
  const payloadAt = properties ? properties.end + properties.value : topicEnd + 2;
  return {
    topic: bytes.toString('utf8', start + 2, topicEnd),
    id: bytes.readUInt16BE(topicEnd),
    payload: bytes.subarray(payloadAt),
  };
}

/** A plain PUBACK, which both versions understand as success (MQTT 5, 3.4.2.1). */
export function pubackFor(id: number): Buffer {
  const bytes = Buffer.from([PUBACK << 4, 2, 0, 0]);
  bytes.writeUInt16BE(id, 2);
  return bytes;
}
