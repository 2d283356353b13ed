import { microlifeRecords } from '../gatt/microlife-blood-pressure.ts';
import { MICROLIFE_FROM_CUFF } from '../gatt/protocols.ts';
import { createAnswers } from './answers.ts';
import { PROCEDURE_LIMITS, type Procedure } from './procedure.ts';

const SERVICE = 'fff0';
const TO_CUFF = 'fff2';

/** Asks for all records: header 4D FF, length, command 0 with seven zeros and FD, and the sum. */
export const MICROLIFE_READ = Uint8Array.of(0x4d, 0xff, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0xfd, 0x52);
/** Lets the cuff go: command 4. It has commands that set its clock and its users; they are not here. */
export const MICROLIFE_BYE = Uint8Array.of(0x4d, 0xff, 0, 2, 4, 0x52);

const HEADER = [0x4d, 0x3a] as const;
const HEADER_BYTES = 4;
/** Far more than a cuff holds: what claims to be longer has lost its beginning. */
const FRAME_BYTES_MAX = 8_192;

/**
 * The memory of a Microlife cuff, which comes as one frame in many notifications. Records are handed
 * over one by one when the frame is whole and its sum right, so never half of one; slots that were
 * never written are left out.
 */
export const microlife: Procedure = {
  hears: new Set([MICROLIFE_FROM_CUFF]),
  async visit({ link, take, signal, note, limits = PROCEDURE_LIMITS }) {
    const answers = createAnswers<readonly Uint8Array[]>(link, signal, limits.answerWaitMs);
    const joining = createJoining();
    await link.subscribe(
      SERVICE,
      MICROLIFE_FROM_CUFF,
      (bytes) => {
        answers.renew();
        const frame = joining.add(bytes);
        const records = frame && microlifeRecords(frame);
        if (records) answers.offer(records);
      },
      signal,
    );
    for (let tries = 0; tries < limits.answerTries; tries += 1) {
      joining.reset();
      const records = await answers.ask(() => link.write(SERVICE, TO_CUFF, MICROLIFE_READ, signal));
      if (!records) continue;
      for (const record of records.filter((one) => one.some((byte) => byte !== 0))) {
        take(SERVICE, MICROLIFE_FROM_CUFF, record);
      }
      await link.write(SERVICE, TO_CUFF, MICROLIFE_BYE, signal);
      return { complete: true, live: false, stream: false };
    }
    note('records-incomplete', { code: 'silent' });
    return { complete: false, live: false, stream: false };
  },
};

/** Puts a frame together from the notifications that it came in. */
function createJoining() {
  let parts: number[] = [];
  return {
    reset(): void {
      parts = [];
    },
    /** The frame, once it is all there. */
    add(bytes: Uint8Array): Uint8Array | undefined {
      const begins = bytes[0] === HEADER[0] && bytes[1] === HEADER[1];
      if (parts.length === 0 && !begins) return undefined;
      parts.push(...bytes);
      if (parts.length < HEADER_BYTES) return undefined;
      const length = HEADER_BYTES + (parts[2] ?? 0) * 0x100 + (parts[3] ?? 0);
      if (length > FRAME_BYTES_MAX) parts = [];
      if (parts.length < length) return undefined;
      const frame = Uint8Array.from(parts);
      parts = [];
      return frame;
    },
  };
}
