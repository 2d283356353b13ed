import type { JsonObject } from '../json.ts';
import { PARAMETERS } from './search-parse.ts';
import { RESOURCE_TYPES } from './validate.ts';

/** States exactly what is supported (R4 CapabilityStatement); made from the tables that decide it. */
export function capabilityStatement(options: {
  readonly version: string;
  readonly base: string;
  /** When the server started, an instant. */
  readonly date: string;
}): JsonObject {
  return {
    resourceType: 'CapabilityStatement',
    status: 'active',
    date: options.date,
    kind: 'instance',
    software: { name: 'IoMT Agent municipality', version: options.version },
    implementation: { description: 'Embedded store of received readings', url: options.base },
    fhirVersion: '4.0.1',
    format: ['application/fhir+json'],
    rest: [
      {
        mode: 'server',
        documentation:
          'Search parameters outside the list answer 400. A date without a zone is read as UTC. Sorted by date or _lastUpdated; paged by the link next.',
        resource: RESOURCE_TYPES.map((type) => ({
          type,
          interaction: ['create', 'read', 'vread', 'update', 'history-instance', 'search-type'].map(
            (code) => ({ code }),
          ),
          versioning: 'versioned-update',
          readHistory: true,
          updateCreate: false,
          conditionalCreate: true,
          conditionalRead: 'not-supported',
          conditionalUpdate: true,
          conditionalDelete: 'not-supported',
          referencePolicy: ['literal', 'logical', 'local'],
          searchParam: Object.entries(PARAMETERS[type]).map(
            ([name, { type: kind, modifiers }]) => ({
              name,
              type: kind,
              ...(modifiers ? { documentation: `Modifiers: ${modifiers.join(', ')}` } : {}),
            }),
          ),
        })),
        interaction: [{ code: 'transaction' }, { code: 'batch' }],
      },
    ],
  };
}
