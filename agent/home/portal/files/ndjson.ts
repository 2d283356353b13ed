import { hasObservation, toResources } from '../../../../fhir/bundle.ts';
import type { GatewayFacts, Reading } from '../../../../fhir/reading.ts';
import type { OwnReading } from '../own-readings.ts';

/**
 * A person's readings as FHIR R4, one resource a line: Patient, Devices and Observations as a
 * recipient would get them, with the person's own id in the household instead of any recipient's
 * pseudonym. What has no Observation, such as a test of the meter, is in the other files only.
 */
export function* ndjsonLines(
  readings: Iterable<OwnReading>,
  parts: { readonly person: string; readonly gateway: GatewayFacts },
): Generator<string> {
  /** People and devices: named by many readings, and few. */
  const told = new Set<string>();
  for (const reading of readings) {
    const whole = readingOf(reading, parts);
    if (!whole || !hasObservation(whole)) continue;
    const all = toResources(whole);
    const places = new Map(
      all.map(({ url, resource }) => [url, `${resource.resourceType}/${idOf(url)}`]),
    );
    for (const { url, resource } of all) {
      if (told.has(url)) continue;
      if (resource.resourceType !== 'Observation') told.add(url);
      const text = JSON.stringify({ ...resource, id: idOf(url) });
      yield `${text.replaceAll(REFERENCE, (whole, to: string) => named(places.get(to), whole))}\n`;
    }
  }
}

const REFERENCE = /"reference":"(urn:uuid:[0-9a-f-]+)"/g;
const named = (place: string | undefined, whole: string) =>
  place === undefined ? whole : `"reference":"${place}"`;
const idOf = (url: string) => url.slice('urn:uuid:'.length);

function readingOf(
  { device, measuredAt, sequence, ...reading }: OwnReading,
  { person, gateway }: { readonly person: string; readonly gateway: GatewayFacts },
): Reading | undefined {
  if (reading.time === undefined || measuredAt === undefined) return undefined;
  return {
    id: reading.id,
    kind: reading.kind,
    measurements: reading.measurements,
    status: reading.status,
    ...(sequence === undefined ? {} : { sequence }),
    time: reading.time,
    device: reading.typedBy ? undefined : device.facts,
    pseudonym: person,
    basis: reading.basis ?? 'answered',
    gateway,
    simulated: device.simulated,
  };
}
