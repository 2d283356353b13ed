import { existsSync, readFileSync } from 'node:fs';
import { EXTENSION, glucoseCode } from '../fhir/codes.ts';

/** One line of `ground-truth.ndjson`: what a virtual device handed over. */
export interface TruthLine {
  readonly n: number;
  readonly device: string;
  readonly kind: string;
  readonly trueTime: string;
  readonly sentTime: string;
  readonly values: Readonly<Record<string, string>>;
}

/** A reading as somebody has it: the FHIR server, or the gateway in one of its places. */
export interface Holding {
  readonly device: string;
  readonly kind: string;
  /** Milliseconds UTC. */
  readonly at: number;
  readonly values: Readonly<Record<string, string>>;
}

/** A holding at the receiver, with what it says of the person and of its time. */
export interface Received extends Holding {
  /** Identifier of the subject: a pseudonym, as a URN. */
  readonly subject: string;
  /** It says that the device's clock could not be used. */
  readonly clockFlagged: boolean;
}

/** Samples that a glucose meter names, as their codes are looked up. */
const GLUCOSE_SAMPLES = [
  undefined,
  'capillary-whole-blood',
  'capillary-plasma',
  'venous-whole-blood',
  'venous-plasma',
  'arterial-whole-blood',
  'arterial-plasma',
  'undetermined-whole-blood',
  'undetermined-plasma',
  'interstitial-fluid',
];
const glucoseAs = <Name extends string>(name: Name): Readonly<Record<string, Name>> =>
  Object.fromEntries(
    GLUCOSE_SAMPLES.map((sample) => [glucoseCode(sample, undefined).codes[0]?.code ?? '', name]),
  );

/** Anchor Observation of each kind: the others of a reading (pulse, status bits) come with it. */
const ANCHORS: Readonly<Record<string, string>> = {
  '85354-9': 'blood-pressure',
  '2708-6': 'oxygen-saturation',
  '8310-5': 'body-temperature',
  '29463-7': 'body-weight',
  '41982-0': 'body-composition',
  // MDC code of a strap's heart rate: LOINC 8867-4 alone is also the pulse of a cuff.
  '147842': 'heart-rate',
  ...glucoseAs('glucose'),
};

/** Names of values by LOINC or MDC code, as the devices' ground truth has them. */
const VALUES: Readonly<Record<string, string>> = {
  '8480-6': 'systolic',
  '8462-4': 'diastolic',
  '2708-6': 'spo2',
  '8310-5': 'temperature',
  '29463-7': 'weight',
  '41982-0': 'body-fat',
  '147842': 'heart-rate',
  ...glucoseAs('glucose'),
};

/** Values of the anchor Observation, all of which must be what the device sent. */
const ANCHOR_VALUES: Readonly<Record<string, readonly string[]>> = {
  'blood-pressure': ['systolic', 'diastolic'],
  'oxygen-saturation': ['spo2'],
  'body-temperature': ['temperature'],
  'body-weight': ['weight'],
  'body-composition': ['body-fat'],
  'heart-rate': ['heart-rate'],
  glucose: ['glucose'],
};

interface Coded {
  readonly code?: { readonly coding?: readonly { readonly code?: string }[] };
  readonly valueQuantity?: {
    readonly value?: string;
    readonly extension?: readonly { readonly url: string; readonly valueQuantity?: Measured }[];
  };
}
interface Measured {
  readonly value?: string;
}
interface StoredObservation extends Coded {
  readonly id?: string;
  readonly status?: string;
  readonly subject?: { readonly identifier?: { readonly value?: string } };
  readonly dataAbsentReason?: unknown;
  readonly extension?: readonly {
    readonly url: string;
    readonly valueReference?: { readonly reference?: string };
  }[];
  readonly device?: { readonly reference?: string };
  readonly effectiveDateTime?: string;
  readonly component?: readonly Coded[];
}

/** Keeps numbers as the text that they are: 6.0 is not 6. */
function parseKeepingText(line: string): unknown {
  const reviver = (_key: string, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' ? (context?.source ?? String(value)) : value;
  return JSON.parse(line, reviver as (key: string, value: unknown) => unknown);
}

/** The device's own number: where a profile fixes another unit it stands beside. */
function asSent({ valueQuantity }: Coded): string | undefined {
  const own = valueQuantity?.extension?.find(({ url }) => url === EXTENSION.translation);
  return own?.valueQuantity?.value ?? valueQuantity?.value;
}

function codes(coded: Coded): string[] {
  return (coded.code?.coding ?? []).flatMap(({ code }) => (code === undefined ? [] : [code]));
}

/** Lines of an NDJSON file; a torn last line is nobody's. */
export function lines(file: string): string[] {
  if (!existsSync(file)) return [];
  const text = readFileSync(file, 'utf8');
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '');
}

export function readTruth(file: string): TruthLine[] {
  return lines(file).map((line) => JSON.parse(line) as TruthLine);
}

/** System ID behind each Device reference, from `devices.ndjson`. */
export function readDevices(file: string): Map<string, string> {
  return new Map(
    lines(file).map((line) => {
      const device = JSON.parse(line) as { id: string; identifier?: { value?: string }[] };
      return [`Device/${device.id}`, device.identifier?.[0]?.value ?? ''];
    }),
  );
}

/** Readings in `received.ndjson`. `deviceOf` gives the System ID behind a Device reference. */
export function readReceived(
  file: string,
  deviceOf: (reference: string) => string | undefined,
): Received[] {
  const observations = lines(file).map((line) => parseKeepingText(line) as StoredObservation);
  const unclocked = new Set(
    observations.filter((one) => one.dataAbsentReason).map(({ id }) => `Observation/${id}`),
  );
  const holdings = observations.flatMap((observation) => {
    const kind = codes(observation)
      .map((code) => ANCHORS[code])
      .find(Boolean);
    if (kind === undefined || observation.status === 'entered-in-error') return [];
    const values: Record<string, string> = {};
    for (const part of [observation, ...(observation.component ?? [])]) {
      const name = codes(part)
        .map((code) => VALUES[code])
        .find(Boolean);
      const value = asSent(part);
      if (name && value !== undefined) values[name] = value;
    }
    const device = deviceOf(observation.device?.reference ?? '') ?? '';
    const subject = observation.subject?.identifier?.value ?? '';
    const coincident = observation.extension?.find(({ url }) => url === EXTENSION.coincident);
    const clockFlagged = unclocked.has(coincident?.valueReference?.reference ?? '');
    const at = Date.parse(observation.effectiveDateTime ?? '');
    return [{ device, kind, at, values, subject, clockFlagged }];
  });
  // The weight that a body scale gives with the fat is an Observation of its own, but no reading.
  const place = ({ device, at }: Holding) => `${device} ${at}`;
  const composed = new Set(
    holdings.filter(({ kind }) => kind === 'body-composition').map((one) => place(one)),
  );
  return holdings.filter((one) => one.kind !== 'body-weight' || !composed.has(place(one)));
}

/** What a device's clock does not show (whole seconds, read and written), ms. */
const CLOCK_STEP_MS = 2_500;
/** Between reading a device's clock and noting when, real time, ms; it counts `speed` times. */
const CLOCK_READ_MS = 500;

export interface Balance {
  readonly lost: number;
  readonly doubled: number;
  /** `n` of the lost ones: for whoever looks for the cause. */
  readonly lostLines: readonly number[];
}

/**
 * Joins what was handed over with who has it, on device, kind, values and time: a reading's time lies
 * between measuring and handing over, give or take what a clock's reading costs at this speed.
 * `lost`: nobody has it. `doubled`: the receiver has more copies than were handed over.
 */
export function balance(
  truth: readonly TruthLine[],
  received: readonly Holding[],
  atHome: readonly Holding[],
  speed: number,
): Balance {
  const slackMs = CLOCK_STEP_MS + CLOCK_READ_MS * speed;
  const windows = Map.groupBy(
    truth.map((line) => ({
      n: line.n,
      from: Date.parse(line.trueTime) - slackMs,
      to: Date.parse(line.sentTime) + slackMs,
      key: keyOf(line),
    })),
    ({ key }) => key,
  );
  const matched = new Set<number>();
  let doubled = 0;
  const take = (held: Holding): 'free' | 'taken' | 'none' => {
    const fitting = (windows.get(keyOf(held)) ?? []).filter(
      ({ from, to }) => from <= held.at && held.at <= to,
    );
    // Earliest end first, in order of time, leaves the most for the others.
    const free = fitting.filter(({ n }) => !matched.has(n)).sort((a, b) => a.to - b.to)[0];
    if (free) matched.add(free.n);
    return free ? 'free' : fitting.length > 0 ? 'taken' : 'none';
  };
  const inOrder = (holdings: readonly Holding[]) => holdings.toSorted((a, b) => a.at - b.at);
  // What fits no line was handed over just before a power cut, before the device could note it.
  const live = new Set<string>();
  for (const held of inOrder(received)) {
    const name = `${keyOf(held)} ${held.at}`;
    // A strap sends nothing twice: another value like one nearby, cut off before it was noted, is no
    // copy unless it is of the same instant.
    const mayBeCopy = held.kind !== 'heart-rate' || live.has(name);
    live.add(name);
    if (take(held) === 'taken' && mayBeCopy) doubled += 1;
  }
  for (const held of inOrder(atHome)) take(held);
  const lostLines = truth.filter((line) => !matched.has(line.n)).map((line) => line.n);
  return { lost: lostLines.length, doubled, lostLines };
}

/** What tells readings apart but for whose and when: equal keys are equal measurements. */
export function keyOf({
  device,
  kind,
  values,
}: Pick<Holding, 'device' | 'kind' | 'values'>): string {
  return JSON.stringify([device, kind, (ANCHOR_VALUES[kind] ?? []).map((name) => values[name])]);
}
