import { CodedError } from '../errors.ts';
import { KEY_ALGORITHMS, makeOauthKey } from '../home/transport/oauth-key.ts';
import { createPrivate } from '../secrets.ts';
import { type Io, nothingMore, parse, UsageError } from './io.ts';

const OPTIONS = { out: { type: 'string' }, algorithm: { type: 'string' } } as const;
const USAGE = `oauth-key --out FILE [--algorithm ${KEY_ALGORITHMS.join('|')}]`;
/** SMART Backend Services asks every server for it. */
const USUAL = 'ES384';

/**
 * `iomt oauth-key`: makes a key for OAuth 2.0. The private half goes to a new file that only its owner
 * may read, the public half to standard output, as the JWK Set that a token server registers.
 */
export async function oauthKeyCommand(argv: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parse(argv, OPTIONS, USAGE);
  nothingMore(positionals, 0, USAGE);
  const { out, algorithm = USUAL } = values;
  const known = KEY_ALGORITHMS.find((name) => name === algorithm);
  if (out === undefined || known === undefined) throw new UsageError(`Usage: iomt ${USAGE}`);
  const { secret, open } = makeOauthKey(known);
  if (!createPrivate(out, `${JSON.stringify(secret)}\n`)) {
    throw new CodedError(
      'oauth-key-exists',
      `The file ${out} is there already`,
      'Name another. To change a key: register the new one, then put its file in the place of the old.',
    );
  }
  io.out(JSON.stringify({ keys: [open] }, undefined, 2));
  io.err(`The private key is in ${out}. Register the public one, above, at the token server.`);
  return 0;
}
