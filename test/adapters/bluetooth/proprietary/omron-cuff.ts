import { bytesOf, createScriptedLink, type ScriptedLink } from './scripted-link.ts';

export const FROM_CUFF = '49123040aee811e1a74d0002a5d5c51b';
export const TO_CUFF = 'db5b55e0aee711e1965e0002a5d5c51b';
export const UNLOCK = 'b305b680aee711e1a7300002a5d5c51b';

/** Records as published of a HEM-7142T2, see the vectors. */
export const SLOT_7 = '6457431a7316161c000046001900';
export const SLOT_13 = '6558541a331ade1800004c00ba00';
/** The clock's block as published of a sibling: 2026-09-18 21:52:06. */
export const CLOCK_BLOCK = 'c6540000000000001a09121534069e00';

export const framed = (type: number, address: number, data: Uint8Array, code = 0): Uint8Array => {
  const bytes = [
    ...[data.length + 8, type >> 8, type & 0xff, address >> 8, address & 0xff, data.length],
    ...data,
    code,
  ];
  return Uint8Array.from([...bytes, bytes.reduce((sum, byte) => sum ^ byte, 0)]);
};

/** A refusal: the header alone, the size that was asked for, and a code. */
export const refusal = (address: number, size: number): Uint8Array => {
  const bytes = [8, 0x81, 0, address >> 8, address & 0xff, size, 1];
  return Uint8Array.from([...bytes, bytes.reduce((sum, byte) => sum ^ byte, 0)]);
};

/** A cuff with a memory: what is not in it was never written. */
export function createCuff(
  memory: ReadonlyMap<number, string>,
  answers: (answer: Uint8Array, link: ScriptedLink) => void = (answer, link) =>
    queueMicrotask(() => link.notify(FROM_CUFF, answer)),
): ScriptedLink {
  const link = createScriptedLink([
    {
      uuid: 'fe4a',
      characteristics: [
        { uuid: FROM_CUFF, properties: ['notify'] },
        { uuid: TO_CUFF, properties: ['write'] },
        { uuid: UNLOCK, properties: ['write', 'notify'] },
      ],
    },
  ]);
  link.onWrite = ({ characteristic, bytes }) => {
    if (characteristic === UNLOCK) {
      link.notify(UNLOCK, Uint8Array.of(0x91, 0, ...bytes.subarray(1, 5)));
      return;
    }
    const [, high = 0, low = 0, addressHigh = 0, addressLow = 0, size = 0] = bytes;
    const address = addressHigh * 0x100 + addressLow;
    if (high === 0 || high === 0x0f) {
      answers(framed(high * 0x100 + 0x8000, 0, new Uint8Array()), link);
      return;
    }
    if (high !== 1 || low !== 0) throw new Error('not a read');
    const held = memory.get(address);
    const data = held === undefined ? new Uint8Array(size).fill(0xff) : bytesOf(held);
    answers(framed(0x8100, address, data), link);
  };
  return link;
}
