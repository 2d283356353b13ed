import { typedByOf } from '../adapters/measurement.ts';
import {
  ASSERTED_BY,
  BASE,
  CATEGORY,
  type Code,
  EXTENSION,
  mdc,
  PROFILE,
  SYSTEM,
  TEST_DATA,
} from './codes.ts';
import { create, type Entry, own, type Placed, place, replace, urlOf } from './entries.ts';
import { observationIdentifier, phdIdentifier } from './identifiers.ts';
import { type Draft, drafts } from './observation.ts';
import type { Bundle, Identifier, Meta, Observation, Reference } from './r4.ts';
import type { Reading } from './reading.ts';
import { deviceOf, gatewayOf, patientOf } from './shared-entries.ts';
import { type StatusMeaning, statusMeaning } from './status.ts';
import { offsetOf } from './time.ts';

/** Version of the envelope's form, in the Bundle's `meta.tag`. A receiver refuses what it does not know. */
export const ENVELOPE_FORMAT: Code = { system: `${BASE}CodeSystem/envelope-format`, code: '1' };

/** System of the tag that says why the reading is this person's (promise 3). */
export const PERSON_BASIS_SYSTEM = `${BASE}CodeSystem/person-basis`;

export interface EnvelopeOptions {
  /** UUID; names the envelope in receipts. */
  readonly envelopeId: string;
  /** Instant with offset at which the envelope was made. */
  readonly recordedAt: string;
  /**
   * Device or gateway facts changed since this recipient last had them, e.g. firmware: both are
   * replaced by identifier instead of left as they are there.
   */
  readonly replaceDevices?: boolean;
}

/** The note beside what a person typed in; it stands with the first Observation. */
export const TYPED_IN = 'Typed in by hand, value and time: no device told it.';

/** Why a coincident timestamp tells no time, and the note beside the value: a person stated it. */
export const STATED_TIME = 'The time was stated by a person: no clock could tell it.';

const NOT_OF_THIS_PERSON = 'Withdrawn at the source: not a measurement of this person.';
const CLOCK = mdc(67975, 'ATTR_TIME_ABS');

/** Everything that the resources of one reading share. */
interface Context {
  readonly reading: Reading;
  readonly meaning: StatusMeaning;
  readonly phd: boolean;
  readonly subject: Reference;
  /** None of what was typed in. */
  readonly device: Reference | undefined;
  readonly gateway: Reference;
  readonly coincident?: Reference;
}

function bundle(
  reading: Reading,
  options: EnvelopeOptions,
  test: boolean,
  entry: readonly Entry[],
): string {
  const basis = { system: PERSON_BASIS_SYSTEM, code: reading.basis };
  const head: Omit<Bundle, 'entry'> = {
    resourceType: 'Bundle',
    meta: { ...(test && { security: [TEST_DATA] }), tag: [ENVELOPE_FORMAT, basis] },
    identifier: own(`urn:uuid:${options.envelopeId}`),
    type: 'transaction',
    timestamp: options.recordedAt,
  };
  // Only added to: what has been joined would be copied once more when it is read.
  let text = `${JSON.stringify(head).slice(0, -1)},"entry":[`;
  entry.forEach((one, at) => {
    text += at === 0 ? one.text : `,${one.text}`;
  });
  return `${text}]}`;
}

/** The project's own first; PHD's beside it where the device gave a time. */
function identifiersOf(reading: Reading, draft: Draft): readonly [Identifier, ...Identifier[]] {
  const { id, device, pseudonym, time } = reading;
  const project = own(observationIdentifier(id, draft.key, pseudonym));
  const code = draft.codes[0]?.system === SYSTEM.mdc ? draft.codes[0].code : undefined;
  if (code === undefined || !device || !('deviceTime' in time)) return [project];
  const phd = phdIdentifier(device, pseudonym, code, time.deviceTime);
  return phd === undefined ? [project] : [project, { system: SYSTEM.phdIdentifier, value: phd }];
}

/** `meta`, or nothing: never an empty object. */
function metaOf(
  profile: readonly string[],
  test: boolean,
  labels: readonly Code[] = [],
): { meta?: Meta } {
  const security = [...(test ? [TEST_DATA] : []), ...labels];
  if (profile.length === 0 && security.length === 0) return {};
  return {
    meta: { ...(profile.length > 0 && { profile }), ...(security.length > 0 && { security }) },
  };
}

/** Categories, or nothing: what was typed in is no device's, and FHIR's lists are never empty. */
function categoryOf(reading: Reading, vital: boolean): Pick<Observation, 'category'> {
  const category = [
    ...(vital ? [{ coding: [CATEGORY.vital] }] : []),
    ...(reading.device ? [{ coding: [CATEGORY.phd] }] : []),
  ];
  return category.length > 0 ? { category } : {};
}

/**
 * PHD's coincident timestamp, by which a reader knows what the time rests on: both clocks (the
 * correction is applied), the device's alone (used untouched), or none (the device's was unusable, or
 * a person stated the time).
 * A device that gave no time has none.
 */
function coincident(context: Context): Observation | undefined {
  const { time, id, pseudonym } = context.reading;
  // Its subject is the device.
  if (!context.device) return undefined;
  if (time.basis === 'reception' && !time.deviceClockUnusable) return undefined;
  const read = time.basis !== 'device-time-live';
  return {
    resourceType: 'Observation',
    ...metaOf(context.phd ? [PROFILE.coincident] : [], context.meaning.test),
    identifier: [own(observationIdentifier(id, CLOCK.code, pseudonym))],
    status: 'final',
    code: {
      coding: [CLOCK],
      text: read ? 'Device clock read beside gateway clock' : 'Device time, clock not readable',
    },
    subject: context.device,
    ...(time.basis === 'device-clock' && {
      effectiveDateTime: time.gatewayNow,
      valueDateTime: `${time.deviceNow}${offsetOf(time.gatewayNow)}`,
    }),
    ...(time.basis === 'device-time-live' && {
      valueDateTime: `${time.deviceTime}${offsetOf(time.effective)}`,
    }),
    device: context.gateway,
    ...(time.basis === 'reception' && {
      effectiveDateTime: time.effective,
      dataAbsentReason: untold('The device said that its clock is not set'),
    }),
    ...(time.basis === 'stated' && {
      effectiveDateTime: time.statedAt,
      dataAbsentReason: untold(STATED_TIME),
    }),
  };
}

const untold = (text: string) => ({
  coding: [{ system: SYSTEM.absent, code: 'unknown', display: 'Unknown' }],
  text,
});

/** A draft with its identity: where others find it. */
interface Identified {
  readonly draft: Draft;
  readonly identifier: readonly [Identifier, ...Identifier[]];
  readonly url: string;
}

function identified(reading: Reading, draft: Draft): Identified {
  const identifier = identifiersOf(reading, draft);
  return { draft, identifier, url: urlOf(identifier[0]) };
}

function observation(
  { draft, identifier }: Identified,
  context: Context,
  note: NonNullable<Observation['note']>,
  comment: string | undefined,
): Observation {
  const { reading, meaning, phd } = context;
  const profiles = [
    ...(phd && draft.phd ? [draft.phd] : []),
    ...(draft.vital ? [draft.vital] : []),
  ];
  const interpretations = draft.phd === PROFILE.bits ? [] : meaning.interpretations;
  const by = typedByOf(reading.measurements);
  return {
    resourceType: 'Observation',
    ...metaOf(profiles, meaning.test, by ? [ASSERTED_BY[by]] : []),
    extension: [
      { url: EXTENSION.gateway, valueReference: context.gateway },
      ...(context.coincident
        ? [{ url: EXTENSION.coincident, valueReference: context.coincident }]
        : []),
    ],
    identifier,
    status: meaning.status,
    ...categoryOf(reading, draft.vital !== undefined),
    code: { coding: draft.codes, ...(draft.text && { text: draft.text }) },
    subject: context.subject,
    effectiveDateTime: reading.time.effective,
    // Who else typed it is known to the home alone: then nobody is named.
    ...(by === 'person' && { performer: [context.subject] }),
    ...draft.value,
    ...(interpretations.length > 0 && {
      interpretation: interpretations.map((code) => ({ coding: [code] })),
    }),
    ...(note.length > 0 && { note }),
    ...(draft.bodySite && { bodySite: { coding: [draft.bodySite] } }),
    ...(draft.method && { method: { coding: [draft.method] } }),
    ...(context.device && { device: context.device }),
    ...(comment !== undefined && { derivedFrom: [{ reference: comment }] }),
    ...(draft.components && { component: draft.components }),
  };
}

/** What the device reported, what the time rests on, and the person's own words, by their author. */
function notesOf(context: Context): NonNullable<Observation['note']> {
  const { reading, meaning, subject, device } = context;
  const stated = !device ? [TYPED_IN] : reading.time.basis === 'stated' ? [STATED_TIME] : [];
  return [
    ...[...meaning.notes, ...stated].map((text) => ({ text })),
    ...(reading.note ? [{ authorReference: subject, ...reading.note }] : []),
  ];
}

interface Parts {
  readonly entries: readonly Entry[];
  /** The same, not written yet. */
  readonly named: readonly Placed[];
  readonly observations: readonly Placed<Observation>[];
  readonly test: boolean;
}

interface Said {
  readonly meaning: StatusMeaning;
  readonly drafts: readonly Draft[];
}

/** Asked whether there is anything to send, and then for it. */
const said = new WeakMap<Reading, Said>();

function saidBy(reading: Reading): Said {
  const known = said.get(reading);
  if (known) return known;
  const meaning = statusMeaning(reading);
  const made = { meaning, drafts: drafts(reading, meaning) };
  said.set(reading, made);
  return made;
}

function partsOf(reading: Reading, options: Pick<EnvelopeOptions, 'replaceDevices'>): Parts {
  const { meaning, drafts } = saidBy(reading);
  const all = drafts.map((draft) => identified(reading, draft));
  if (all.length === 0) throw new TypeError('the reading has nothing to send');
  const patient = patientOf(reading);
  const device = deviceOf(reading);
  const gateway = gatewayOf(reading);
  const base: Context = {
    reading,
    meaning,
    phd: device?.phd ?? false,
    subject: patient.subject,
    device: device && { reference: device.url },
    gateway: { reference: gateway.url },
  };
  const clock = coincident(base);
  const clocks = clock ? [place(clock)] : [];
  const context = clocks[0] ? { ...base, coincident: { reference: clocks[0].url } } : base;
  const values = all.map((each, index) => {
    const { derivedFrom } = each.draft;
    const comment = derivedFrom && all.find(({ draft }) => draft.key === derivedFrom)?.url;
    const note = index === 0 ? notesOf(context) : [];
    return { url: each.url, resource: observation(each, context, note, comment) };
  });
  const put = options.replaceDevices ? 'replaced' : 'created';
  return {
    entries: [patient.created, gateway[put], ...(device ? [device[put]] : [])],
    named: [patient, gateway, ...(device ? [device] : [])],
    observations: [...clocks, ...values],
    test: meaning.test,
  };
}

/**
 * True when the reading has an Observation to send. False for a battery level (told as an event),
 * a control solution and quantities without a code: those stay at home.
 */
export function hasObservation(reading: Reading): boolean {
  return saidBy(reading).drafts.length > 0;
}

/**
 * The envelope: JSON text of a FHIR R4 transaction Bundle (design section 6), made once. The same
 * reading and options give the same text. Throws a TypeError when {@link hasObservation} is false.
 */
export function toEnvelope(reading: Reading, options: EnvelopeOptions): string {
  const { entries, observations, test } = partsOf(reading, options);
  return bundle(reading, options, test, [...entries, ...observations.map(create)]);
}

/**
 * The resources of a reading, each with the `urn:uuid:` by which the others name it: for a copy that is
 * no envelope. Throws as {@link toEnvelope} does.
 */
export function toResources(reading: Reading): readonly Placed[] {
  const { named, observations } = partsOf(reading, {});
  return [...named, ...observations];
}

/** One of several readings for one envelope, as {@link toEnvelope} takes it alone. */
export interface Told {
  readonly reading: Reading;
  readonly options: EnvelopeOptions;
}

/**
 * The first of these readings that fit into one transaction, and how many they are: what says whose they
 * are and whether they are test data stands once for all, and no two may look like one (same person,
 * device and time). Who and what several name is in it once. Entries keep the order of the readings.
 * Throws as {@link toEnvelope} does.
 */
export function toJoinedEnvelope(
  all: readonly [Told, ...Told[]],
  envelopeId: string,
): { text: string; count: number } {
  const [first] = all;
  const entries = new Map<string, Entry>();
  const instants = new Set<string>();
  let count = 0;
  let isTest: boolean | undefined;
  for (const { reading, options } of all) {
    const instant = `${reading.pseudonym} ${reading.device?.key ?? ''} ${reading.time.effective}`;
    if (reading.basis !== first.reading.basis || instants.has(instant)) break;
    const parts = partsOf(reading, options);
    isTest ??= parts.test;
    if (parts.test !== isTest) break;
    for (const entry of [...parts.entries, ...parts.observations.map(create)]) {
      if (!entries.has(entry.fullUrl)) entries.set(entry.fullUrl, entry);
    }
    instants.add(instant);
    count += 1;
  }
  const { recordedAt } = (all[count - 1] ?? first).options;
  const options = { envelopeId, recordedAt };
  return { text: bundle(first.reading, options, isTest ?? false, [...entries.values()]), count };
}

/**
 * Full content again, replacing by identifier what the receiver holds: `corrected` after a corrected
 * time or decoding, `amended` where only the person's own words are others (R4: `corrected` is for an
 * error in the result). Also the way to give a reading back to a person it was taken from.
 */
export function toCorrection(
  reading: Reading,
  options: EnvelopeOptions,
  status: 'corrected' | 'amended' = 'corrected',
): string {
  const { entries, observations, test } = partsOf(reading, options);
  const corrected = observations.map(({ url, resource }): Placed<Observation> => {
    // PHD fixes the clock's status; what the device itself calls invalid stays so.
    const stays = resource.subject.type !== 'Patient' || resource.status === 'entered-in-error';
    return { url, resource: stays ? resource : { ...resource, status } };
  });
  return bundle(reading, options, test, [...entries, ...corrected.map(replace)]);
}

/**
 * Takes a reading back: every Observation of it becomes `entered-in-error` under its identifier,
 * without value, device and clock. The reading must be as it was sent, with the pseudonym it had.
 */
export function toRetraction(reading: Reading, options: EnvelopeOptions): string {
  const { meaning, drafts } = saidBy(reading);
  const { created: patient, subject } = patientOf(reading);
  const taken = drafts.map((draft): Placed<Observation> => {
    const { identifier, url } = identified(reading, draft);
    const resource: Observation = {
      resourceType: 'Observation',
      ...metaOf([], meaning.test),
      identifier,
      status: 'entered-in-error',
      ...categoryOf(reading, false),
      code: { coding: draft.codes },
      subject,
      effectiveDateTime: reading.time.effective,
      note: [{ text: NOT_OF_THIS_PERSON }],
    };
    return { url, resource };
  });
  return bundle(reading, options, meaning.test, [patient, ...taken.map(replace)]);
}
