import type { Sent } from './consent-history.ts';
import { type FedDevice, type Observed, readingOf } from './devices.ts';

/** What left the gateway, as it was seen on its way to the broker. */
export function createSightings(deps: {
  readonly now: () => number;
  /** The gateway's life that it leaves in. */
  readonly life: () => number;
  readonly deviceOf: (n: number) => FedDevice | undefined;
}) {
  const sent: Sent[] = [];
  const numbers = new Map<Sent, number>();

  return {
    sent: sent as readonly Sent[],
    /** An envelope passes. */
    see(payload: Buffer): void {
      const bundle = JSON.parse(payload.toString()) as {
        readonly identifier: { readonly value: string };
        readonly entry: readonly { readonly resource: Observed }[];
      };
      for (const { resource } of bundle.entry) {
        const reading = resource.resourceType === 'Observation' ? readingOf(resource) : undefined;
        if (!reading) continue;
        const one: Sent = {
          life: deps.life(),
          at: deps.now(),
          envelope: bundle.identifier.value.replace('urn:uuid:', ''),
          person: deps.deviceOf(reading.n)?.owner ?? -1,
          kind: reading.kind,
          measuredAt: Date.parse(resource.effectiveDateTime ?? ''),
        };
        sent.push(one);
        numbers.set(one, reading.n);
      }
    },
    /** Readings that these envelopes told of. */
    numbersOf: (some: readonly Sent[]) => new Set(some.map((one) => numbers.get(one) ?? -1)),
  };
}
