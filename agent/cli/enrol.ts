import type { HomeConfig } from '../../config/schema.ts';
import { portalNameSchema } from '../contract/enrolment.ts';
import { type Applied, applyAnswer } from '../home/enrolment/apply.ts';
import { makeRequest } from '../home/enrolment/request.ts';
import { readAnswerFile, writeFileToCarry } from './enrolment-file.ts';
import { HelpAsked, type Io, nothingMore, parse, UsageError, WHERE } from './io.ts';
import { homeFolder, settings, type Where } from './settings.ts';

const REQUEST = 'enrol request --out FILE [--portal-name NAME] [--new-keys]';
const APPLY = 'enrol apply FILE [--replace]';

/** `iomt enrol`: certificates from a municipality, by two files that somebody carries. */
export function enrolCommand(argv: readonly string[], io: Io): Promise<number> {
  const [verb, ...rest] = argv;
  if (verb === 'request') return Promise.resolve(requestCommand(rest, io));
  if (verb === 'apply') return Promise.resolve(applyCommand(rest, io));
  const usage = `Usage: iomt ${REQUEST}\n       iomt ${APPLY}`;
  throw argv.includes('--help') ? new HelpAsked(usage) : new UsageError(usage);
}

function requestCommand(argv: readonly string[], io: Io): number {
  const text = { type: 'string' } as const;
  const own = { out: text, 'portal-name': text, 'new-keys': { type: 'boolean' } } as const;
  const { values, positionals } = parse(argv, { ...WHERE, ...own }, REQUEST);
  nothingMore(positionals, 0, REQUEST);
  const { out } = values;
  if (out === undefined) throw new UsageError(`Usage: iomt ${REQUEST}`);
  const dataFolder = homeFolder(values, io);
  const { http } = homeOf(values, io) ?? {};
  const named = values['portal-name'] ?? (http?.enrolled ? http.name : undefined);
  const portalName = named?.toLowerCase();
  if (portalName !== undefined && !portalNameSchema.safeParse(portalName).success) {
    throw new UsageError(`--portal-name takes a name in DNS.\nUsage: iomt ${REQUEST}`);
  }
  const request = makeRequest({
    dataFolder,
    portalName,
    newKeys: values['new-keys'] === true,
  });
  writeFileToCarry(out, `${JSON.stringify(request, undefined, 2)}\n`);
  const { gateway, portal } = request;
  io.out(values.json ? JSON.stringify({ gateway, portal: portal?.name, file: out }) : gateway);
  io.err(
    `${out} asks for a client certificate${portal ? ` and one for the pages at ${portal.name}` : ''}. It holds no secret. ` +
      'Take it to the municipality, which must see the id above: iomt municipality enrol.',
  );
  return 0;
}

function applyCommand(argv: readonly string[], io: Io): number {
  const { values, positionals } = parse(argv, { ...WHERE, replace: { type: 'boolean' } }, APPLY);
  nothingMore(positionals, 1, APPLY);
  const [file] = positionals;
  if (file === undefined) throw new UsageError(`Usage: iomt ${APPLY}`);
  const dataFolder = homeFolder(values, io);
  const answer = readAnswerFile(file);
  const replace = values.replace === true;
  const applied = applyAnswer({ dataFolder, answer, replace, now: Date.now() });
  if (values.json) io.out(JSON.stringify(applied));
  else for (const line of inWords(applied)) io.out(line);
  const missing = settingsMissing(applied, homeOf(values, io));
  if (missing.length > 0) {
    io.err(`In the configuration, then restart the gateway:\n${missing.join('\n')}`);
  } else {
    io.err('The configuration names all of it. A gateway that runs uses it within two minutes.');
  }
  return 0;
}

/** With `--data` there is no configuration to look at. */
function homeOf(where: Where, io: Io): HomeConfig | undefined {
  return where.data === undefined ? settings(where, io).home : undefined;
}

function inWords({ receiver, portal }: Applied): string[] {
  const said = ({ file, until, isNew }: { file: string; until: number; isNew: boolean }) =>
    `${isNew ? 'in place' : 'in place already'}, valid until ${new Date(until).toISOString().slice(0, 10)}: ${file}`;
  return [
    ...(receiver
      ? [
          `Certificate for ${receiver.url}: ${said(receiver)}`,
          `  Its authority, which the municipality must see too: ${receiver.authority}`,
        ]
      : []),
    ...(portal ? [`Certificate of the pages at ${portal.name}: ${said(portal)}`] : []),
    ...(portal && !portal.isPublic
      ? ['  Its authority is not one that browsers know: they will warn, unless told to trust it.']
      : []),
  ];
}

const isSame = (one = '', other = '') => one.toLowerCase() === other.toLowerCase();

/** Lines of the configuration that are not there. */
function settingsMissing({ receiver, portal }: Applied, home: HomeConfig | undefined): string[] {
  const { http } = home ?? {};
  const hasPages = portal && http?.tls?.certFile === portal.file && isSame(http.name, portal.name);
  const lacking = (receiver?.recipients ?? []).filter(
    (id) =>
      !home?.recipients.some(
        ({ id: known, transport }) => known === id && transport.certFile === receiver?.file,
      ),
  );
  const type = receiver?.url.startsWith('https:') ? 'https' : 'mqtt';
  const lines = [
    ...(portal && !hasPages
      ? [`  http: { host: 0.0.0.0, name: ${portal.name}, enrolled: true }`]
      : []),
    ...(lacking.length > 0 ? ['  recipients:'] : []),
    ...lacking.flatMap((id) => [
      `    - id: ${id}`,
      '      name: what people call it',
      `      transport: { type: ${type}, url: ${JSON.stringify(receiver?.url)}, enrolled: true }`,
    ]),
  ];
  return lines.length > 0 ? ['home:', ...lines] : [];
}
