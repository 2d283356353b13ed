import { claimsPhd, deviceResource, gatewayResource } from './device.ts';
import {
  create,
  type Entry,
  firstIdentifier,
  own,
  type Placed,
  place,
  replace,
} from './entries.ts';
import type { Device, Patient, Reference } from './r4.ts';
import type { DeviceFacts, Reading } from './reading.ts';

/** Who or what many readings name: its reference and its entries, made once. */
interface Known {
  readonly url: string;
  readonly resource: Patient | Device;
  readonly created: Entry;
  readonly replaced: Entry;
}

function known<R extends Patient | Device>(resource: R): Known & { readonly resource: R } {
  const placed = place(resource);
  return { url: placed.url, resource, created: create(placed), replaced: replace(placed) };
}

/** By reference, for the server, and by identifier, for who reads the Observation alone. */
function subjectOf({ url, resource }: Placed<Patient>): Reference {
  return { reference: url, type: 'Patient', identifier: firstIdentifier(resource) };
}

/** People, devices and gateways that were named lately; a home has a handful of each. */
const KNOWN_MAX = 64;

function lately<T>(make: () => T, remembered: Map<string, T>, name: string): T {
  const found = remembered.get(name);
  if (found !== undefined) return found;
  if (remembered.size >= KNOWN_MAX) remembered.clear();
  const made = make();
  remembered.set(name, made);
  return made;
}

const patients = new Map<string, Known & { readonly subject: Reference }>();
const gateways = new Map<string, Known>();
/** A device's facts are one object for as long as they hold. */
const devices = new WeakMap<DeviceFacts, Map<string, Known & { readonly phd: boolean }>>();

/** The person, by pseudonym alone. */
export function patientOf({ pseudonym }: Reading) {
  const make = () => {
    const identifier = [own(`urn:uuid:${pseudonym}`)];
    const patient = known<Patient>({ resourceType: 'Patient', identifier });
    return { ...patient, subject: subjectOf(patient) };
  };
  return lately(make, patients, pseudonym);
}

/** The gateway that handed it on. */
export function gatewayOf({ gateway }: Reading): Known {
  const { systemId, version, timeSync } = gateway;
  const name = `${systemId} ${timeSync} ${version}`;
  return lately(() => known(gatewayResource(gateway)), gateways, name);
}

/** The device that measured, as it is told for this kind of measurement; none of what was typed in. */
export function deviceOf({ device, kind, simulated }: Reading) {
  if (!device) return undefined;
  const ofDevice = devices.get(device) ?? new Map<string, Known & { readonly phd: boolean }>();
  devices.set(device, ofDevice);
  const make = () => ({
    ...known(deviceResource(device, kind, simulated)),
    phd: claimsPhd(device, kind),
  });
  return lately(make, ofDevice, `${kind} ${simulated}`);
}
