import type { Bundle, Observation } from '../../fhir/r4.ts';
import { ENVELOPE_ID } from './examples.ts';
import { parseExact } from './json.ts';

/** What an envelope is made with. */
export const options = { envelopeId: ENVELOPE_ID, recordedAt: '2026-11-20T07:32:07+01:00' };
/** Its text as a Bundle. */
export const parse = (text: string) => parseExact(text) as Bundle;

/** Its Observations. */
export function observations(text: string): Observation[] {
  return parse(text).entry.flatMap(({ resource }) =>
    resource.resourceType === 'Observation' ? [resource] : [],
  );
}

/** The Observation with a code, coincident timestamps included. */
export function coded(text: string, code: string): Observation {
  const found = observations(text).find((each) => each.code.coding?.some((c) => c.code === code));
  if (!found) throw new Error(`no Observation ${code}`);
  return found;
}
