import type { Note } from '../adapter.ts';
import type { Capture } from '../measurement.ts';
import type { BluetoothLimits } from './limits.ts';
import type { DeviceModel } from './models/model.ts';
import { setClock } from './procedures/clock.ts';
import { isHealthService } from './procedures/health-services.ts';
import { transferRecords } from './procedures/record-access.ts';
import type { UserCodes } from './procedures/user-control.ts';
import { openVisit, type VisitOpened, type VisitStep } from './procedures/visit.ts';
import { visitInOwnWay } from './proprietary/visit.ts';
import type { BleLink, Radio } from './radio/radio.ts';
import { createStay } from './stay.ts';
import type { Visit } from './visit-state.ts';

/** What is remembered of devices from visit to visit, by address; gone with the process. */
export interface Known {
  /** Their information was read. */
  readonly read: Set<string>;
  /** They have health services, though they may not advertise them. */
  readonly healthy: Set<string>;
  /** They keep their time whatever is written. */
  readonly stubborn: Set<string>;
  /** They tell their results to all, and are never called on. */
  readonly broadcasters: Set<string>;
}

export interface Visiting {
  readonly radio: Radio;
  readonly now: () => number;
  readonly note: Note;
  readonly lastRecord?: ((address: string, service: string) => Uint8Array | undefined) | undefined;
  /** The block of an adopted device's model. */
  readonly modelOf: (address: string) => DeviceModel | undefined;
  readonly userCodes?: UserCodes | undefined;
  readonly localTime?: (() => number | undefined) | undefined;
  readonly limits: BluetoothLimits;
  readonly known: Known;
  /** Hands a capture of the visit over to be kept. */
  readonly capture: (visit: Visit, capture: Capture) => void;
}

/**
 * One visit to a device from connection to disconnection, in the order of promise 6: clock read,
 * everything transferred, then the clock set. Rejects as the link does; what came by then is kept.
 * `opening`: cuts it short while it is being opened for a person who pairs; `onOpen` ends that part.
 */
export async function runVisit(
  visiting: Visiting,
  visit: Visit,
  on: {
    readonly onStep: (step: VisitStep) => void;
    readonly opening: AbortSignal | undefined;
    readonly onOpen: (opened: VisitOpened) => void;
  },
): Promise<void> {
  const { radio, now, note, known, limits, userCodes } = visiting;
  const { address, session, abort, stay } = visit;
  const model = visiting.modelOf(address);
  const signal = on.opening ? AbortSignal.any([abort.signal, on.opening]) : abort.signal;
  const link = await radio.connect(address, signal);
  visit.connected = true;
  link.onDisconnect(() => stay.end());
  abort.signal.addEventListener('abort', () => stay.end(), { once: true });
  try {
    const opened = await openVisit({
      link,
      model,
      users: userCodes && { codes: userCodes, limits },
      information: !known.read.has(address),
      take: (service, characteristic, bytes) => {
        const source = { service, characteristic };
        visiting.capture(visit, { peripheral: address, at: now(), session, source, bytes });
      },
      onStep: on.onStep,
      signal,
      note,
    });
    known.read.add(address);
    if (opened.services.some(isHealthService)) known.healthy.add(address);
    const own = await visitOwn(visiting, visit, link, signal);
    visit.stream = opened.stream || own.stream;
    on.onOpen(own.refused ? { ...opened, refused: opened.refused + 1 } : opened);
    for (const service of opened.records) await transfer(visiting, visit, link, service, signal);
    await tellMoreUsers(visiting, visit, link, opened);
    visit.openSince = now();
    if (own.more) {
      await stay.whileRenewed(visit.brought > 0 ? limits.idleMs : limits.firstValueMs);
    }
    // A device that is being paired may turn out to be another one: its clock can wait.
    if (!on.opening) await putClockRight(visiting, visit, link, signal);
  } finally {
    await link.disconnect();
  }
}

/** What its maker's own protocol gives, where its model has one. */
async function visitOwn(
  visiting: Visiting,
  visit: Visit,
  link: BleLink,
  signal: AbortSignal,
): Promise<{ stream: boolean; refused: boolean; more: boolean }> {
  const { radio, now, note } = visiting;
  const { address, session } = visit;
  const done = await visitInOwnWay({
    link,
    model: visiting.modelOf(address)?.key,
    name: radio.heard().find((one) => one.address === address)?.name,
    onBegin: (procedure) => {
      visit.own = procedure;
      visit.incomplete = true;
    },
    take: (service, characteristic, bytes) => {
      visit.brought += 1;
      const source = { service, characteristic };
      visiting.capture(visit, { peripheral: address, at: now(), session, source, bytes });
    },
    signal,
    note,
  });
  // Nothing else tells what came the standard way.
  if (done === undefined || done === 'refused') {
    visit.own = undefined;
    for (const capture of visit.doubles.splice(0)) {
      visit.brought += 1;
      visit.hold.take(capture);
    }
  }
  if (done === 'refused') return { stream: false, refused: true, more: true };
  visit.incomplete = done?.complete === false;
  return { stream: done?.stream === true, refused: false, more: done?.live !== false };
}

/** Each when the one before has no more to hand over. */
async function tellMoreUsers(
  { radio, limits }: Visiting,
  { address, abort }: Visit,
  link: BleLink,
  { moreUsers, userControl }: VisitOpened,
): Promise<void> {
  // A device that has nothing more may hang up: the next user's turn comes at the next visit.
  let gone = userControl === undefined;
  link.onDisconnect(() => {
    gone = true;
  });
  for (const user of moreUsers) {
    if (gone) return;
    const quiet = createStay();
    const off = radio.onValue((value) => {
      if (value.address === address) quiet.renew(limits.userQuietMs);
    });
    link.onDisconnect(quiet.end);
    abort.signal.addEventListener('abort', quiet.end, { once: true });
    await quiet.whileRenewed(limits.userQuietMs);
    off();
    if (!gone) await userControl?.tell(user);
  }
}

async function transfer(
  visiting: Visiting,
  visit: Visit,
  link: BleLink,
  service: string,
  signal: AbortSignal,
): Promise<void> {
  const { radio, note, lastRecord, limits } = visiting;
  const { address } = visit;
  visit.incomplete = true;
  visit.incomplete = !(await transferRecords({
    link,
    service,
    onValue: (listener) => radio.onValue((value) => value.address === address && listener(value)),
    last: lastRecord?.(address, service),
    signal,
    note,
    limits,
  }));
  visit.hold.flush();
}

/** When all was transferred. A device that hangs up meanwhile has its clock as it was. */
async function putClockRight(
  visiting: Visiting,
  visit: Visit,
  link: BleLink,
  signal: AbortSignal,
): Promise<void> {
  const { localTime, now, note, known } = visiting;
  const { address, session, incomplete } = visit;
  if (!localTime || incomplete || known.stubborn.has(address)) return;
  visit.hold.flush();
  const keep = async (service: string, characteristic: string, bytes: Uint8Array) => {
    const place = { peripheral: address, at: now(), session };
    visiting.capture(visit, { ...place, source: { service, characteristic }, bytes });
    await Promise.allSettled(visit.pending);
  };
  const model = visiting.modelOf(address);
  const deps = { link, model, localTime, keep, signal, note };
  const outcome = await setClock(deps).catch(() => undefined);
  if (outcome === 'not-written') known.stubborn.add(address);
}
