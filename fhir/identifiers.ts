import { hash } from 'node:crypto';
import type { Kind, LocalDateTime } from '../adapters/measurement.ts';
import type { DeviceFacts } from './reading.ts';

/**
 * Namespace of every UUID v5 here: v5 of the project's canonical base in RFC 9562's URL namespace.
 * It never changes: a new one would double every reading at every receiver.
 */
export const NAMESPACE = 'e37bc51e-83db-5375-81e0-65ce1a322499';

const UUID_BYTES = 16;
/** RFC 9562, 4.1: the two highest bits of the octet are 10. */
const VARIANT = ['8', '9', 'a', 'b'];
const UUID_TEXT = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A namespace's bytes, with room for a name of usual length: read before anything else is written. */
interface Scratch {
  readonly bytes: Buffer;
  namespace: string;
}

const scratch = (): Scratch => ({ bytes: Buffer.alloc(1024), namespace: '' });

/** The project's own namespace, which every other name is in, and the one that was asked for last. */
const ours = scratch();
const other = scratch();

/** UUID v5 (RFC 9562, 5.5) of a name. Throws a TypeError when the namespace is no lower-case UUID. */
export function uuidV5(name: string, namespace: string = NAMESPACE): string {
  const begun = namespace === NAMESPACE ? ours : other;
  if (namespace !== begun.namespace) {
    if (!UUID_TEXT.test(namespace)) throw new TypeError('the namespace is not a UUID');
    begun.bytes.write(namespace.replaceAll('-', ''), 'hex');
    begun.namespace = namespace;
  }
  const fits = 3 * name.length <= begun.bytes.length - UUID_BYTES;
  const bytes = fits
    ? begun.bytes
    : Buffer.concat([begun.bytes.subarray(0, UUID_BYTES), Buffer.from(name)]);
  const end = fits ? UUID_BYTES + begun.bytes.write(name, UUID_BYTES) : bytes.length;
  const hex = hash('sha1', bytes.subarray(0, end));
  const variant = VARIANT[Number.parseInt(hex.charAt(16), 16) & 0b0011];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** What makes a record the same record whenever and however often it is fetched (promise 2). */
export interface RecordIdentity {
  readonly deviceKey: string;
  /** Memory slot of the device, absent when it named none. A slot is not a person. */
  readonly userSlot?: number | undefined;
  readonly kind: Kind;
  /** The device's own time, uncorrected; of a glucose meter its base time, without the offset. */
  readonly deviceTime?: LocalDateTime | undefined;
  /** Which timeline of the device's clock that time is on. */
  readonly clockEpoch: number | string;
  readonly sequence?: number | undefined;
  /** The record as sent, hex. Used where there is no sequence: minutes alone do not tell two apart. */
  readonly rawBytes?: string | undefined;
}

/**
 * Identity of a reading: UUID v5, the same on every device, restart and retry. Person, corrected
 * time and gateway are not in it. Throws a TypeError when the record has neither time nor sequence,
 * or neither sequence nor bytes: such a record has no identity of its own, see {@link mintReadingId}.
 */
export function readingId(record: RecordIdentity): string {
  const { deviceTime, sequence, rawBytes } = record;
  if (deviceTime === undefined && sequence === undefined) {
    throw new TypeError('a record without time and sequence has no identity of its own');
  }
  if (sequence === undefined && rawBytes === undefined) {
    throw new TypeError('a record without a sequence number is identified by its bytes');
  }
  const own = sequence === undefined ? { raw: rawBytes?.toLowerCase() } : { sequence };
  return uuidV5(
    JSON.stringify([
      'reading',
      record.deviceKey,
      record.userSlot ?? null,
      record.kind,
      deviceTime ?? null,
      record.clockEpoch,
      own,
    ]),
  );
}

/** One arrival of a record that has no identity of its own. */
export interface CaptureIdentity {
  readonly deviceKey: string;
  readonly kind: Kind;
  /** Gateway clock at capture, milliseconds since 1970 UTC. */
  readonly at: number;
  /** Connection or run of broadcasts. */
  readonly session: string;
  /** The record as captured, hex. */
  readonly rawBytes: string;
}

/**
 * Identity of a reading that has neither time nor sequence, minted once from its capture, so that
 * decoding the journal again gives the same. Repeats must have been folded before: by frame
 * counter, or by identical bytes within the format's window.
 */
export function mintReadingId(capture: CaptureIdentity): string {
  const { deviceKey, kind, at, session, rawBytes } = capture;
  return uuidV5(JSON.stringify(['capture', deviceKey, kind, at, session, rawBytes.toLowerCase()]));
}

/**
 * Identity of a reading that a person typed in: the form that was filled in, which bears an id of its
 * own, and what was written. The same form sent again is the same reading; filled in otherwise, another.
 */
export function typedReadingId(entry: {
  /** Whose entries they are. */
  readonly deviceKey: string;
  readonly form: string;
  /** What was written, hex. */
  readonly rawBytes: string;
}): string {
  const { deviceKey, form, rawBytes } = entry;
  return uuidV5(JSON.stringify(['typed', deviceKey, form.toLowerCase(), rawBytes.toLowerCase()]));
}

/**
 * The project's own identifier of an Observation: v5 of reading id and code, for one person at one
 * recipient. The pseudonym is in it because a reading that was taken back from one person stays at
 * the receiver as entered-in-error: under the same identifier the right person's would never be created.
 */
export function observationIdentifier(id: string, code: string, pseudonym: string): string {
  return `urn:uuid:${uuidV5(`${code}/${pseudonym}`, id)}`;
}

/** `fullUrl` of a resource: v5 of its first identifier, so never equal to an identifier's value. */
export function fullUrl(system: string, value: string): string {
  return `urn:uuid:${uuidV5(`full-url/${system}|${value}`)}`;
}

/** Identifier of a device that told neither System ID nor a lasting address. */
export function deviceIdentifier(deviceKey: string): string {
  return `urn:uuid:${uuidV5(JSON.stringify(['device', deviceKey]))}`;
}

/**
 * Device key, first that is known of: System ID, serial with model, identity address; never a
 * private address or the gateway (promise 2). Undefined when the unit cannot be told from another.
 */
export function deviceKey(
  facts: Pick<DeviceFacts, 'systemId' | 'serial' | 'model' | 'address'>,
): string | undefined {
  const systemId = eui64Text(facts.systemId);
  if (systemId) return `eui64:${euiHex(systemId)}`;
  if (facts.serial && facts.model) return `serial:${JSON.stringify([facts.model, facts.serial])}`;
  const address = eui48Text(facts.address);
  return address ? `eui48:${euiHex(address)}` : undefined;
}

function euiText(text: string | undefined, bytes: number): string | undefined {
  const hex = text?.replaceAll(/[-:\s]/g, '').toUpperCase();
  if (hex?.length !== 2 * bytes || !/^[0-9A-F]*$/.test(hex) || /^0*$/.test(hex)) return undefined;
  return hex.match(/../g)?.join('-');
}

/** `00-00-5E-FF-FE-00-53-01` from any spelling; undefined when it is no EUI-64 or all zero. */
export function eui64Text(text: string | undefined): string | undefined {
  return euiText(text, 8);
}

/** `00-00-5E-00-53-01` from any spelling; undefined when it is no EUI-48 or all zero. */
export function eui48Text(text: string | undefined): string | undefined {
  return euiText(text, 6);
}

/** `00005EFFFE005301`: upper case without separators, as PHD's identifier wants it. */
function euiHex(text: string): string {
  return text.replaceAll('-', '').toUpperCase();
}

type Addressed = Pick<DeviceFacts, 'systemId' | 'address'>;

/** A device's facts are one object for as long as they hold, and every Observation asks. */
const lasting = new WeakMap<Addressed, string | undefined>();

/** The device's lasting address as PHD's identifier wants it; undefined when it has none. */
function lastingOf(device: Addressed): string | undefined {
  if (lasting.has(device)) return lasting.get(device);
  const eui = eui64Text(device.systemId) ?? eui48Text(device.address);
  const hex = eui && euiHex(eui);
  lasting.set(device, hex);
  return hex;
}

const EPOCH_2000_MS = Date.UTC(2000, 0, 1);

/** Seconds since 2000-01-01T00:00:00 of a device's own clock, with the digits that it gave. */
export function secondsSince2000(deviceTime: LocalDateTime): string {
  const [whole = '', fraction] = deviceTime.split('.');
  const seconds = Math.trunc((Date.parse(`${whole}Z`) - EPOCH_2000_MS) / 1000);
  return fraction === undefined ? String(seconds) : `${seconds}.${fraction}`;
}

/**
 * PHD's conditional-create identifier (standards 3.2): device, patient, patient's system, type code
 * and the time as the device reported it. Two readings of one minute share it, so `ifNoneExist`
 * never uses it. Undefined when the device has no lasting address.
 */
export function phdIdentifier(
  device: Addressed,
  pseudonym: string,
  mdcCode: string,
  deviceTime: LocalDateTime,
): string | undefined {
  const eui = lastingOf(device);
  if (eui === undefined) return undefined;
  const patient = `urn:uuid:${pseudonym}-urn:ietf:rfc:3986`;
  return `${eui}-${patient}-${mdcCode}-${secondsSince2000(deviceTime)}`;
}
