import { join } from 'node:path';
import { createBluetooth } from '../adapters/bluetooth/bluetooth.ts';
import { createRadio } from '../adapters/bluetooth/radio/radio.ts';
import type { Quantity } from '../adapters/measurement.ts';
import { createSimulatedBindings } from '../adapters/simulated/bindings.ts';
import { createHousehold, type Household } from '../adapters/simulated/household.ts';
import { SIMULATED_MODELS } from '../adapters/simulated/models.ts';
import { type Config, configSchema } from '../config/schema.ts';
import { acceleratedClock, type Clock } from './clock.ts';
import type { Holding } from './demo-accounts.ts';
import { type Home, startHome } from './home/home.ts';
import type { Summary } from './home/views.ts';
import { createLog } from './log.ts';
import { startMunicipality } from './municipality/municipality.ts';
import { readStoreKey } from './secrets.ts';

/** What both programs of the demo are told; they share nothing else but the contract. */
export interface DemoSettings {
  readonly data: string;
  readonly port: number;
  readonly speed: number;
  readonly seed: number;
  /** Demo clock: this instant, ms UTC, … */
  readonly startsAt: number;
  /** … was at this real instant, ms UTC. */
  readonly realStart: number;
  readonly version: string;
  /** Lets a browser on this machine in on the pages, as {@link GUEST}, while the demo runs. */
  readonly code: string;
}

/** Who signs in with the demo's code: owns most of the devices. */
export const GUEST = 'kari';

/** Demo recipient. */
export const DEMO_RECIPIENT = 'demo-municipality';
/** Kinds that the demo's people share. Body temperature is not among them: it is withheld. */
const SHARED_KINDS = [
  'blood-pressure',
  'body-weight',
  'body-composition',
  'oxygen-saturation',
  'heart-rate',
];
const ZONE = 'Europe/Oslo';
/** Longest wait at the end for readings on their way, ms real. */
const DRAIN_MS_MAX = 15_000;

export function demoConfig(settings: Pick<DemoSettings, 'data' | 'port'>): Config {
  const { data, port } = settings;
  const keyFile = join(data, 'demo.key');
  return configSchema.parse({
    log: 'info',
    home: {
      data: join(data, 'home'),
      zone: ZONE,
      keyFile,
      http: { port },
      bluetooth: { backend: 'simulated' },
      recipients: [
        {
          id: DEMO_RECIPIENT,
          name: 'Eksempel kommune, hjemmetjenesten (demo)',
          lookedAt: {
            nb: 'på hverdager mellom kl. 8 og 15',
            nn: 'på kvardagar mellom kl. 8 og 15',
            en: 'on weekdays between 8 and 15',
          },
          transport: { type: 'mqtt', url: `mqtt://127.0.0.1:${port + 30}` },
        },
      ],
      // The other program is on this machine: it is there again within a second or two.
      limits: { receiptWaitMs: 5_000, retryMaxMs: 2_000 },
    },
    municipality: {
      data: join(data, 'municipality'),
      keyFile,
      http: { port: port + 10 },
      fhir: { type: 'embedded', port: port + 20 },
      mqtt: { type: 'embedded', port: port + 30 },
      acceptSimulated: true,
    },
  });
}

function demoClock(settings: DemoSettings): Clock {
  return acceleratedClock(settings);
}

/** What the parent asks of a program, and what it hears. */
export type DemoRequest = { readonly ask: 'finish' };
export type DemoReport =
  | { readonly tell: 'ready' }
  | { readonly tell: 'summary'; readonly summary: Summary }
  | { readonly tell: 'finished'; readonly result: unknown }
  | {
      readonly tell: 'failed';
      readonly code: string;
      readonly message: string;
      readonly hint: string;
    };

/** What the gateway has at the end. */
export interface HomeResult {
  readonly summary: Summary;
  /** Readings that the municipality has not answered for. */
  readonly waiting: readonly Holding[];
  readonly household: { readonly measured: number; readonly handedOver: number };
}

export interface DemoProgram {
  /** Ends what it is at, and says what it has; the municipality writes it into the folder. */
  finish(): Promise<HomeResult | undefined>;
  stop(): Promise<void>;
  summary?(): Summary;
}

export async function demoMunicipality(settings: DemoSettings): Promise<DemoProgram> {
  const config = demoConfig(settings).municipality;
  if (!config) throw new TypeError('the demo configures both programs');
  const municipality = await startMunicipality({
    config,
    key: demoKey(settings),
    clock: demoClock(settings),
    log: createLog({ level: 'info', program: 'municipality' }),
    version: settings.version,
  });
  return {
    async finish() {
      await municipality.exportTo(settings.data);
      return undefined;
    },
    stop: () => municipality.stop(),
  };
}

export async function demoHome(settings: DemoSettings): Promise<DemoProgram> {
  const config = demoConfig(settings).home;
  if (!config) throw new TypeError('the demo configures both programs');
  const clock = demoClock(settings);
  const now = () => clock.now();
  const { seed, speed, data: folder } = settings;
  const household = createHousehold({ folder, seed, now, zone: ZONE, speed });
  const { bindings, pairing } = createSimulatedBindings({ household });
  let guest: { role: 'citizen'; code: string; person: string; mayReset: boolean } | undefined;
  const home = await startHome({
    config,
    key: demoKey(settings),
    clock,
    log: createLog({ level: 'info', program: 'home' }),
    version: settings.version,
    demoCode: () => guest,
    display: (address) => household.devices.find((one) => one.address === address)?.passkey,
    bluetooth: ({ adopted, note, lastRecord, localTime, userCodes }) => {
      const radio = createRadio({ bindings, pairing, now, note });
      return createBluetooth({ radio, adopted, now, note, lastRecord, localTime, userCodes });
    },
  });
  const person = (await furnish(home, household)).get(GUEST);
  if (person) guest = { role: 'citizen', code: settings.code, person, mayReset: true };
  household.start();
  return {
    summary: () => home.views.summary(),
    async finish() {
      await household.stop({ flush: true });
      await drain(home);
      const accounts = [...home.views.accounts()].filter(({ place }) => place !== 'received');
      const waiting = accounts.map((reading) => ({
        device: reading.systemId,
        kind: reading.kind,
        at: reading.measuredAt ?? reading.capturedAt,
        values: textsOf(reading.quantities),
      }));
      return { waiting, summary: home.views.summary(), household: household.summary() };
    },
    async stop() {
      await household.stop({ flush: false });
      await home.stop();
    },
  };
}

function textsOf(quantities: Readonly<Record<string, Quantity>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(quantities).flatMap(([name, quantity]) =>
      'value' in quantity ? [[name, quantity.value]] : [],
    ),
  );
}

function demoKey(settings: DemoSettings): Uint8Array {
  // The demo's key lies in its own folder, and it says so; the programs' data lie one folder below.
  return readStoreKey({
    keyFile: join(settings.data, 'demo.key'),
    dataFolder: join(settings.data, 'home'),
    env: {},
  });
}

/** At the first start: who lives there, what they own, and what they share. The ids of the people. */
async function furnish(home: Home, household: Household): Promise<ReadonlyMap<string, string>> {
  const actor = 'demo';
  const known = new Map(home.views.people().map((person) => [person.name, person.id]));
  const ids = new Map<string, string>();
  for (const { key, name } of household.people) {
    ids.set(key, known.get(name) ?? (await home.decisions.addPerson(actor, name)).id);
  }
  const id = (key: string) => ids.get(key) ?? key;
  const adopted = new Set(home.views.devices().map((device) => device.address));
  for (const device of household.devices) {
    if (device.isNew || adopted.has(device.address)) continue;
    const model = SIMULATED_MODELS[device.modelKey];
    const { id: deviceId } = await home.adoption.adopt(actor, {
      address: device.address,
      name: device.name,
      model: device.modelKey,
      slotKind: 'slots' in model ? model.slots : 'none',
      facts: { systemId: device.systemId, hasClock: model.clock !== 'none' },
      simulated: true,
    });
    const { owner } = device;
    await home.decisions.assignDevice(
      actor,
      deviceId,
      owner.mode === 'mine'
        ? { owner: id(owner.person) }
        : {
            slots: Object.fromEntries(
              Object.entries(owner.slots).map(([slot, key]) => [slot, id(key)]),
            ),
          },
    );
  }
  if (home.views.permissions().length > 0) return ids;
  for (const { key } of household.people) {
    await home.decisions.setVisible(actor, id(key), true);
    await home.decisions.givePermission(actor, {
      person: id(key),
      recipient: DEMO_RECIPIENT,
      kinds: SHARED_KINDS,
    });
  }
  return ids;
}

/** Waits until nothing is on its way, or until it has waited long enough. */
async function drain(home: Home): Promise<void> {
  const until = performance.now() + DRAIN_MS_MAX;
  home.outbox.wake();
  for (;;) {
    home.committer.flush();
    const { queued, sent } = home.views.summary();
    if (queued + sent === 0 || performance.now() > until) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
