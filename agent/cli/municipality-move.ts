import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { CodedError } from '../errors.ts';
import { type Belonging, createBelonging } from '../municipality/belonging.ts';
import { RELAY_MIGRATIONS } from '../municipality/relay-schema.ts';
import { openStore } from '../store.ts';
import { type Io, nothingMore, parse, UsageError } from './io.ts';
import { municipalityOf } from './municipality-place.ts';

const USAGE = 'municipality move [PSEUDONYM GATEWAY] [--config FILE]';
const OPTIONS = { config: { type: 'string' }, json: { type: 'boolean' } } as const;
const GATEWAY = /^gw-[a-z2-7]{16}$/;

/**
 * `iomt municipality move`: without a pseudonym, who was refused since the person belongs to another
 * gateway; with one, the person belongs to that gateway from now on. The running program follows at once.
 */
export async function municipalityMove(argv: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parse(argv, OPTIONS, USAGE);
  nothingMore(positionals, 2, USAGE);
  const [person, gateway] = positionals;
  const pair = person === undefined ? undefined : pairOf(person, gateway);
  const { municipality, key } = municipalityOf(values, io);
  const file = join(municipality.data, 'relay.db');
  if (!existsSync(file)) throw notStarted();
  const open = { file, key, migrations: RELAY_MIGRATIONS };
  const isJson = values.json === true;
  // Only looks: a store of the former version is not changed under a program that runs on it.
  withBelonging({ ...open, readonly: true }, (belonging) => {
    if (!pair) list(belonging, isJson, io);
  });
  if (pair) withBelonging(open, (belonging) => move(belonging, pair, isJson, io));
  return 0;
}

interface Pair {
  readonly person: string;
  readonly gateway: string;
}

function pairOf(person: string, gateway: string | undefined): Pair {
  if (gateway !== undefined && z.uuid().safeParse(person).success && GATEWAY.test(gateway)) {
    return { person, gateway };
  }
  throw new UsageError(
    `PSEUDONYM is the UUID under which the desk shows the person, GATEWAY the id that the box printed: gw-….\nUsage: iomt ${USAGE}`,
  );
}

function withBelonging(
  open: Parameters<typeof openStore>[0],
  work: (belonging: Belonging) => void,
): void {
  const db = openStore(open);
  try {
    work(createBelonging({ db, now: Date.now }));
  } finally {
    db.close();
  }
}

function move(belonging: Belonging, { person, gateway }: Pair, isJson: boolean, io: Io): void {
  const former = belonging.move(person, gateway);
  if (former === undefined) throw unknown();
  io.out(isJson ? JSON.stringify({ person, gateway, former }) : gateway);
  io.err(
    former === gateway
      ? 'The person belonged to it already.'
      : `The person belonged to ${former}, which is refused from now on. What the new box was refused before stays there, as not accepted.`,
  );
}

function list(belonging: Belonging, isJson: boolean, io: Io): void {
  const all = belonging.refusals().map(({ lastAt, ...one }) => ({
    ...one,
    lastAt: new Date(lastAt).toISOString(),
  }));
  if (isJson) io.out(JSON.stringify(all));
  else if (all.length === 0) io.err('No gateway was refused for a person of another.');
  else {
    for (const { person, gateway, other, count, lastAt } of all) {
      io.out(`${person}  belongs to ${gateway}  refused: ${other}, ${count} times, last ${lastAt}`);
    }
  }
}

function notStarted(): CodedError {
  return new CodedError(
    'municipality-not-started',
    'There is no store of the receiving side yet',
    'Start it once: iomt municipality. Or name its configuration with --config.',
  );
}

function unknown(): CodedError {
  return new CodedError(
    'pseudonym-unknown',
    'Nothing was received about this pseudonym',
    'Take it from the desk, or from `iomt municipality move` without more. Whoever was not heard of belongs to the first box that sends.',
  );
}
