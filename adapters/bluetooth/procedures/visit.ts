import type { Note } from '../../adapter.ts';
import type { DeviceModel } from '../models/model.ts';
import type { BleLink, GattCharacteristic, GattService } from '../radio/radio.ts';
import { RadioError } from '../radio/radio-error.ts';
import { clockPlaceOf } from './clock-place.ts';
import {
  BATTERY,
  DEVICE_INFORMATION,
  HEALTH_SERVICES,
  RECORD_ACCESS,
  STREAMS,
  USER_CONTROL,
} from './health-services.ts';
import {
  openUserControl,
  type UserCode,
  type UserControl,
  type UserControlDeps,
} from './user-control.ts';

export type VisitStep = 'reading' | 'subscribing' | 'subscribed';

export interface VisitDeps {
  readonly link: BleLink;
  /** Its block, where the model is known. */
  readonly model?: DeviceModel | undefined;
  /** The codes of its users; without, none is told. */
  readonly users?: Pick<UserControlDeps, 'codes' | 'limits'> | undefined;
  /** False when this device's information was read before in this process. */
  readonly information: boolean;
  /** Hands over what was read, in the tick of the answer. */
  readonly take: (service: string, characteristic: string, bytes: Uint8Array) => void;
  readonly onStep?: ((step: VisitStep) => void) | undefined;
  readonly signal: AbortSignal;
  readonly note: Note;
}

export interface VisitOpened {
  readonly services: readonly string[];
  /** Characteristics that deliver results now. */
  readonly subscribed: number;
  /** Characteristics that refused: a lost or missing bond. */
  readonly refused: number;
  readonly stream: boolean;
  /** Services whose stored records can be asked for now. */
  readonly records: readonly string[];
  /** Users of the device after the first, whose measurements come when each is told. */
  readonly moreUsers: readonly UserCode[];
  readonly userControl?: UserControl | undefined;
}

/**
 * Opens a visit to a device that speaks a standard health service: reads what the device says of
 * itself and its clock, tells it its first user where it has users, then asks for measurements. The
 * clock is read before anything is subscribed to and never written, so that its offset holds for all
 * that follows. Rejects as the link does, and with `radio-bond-lost` when nothing is to be had for
 * want of a key; a refused request is counted and passed by.
 */
export async function openVisit(deps: VisitDeps): Promise<VisitOpened> {
  const { link, onStep, signal } = deps;
  const services = await link.services(signal);
  onStep?.('reading');
  if (deps.information) await readInformation(deps, services);
  await readEach(deps, services, 'facts');
  await readClock(deps, services);
  const users = await tellFirstUser(deps, services);
  onStep?.('subscribing');
  const asked = await subscribeAll(deps, services);
  await readEach(deps, services, 'readings');
  await readBattery(deps, services);
  onStep?.('subscribed');
  return { services: services.map(({ uuid }) => uuid), ...asked, ...users };
}

/** Before the subscriptions: such a device sends nothing until it knows for whom. */
async function tellFirstUser(
  deps: VisitDeps,
  services: readonly GattService[],
): Promise<Pick<VisitOpened, 'moreUsers' | 'userControl'>> {
  const { link, users, signal, note } = deps;
  const { service, characteristic } = USER_CONTROL;
  const point = find(services, service)?.characteristics.find(
    ({ uuid }) => uuid === characteristic,
  );
  const [first, ...moreUsers] = (point && users?.codes.of(link.address)) ?? [];
  if (!first || !users) {
    if (deps.model?.quirks.includes('user-code')) note('user-code-needed');
    return { moreUsers: [] };
  }
  let userControl: UserControl | undefined;
  await accepted(deps, async () => {
    userControl = await openUserControl({ link, signal, note, ...users });
    await userControl.tell(first);
  });
  return { moreUsers, userControl };
}

/** What the services that are there let be read, in the table's order. */
async function readEach(
  deps: VisitDeps,
  services: readonly GattService[],
  which: 'facts' | 'readings',
): Promise<void> {
  for (const service of services) {
    for (const uuid of HEALTH_SERVICES[service.uuid]?.[which] ?? []) {
      if (readable(service, uuid)) await readOne(deps, service.uuid, uuid);
    }
  }
}

async function readInformation(deps: VisitDeps, services: readonly GattService[]): Promise<void> {
  const { service, characteristics } = DEVICE_INFORMATION;
  const present = find(services, service)?.characteristics ?? [];
  for (const uuid of characteristics) {
    if (present.some((one) => one.uuid === uuid)) await readOne(deps, service, uuid);
  }
}

async function readClock(deps: VisitDeps, services: readonly GattService[]): Promise<void> {
  const place = clockPlaceOf(services, deps.model);
  if (place) await readOne(deps, place.service, place.characteristic);
}

async function subscribeAll(
  deps: VisitDeps,
  services: readonly GattService[],
): Promise<Pick<VisitOpened, 'subscribed' | 'refused' | 'stream' | 'records'>> {
  const records: string[] = [];
  let subscribed = 0;
  let refused = 0;
  let stream = false;
  let bondLost = false;
  for (const service of services) {
    for (const one of wantedOf(service)) {
      if (
        await accepted(
          deps,
          () => deps.link.subscribe(service.uuid, one.uuid, undefined, deps.signal),
          () => {
            bondLost = true;
          },
        )
      ) {
        if (one.uuid === RECORD_ACCESS) records.push(service.uuid);
        else subscribed += 1;
        stream ||= STREAMS.has(one.uuid);
      } else refused += 1;
    }
  }
  // One that delivers something all the same is not given up.
  if (bondLost && subscribed + records.length === 0) throw new RadioError('radio-bond-lost');
  return { subscribed, refused, stream, records };
}

/** What delivers of itself, then the control point: records come only when it is asked. */
function wantedOf({ uuid, characteristics }: GattService): GattCharacteristic[] {
  const { measurements = [], records } = HEALTH_SERVICES[uuid] ?? {};
  return [...measurements, ...(records ? [RECORD_ACCESS] : [])].flatMap((wanted) =>
    characteristics.filter((one) => one.uuid === wanted && notifies(one)),
  );
}

/** After the measurements: nobody waits for a battery. */
async function readBattery(deps: VisitDeps, services: readonly GattService[]): Promise<void> {
  const { service, characteristic } = BATTERY;
  const battery = find(services, service);
  const level = battery?.characteristics.find(({ uuid }) => uuid === characteristic);
  if (!level) return;
  if (notifies(level))
    await accepted(deps, () =>
      deps.link.subscribe(service, characteristic, undefined, deps.signal),
    );
  if (readable(battery, characteristic)) await readOne(deps, service, characteristic);
}

async function readOne(deps: VisitDeps, service: string, characteristic: string): Promise<void> {
  await accepted(deps, async () => {
    const bytes = await deps.link.read(service, characteristic, deps.signal);
    deps.take(service, characteristic, bytes);
  });
}

/** True when the device did it, false when it refused; any other failure ends the visit. */
async function accepted(
  deps: VisitDeps,
  request: () => Promise<void>,
  onBondLost?: () => void,
): Promise<boolean> {
  try {
    await request();
    return true;
  } catch (error) {
    if (!(error instanceof RadioError) || error.code !== 'radio-gatt-refused') throw error;
    if (error.detail === 'radio-bond-lost') onBondLost?.();
    deps.note('device-refused', { code: 'radio-gatt-refused' });
    return false;
  }
}

const find = (services: readonly GattService[], uuid: string) =>
  services.find((service) => service.uuid === uuid);

const readable = (service: GattService | undefined, uuid: string) =>
  service?.characteristics.some((one) => one.uuid === uuid && one.properties.includes('read')) ===
  true;

const notifies = ({ properties }: GattCharacteristic) =>
  properties.includes('notify') || properties.includes('indicate');
