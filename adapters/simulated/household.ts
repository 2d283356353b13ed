import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Kind } from '../measurement.ts';
import { PEOPLE, UNITS } from './demo-home.ts';
import { createVirtualDevice, type VirtualDevice } from './device.ts';
import { syncFolder } from './files.ts';
import { openGroundTruth } from './ground-truth.ts';
import type { Ownership, SimulatedModelKey, SimulatedPerson } from './models.ts';

/** How long devices may still hand over after the last measurement, real time. */
const FLUSH_MS = 4_000;
const FLUSH_LOOK_MS = 50;

/** What a person setting up the demo reads off the boxes. */
interface HouseholdDevice {
  readonly name: string;
  /** Lower case without colons. */
  readonly address: string;
  /** EUI-64 text, as in the ground truth. */
  readonly systemId: string;
  readonly kinds: readonly Kind[];
  readonly modelKey: SimulatedModelKey;
  readonly owner: Ownership;
}

export interface Household {
  readonly people: readonly SimulatedPerson[];
  readonly devices: readonly HouseholdDevice[];
  /** The virtual devices themselves: for the bindings. */
  readonly units: readonly VirtualDevice[];
  readonly now: () => number;
  /** Devices begin to measure. */
  start(): void;
  /** Readings over the folder's life: `measured` are those handed over and those in a device. */
  summary(): { measured: number; handedOver: number };
  /**
   * Measures no more and closes the files.
   * @param options.flush first lets devices hand over what they have, for up to {@link FLUSH_MS}
   */
  stop(options: { readonly flush: boolean }): Promise<void>;
}

/**
 * A home of virtual devices, continued from what the folder holds. They come bonded, as if paired
 * before. Everything random comes from the seed and the true time.
 * @param options.folder gets `ground-truth.ndjson` and `devices/`
 * @param options.now demo clock, ms UTC; it must run `speed` times faster than life
 */
export function createHousehold(options: {
  readonly folder: string;
  readonly seed: number;
  readonly now: () => number;
  readonly zone: string;
  readonly speed: number;
}): Household {
  const { folder: root, seed, now, zone, speed } = options;
  const folder = join(root, 'devices');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  syncFolder(root);
  const truth = openGroundTruth(root);
  const units = UNITS.map((unit) =>
    createVirtualDevice({ unit, folder, truth, now, zone, speed, seed }),
  );
  const waiting = (of = units) =>
    of.reduce((count, unit) => count + unit.memory.waiting().length, 0);
  // a live value counts when it was handed over: nothing keeps it before
  const storing = units.filter(({ model }) => model.memory === 'stores');
  return {
    people: PEOPLE,
    devices: units.map(({ unit, id, systemId, model }) => ({
      name: unit.name,
      address: id,
      systemId,
      kinds: [model.kind],
      modelKey: unit.modelKey,
      owner: unit.owner,
    })),
    units,
    now,
    start: () => {
      for (const unit of units) unit.start();
    },
    summary: () => ({ measured: truth.count() + waiting(storing), handedOver: truth.count() }),
    stop: async ({ flush }) => {
      for (const unit of units) unit.stop();
      const until = performance.now() + (flush ? FLUSH_MS : 0);
      if (flush) for (const unit of units) unit.advertise();
      while (waiting() > 0 && performance.now() < until) {
        await new Promise((resolve) => setTimeout(resolve, FLUSH_LOOK_MS));
      }
      truth.close();
    },
  };
}
