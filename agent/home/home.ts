import { randomBytes, randomInt } from 'node:crypto';
import { join } from 'node:path';
import type { BluetoothAdapter } from '../../adapters/bluetooth/bluetooth.ts';
import type { UserCodes } from '../../adapters/bluetooth/procedures/user-control.ts';
import type { Capture, Kind } from '../../adapters/measurement.ts';
import { isLoopback } from '../../config/checks.ts';
import type { HomeConfig } from '../../config/schema.ts';
import type { Clock } from '../clock.ts';
import { bounded, createDoor, listenOnSocket } from '../http-door.ts';
import type { Log } from '../log.ts';
import { createAudit } from './audit.ts';
import { createSharingNotices } from './consent/notices.ts';
import { createPermissions } from './consent/permissions.ts';
import { createDecisions } from './decisions.ts';
import { once, refuseSecond } from './doors.ts';
import { createEvents, eventChecks, hasEventWay } from './events.ts';
import { createHealth } from './health.ts';
import { createCaptures } from './journal/captures.ts';
import { createClockReadings } from './journal/clock-readings.ts';
import { createCommitter } from './journal/committer.ts';
import { createKeep, createUnkept } from './journal/keep.ts';
import { createReadings } from './journal/readings.ts';
import { createKnownToRadio, type KnownToRadio } from './known-to-radio.ts';
import { createLinks } from './links.ts';
import { createBody, createJoin, gatewayFacts } from './outbox/body.ts';
import { createDeliveries } from './outbox/deliveries.ts';
import { createOutbox, type Outbox } from './outbox/outbox.ts';
import { createQuota } from './outbox/quota.ts';
import { createRouting } from './outbox/routing.ts';
import { createOwnActs } from './own-acts.ts';
import { type Adoption, createAdoption } from './people/adoption.ts';
import { createAdvertisementKeys } from './people/advertisement-keys.ts';
import { mustNeedNoBond } from './people/bonds.ts';
import { createDevices } from './people/devices.ts';
import { createErasure } from './people/erasure.ts';
import { createKeyGiving } from './people/key-giving.ts';
import { createPairings } from './people/pairings.ts';
import { createPeople } from './people/people.ts';
import { createRecordings } from './people/recordings.ts';
import { createRepresentation } from './people/representation.ts';
import { createUserCodeGiving } from './people/user-code-giving.ts';
import { createPipeline } from './pipeline.ts';
import type { DemoCode } from './portal/access/codes.ts';
import { createRelyingParty } from './portal/access/relying-party.ts';
import { listenAt, openLan } from './portal/lan/open.ts';
import { createReread } from './reread.ts';
import { runAdapter } from './run-adapter.ts';
import { createSchedule } from './schedule.ts';
import { startStore } from './store/start.ts';
import { createTypedReadings } from './typed-readings.ts';
import { createViews } from './views.ts';

export interface HomeOptions {
  readonly config: HomeConfig;
  /** Store key, 32 bytes. */
  readonly key: Uint8Array;
  readonly clock: Clock;
  readonly log: Log;
  readonly version: string;
  /** The store was found damaged while it was open: it is looked at more closely. */
  readonly suspect?: boolean | undefined;
  /** The store turned out to be damaged: stop, and start again, which sets it aside. */
  readonly onDamage?: () => void;
  /** The code that the demo prints. */
  readonly demoCode?: (() => DemoCode | undefined) | undefined;
  /** What the display of a virtual device shows, by its address. */
  readonly display?: (address: string) => string | undefined;
  /** The radio; absent when Bluetooth is off. Virtual devices come in through here too. */
  readonly bluetooth?: (
    parts: KnownToRadio & {
      readonly adopted: Adoption['adopted'];
      readonly now: () => number;
      readonly userCodes: UserCodes;
    },
  ) => BluetoothAdapter;
}

/** The gateway: the only place that constructs its parts. */
export async function startHome(options: HomeOptions) {
  const { config, clock, log, version } = options;
  const socket = join(config.data, 'control.sock');
  await refuseSecond(socket);
  const { key, suspect } = options;
  const place = startStore({ folder: config.data, key, clock, log, suspect });
  const { db, identity } = place;
  const now = () => clock.now();
  const recipients = config.recipients;

  const health = createHealth({ clock, log });
  const onTrouble = (code: string | undefined) => {
    health.disk(code);
    if (code === 'store-corrupt') options.onDamage?.();
  };
  const committer = createCommitter(db, { onTrouble, onFault: health.fault });
  const audit = createAudit(db);
  const people = createPeople(db, { now });
  const devices = createDevices(db, { now });
  const keys = createAdvertisementKeys(db);
  const captures = createCaptures(db);
  const clocks = createClockReadings(db);
  const readings = createReadings(db);
  const permissions = createPermissions(db);
  const deliveries = createDeliveries(db);
  let radio: BluetoothAdapter | undefined;
  const states = () => radio?.states() ?? [];
  const views = createViews(db, { now, states });

  // The outbox needs the ways out, whose receipts need the outbox: bound late.
  let outbox: Outbox | undefined;
  const wake = () => outbox?.wake();
  const inFlight = (envelope: string) => outbox?.inFlight(envelope) ?? false;
  const unsettled = () => outbox?.unsettled() ?? [];
  const onTheWay = { inFlight, unsettled };
  const routing = createRouting({ recipients, permissions, deliveries, clock, ...onTheWay });
  const hasWay = (to: string) => hasEventWay(config.recipients, to);
  const events = createEvents(db, {
    clock,
    zone: config.zone,
    people,
    ask: routing.askAbout,
    hasWay,
    onDropped: health.eventsDropped,
  });
  const notices = createSharingNotices(db, {
    ...{ recipients, permissions, people, deliveries, inFlight, hasWay, clock },
    zone: config.zone,
    realNow: Date.now,
    receiptWaitMs: config.limits.receiptWaitMs,
  });
  const pipeline = createPipeline({
    captures,
    clocks,
    readings,
    devices,
    keys,
    routing,
    clock,
    zone: config.zone,
    streamEveryMs: (kind: Kind) =>
      kind === 'environment' ? config.limits.environmentEveryMs : config.limits.streamEveryMs,
    unreadable: (device, because) => {
      health.unreadable(because);
      for (const { id } of recipients) {
        events.add(id, { kind: 'device', cause: 'frame-unreadable', device: device.id });
      }
    },
  });

  const care = { db, config, deliveries, committer, audit, events, health, clock, log };
  const quota = createQuota({ ...care, inFlight });
  const storing = createKeep({
    committer,
    captures,
    deviceOf: (address) => devices.byAddress(address),
    take: pipeline.take,
    clock,
    kept: () => {
      health.captured();
      wake();
    },
  });
  const store = createUnkept(storing);
  const keep = async (capture: Capture) => {
    await store.keep(capture);
    await quota.room();
  };

  const links = createLinks({
    config,
    db,
    gateway: identity.id,
    version,
    clock,
    log,
    random: Math.random,
    onReceipt: async (receipt, advance) => {
      const write = () => {
        advance();
        notices.answered(receipt.id);
      };
      if (outbox) await outbox.store(receipt, write);
    },
    onOnline: () => outbox?.online(),
  });
  const gateway = gatewayFacts({ systemId: identity.systemId, version, clock });
  const bodyParts = { readings, devices, people, gateway, zone: config.zone };
  const body = createBody(bodyParts);
  outbox = createOutbox({
    recipients,
    transports: links.transports,
    deliveries,
    committer,
    clock,
    limits: config.limits,
    log,
    realNow: () => Date.now(),
    random: Math.random,
    ask: (row) => routing.askOf(row, readings.get(row.reading)),
    body,
    join: createJoin(bodyParts),
  });

  const simulated = config.bluetooth.backend === 'simulated';
  const adoption = createAdoption({
    radio: () => radio,
    devices,
    captures,
    committer,
    audit,
    pipeline,
    clock,
    keep,
    simulated,
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
  const representation = createRepresentation(db, {
    now: Date.now,
    zone: config.zone,
    decidesFromAge: config.decidesFromAge,
  });
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
    zone: config.zone,
    wake,
  });
  const { expectations } = config;
  const erasure = createErasure({ store: place, committer, audit, clock, decisions, expectations });
  const ownActs = createOwnActs(db, {
    ...{ committer, audit, clock, readings, routing, representation, wake },
  });
  const typing = createTypedReadings(db, {
    ...{ committer, audit, people, devices, captures, readings, pipeline, representation },
    ...{ clock, zone: config.zone, simulated, wake },
  });
  const schedule = createSchedule({
    ...care,
    ...{ captures, readings, devices, permissions, pipeline, routing },
    ...{ notices, links, states, quota, wake },
  });

  const stopping = new AbortController();
  const known = createKnownToRadio({ devices, captures, health, clock, log, zone: config.zone });
  const { note } = known;
  const codeGiving = createUserCodeGiving({
    db,
    devices,
    committer,
    audit,
    clock,
    random: randomInt,
  });
  const { adopted } = adoption;
  const { userCodes } = codeGiving;
  radio = options.bluetooth?.({ adopted, now, userCodes, ...known });
  const visits = () => radio?.visiting() ?? 0;
  health.watch({ commits: committer.stats, links: visits, certificates: links.certificates });
  let running = Promise.resolve();

  const ways = () => ({ links: links.states(), tokens: links.tokens() });
  const lan = await openLan({
    ...{ config, gateway: identity.id, clock, log },
    isLocal: isLoopback(config.http.host),
  });
  const checks = () => [
    ...health.checks({ db, ...ways(), radio: radio !== undefined }),
    ...eventChecks(config.recipients),
    ...place.checks(),
    ...(lan?.checks() ?? []),
  ];
  const pairings = createPairings({ adoption, now: () => Date.now() });
  const api = {
    views,
    decisions,
    typing,
    erasure,
    adoption,
    pairings,
    events,
    health,
    checks,
    links: links.states,
    recipients,
    identity,
    now,
  };
  const keyParts = { devices, keys, captures, committer, audit, pipeline, clock, wake };
  const keyGiving = createKeyGiving(keyParts);
  const recordings = createRecordings({ radio: () => radio, committer, audit, clock });
  const { demoCode: demo } = options;
  const access = once(async () => {
    const { createAccess } = await import('./portal/access/access.ts');
    const { createPins } = await import('./portal/access/pin.ts');
    const own = { pins: createPins(), realNow: Date.now, randomInt, demo };
    return createAccess({ db, committer, audit, people, representation, now, note, ...own });
  });
  const card = () => lan?.card();
  const control = createDoor(async () => {
    const { createControl } = await import('./portal/servers.ts');
    const own = { log, api, keyGiving, recordings, codeGiving };
    return createControl({ ...own, access, card, person: decisions.person });
  }, log);
  const web = createDoor(
    async () => {
      const { createPages } = await import('./portal/servers.ts');
      const { figures } = health;
      const { trusted } = clock;
      const hosts = lan?.names.isOwn ?? [];
      const own = { access: await access(), devices, views, checks, now, trusted, hosts, card };
      const sharing = { permissions, recipients, isTold: hasWay };
      const acts = { decisions, people, ...sharing, ownActs, erasure, gateway };
      const typed = { typing, askAbout: routing.askAbout };
      const { display } = options;
      const giving = { decisions, keyGiving, codeGiving };
      const pairing = { pairings, adoption, people, display, random: randomBytes, ...giving };
      const relyingParty = createRelyingParty({ http: config.http, lan });
      const site = { zone: config.zone, relyingParty };
      return createPages({ db, log, figures, ...site, ...own, ...acts, ...typed, pairing });
    },
    log,
    lan?.front ?? bounded(),
  );
  /** Stops the radio first, then what it brought, then the store. */
  async function stop(): Promise<void> {
    // Not waited for: the disk may refuse to forget the device.
    void pairings.cancel();
    // What a damaged store cannot take must not be waited for: it goes into the next one.
    if (committer.trouble === 'store-corrupt') db.close();
    stopping.abort();
    quota.stop();
    await running;
    schedule.stop();
    await lan?.stop();
    await web.close();
    await control.close();
    await outbox?.stop();
    await links.close();
    committer.flush();
    place.close();
    log.info({ event: 'home-stopped' });
  }
  try {
    if (config.bluetooth.backend === 'hci') mustNeedNoBond(devices.list());
    await listenOnSocket(control, socket);
    await listenAt(config.http, web.listen, lan);
  } catch (error) {
    // Or what is running already would keep the process, which a supervisor could not start again.
    await stop();
    throw error;
  }

  if (radio) running = runAdapter(radio, keep, stopping.signal, log);
  links.start();
  schedule.start();
  lan?.start();
  wake();
  log.info({ event: 'home-started', gateway: identity.id, version, port: config.http.port });

  return {
    ...api,
    socket,
    outbox,
    notices,
    committer,
    keep,
    unkept: store.unkept,
    stop,
  };
}

export type Home = Awaited<ReturnType<typeof startHome>>;
