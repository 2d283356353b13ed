import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { CodedError, codeOf } from '../../errors.ts';
import type { Issued } from './authority.ts';

/** One certificate that was issued: a line of JSON. */
export interface RegisterLine extends Omit<Issued, 'from' | 'to'> {
  readonly at: string;
  readonly gateway: string;
  readonly from: string;
  readonly to: string;
  readonly url: string;
  readonly recipients: readonly string[];
}

/**
 * Adds what is issued to the register of the authority, on disk before the answer is: nothing is out
 * that is not in it. Gives how many this gateway was given before. Throws CodedError
 * `register-failed`.
 */
export function register(file: string, line: RegisterLine): number {
  try {
    const before = existsSync(file) ? readFileSync(file, 'utf8') : '';
    const handle = openSync(file, 'a', 0o600);
    try {
      // Of one that was interrupted: half a line is not continued.
      const gap = before === '' || before.endsWith('\n') ? '' : '\n';
      writeSync(handle, `${gap}${JSON.stringify(line)}\n`);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    return before.split('\n').filter((one) => gatewayIn(one) === line.gateway).length;
  } catch (error) {
    throw new CodedError(
      'register-failed',
      `The register ${file} cannot be written (${codeOf(error)})`,
      'Nothing was given out. Name a file that you may write: --register FILE.',
      error,
    );
  }
}

function gatewayIn(line: string): unknown {
  try {
    return JSON.parse(line).gateway;
  } catch {
    return undefined;
  }
}
