import { CodedError } from '../../errors.ts';
import type { ChainProblem } from '../../x509/chain.ts';

const AGAIN = 'Run iomt enrol request on this gateway, and have the municipality answer that file.';

const REFUSALS = {
  'other-gateway': [
    'The answer is for another gateway',
    'Nothing was changed. Take the answer whose name is the id that iomt enrol request printed here.',
  ],
  empty: [
    'The answer has no certificate in it',
    'Nothing was changed. Ask the municipality for another.',
  ],
  malformed: [
    'A certificate in the answer cannot be read',
    'Nothing was changed. Copy the file anew, or ask the municipality for another.',
  ],
  'key-missing': [
    'The key that the certificate was asked for is not on this gateway',
    `Nothing was changed. ${AGAIN}`,
  ],
  'key-mismatch': [
    'The certificate is for another key than the one on this gateway',
    `Nothing was changed. Keys were made anew since it was asked for. ${AGAIN}`,
  ],
  'wrong-purpose': [
    'The certificate does not say that it is for this gateway as a client',
    'Nothing was changed. It must be issued by iomt municipality enrol, or in the same form.',
  ],
  'other-name': [
    'The certificate of the pages is for another name than was asked for, or none was asked for',
    'Nothing was changed. Ask anew: iomt enrol request --portal-name NAME.',
  ],
  untrusted: [
    'The certificate does not lead to the authority in the answer',
    'Nothing was changed. The municipality must give the certificate, those between, and the authority that issued them.',
  ],
  'not-in-date': [
    "A certificate in the answer is not valid now, by this machine's clock",
    'Nothing was changed. See that the clock is right (timedatectl); if it is, ask for another answer.',
  ],
  'ends-sooner': [
    'The certificate that is in place is valid for longer than this one',
    'Nothing was changed. Is it an older answer? To use it all the same: --replace.',
  ],
  'other-authority': [
    'The certificate that is in place is of another authority than this one',
    'Nothing was changed. Ask the municipality whether it has changed its authority; if so: --replace.',
  ],
} as const satisfies Readonly<Record<ChainProblem | string, readonly [string, string]>>;

/** Why an answer is not taken, `enrolment-…`, and what to do. */
export function refusal(because: keyof typeof REFUSALS): CodedError {
  const [message, hint] = REFUSALS[because];
  return new CodedError(`enrolment-${because}`, message, hint);
}
