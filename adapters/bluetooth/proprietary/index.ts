import { OMRON_LAYOUTS } from '../gatt/omron-memory.ts';
import { BCI_STREAM, NONIN_OXIMETRY, type Protocol, YONKER_RESULT } from '../gatt/protocols.ts';
import { isYonkerResult } from '../gatt/yonker-blood-pressure.ts';
import { identify, MODELS, modelOf } from '../models/index.ts';
import { isHealthService } from '../procedures/health-services.ts';
import type { Advertisement } from '../radio/radio.ts';
import { microlife } from './microlife.ts';
import { bciSieve, notifying } from './notifying.ts';
import { omronMemory } from './omron.ts';
import type { Procedure } from './procedure.ts';

/**
 * Visits by protocol. Of the Omron cuffs those that open with a token: the others let nobody read
 * before a key was programmed into them, and nothing is ever written into these devices.
 */
const PROCEDURES: Readonly<Partial<Record<Protocol, Procedure>>> = {
  'omron-hem-7142t2': omronMemory(OMRON_LAYOUTS['hem-7142t2'], Math.random),
  'omron-hem-7380t1': omronMemory(OMRON_LAYOUTS['hem-7380t1'], Math.random),
  microlife,
  yonker: notifying({
    service: 'cdeacd8052354c07884693a37ee6b86d',
    characteristic: YONKER_RESULT,
    stream: false,
    sieve: () => (bytes) => (isYonkerResult(bytes) ? bytes : undefined),
  }),
  nonin: notifying({
    service: '46a970e00d5f11e28b5e0002a5d5c51b',
    characteristic: NONIN_OXIMETRY,
    stream: true,
    yieldsTo: '1822',
    sieve: () => (bytes) => bytes,
  }),
  bci: notifying({
    service: '49535343fe7d4ae58fa99fafd205e455',
    characteristic: BCI_STREAM,
    stream: true,
    sieve: bciSieve,
  }),
};

/**
 * How a device of this model is visited; undefined for one that follows a standard, or whose
 * protocol is not known well enough, or is not known at all. By the model's key only.
 */
export function procedureFor(model: string | undefined): Procedure | undefined {
  const protocol = modelOf(model)?.protocol;
  return protocol && PROCEDURES[protocol];
}

/** What the models that have a visit here advertise beside the standard services. */
const OWN_SERVICES: ReadonlySet<string> = new Set(
  MODELS.filter(({ key }) => procedureFor(key))
    .flatMap(({ identity }) => identity.services)
    .filter((uuid) => !isHealthService(uuid)),
);

export const offersOwnService = (services: readonly string[]): boolean =>
  services.some((uuid) => OWN_SERVICES.has(uuid));

/**
 * By its advertisement it may be one of them: it is connected to when a person pairs it, and asked
 * for its model.
 */
export const mayHaveProcedure = ({ connectable, name, services }: Advertisement): boolean =>
  connectable &&
  (offersOwnService(services) || procedureFor(identify({ name, services })?.key) !== undefined);
