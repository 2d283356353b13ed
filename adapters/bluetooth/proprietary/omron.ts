import {
  OMRON_CLOCK_BYTES,
  OMRON_READ_ANSWER,
  type OmronFrame,
  type OmronLayout,
  omronFrame,
} from '../gatt/omron-memory.ts';
import { OMRON_FROM_CUFF } from '../gatt/protocols.ts';
import type { GattService } from '../radio/radio.ts';
import { RadioError } from '../radio/radio-error.ts';
import { createAnswers } from './answers.ts';
import {
  isOmronTokenAnswer,
  OMRON_END,
  OMRON_START,
  omronRead,
  omronToken,
} from './omron-requests.ts';
import { PROCEDURE_LIMITS, type Procedure, type ProcedureDeps } from './procedure.ts';

const TO_CUFF = 'db5b55e0aee711e1965e0002a5d5c51b';
const UNLOCK = 'b305b680aee711e1a7300002a5d5c51b';

/** Blood pressure of the standard service, which some units offer beside: the memory has all of it. */
const ALSO_IN_MEMORY: ReadonlySet<string> = new Set(['2a35', '2a36']);

const START_ANSWER = 0x8000;
/** Answers the end, and also whatever the cuff will not do. */
const END_ANSWER = 0x8f00;

interface Heard {
  readonly bytes: Uint8Array;
  readonly frame: OmronFrame;
}

/**
 * The memory of an Omron cuff that opens with a token: its clock first, then every record of every
 * user, one by one, so that each is a capture of its own. All of them each time: the cuff's own
 * mark of what was read lies in the memory that is never written.
 */
export const omronMemory = (layout: OmronLayout, random: () => number): Procedure => ({
  hears: new Set([OMRON_FROM_CUFF, UNLOCK]),
  doubles: ALSO_IN_MEMORY,
  async visit(deps) {
    const { link, signal, note } = deps;
    const service = serviceOf(await link.services(signal));
    const memory = await openMemory(deps, service, random);
    const clock = layout.clockAt;
    // Without it the records cannot be dated: they are read, and it is worth another visit.
    let complete =
      clock === undefined || (await memory.read(clock, OMRON_CLOCK_BYTES)) !== 'silent';
    for (const user of layout.users) {
      const how = await readUser(user, layout.recordBytes, memory.read);
      if (how === 'refused') note('device-refused', { code: 'memory-refused' });
      if (how === 'silent') {
        complete = false;
        note('records-incomplete', { code: 'silent' });
        break;
      }
    }
    await memory.end();
    return { complete, live: false, stream: false };
  },
});

/** The same service has other numbers on other generations: it is known by what is in it. */
function serviceOf(services: readonly GattService[]): string {
  const has = ({ characteristics }: GattService, uuid: string) =>
    characteristics.some((one) => one.uuid === uuid);
  const found = services.find((one) => has(one, OMRON_FROM_CUFF) && has(one, TO_CUFF));
  if (!found) throw new RadioError('radio-not-found');
  return found.uuid;
}

type Read = (address: number, size: number) => Promise<'read' | 'refused' | 'silent'>;

async function readUser(
  { at, records }: OmronLayout['users'][number],
  recordBytes: number,
  read: Read,
): Promise<'read' | 'refused' | 'silent'> {
  for (let record = 0; record < records; record += 1) {
    const how = await read(at + record * recordBytes, recordBytes);
    if (how !== 'read') return how;
  }
  return 'read';
}

async function openMemory(deps: ProcedureDeps, service: string, random: () => number) {
  const { link, signal, take, limits = PROCEDURE_LIMITS } = deps;
  const answers = createAnswers<Heard>(link, signal, limits.answerWaitMs);
  await link.subscribe(
    service,
    OMRON_FROM_CUFF,
    (bytes) => {
      const frame = omronFrame(bytes);
      if (frame) answers.offer({ bytes, frame });
    },
    signal,
  );
  await unlock(deps, random);
  const send = (request: Uint8Array) => () => link.write(service, TO_CUFF, request, signal);
  const ask = async (request: Uint8Array, accepts: (frame: OmronFrame) => boolean) => {
    for (let tries = 0; tries < limits.answerTries; tries += 1) {
      const heard = await answers.ask(send(request), ({ frame }) => accepts(frame));
      if (heard) return heard;
    }
    return undefined;
  };
  const started = await ask(OMRON_START, ({ type }) => type === START_ANSWER);
  if (!started) throw new RadioError('radio-timeout');
  const read: Read = async (address, size) => {
    const heard = await ask(
      omronRead(address, size),
      // Every read has the same type of answer: only the address tells them apart.
      (frame) =>
        (frame.type === OMRON_READ_ANSWER && frame.address === address) ||
        frame.type === END_ANSWER,
    );
    if (!heard) return 'silent';
    if (heard.frame.data.length !== size) return 'refused';
    take(service, OMRON_FROM_CUFF, heard.bytes);
    return 'read';
  };
  const end = async () => {
    await answers.ask(send(OMRON_END), ({ frame }) => frame.type === END_ANSWER);
  };
  return { read, end };
}

/** Some units have no such characteristic, and their memory is open. */
async function unlock(deps: ProcedureDeps, random: () => number): Promise<void> {
  const { link, signal, limits = PROCEDURE_LIMITS } = deps;
  const services = await link.services(signal);
  const place = services.find(({ characteristics }) =>
    characteristics.some(({ uuid }) => uuid === UNLOCK),
  )?.uuid;
  if (place === undefined) return;
  const answers = createAnswers<Uint8Array>(link, signal, limits.answerWaitMs);
  await link.subscribe(place, UNLOCK, (bytes) => answers.offer(bytes), signal);
  const token = omronToken(random);
  const answer = await answers.ask(
    () => link.write(place, UNLOCK, token, signal),
    (bytes) => isOmronTokenAnswer(token, bytes),
  );
  if (!answer) throw new RadioError('radio-gatt-refused');
}
