import { bondLostWords } from '../../adapters/bluetooth/models/bond-lost.ts';
import type { HomeConfig } from '../../config/schema.ts';
import { codeOf } from '../errors.ts';
import type { DeviceTrouble } from '../home/device-trouble.ts';
import type { Outcome } from '../home/outbox/outcomes.ts';
import type { Check } from '../http.ts';
import { adviceFor } from './advice.ts';
import { ask } from './control.ts';
import { type Io, nothingMore, parse, UsageError, WHERE } from './io.ts';
import {
  checkBus,
  checkClock,
  checkFiles,
  checkFolder,
  checkHciDriver,
  checkKey,
  checkReachable,
  checkStore,
  checkTokens,
  type Finding,
  trailFinding,
} from './probes.ts';
import { homeFolder, keyFileOf, settings, type Where } from './settings.ts';

/** What waits longer than this is said, ms: over night a receiver may be away for some minutes. */
const WAIT_MS_MAX = 15 * 60_000;

interface Status {
  readonly checks: readonly Check[];
  readonly outcomes: readonly Outcome[];
  readonly trail: { readonly firstBroken?: number };
}

interface Device {
  readonly id: string;
  readonly trouble?: DeviceTrouble;
  readonly modelKey?: string;
}

/**
 * `iomt doctor`: every part with green or red in words, and what to do about each red line. Asks the
 * gateway; while it is down, looks itself. Exit 1 when one is red.
 */
export async function doctorCommand(argv: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parse(argv, WHERE, 'doctor');
  nothingMore(positionals, 0, 'doctor');
  const findings = await examine(values, io);
  if (values.json) {
    io.out(
      JSON.stringify(
        findings.map(({ hint, ...check }) =>
          isWordless(check) ? check : { ...check, advice: hint ?? adviceFor(check) },
        ),
      ),
    );
  } else {
    for (const finding of findings) io.out(sentence(finding));
  }
  return findings.every(({ ok }) => ok) ? 0 : 1;
}

/** Well, and nothing to be known of it. */
const isWordless = ({ ok, code }: Check): boolean => ok && code === undefined;

function sentence(finding: Finding): string {
  const { name, ok, code, until, hint } = finding;
  if (isWordless(finding)) return `${name}: well`;
  if (ok) return `${name}: well\n  ${adviceFor(finding)}`;
  const why = until === undefined ? code : `${code}, ${until.slice(0, 10)}`;
  return `${name}: NOT well (${why})\n  ${hint ?? adviceFor(finding)}`;
}

async function examine(where: Where, io: Io): Promise<Finding[]> {
  const findings: Finding[] = [];
  let home: HomeConfig | undefined;
  if (where.data === undefined) {
    try {
      home = settings(where, io).home;
      findings.push({ name: 'configuration', ok: true });
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      return [{ name: 'configuration', ok: false, code: 'config-invalid', hint: error.message }];
    }
  }
  const folder = homeFolder(where, io);
  try {
    const status = await ask<Status>(folder, 'GET', '/api/status');
    findings.push({ name: 'gateway', ok: true }, ...status.checks, trailFinding(status.trail));
    findings.push(...status.outcomes.map((outcome) => judge(outcome, Date.now())));
    const devices = await ask<readonly Device[]>(folder, 'GET', '/api/devices');
    findings.push(...devices.flatMap(troubleWith));
  } catch (error) {
    findings.push({ name: 'gateway', ok: false, code: codeOf(error) });
    findings.push(...(await lookMyself(where, folder, home, io)));
  }
  return findings;
}

/** A device that was heard and whose measurements cannot be had; by its id, since a name may name a person. */
function troubleWith({ id, trouble, modelKey }: Device): Finding[] {
  if (trouble === undefined) return [];
  const finding = { name: `device ${id}`, ok: false, code: trouble };
  return trouble === 'bond-lost' ? [{ ...finding, hint: pairAgain(modelKey) }] : [finding];
}

const pairAgain = (model: string | undefined): string =>
  `${bondLostWords(model).en} Then: iomt devices pair. Nothing is lost: what it stores is fetched then.`;

/** How it goes with a recipient: red when what should be there waits, or its last try failed. */
function judge(outcome: Outcome, now: number): Finding {
  const { recipient, oldestWaitingAt, lastDeferral } = outcome;
  const name = `recipient ${recipient}`;
  if (lastDeferral !== undefined) return { name, ok: false, code: `last-try-${lastDeferral}` };
  const waits = oldestWaitingAt === undefined ? 0 : now - oldestWaitingAt;
  return waits > WAIT_MS_MAX ? { name, ok: false, code: 'readings-wait' } : { name, ok: true };
}

/** What can be seen from outside while the gateway is down. */
async function lookMyself(
  where: Where,
  folder: string,
  home: HomeConfig | undefined,
  io: Io,
): Promise<Finding[]> {
  const keyFile = keyFileOf(where, folder, io);
  const { key, finding } = checkKey(folder, keyFile, io);
  const found = [checkFolder(folder), finding, ...(key ? [checkStore(folder, key)] : [])];
  if (!home) return found;
  const ways = await Promise.all(
    home.recipients.map(({ id, transport }) =>
      checkReachable(`${transport.type === 'mqtt' ? 'broker' : 'receiver'} of ${id}`, transport),
    ),
  );
  const files = home.recipients.map(({ id, transport }) => checkFiles(`files of ${id}`, transport));
  const tokens = await Promise.all(
    home.recipients.map(({ id, transport }) =>
      transport.type === 'https' && transport.auth ? checkTokens(id, transport.auth) : [],
    ),
  );
  const { backend } = home.bluetooth;
  const radio =
    backend === 'bluez' ? [await checkBus()] : backend === 'hci' ? [await checkHciDriver()] : [];
  return [...found, checkClock(home.clock), ...radio, ...files, ...ways, ...tokens.flat()];
}
