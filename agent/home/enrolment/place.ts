import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import {
  existsSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { ENROLMENT_FOLDER } from '../../../config/enrolled.ts';
import { type EnrolmentRequest, enrolmentRequestSchema } from '../../contract/enrolment.ts';
import { CodedError } from '../../errors.ts';
import { readPrivate, replacePrivate } from '../../secrets.ts';

/** Whose keys: of the client at brokers and receivers, and of the pages. */
export type KeyName = 'client' | 'portal';

export interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** The private key, PEM. */
  readonly pem: string;
}

const REQUEST = 'request.json';

/**
 * The folder of an enrolment in the data folder: the keys that certificates were asked for, and what
 * was asked. All is 0600 and belongs to the owner of the data folder, also when root writes it.
 */
export function createPlace(dataFolder: string) {
  const owner = statSync(dataFolder);
  const folder = join(dataFolder, ENROLMENT_FOLDER);
  const at = (name: string) => join(folder, name);

  function write(file: string, text: string): void {
    const there = lstatSync(folder, { throwIfNoEntry: false });
    if (!there) {
      mkdirSync(folder, { mode: 0o700 });
      if (process.getuid?.() === 0) lchownSync(folder, owner.uid, owner.gid);
    } else if (!there.isDirectory()) {
      // Root would clear and write wherever the folder's owner lets it point.
      throw new CodedError(
        'enrolment-folder-unusable',
        `Where ${folder} should be is something else than a folder`,
        'Remove it, and what it stands for with care: iomt enrol request makes the folder anew.',
      );
    }
    // Of one that was interrupted: there are keys in them.
    for (const name of readdirSync(folder)) if (name.endsWith('.new')) rmSync(at(name));
    replacePrivate(file, text, owner);
  }

  /** Throws CodedError `enrolment-key-unusable`. */
  function key(name: KeyName): KeyPair | undefined {
    const file = at(`${name}.key`);
    if (!existsSync(file)) return undefined;
    try {
      const pem = readPrivate(file, 'key');
      const privateKey = createPrivateKey(pem);
      return { privateKey, publicKey: createPublicKey(privateKey), pem };
    } catch (error) {
      // The library's error may quote the key.
      if (error instanceof CodedError) throw error;
      throw new CodedError(
        'enrolment-key-unusable',
        `The file ${file} holds no key that can be used`,
        'Make a new one: iomt enrol request --new-keys, and have certificates issued for it.',
      );
    }
  }

  return {
    key,
    /** Writes a file of the folder, whole or not at all. */
    write,
    makeKey(name: KeyName): KeyPair {
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const pem = String(privateKey.export({ type: 'pkcs8', format: 'pem' }));
      write(at(`${name}.key`), pem);
      return { privateKey, publicKey, pem };
    },
    /** Remembers what was asked: an answer must be one to it. */
    keepRequest: (request: EnrolmentRequest) => write(at(REQUEST), JSON.stringify(request)),
    /** What was asked last; undefined when nothing was, or it cannot be read. */
    request(): EnrolmentRequest | undefined {
      try {
        return enrolmentRequestSchema.parse(JSON.parse(readPrivate(at(REQUEST), 'secret')));
      } catch {
        return undefined;
      }
    },
  };
}

export type Place = ReturnType<typeof createPlace>;
