import type { Message } from './mqtt-session.ts';

const bytesOf = (text: string) => Buffer.byteLength(text, 'utf8');

/** MQTT 5, 1.5.5: seven bits a byte. */
function variableByteIntegerBytes(value: number): number {
  if (value < 128) return 1;
  if (value < 16_384) return 2;
  return value < 2_097_152 ? 3 : 4;
}

/**
 * Bytes of a whole QoS 1 PUBLISH packet, which is what a broker's Maximum Packet Size counts
 * (MQTT 5, 3.2.2.3.6 and 3.3). mqtt.js does not keep it.
 */
export function publishBytes(message: Message, protocolVersion: 4 | 5): number {
  const topicAndId = 2 + bytesOf(message.topic) + 2;
  let rest = topicAndId + bytesOf(message.payload);
  if (protocolVersion === 5) {
    const payloadFormatIndicator = 2;
    let properties = payloadFormatIndicator + 3 + bytesOf(message.contentType);
    for (const [name, value] of Object.entries(message.userProperties ?? {})) {
      properties += 5 + bytesOf(name) + bytesOf(value);
    }
    rest += variableByteIntegerBytes(properties) + properties;
  }
  return 1 + variableByteIntegerBytes(rest) + rest;
}
