import { bytesOf, createScriptedLink, type ScriptedLink } from './scripted-link.ts';

/** Records of the vectors. */
export const RECORD_1 = '78503c18060f0e1e0000';
export const RECORD_2 = '82554619010203040000';

const PART_BYTES = 20;

/** A memory as the cuff sends it: 38 bytes of which nobody knows more, then records. */
export function memoryFrame(records: readonly string[]): Uint8Array {
  const payload = [...new Uint8Array(38), ...records.flatMap((hex) => [...bytesOf(hex)])];
  const length = payload.length + 1;
  const frame = [0x4d, 0x3a, length >> 8, length & 0xff, ...payload];
  return Uint8Array.from([...frame, frame.reduce((sum, byte) => (sum + byte) & 0xff, 0)]);
}

export function createMicrolife(
  records: readonly string[],
  twist: (frame: Uint8Array) => Uint8Array = (frame) => frame,
  send: (parts: readonly Uint8Array[], link: ScriptedLink) => void = (parts, link) =>
    queueMicrotask(() => {
      for (const part of parts) link.notify('fff1', part);
    }),
): ScriptedLink {
  const link = createScriptedLink([
    {
      uuid: 'fff0',
      characteristics: [
        { uuid: 'fff1', properties: ['notify'] },
        { uuid: 'fff2', properties: ['write'] },
      ],
    },
  ]);
  link.onWrite = ({ bytes }) => {
    if (bytes[4] !== 0) return;
    const frame = twist(memoryFrame(records));
    const count = Math.ceil(frame.length / PART_BYTES);
    send(
      Array.from({ length: count }, (_, index) =>
        frame.slice(index * PART_BYTES, (index + 1) * PART_BYTES),
      ),
      link,
    );
  };
  return link;
}
