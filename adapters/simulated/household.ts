import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Kind } from '../measurement.ts';
import { type Bonds, bondsOfDevices, openBonds } from './bonds.ts';
import { PEOPLE, UNITS } from './demo-home.ts';
import { createVirtualDevice } from './device.ts';
import { syncFolder } from './files.ts';
import { openGroundTruth } from './ground-truth.ts';
import type { HomePlan } from './home-plan.ts';
import type { Ownership, SimulatedModelKey, SimulatedPerson } from './models.ts';
import { createPlannedDevice } from './planned-device.ts';
import { openPlannedTruth } from './planned-truth.ts';
import { createPresence, type Presence } from './presence.ts';
import type { VirtualDevice } from './virtual-device.ts';

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
  /** Six digits that it shows while it is paired, where it asks for them. */
  readonly passkey?: string;
  /** Not paired at the first start: a person does that. */
  readonly isNew?: true;
}

export interface Household {
  readonly people: readonly SimulatedPerson[];
  readonly devices: readonly HouseholdDevice[];
  /** The virtual devices themselves: for the bindings. */
  readonly units: readonly VirtualDevice[];
  readonly now: () => number;
  /** A radio hears each advertiser about this often, ms. */
  readonly advertisementMs: number;
  /** The gateway's keys. */
  readonly bonds: Bonds;
  /** To be told when a radio listens. */
  readonly presence: Presence;
  /** Devices begin to measure; of a plan, what happened meanwhile happens first, at its true time. */
  start(): void;
  /**
   * A person puts a device of a plan into pairing mode for two minutes, beside the gateway. Only
   * then it accepts a pairing; all are unpaired at first.
   */
  repair(name: string): void;
  /** Readings over the folder's life: `measured` are those handed over and those in a device. */
  summary(): { measured: number; handedOver: number };
  /**
   * Measures no more and closes the files.
   * @param options.flush first lets devices hand over what they have, for up to {@link FLUSH_MS}
   */
  stop(options: { readonly flush: boolean }): Promise<void>;
}

export interface HouseholdOptions {
  /** Gets `ground-truth.ndjson` and `devices/`. */
  readonly folder: string;
  readonly seed: number;
  /** The devices' true time, ms UTC; it must run `speed` times faster than timers. */
  readonly now: () => number;
  readonly zone: string;
  readonly speed: number;
  /** Without, the demo's home. */
  readonly home?: HomePlan;
}

/**
 * A home of virtual devices, continued from what the folder holds. The demo's come bonded, as if
 * paired before, and measure by themselves. Those of a plan do what it says, at speed 1, and its
 * seed and zone count. Everything random comes from the seed, the true time or the plan.
 */
export function createHousehold(options: HouseholdOptions): Household {
  const { folder: root, home } = options;
  const folder = join(root, 'devices');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  syncFolder(root);
  return home ? plannedHousehold(options, home, folder) : demoHousehold(options, folder);
}

/** Real advertisers are heard about once a second, those of the demo sooner, real time. */
const ADVERTISEMENT_MS = { planned: 1_000, demo: 150 } as const;

const boxes = (units: readonly VirtualDevice[]): HouseholdDevice[] =>
  units.map(({ unit, id, systemId, model }) => ({
    name: unit.name,
    address: id,
    systemId,
    kinds: [model.kind],
    modelKey: unit.modelKey,
    owner: unit.owner,
    ...(unit.passkey === undefined ? {} : { passkey: unit.passkey }),
    ...(unit.isNew ? { isNew: unit.isNew } : {}),
  }));

function plannedHousehold(
  { folder: root, now }: HouseholdOptions,
  plan: HomePlan,
  folder: string,
): Household {
  const truth = openPlannedTruth(root);
  const presence = createPresence(now);
  const units = plan.units.map((unit) =>
    createPlannedDevice({ unit, plan, folder, truth, presence, now }),
  );
  return {
    people: plan.people,
    devices: boxes(units),
    units,
    now,
    advertisementMs: ADVERTISEMENT_MS.planned,
    bonds: openBonds(join(root, 'gateway-bonds.json')),
    presence,
    start: () => {
      for (const unit of units) unit.start();
    },
    repair: (name) => units.find(({ unit }) => unit.name === name)?.repair(),
    summary: () => ({ measured: truth.count('taken'), handedOver: truth.count('handed-over') }),
    stop: async () => {
      for (const unit of units) unit.stop();
      truth.close();
    },
  };
}

function demoHousehold(
  { folder: root, seed, now, zone, speed }: HouseholdOptions,
  folder: string,
): Household {
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
    devices: boxes(units),
    units,
    now,
    advertisementMs: ADVERTISEMENT_MS.demo,
    bonds: bondsOfDevices(units),
    presence: createPresence(now),
    start: () => {
      for (const unit of units) unit.start();
    },
    repair: () => undefined,
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
