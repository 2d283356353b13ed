import { readFileSync } from 'node:fs';
import { CodedError, codeOf } from '../errors.ts';
import type { Io } from './io.ts';

/**
 * A secret that a person gives, from a file or standard input: never as an argument, since the list
 * of processes shows those to all. Cut off at `charsMax`: a longer text is something else, and is not
 * sent anywhere. Throws `device-<what>-unreadable`.
 */
export async function secretText(
  io: Io,
  file: string | undefined,
  { what, charsMax }: { readonly what: 'key' | 'code'; readonly charsMax: number },
): Promise<string> {
  if (file !== undefined) return fileText(file, what).slice(0, charsMax);
  io.err(`The ${what}, then Enter and Ctrl-D:`);
  let text = '';
  for await (const chunk of io.stdin) {
    text += chunk.toString();
    if (text.length > charsMax) break;
  }
  return text.trim().slice(0, charsMax);
}

function fileText(file: string, what: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new CodedError(
      `device-${what}-unreadable`,
      `The file with the ${what} cannot be read (${codeOf(error)})`,
      'Name a file that you may read.',
      error,
    );
  }
}
