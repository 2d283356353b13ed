import { join } from 'node:path';
import { lines, readDevices, readReceived } from '../../agent/demo-accounts.ts';
import type { FaultLine } from './faults.ts';
import { type Account, type Finding, judge, type Taken } from './judge.ts';
import { type HeldLine, type PersonLine, ZONE } from './settings.ts';

/** Faults and events within this of a finding are named beside it, ms. */
const NEAR_MS = 3_600_000;
/** Findings named in full. */
const NAMED_MAX = 60;

/** A line of the household's ground truth, of any event. */
interface TruthEvent {
  readonly n: number;
  readonly event: 'taken' | 'handed-over' | 'unrecoverable';
  readonly device: string;
  readonly name: string;
  readonly kind: string;
  readonly person: string;
  readonly trueTime: string;
  readonly values: Readonly<Record<string, string>>;
  readonly at: string;
  readonly cause: string;
}

const read = <T>(file: string): T[] => lines(file).map((line) => JSON.parse(line) as T);

/** What was measured, and what became of it in the devices. */
export function readTruth(data: string) {
  const events = read<TruthEvent>(join(data, 'ground-truth.ndjson'));
  const of = (wanted: TruthEvent['event']) => events.filter(({ event }) => event === wanted);
  return {
    taken: of('taken').map(
      ({ n, device, name, kind, person, trueTime, values }): Taken => ({
        ...{ n, device, name, kind, person, values },
        at: Date.parse(trueTime),
      }),
    ),
    unrecoverable: new Map(of('unrecoverable').map(({ n, cause }) => [n, cause])),
    handedOver: new Map(of('handed-over').map(({ n, at }) => [n, Date.parse(at)])),
  };
}

/** Judges a run from the files it left in its folder. */
export function judgeFiles(data: string): { account: Account; words: string[] } {
  const { taken, unrecoverable, handedOver } = readTruth(data);
  const devices = readDevices(join(data, 'devices.ndjson'));
  const people = new Map(
    read<PersonLine>(join(data, 'people.ndjson')).map((one) => [one.pseudonym, one.person]),
  );
  const received = readReceived(join(data, 'received.ndjson'), (name) => devices.get(name));
  const { account, findings } = judge({
    taken,
    unrecoverable,
    arrived: received.map((one) => ({ ...one, person: people.get(one.subject) ?? one.subject })),
    held: read<HeldLine>(join(data, 'held.ndjson')),
    zone: ZONE,
  });
  const faults = read<FaultLine>(join(data, 'faults.ndjson'));
  const words = findings.slice(0, NAMED_MAX).map((one) => sayFinding(one, handedOver, faults));
  return { account, words: [...words, ...more(findings.length - NAMED_MAX)] };
}

const more = (count: number) => (count > 0 ? [`… and ${count} more`] : []);

const instant = (at: number | undefined) =>
  at === undefined || Number.isNaN(at) ? 'never' : new Date(at).toISOString();

/** For whoever looks for the cause: which one, where it was, and what went wrong around then. */
function sayFinding(
  { what, taken, arrived, held }: Finding,
  handedOver: ReadonlyMap<number, number>,
  faults: readonly FaultLine[],
): string {
  const at = taken?.at ?? arrived?.at ?? 0;
  const handed = taken && handedOver.get(taken.n);
  const near = faults.filter(
    (fault) => Math.abs(fault.at - at) < NEAR_MS || Math.abs(fault.at - (handed ?? at)) < NEAR_MS,
  );
  return [
    what,
    taken ? `n=${taken.n} ${taken.name} taken ${instant(at)}` : '',
    taken ? `handed over ${instant(handed)}` : '',
    arrived ? `arrived as ${arrived.kind} of ${arrived.device} at ${instant(arrived.at)}` : '',
    held ? `held: ${held.because}` : '',
    `near: ${near.map((fault) => `${fault.kind} ${instant(fault.at)}`).join(', ') || 'nothing'}`,
  ]
    .filter((part) => part !== '')
    .join('; ');
}
