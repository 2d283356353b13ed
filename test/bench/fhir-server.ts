import { randomUUID } from 'node:crypto';
import {
  createEntry,
  observation,
  startFhir,
  transaction,
} from '../agent/municipality/fhir-harness.ts';

/**
 * Prints how fast the embedded FHIR server is with many Observations, and judges nothing:
 * `node test/bench/fhir-server.ts [COUNT]`. Every create is an HTTP request and a synced commit.
 */
const count = Number(process.argv[2] ?? 20_000);
const PEOPLE = 40;

const fhir = startFhir({ now: () => Date.now() });
const pseudonyms = Array.from({ length: PEOPLE }, () => randomUUID());

function sample(index: number) {
  const person = pseudonyms[index % PEOPLE];
  return observation(randomUUID(), {
    subject: {
      reference: `Patient/${person}`,
      identifier: { system: 'urn:ietf:rfc:3986', value: `urn:uuid:${person}` },
    },
    effectiveDateTime: new Date(Date.UTC(2026, 0, 1) + index * 60_000).toISOString(),
  });
}

async function timed(name: string, times: number, work: (index: number) => Promise<unknown>) {
  const took: number[] = [];
  for (let index = 0; index < times; index += 1) {
    const from = performance.now();
    await work(index);
    took.push(performance.now() - from);
  }
  took.sort((a, b) => a - b);
  const at = (part: number) => (took[Math.floor(took.length * part)] ?? 0).toFixed(2);
  console.log(`${name.padEnd(44)} median ${at(0.5)} ms, 95 % ${at(0.95)} ms, 99 % ${at(0.99)} ms`);
}

// Filled in one transaction each of many, so that the measuring starts with the full store.
for (let from = 0; from < count; from += 1_000) {
  const size = Math.min(1_000, count - from);
  fhir.server.bundle(
    transaction(Array.from({ length: size }, (_, index) => createEntry(sample(from + index)))),
  );
}
const [person] = pseudonyms;
console.log(`${count} Observations of ${PEOPLE} people`);
await timed('create', 500, (index) => fhir.ask('POST', '/Observation', sample(index)));
await timed('transaction of 5, each if none exists', 300, (index) =>
  fhir.ask('POST', '', transaction(Array.from({ length: 5 }, () => createEntry(sample(index))))),
);
const newest = '_sort=-date&_count=50';
await timed('newest 50 of a person', 200, () =>
  fhir.ask('GET', `/Observation?patient=${person}&${newest}`),
);
await timed('newest 50 of a person by identifier', 200, () =>
  fhir.ask('GET', `/Observation?patient:identifier=urn:ietf:rfc:3986|urn:uuid:${person}&${newest}`),
);
await timed('newest 50 of a person with a code', 200, () =>
  fhir.ask('GET', `/Observation?patient=${person}&code=http://loinc.org|15074-8&${newest}`),
);
await timed('newest 50 of all', 100, () => fhir.ask('GET', `/Observation?${newest}`));
await timed('newest 50 of all with a code', 50, () =>
  fhir.ask('GET', `/Observation?code=15074-8&${newest}`),
);
await fhir.stop();
