import { decodeGatt } from '../../../adapters/bluetooth/gatt/index.ts';
import { contextOf, modelOf } from '../../../adapters/bluetooth/models/index.ts';
import type { Attribute, DecodeContext } from '../../../adapters/measurement.ts';
import type { AdvertisementKeys } from '../people/advertisement-keys.ts';
import type { Devices } from '../people/devices.ts';
import type { Captures, StoredCapture } from './captures.ts';
import { createCgmSessions } from './cgm-session.ts';
import { interpret, joined, type Meaning } from './interpret.ts';
import { createWeighings } from './weighing.ts';

type Result = Extract<Meaning, { is: 'result' }>;

/**
 * What a stored capture says: its bytes, read as its device's model sends them, with the other frames
 * that belong to it. Only the journal is asked, and only for what lies near: the same capture means
 * the same whenever it is read, but for what came after it.
 */
export function createMeanings(parts: {
  readonly captures: Captures;
  readonly devices: Pick<Devices, 'byId'>;
  readonly keys: Pick<AdvertisementKeys, 'of'>;
}) {
  const { captures, devices, keys } = parts;
  const weighings = createWeighings(captures);
  const sessions = createCgmSessions(captures);

  /** Who sent it: its model's own ways, or the address under which it encrypts its broadcasts. */
  function sender({ device, source }: StoredCapture): DecodeContext {
    if ('typed' in source) return {};
    const { address = '', model } = devices.byId(device) ?? {};
    if ('characteristic' in source) {
      return contextOf(modelOf(model));
    }
    const key = keys.of(device);
    return key ? { address, key } : { address };
  }

  /** A glucose measurement with the context that it announced. */
  function withContext(capture: StoredCapture, meaning: Result): Meaning {
    const follows = meaning.measurements.some((one) => one.attributes.contextFollows);
    const context = follows ? captures.contextOf(capture) : undefined;
    const frame = context === undefined ? undefined : captures.get(context);
    return frame ? joined(meaning, interpret(frame, sender(frame))) : meaning;
  }

  /** A temperature without a site was taken where the thermometer's own characteristic says. */
  function withSite(capture: StoredCapture, meaning: Result): Meaning {
    if (meaning.measurements.some(({ attributes }) => attributes.temperatureType !== undefined)) {
      return meaning;
    }
    const [type] = captures.before(capture, '1809', '2a1d', 1);
    const decoded = type && decodeGatt('2a1d', type.bytes);
    if (!decoded?.ok || !('fields' in decoded)) return meaning;
    const attributes = decoded.fields as Readonly<Record<string, Attribute>>;
    return joined(meaning, { is: 'context', attributes });
  }

  /** With the other frames that belong to it. */
  function inContext(capture: StoredCapture): Meaning {
    const meaning = interpret(capture, sender(capture));
    const { source } = capture;
    if (!('characteristic' in source)) return meaning;
    if (source.characteristic === '2aa9') return sessions.clock(capture);
    if (meaning.is !== 'result') return meaning;
    switch (source.characteristic) {
      case '2a18':
        return withContext(capture, meaning);
      case '2a1c':
        return withSite(capture, meaning);
      case '2a9c':
        return weighings.composition(capture, meaning);
      case '2a9d':
        return weighings.weight(capture, meaning);
      case '2aa7':
        return sessions.records(capture, meaning);
      default:
        return meaning;
    }
  }

  return {
    mean: (capture: StoredCapture): Meaning => bySample(inContext(capture)),
    /** The measurement that a frame completes: of a context, or the first half of a record. */
    wholeOf(capture: StoredCapture, meaning: Meaning): StoredCapture | undefined {
      const id =
        meaning.is === 'part'
          ? meaning.of
          : meaning.is === 'context'
            ? captures.measurementOf(capture)
            : undefined;
      return id === undefined ? undefined : captures.get(id);
    },
  };
}

/** Glucose between the cells follows that of the blood late: a kind of its own, never in one chart. */
function bySample(meaning: Meaning): Meaning {
  if (meaning.is === 'results') return { ...meaning, each: meaning.each.map(interstitial) };
  return meaning.is === 'result' ? interstitial(meaning) : meaning;
}

function interstitial(meaning: Result): Result {
  const measurements = meaning.measurements.map((measurement) =>
    measurement.kind === 'glucose' && measurement.attributes.type === 'interstitial-fluid'
      ? { ...measurement, kind: 'glucose-interstitial' as const }
      : measurement,
  );
  return { ...meaning, measurements };
}
