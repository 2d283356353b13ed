import { typedByOf } from '../../../adapters/measurement.ts';
import {
  hasObservation,
  type Told,
  toCorrection,
  toEnvelope,
  toJoinedEnvelope,
  toRetraction,
} from '../../../fhir/bundle.ts';
import { uuidV5 } from '../../../fhir/identifiers.ts';
import type { GatewayFacts, Reading } from '../../../fhir/reading.ts';
import { instantText } from '../../../fhir/time.ts';
import type { Clock } from '../../clock.ts';
import type { Readings, StoredReading } from '../journal/readings.ts';
import type { Devices } from '../people/devices.ts';
import type { People } from '../people/people.ts';
import type { DeliveryRow } from './deliveries.ts';
import type { JoinedBody } from './route.ts';

/** A reading that moved to another person is another Observation: the first one stays taken back. */
function identityOf(reading: Pick<StoredReading, 'id'>, revision: number): string {
  return revision === 0 ? reading.id : uuidV5(`revision-${revision}`, reading.id);
}

/** What an envelope says of the gateway that sends it. */
export function gatewayFacts(parts: {
  readonly systemId: string;
  readonly version: string;
  readonly clock: Clock;
}): GatewayFacts {
  const { systemId, version, clock } = parts;
  return {
    systemId,
    version,
    // Of now: a gateway often starts before its clock is set.
    get timeSync() {
      return clock.trusted() ? 'ntp' : 'none';
    },
  };
}

export interface BodyParts {
  readonly readings: Readings;
  readonly devices: Devices;
  readonly people: People;
  readonly gateway: GatewayFacts;
  readonly zone: string;
}

/** What a row is to tell; undefined when its reading is gone or has nothing that may be sent. */
function createTold(
  parts: BodyParts,
): (row: DeliveryRow) => (Told & { readonly isCorrected: boolean }) | undefined {
  return (row) => {
    const reading = parts.readings.get(row.reading);
    const device = reading && parts.devices.byId(reading.device);
    if (!reading || !device || reading.time === undefined) return undefined;
    const { sequence } = reading.content;
    const { note } = reading;
    const told: Reading = {
      id: identityOf(reading, row.revision),
      kind: reading.kind,
      measurements: reading.content.measurements,
      status: reading.content.status,
      ...(sequence === undefined ? {} : { sequence }),
      time: reading.time,
      // Of what was typed in, the row is no device.
      device: typedByOf(reading.content.measurements) ? undefined : device.facts,
      pseudonym: parts.people.pseudonym(row.person, row.recipient),
      basis: reading.basis ?? 'answered',
      gateway: parts.gateway,
      simulated: device.simulated,
      ...(note && reading.person === row.person
        ? { note: { time: instantText(note.at, parts.zone), text: note.text } }
        : {}),
    };
    // Quantities without a code, for one: it stays at home, and must not stop the outbox.
    if (!hasObservation(told)) return undefined;
    const recordedAt = instantText(row.recordedAt, parts.zone);
    const options = { envelopeId: row.id, recordedAt };
    return { reading: told, options, isCorrected: reading.state === 'corrected' };
  };
}

/**
 * Makes an envelope's text from the stored reading, at the hand-over: nothing personal is stored
 * twice, and a retry is made the same again, since ids and `recordedAt` are stored.
 */
export function createBody(parts: BodyParts): (row: DeliveryRow) => string | undefined {
  const toldOf = createTold(parts);
  return (row) => {
    const told = toldOf(row);
    if (!told) return undefined;
    const { reading, options, isCorrected } = told;
    switch (row.action) {
      case 'new':
        return toEnvelope(reading, options);
      case 'retraction':
        return toRetraction(reading, options);
      case 'correction':
        return toCorrection(reading, options, isCorrected ? 'corrected' : 'amended');
      default:
        return row.action satisfies never;
    }
  };
}

/** Several new readings of one recipient as one transaction: as many of the first as fit together. */
export function createJoin(
  parts: BodyParts,
): (rows: readonly DeliveryRow[]) => JoinedBody | undefined {
  const toldOf = createTold(parts);
  return (rows) => {
    const all: Told[] = [];
    for (const row of rows) {
      const told = row.action === 'new' ? toldOf(row) : undefined;
      if (!told) break;
      all.push(told);
    }
    const [first, ...more] = all;
    if (!first || more.length === 0) return undefined;
    const id = uuidV5(
      `joined/${all.map(({ options }) => options.envelopeId).join('/')}`,
      rows[0]?.id ?? '',
    );
    const { text, count } = toJoinedEnvelope([first, ...more], id);
    return count > 1 ? { id, body: text, count } : undefined;
  };
}
