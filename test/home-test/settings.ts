import { join } from 'node:path';
import { type Config, configSchema } from '../../config/schema.ts';
import type { Fault } from './fault-plan.ts';

export const RECIPIENT = 'example-municipality';
export const ZONE = 'Europe/Oslo';

/** Kinds that the home's people share: all that its devices measure. */
export const SHARED_KINDS = [
  'blood-pressure',
  'body-weight',
  'body-composition',
  'body-temperature',
  'oxygen-saturation',
  'heart-rate',
  'glucose',
];

/** What one boot of the virtual gateway is told. Instants are true ones, ms UTC. */
export interface BootSettings {
  readonly data: string;
  readonly port: number;
  readonly seed: number;
  readonly days: number;
  readonly people: number;
  /** First instant of the whole run. */
  readonly startsAt: number;
  /** This boot. */
  readonly bootsAt: number;
  /** People measure until `planEnd`; what is on its way then has until `endsAt`. */
  readonly planEnd: number;
  readonly endsAt: number;
  /** How the machine's clock is at this boot; absent when it is right and trusted. */
  readonly clock?: BootClock;
  /** Faults still to come, in order. */
  readonly faults: readonly Fault[];
}

/** A machine without a clock of its own, until the network tells it. */
export interface BootClock {
  /** What its clock shows minus what is, ms. */
  readonly offsetMs: number;
  /** Steps by hand before the network's time comes, ms after the boot. */
  readonly steps: readonly { readonly afterMs: number; readonly byMs: number }[];
  /** The network's time comes after this, and from then on it is trusted, ms. */
  readonly trustedAfterMs: number;
}

/** A reading that the gateway holds at the end: a line of `held.ndjson`. */
export interface HeldLine {
  readonly device: string;
  readonly kind: string;
  readonly at: number;
  readonly values: Readonly<Record<string, string>>;
  readonly because: string;
}

/** Whose a pseudonym is: a line of `people.ndjson`. */
export interface PersonLine {
  readonly pseudonym: string;
  readonly person: string;
}

/** What a boot tells the run. */
export type BootReport =
  | { readonly tell: 'time'; readonly at: number }
  | {
      readonly tell: 'finished';
      readonly people: readonly PersonLine[];
      readonly held: readonly HeldLine[];
    };

export function homeTestConfig({ data, port }: Pick<BootSettings, 'data' | 'port'>) {
  const config: Config = configSchema.parse({
    home: {
      data: join(data, 'home'),
      zone: ZONE,
      keyFile: join(data, 'demo.key'),
      http: { port },
      bluetooth: { backend: 'simulated' },
      recipients: [
        {
          id: RECIPIENT,
          name: 'Eksempel kommune, hjemmetjenesten',
          transport: { type: 'mqtt', url: `mqtt://127.0.0.1:${port + 3}` },
        },
      ],
    },
    municipality: {
      data: join(data, 'municipality'),
      keyFile: join(data, 'demo.key'),
      http: { port: port + 1 },
      fhir: { type: 'embedded', port: port + 2 },
      mqtt: { type: 'embedded', port: port + 3 },
      acceptSimulated: true,
    },
  });
  const { home, municipality } = config;
  if (!home || !municipality) throw new TypeError('both programs are configured');
  return { home, municipality };
}
