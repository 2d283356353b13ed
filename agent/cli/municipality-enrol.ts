import { dirname, join } from 'node:path';
import { type EnrolmentAnswer, enrolmentAnswerSchema } from '../contract/enrolment.ts';
import { CodedError } from '../errors.ts';
import { issueClientCertificate, readAuthority } from '../municipality/enrolment/authority.ts';
import { portalNotAsked, readPortalChain } from '../municipality/enrolment/portal-chain.ts';
import { register } from '../municipality/enrolment/register.ts';
import { type ProvenRequest, proveRequest } from '../municipality/enrolment/request.ts';
import { readSecretFile } from '../secrets.ts';
import { readRequestFile, writeFileToCarry } from './enrolment-file.ts';
import { type Io, nothingMore, parse, UsageError, wholeNumber } from './io.ts';

const USAGE = [
  'municipality enrol GATEWAY.json --out FILE',
  '[--ca FILE --ca-key FILE --broker URL --recipient ID... [--days N] [--passphrase-file FILE] [--register FILE]]',
  '[--portal-certificate FILE]',
  '| municipality enrol GATEWAY.json --portal-request-out FILE',
].join(' ');
/** A year and a month: the next is in the same season, and nothing is due on a holiday of the first. */
const DAYS = 397;
/** Longer than a box lives; a stolen one should not be let in for ever. */
const DAYS_MAX = 1_830;
/** Beside the authority's key. */
const REGISTER = 'enrolled.jsonl';

const text = { type: 'string' } as const;
const OPTIONS = {
  out: text,
  ca: text,
  'ca-key': text,
  'passphrase-file': text,
  broker: text,
  recipient: { type: 'string', multiple: true },
  days: text,
  register: text,
  'portal-certificate': text,
  'portal-request-out': text,
  json: { type: 'boolean' },
} as const;

type Values = ReturnType<typeof parse<typeof OPTIONS>>['values'];

/** `iomt municipality enrol`: answers a gateway that asked for its certificates, file for file. */
export async function municipalityEnrol(argv: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parse(argv, OPTIONS, USAGE);
  nothingMore(positionals, 1, USAGE);
  const [file] = positionals;
  const { out, 'portal-request-out': requestOut } = values;
  if (file === undefined || (out === undefined) === (requestOut === undefined)) {
    throw new UsageError(`Usage: iomt ${USAGE}`);
  }
  const request = proveRequest(readRequestFile(file));
  if (requestOut !== undefined) {
    if (!request.portal) throw portalNotAsked();
    writeFileToCarry(requestOut, request.portal.request);
    io.out(values.json ? JSON.stringify(idOf(request)) : request.gateway);
    io.err(`${requestOut} asks a public authority for a certificate for ${request.portal.name}.`);
    return 0;
  }
  if (out !== undefined) answer(request, { values, out, io });
  return 0;
}

const idOf = ({ gateway, portal }: ProvenRequest) => ({ gateway, portal: portal?.name });

function answer(
  request: ProvenRequest,
  { values, out, io }: { readonly values: Values; readonly out: string; readonly io: Io },
): void {
  const now = Date.now();
  const chainFile = values['portal-certificate'];
  const portal = chainFile === undefined ? undefined : readPortalChain(chainFile, request, now);
  const issued = issue(request, values, now);
  if (!issued && !portal) throw new UsageError(`Usage: iomt ${USAGE}`);
  const found = enrolmentAnswerSchema.safeParse({
    type: 'iomt-enrolment-answer',
    form: 1,
    gateway: request.gateway,
    ...(issued ? { receiver: issued.receiver } : {}),
    ...(portal ? { portal: { name: portal.name, certificate: portal.certificate } } : {}),
  } satisfies EnrolmentAnswer);
  if (!found.success) throw tooLarge();
  const before = issued?.record() ?? 0;
  writeFileToCarry(out, `${JSON.stringify(found.data, undefined, 2)}\n`);
  io.out(
    values.json
      ? JSON.stringify({ ...idOf(request), ...issued?.said, before, file: out })
      : request.gateway,
  );
  io.err(`Compare this id with the one that the gateway printed. ${out} holds no secret.`);
  if (issued) {
    const { serial, to, authority } = issued.said;
    const times = before === 0 ? 'its first here' : `after ${before} before`;
    io.err(`Client certificate ${serial}, ${times}, valid until ${to.slice(0, 10)}.`);
    io.err(`Its authority, which the gateway must see too: ${authority}`);
  }
  if (portal && !portal.isPublic) {
    io.err(
      `The authority of the pages' certificate is not one that browsers know: they will warn at ${portal.name}.`,
    );
  }
}

/** The client certificate, where an authority is named; `record` writes down that it is given out. */
function issue({ gateway, clientKey }: ProvenRequest, values: Values, now: number) {
  const { ca, 'ca-key': keyFile, broker: url, recipient: recipients } = values;
  if ([ca, keyFile, url, recipients].every((one) => one === undefined)) return undefined;
  if (!ca || !keyFile || !url || !recipients) {
    throw new UsageError(
      `--ca, --ca-key, --broker and --recipient go together.\nUsage: iomt ${USAGE}`,
    );
  }
  const shape = enrolmentAnswerSchema.shape.receiver.unwrap().shape;
  if (!shape.url.safeParse(url).success) {
    throw new UsageError('--broker takes an mqtts:// address, or https:// of a FHIR server.');
  }
  if (!shape.recipients.safeParse(recipients).success) {
    throw new UsageError('--recipient takes the id of a recipient: lower case, at most 40.');
  }
  const days = wholeNumber(values.days ?? String(DAYS), 'days', 1, DAYS_MAX);
  const secret = values['passphrase-file'];
  const passphrase = secret === undefined ? undefined : readSecretFile(secret);
  const authority = readAuthority({ certFile: ca, keyFile, passphrase, now });
  const issued = issueClientCertificate(authority, { gateway, publicKey: clientKey, days, now });
  const { serial, certificate } = issued;
  const from = issued.from.toISOString();
  const to = issued.to.toISOString();
  const file = values.register ?? join(dirname(keyFile), REGISTER);
  const line = { at: new Date(now).toISOString(), gateway, serial, from, to, url, recipients };
  return {
    receiver: { url, recipients, certificate, authorities: authority.text },
    said: { serial, to, authority: authority.certificate.fingerprint256 },
    record: () => register(file, { ...line, certificate }),
  };
}

function tooLarge(): CodedError {
  return new CodedError(
    'enrolment-too-large',
    'The certificates are too many for one answer',
    'Give the one that issues and those above it, nothing else, in --ca and --portal-certificate.',
  );
}
