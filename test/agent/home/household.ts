import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DeviceState } from '../../../adapters/adapter.ts';
import type { Clock } from '../../../agent/clock.ts';
import { createAudit } from '../../../agent/home/audit.ts';
import { createSharingNotices } from '../../../agent/home/consent/notices.ts';
import { createPermissions, type Recipient } from '../../../agent/home/consent/permissions.ts';
import { createDailyRound } from '../../../agent/home/daily-round.ts';
import { createDecisions } from '../../../agent/home/decisions.ts';
import { createEvents } from '../../../agent/home/events.ts';
import { createHealth } from '../../../agent/home/health.ts';
import { createCaptures } from '../../../agent/home/journal/captures.ts';
import { createClockReadings } from '../../../agent/home/journal/clock-readings.ts';
import { createCommitter } from '../../../agent/home/journal/committer.ts';
import { createKeep } from '../../../agent/home/journal/keep.ts';
import { createReadings } from '../../../agent/home/journal/readings.ts';
import { HOME_MIGRATIONS } from '../../../agent/home/journal/schema.ts';
import { createBody, createJoin } from '../../../agent/home/outbox/body.ts';
import { createDeliveries } from '../../../agent/home/outbox/deliveries.ts';
import { createOutbox, type Outbox } from '../../../agent/home/outbox/outbox.ts';
import { createQuota } from '../../../agent/home/outbox/quota.ts';
import { createRouting } from '../../../agent/home/outbox/routing.ts';
import { createAdoption, type PairingRadio } from '../../../agent/home/people/adoption.ts';
import { createAdvertisementKeys } from '../../../agent/home/people/advertisement-keys.ts';
import { createDevices } from '../../../agent/home/people/devices.ts';
import { createErasure } from '../../../agent/home/people/erasure.ts';
import { createKeyGiving } from '../../../agent/home/people/key-giving.ts';
import { createPeople } from '../../../agent/home/people/people.ts';
import { createRepresentation } from '../../../agent/home/people/representation.ts';
import { createPipeline } from '../../../agent/home/pipeline.ts';
import { createReread } from '../../../agent/home/reread.ts';
import { createSchedule } from '../../../agent/home/schedule.ts';
import type { MqttLink } from '../../../agent/home/transport/mqtt.ts';
import { createTypedReadings } from '../../../agent/home/typed-readings.ts';
import { createViews } from '../../../agent/home/views.ts';
import type { Log } from '../../../agent/log.ts';
import { openStore } from '../../../agent/store.ts';
import type { HomeConfig } from '../../../config/schema.ts';
import { createFakeTransport, type FakeTransport } from '../../support/fake-transport.ts';
import { until } from '../../support/until.ts';

/** The home's core on a real store, with a clock, a radio and receivers that the test decides. */

export const ZONE = 'Europe/Oslo';
export const KEY = new Uint8Array(32).fill(7);
export const START = Date.parse('2026-03-02T09:00:00Z');
export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
export const CARE: Recipient = {
  id: 'care',
  name: 'Example care',
  purpose: 'TREAT',
  legalBasis: 'consent',
};
const ROOM = {
  queueRowsMax: 200_000,
  queueBytesMax: 2_000_000_000,
  whenFull: 'slow' as 'slow' | 'drop-oldest',
};
export const LIMITS = { inFlightMax: 4, receiptWaitMs: 30_000, retryMinMs: 1, retryMaxMs: 5 };
const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };

/** A clock in the test's hand; `real` is the machine's own, for waits. */
export interface Hand {
  now: number;
  trusted: boolean;
  real: number;
  uptimeMs: number;
}

export interface Options {
  readonly folder?: string;
  /** Of the store; default {@link KEY}. */
  readonly key?: Uint8Array;
  readonly hand?: Hand;
  readonly recipients?: readonly Recipient[];
  readonly transports?: ReadonlyMap<string, FakeTransport>;
  readonly expectations?: HomeConfig['expectations'];
  readonly online?: boolean;
  /** Takes technical events. */
  readonly publishEvent?: MqttLink['publishEvent'];
  readonly radio?: PairingRadio;
  /** That radio is a simulation. */
  readonly simulated?: boolean;
  readonly limits?: Partial<typeof LIMITS>;
  /** Limit of the queue, and what happens there. */
  readonly room?: Partial<typeof ROOM>;
  /** Recipients without a way for events. */
  readonly overHttps?: readonly string[];
}

export const temporary = () => mkdtempSync(join(tmpdir(), 'home-'));
export const hand = (): Hand => ({ now: START, trusted: true, real: 1_000_000, uptimeMs: 60_000 });

export type Household = ReturnType<typeof openHousehold>;

export function openHousehold(options: Options = {}) {
  const { folder = temporary(), key = KEY, hand: time = hand(), recipients = [CARE] } = options;
  const clock: Clock = { now: () => time.now, trusted: () => time.trusted };
  const db = openStore({ file: join(folder, 'home.db'), key, migrations: HOME_MIGRATIONS });
  const faults: string[] = [];
  const refusals: string[] = [];
  const troubles: (string | undefined)[] = [];
  const committer = createCommitter(db, {
    onTrouble: (code) => troubles.push(code),
    onFault: (code) => faults.push(code),
  });
  const now = () => time.now;
  const audit = createAudit(db);
  const people = createPeople(db, { now });
  const devices = createDevices(db, { now });
  const keys = createAdvertisementKeys(db);
  const captures = createCaptures(db);
  const clocks = createClockReadings(db);
  const readings = createReadings(db);
  const permissions = createPermissions(db);
  const deliveries = createDeliveries(db);
  const health = createHealth({ clock, log: silent });
  let outbox: Outbox | undefined;
  const routing = createRouting({
    recipients,
    permissions,
    deliveries,
    clock,
    inFlight: (id) => outbox?.inFlight(id) ?? false,
    unsettled: () => outbox?.unsettled() ?? [],
  });
  const hasWay = (recipient: string) => !options.overHttps?.includes(recipient);
  const events = createEvents(db, {
    clock,
    zone: ZONE,
    people,
    ask: routing.askAbout,
    hasWay,
    onDropped: health.eventsDropped,
  });
  const notices = createSharingNotices(db, {
    ...{ recipients, permissions, people, deliveries, hasWay, clock, zone: ZONE },
    inFlight: (id) => outbox?.inFlight(id) ?? false,
    realNow: () => time.real,
    receiptWaitMs: { ...LIMITS, ...options.limits }.receiptWaitMs,
  });
  const quota = createQuota({
    db,
    config: {
      limits: { ...ROOM, ...options.room } as HomeConfig['limits'],
      recipients: recipients.map(({ id }) => ({ id })) as HomeConfig['recipients'],
    },
    ...{ deliveries, committer, audit, events, health, clock, log: silent },
    inFlight: (id) => outbox?.inFlight(id) ?? false,
  });
  const pipeline = createPipeline({
    captures,
    clocks,
    readings,
    devices,
    keys,
    routing,
    clock,
    zone: ZONE,
    streamEveryMs: () => 60_000,
    unreadable: (device, because) => {
      refusals.push(because);
      for (const { id } of recipients) {
        events.add(id, { kind: 'device', cause: 'frame-unreadable', device: device.id });
      }
    },
  });
  const wake = () => outbox?.wake();
  const keep = createKeep({
    committer,
    captures,
    deviceOf: (address) => devices.byAddress(address),
    take: pipeline.take,
    clock,
    kept: wake,
    machine: () => ({ boot: 'boot', uptimeMs: time.uptimeMs }),
  });
  const bodyParts = {
    readings,
    devices,
    people,
    gateway: { systemId: '00-00-5E-FF-FE-00-53-99', version: '0.0.0', timeSync: 'ntp' },
    zone: ZONE,
  } as const;
  const body = createBody(bodyParts);
  const transports =
    options.transports ??
    new Map(recipients.map(({ id }) => [id, createFakeTransport({ recipient: id })]));
  outbox = createOutbox({
    recipients,
    transports,
    deliveries,
    committer,
    clock,
    limits: { ...LIMITS, ...options.limits },
    log: silent,
    realNow: () => time.real,
    random: () => 0.5,
    ask: (row) => routing.askOf(row, readings.get(row.reading)),
    body,
    join: createJoin(bodyParts),
  });
  const adoption = createAdoption({
    radio: () => options.radio,
    devices,
    captures,
    committer,
    audit,
    pipeline,
    clock,
    keep,
    simulated: options.simulated ?? false,
  });
  const reread = createReread({
    committer,
    captures,
    readings,
    devices,
    deliveries,
    routing,
    pipeline,
    body,
  });
  const representation = createRepresentation(db, { now, zone: ZONE, decidesFromAge: 16 });
  const decisions = createDecisions({
    representation,
    committer,
    audit,
    people,
    devices,
    permissions,
    notices,
    readings,
    routing,
    pipeline,
    reread,
    recipients,
    clock,
    zone: ZONE,
    wake,
  });
  const typing = createTypedReadings(db, {
    ...{ committer, audit, people, devices, captures, readings, pipeline, representation },
    ...{ clock, zone: ZONE, simulated: options.simulated ?? false, wake },
  });
  const store = { db, keptStores: () => [], refreshCopy: () => true };
  const { expectations = [] } = options;
  const erasure = createErasure({ store, committer, audit, clock, decisions, expectations });
  const states: DeviceState[] = [];
  const keyParts = { devices, keys, captures, committer, audit, pipeline, clock, wake };
  const keyGiving = createKeyGiving(keyParts);
  const { publishEvent } = options;
  const link = { state: () => ({ online: options.online ?? true }), publishEvent };
  let rounds = 0;
  const remind = () => {
    rounds += 1;
  };
  const roundParts = {
    db,
    config: {
      zone: ZONE,
      expectations: options.expectations ?? [],
      recipients: recipients.map(({ id }) => ({ id })) as HomeConfig['recipients'],
      retention: { heldDays: 30, readingMonths: 13, captureDays: 90 },
    } as unknown as HomeConfig,
    clock,
    log: silent,
    committer,
    audit,
    captures,
    readings,
    devices,
    deliveries,
    permissions,
    pipeline,
    routing,
    events,
    notices,
    links: { link: () => link, certificates: { remind } } as never,
    health,
    states: () => states,
    quota,
  };
  const round = createDailyRound(roundParts);
  const schedule = createSchedule({ ...roundParts, wake });

  return {
    ...{ folder, time, db, committer, audit, people, devices, captures, readings, permissions },
    ...{
      deliveries,
      routing,
      events,
      notices,
      pipeline,
      keep,
      body,
      outbox,
      adoption,
      decisions,
      typing,
      representation,
      erasure,
      round,
      schedule,
    },
    quota,
    ...{ keys, keyGiving, refusals, transports, faults, troubles, health, states, options },
    views: createViews(db, { now, states: () => states }),
    /** How often all that is due was done. */
    rounds: () => rounds,
    received: (recipient = 'care') => transports.get(recipient)?.received ?? [],
    /** A device whose identity is known, at first nobody's. */
    adopt: (address = '00005e005301') =>
      adoption.adopt('test', { address, name: `Device ${address}`, slotKind: 'chosen' }),
    async stop(): Promise<void> {
      await outbox?.stop();
      committer.flush();
      db.close();
    },
    /** As after a power cut: what was not on disk is gone. */
    cut(): void {
      db.close();
    },
  };
}

/** The same home after a restart: its folder and clock, receivers of its own. */
export function again(home: Household, over: Options = {}): Household {
  const { recipients } = home.options;
  return openHousehold({
    folder: home.folder,
    hand: home.time,
    ...(recipients ? { recipients } : {}),
    ...over,
  });
}

/** Consent for all kinds that the tests use, from now. */
export async function agree(home: Household, person: string, kinds = KINDS_USED) {
  return home.decisions.givePermission('test', { person, recipient: 'care', kinds });
}
export const KINDS_USED = ['blood-pressure', 'body-weight', 'heart-rate', 'contact', 'environment'];

/** A home with one person, whose own cuff is adopted, and who agreed. */
export async function usual(options: Options = {}) {
  const home = openHousehold(options);
  const person = await home.decisions.addPerson('test', 'Kari Example');
  const device = await home.adopt();
  await home.decisions.assignDevice('test', device.id, { owner: person.id });
  const permission = await agree(home, person.id);
  return { ...home, home, person, device, permission };
}

/** Waits until nothing is on its way to the receivers or the disk. */
export async function settled(home: Household, envelopes: number, recipient = 'care') {
  await until(() => home.received(recipient).length >= envelopes, `${envelopes} envelopes`);
  home.committer.flush();
}
