import { hasObservation, toCorrection, toEnvelope, toRetraction } from '../../../fhir/bundle.ts';
import { uuidV5 } from '../../../fhir/identifiers.ts';
import type { GatewayFacts, Reading } from '../../../fhir/reading.ts';
import { instantText } from '../../../fhir/time.ts';
import type { Readings, StoredReading } from '../journal/readings.ts';
import type { Devices } from '../people/devices.ts';
import type { People } from '../people/people.ts';
import type { DeliveryRow } from './deliveries.ts';

/** A reading that moved to another person is another Observation: the first one stays taken back. */
function identityOf(reading: Pick<StoredReading, 'id'>, revision: number): string {
  return revision === 0 ? reading.id : uuidV5(`revision-${revision}`, reading.id);
}

/**
 * Makes an envelope's text from the stored reading, at the hand-over: nothing personal is stored
 * twice, and a retry is made the same again, since ids and `recordedAt` are stored.
 */
export function createBody(parts: {
  readonly readings: Readings;
  readonly devices: Devices;
  readonly people: People;
  readonly gateway: GatewayFacts;
  readonly zone: string;
}): (row: DeliveryRow) => string | undefined {
  return (row) => {
    const reading = parts.readings.get(row.reading);
    const device = reading && parts.devices.byId(reading.device);
    if (!reading || !device || reading.time === undefined) return undefined;
    const { sequence } = reading.content;
    const told: Reading = {
      id: identityOf(reading, row.revision),
      kind: reading.kind,
      measurements: reading.content.measurements,
      status: reading.content.status,
      ...(sequence === undefined ? {} : { sequence }),
      time: reading.time,
      device: device.facts,
      pseudonym: parts.people.pseudonym(row.person, row.recipient),
      basis: reading.basis ?? 'answered',
      gateway: parts.gateway,
      simulated: device.simulated,
    };
    // Quantities without a code, for one: it stays at home, and must not stop the outbox.
    if (!hasObservation(told)) return undefined;
    const options = { envelopeId: row.id, recordedAt: instantText(row.recordedAt, parts.zone) };
    switch (row.action) {
      case 'new':
        return toEnvelope(told, options);
      case 'retraction':
        return toRetraction(told, options);
      case 'correction':
        return toCorrection(told, options);
      default:
        return row.action satisfies never;
    }
  };
}
