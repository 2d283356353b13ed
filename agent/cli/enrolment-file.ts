import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import {
  ENROLMENT_BYTES_MAX,
  type EnrolmentAnswer,
  type EnrolmentRequest,
  enrolmentAnswerSchema,
  enrolmentRequestSchema,
} from '../contract/enrolment.ts';
import { CodedError, codeOf } from '../errors.ts';

const KINDS = {
  'iomt-enrolment-request': 'a request of a gateway, made by `iomt enrol request`',
  'iomt-enrolment-answer': 'an answer of a municipality, made by `iomt municipality enrol`',
} as const;

type Kind = keyof typeof KINDS;

/** Reads a gateway's request. Throws CodedError: `enrolment-file-unreadable`, `-wrong`, `-malformed`. */
export function readRequestFile(file: string): EnrolmentRequest {
  const found = readJson(file, 'iomt-enrolment-request');
  return enrolmentRequestSchema.safeParse(found).data ?? malformed(file);
}

/** Reads a municipality's answer. Throws as `readRequestFile`. */
export function readAnswerFile(file: string): EnrolmentAnswer {
  const found = readJson(file, 'iomt-enrolment-answer');
  return enrolmentAnswerSchema.safeParse(found).data ?? malformed(file);
}

/** By so many letters, spaces left out, files of one kind begin alike, and those of two do not. */
const KIND_LETTERS = 26;

const beginningOf = (text: string) => text.replaceAll(/\s/g, '').slice(0, KIND_LETTERS);

/** Throws when something else has the name: a key after a wrong word, a device, a link. */
function mustBeReplaceable(file: string, text: string): void {
  const there = lstatSync(file, { throwIfNoEntry: false });
  if (!there) return;
  const isSmall = there.isFile() && there.size <= ENROLMENT_BYTES_MAX;
  const isKind = () => beginningOf(readFileSync(file, 'utf8')) === beginningOf(text);
  if (isSmall && (there.size === 0 || isKind())) return;
  throw new CodedError('other-file-there', 'Another kind of file has that name', 'Name another.');
}

/**
 * Writes a file to be carried away, whole or not at all; one of the same kind is replaced, and nothing
 * else. Throws CodedError `file-not-written`.
 */
export function writeFileToCarry(file: string, text: string): void {
  const draft = `${file}.${randomBytes(6).toString('hex')}.new`;
  try {
    mustBeReplaceable(file, text);
    const handle = openSync(draft, 'wx');
    try {
      writeFileSync(handle, text);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, { force: true });
    throw new CodedError(
      'file-not-written',
      `The file ${file} cannot be written (${codeOf(error)})`,
      'Name a file in a folder that you may write to: a new one, or one of the same kind.',
      error,
    );
  }
}

function readJson(file: string, wanted: Kind): unknown {
  let found: unknown;
  try {
    found = JSON.parse(textOf(file));
  } catch (error) {
    if (error instanceof SyntaxError) malformed(file);
    throw new CodedError(
      'enrolment-file-unreadable',
      `The file ${file} cannot be read (${codeOf(error)})`,
      'Name a file that is there and that you may read.',
      error,
    );
  }
  const { type } = (found ?? {}) as { type?: unknown };
  if (type === wanted) return found;
  const is = Object.hasOwn(KINDS, String(type)) ? KINDS[type as Kind] : 'something else';
  throw new CodedError(
    'enrolment-file-wrong',
    `The file ${file} is ${is}`,
    `Wanted is ${KINDS[wanted]}.`,
  );
}

/** A wrong file named by mistake is not read whole. */
function textOf(file: string): string {
  const handle = openSync(file, 'r');
  try {
    if (fstatSync(handle).size > ENROLMENT_BYTES_MAX) throw new SyntaxError('too large');
    return readFileSync(handle, 'utf8');
  } finally {
    closeSync(handle);
  }
}

function malformed(file: string): never {
  throw new CodedError(
    'enrolment-file-malformed',
    `The file ${file} is cut short, changed, or of another version of this program`,
    'Copy it anew from where it was made.',
  );
}
