import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { transferRecords } from '../../adapters/bluetooth/procedures/record-access.ts';
import type { RadioValue } from '../../adapters/bluetooth/radio/radio.ts';
import { RadioError } from '../../adapters/bluetooth/radio/radio-error.ts';
import type { Random } from '../../adapters/simulated/random.ts';
import {
  createMicrolife,
  RECORD_1,
  RECORD_2,
} from '../adapters/bluetooth/proprietary/microlife-cuff.ts';
import {
  CLOCK_BLOCK,
  createCuff,
  FROM_CUFF,
  framed,
  SLOT_7,
  SLOT_13,
} from '../adapters/bluetooth/proprietary/omron-cuff.ts';
import {
  bytesOf,
  createScriptedLink,
  hexOf,
  type ScriptedLink,
  visited,
} from '../adapters/bluetooth/proprietary/scripted-link.ts';
import { adapterInDisorder } from './adapter.ts';
import { below } from './bytes.ts';

/** A visit that has not ended by then never does: its own waits are some milliseconds each. */
const SETTLE_MS = 10_000;

/** Longer than the visits below wait for an answer. */
const LATE_MS_MAX = 30;

/** What happens to a notification on its way. */
type Fate = 'comes' | 'late' | 'lost' | 'twice' | 'torn' | 'changed' | 'hangs-up';

function fateOf(random: Random, trouble: number): Fate {
  if (random() >= trouble) return 'comes';
  const fates = ['late', 'lost', 'twice', 'torn', 'changed', 'hangs-up'] as const;
  return fates[below(random, fates.length)] ?? 'comes';
}

/**
 * Sends parts of an answer in a form of its own. Parts of one frame keep their order, as a link
 * does, and one of them at most has trouble: a check of eight bits finds any one fault, and of two
 * it misses a few.
 */
async function tell(
  random: Random,
  trouble: number,
  parts: readonly Uint8Array[],
  link: ScriptedLink,
  notify: (bytes: Uint8Array) => void,
  are: 'frames' | 'one-frame' = 'frames',
): Promise<void> {
  const hit = are === 'one-frame' ? below(random, parts.length) : undefined;
  const later: Uint8Array[] = [];
  for (const [index, part] of parts.entries()) {
    const changed = Uint8Array.from(part);
    const at = below(random, changed.length);
    if (changed.length > 0) changed[at] = (changed[at] ?? 0) ^ (1 + below(random, 0xff));
    const spared = hit !== undefined && hit !== index;
    switch (fateOf(random, spared ? 0 : trouble)) {
      case 'late':
        if (hit === undefined) later.push(part);
        else {
          await nextTurn();
          notify(part);
        }
        break;
      case 'lost':
        break;
      case 'twice':
        notify(part);
        notify(part);
        break;
      case 'torn':
        notify(part.slice(0, below(random, part.length + 1)));
        break;
      case 'changed':
        notify(changed);
        break;
      case 'hangs-up':
        link.drop();
        return;
      default:
        notify(part);
    }
    if (random() < 0.1) await nextTurn();
  }
  if (later.length > 0) await delay(below(random, LATE_MS_MAX));
  for (const part of later) notify(part);
}

/** What is wrong with one visit; undefined when nothing is. */
type Scenario = (random: Random, trouble: number) => Promise<string | undefined>;

const doubledIn = (hexes: readonly string[]): string | undefined =>
  hexes.find((hex, index) => hexes.indexOf(hex) !== index);

const omron: Scenario = async (random, trouble) => {
  const memory = new Map([
    [0x028c, CLOCK_BLOCK],
    [0x02e8, SLOT_7],
    [0x02e8 + 14, SLOT_13],
  ]);
  const never = new Uint8Array(14).fill(0xff);
  const sent = new Set([...memory].map(([at, hex]) => hexOf(framed(0x8100, at, bytesOf(hex)))));
  for (let slot = 2; slot < 14; slot += 1) {
    sent.add(hexOf(framed(0x8100, 0x02e8 + slot * 14, never)));
  }
  const link = createCuff(memory, (answer, cuff) =>
    queueMicrotask(
      () => void tell(random, trouble, [answer], cuff, (bytes) => cuff.notify(FROM_CUFF, bytes)),
    ),
  );
  const { taken, done } = await visited('omron-hem-7142t2', link);
  const hexes = taken.map(({ hex }) => hex);
  const strange = hexes.find((hex) => !sent.has(hex));
  if (strange) return `handed over what no record is: ${strange}`;
  if (doubledIn(hexes)) return `handed over twice: ${doubledIn(hexes)}`;
  return done?.complete && hexes.length < sent.size ? 'said that all was there' : undefined;
};

const microlife: Scenario = async (random, trouble) => {
  const records = [RECORD_1, RECORD_2].slice(0, below(random, 3));
  const link = createMicrolife(
    records,
    (frame) => frame,
    (parts, cuff) =>
      queueMicrotask(
        () =>
          void tell(
            random,
            trouble,
            parts,
            cuff,
            (bytes) => cuff.notify('fff1', bytes),
            'one-frame',
          ),
      ),
  );
  const { taken, done } = await visited('microlife-bp3gy1-2n', link);
  const hexes = taken.map(({ hex }) => hex);
  const strange = hexes.find((hex) => !records.includes(hex));
  if (strange) return `handed over what no record is: ${strange}`;
  if (doubledIn(hexes)) return `handed over twice: ${doubledIn(hexes)}`;
  return done?.complete && hexes.length < records.length ? 'said that all was there' : undefined;
};

/** Standard record access: the records go their own way, and what is said of them must be true. */
const recordAccess: Scenario = async (random, trouble) => {
  const held = below(random, 6);
  const records = Array.from({ length: held }, (_, index) =>
    Uint8Array.of(0, index + 1, 0, 0xea, 0x07, 3, 1, 8, 0, 0),
  );
  const link = createScriptedLink([
    { uuid: '1808', characteristics: [{ uuid: '2a52', properties: ['write', 'indicate'] }] },
  ]);
  const listeners = new Set<(value: RadioValue) => void>();
  const came = new Set<string>();
  const notify = (characteristic: string) => (bytes: Uint8Array) => {
    if (characteristic === '2a18') came.add(hexOf(bytes));
    const value = { address: link.address, service: '1808', characteristic, bytes };
    for (const listener of [...listeners]) listener(value);
  };
  link.onWrite = ({ bytes: [op = 0] }) =>
    queueMicrotask(async () => {
      const answer = op === 4 ? [5, 0, held, 0] : [6, 0, op, held === 0 ? 6 : 1];
      if (op === 1) await tell(random, trouble, records, link, notify('2a18'));
      await tell(random, trouble, [Uint8Array.from(answer)], link, notify('2a52'));
    });
  const limits = { recordWaitMs: 15, busyWaitMs: 1, busyTries: 2 };
  try {
    const complete = await transferRecords({
      link,
      service: '1808',
      onValue(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      signal: new AbortController().signal,
      note: () => undefined,
      limits,
    });
    const asked = link.written.map(({ bytes }) => bytes[0]);
    if (asked.some((op) => op === undefined || ![1, 3, 4].includes(op))) return `wrote ${asked}`;
    // With no trouble on the way, what it says is the whole truth.
    if (trouble === 0 && (!complete || came.size !== held)) return 'gave less than there was';
    return listeners.size > 0 ? 'listens after its end' : undefined;
  } catch (error) {
    return error instanceof RadioError ? undefined : `threw ${String(error)}`;
  }
};

export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  omron,
  microlife,
  recordAccess,
  adapter: adapterInDisorder,
};

export interface VisitFault {
  readonly scenario: string;
  readonly why: string;
}

/** One visit of each kind, from calm ones to those where little arrives. */
export async function fuzzVisits(
  random: Random,
  scenarios: Readonly<Record<string, Scenario>> = SCENARIOS,
): Promise<{ readonly count: number; readonly fault?: VisitFault }> {
  const trouble = random() < 0.2 ? 0 : random() ** 2;
  let count = 0;
  for (const [scenario, visit] of Object.entries(scenarios)) {
    count += 1;
    const end = new AbortController();
    const hung = delay(SETTLE_MS, 'did not end', { signal: end.signal }).catch(() => undefined);
    const why = await Promise.race([
      visit(random, trouble).catch((error: unknown) => `threw ${String(error)}`),
      hung,
    ]);
    end.abort();
    if (why !== undefined) return { count, fault: { scenario, why } };
  }
  return { count };
}
