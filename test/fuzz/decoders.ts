import { isDeepStrictEqual } from 'node:util';
import {
  advertisementDecoders,
  decodeAdvertisement,
} from '../../adapters/bluetooth/advertisements/index.ts';
import { decodeGatt, gattDecoders } from '../../adapters/bluetooth/gatt/index.ts';
import { PROTOCOLS } from '../../adapters/bluetooth/gatt/protocols.ts';
import { QUIRKS } from '../../adapters/bluetooth/models/model.ts';
import { type Decoded, KINDS, STATUS_FLAGS } from '../../adapters/measurement.ts';
import type { Random } from '../../adapters/simulated/random.ts';
import { TYPED_SOURCE } from '../../adapters/typed/entry.ts';
import { interpret } from '../../agent/home/journal/interpret.ts';
import { bytesOf, vectors } from '../adapters/bluetooth/gatt/vectors.ts';
import { fuzzedBytes } from './bytes.ts';

interface Target {
  readonly name: string;
  readonly decode: (bytes: Uint8Array) => unknown;
}

const KEY = new Uint8Array(16).fill(7);
const SENDERS = [{}, { address: '00005e005355' }, { address: '00005e005355', key: KEY }];

/** Of an unknown device not even that; of a model without quirks; with all; with those that decoders know. */
const WAYS = [undefined, [], Object.keys(QUIRKS), ['pulse-big-endian'], ['raw-mantissa']];

/** Every decoder in every way that it is called. */
export const TARGETS: readonly Target[] = [
  ...gattDecoders().flatMap(({ uuid }) =>
    WAYS.map((quirks) => ({
      name: `gatt ${uuid}${quirks ? ` of a model that ${quirks.join(', ') || 'has no quirk'}` : ''}`,
      decode: (bytes: Uint8Array) => decodeGatt(uuid, bytes, quirks ? { quirks } : undefined),
    })),
  ),
  ...Object.entries(PROTOCOLS).flatMap(([protocol, rows]) =>
    Object.keys(rows).map((uuid) => ({
      name: `${protocol} ${uuid}`,
      decode: (bytes: Uint8Array) => decodeGatt(uuid, bytes, { protocol }),
    })),
  ),
  ...advertisementDecoders().flatMap((source) =>
    SENDERS.map((sender) => ({
      name: `advertisement ${JSON.stringify(source)} of ${Object.keys(sender).join(' and ') || 'nobody'}`,
      decode: (bytes: Uint8Array) => decodeAdvertisement(source, bytes, sender),
    })),
  ),
  ...gattDecoders().map(({ uuid: characteristic }) => ({
    name: `journal ${characteristic}`,
    decode: (bytes: Uint8Array) =>
      interpret({ source: { service: '1800', characteristic }, bytes }),
  })),
  {
    name: 'journal typed',
    decode: (bytes: Uint8Array) => interpret({ source: TYPED_SOURCE, bytes }),
  },
];

/** Objects of encrypted frames, in the clear: a changed cipher text never gets as far as its objects. */
const OPENED = vectors.flatMap(({ expected: { frame } }) => {
  const plain = (frame as { plaintextHex?: unknown } | undefined)?.plaintextHex;
  return typeof plain === 'string' ? [Buffer.from(`40504c3f10${plain}`, 'hex')] : [];
});

const CORPUS: readonly Uint8Array[] = [...vectors.map(bytesOf), ...OPENED];

const DECIMAL = /^-?\d+(\.\d+)?$/;
const LOCAL_TIME = /^\d{4,5}-\d{2,3}-\d{2,3}T\d{2,3}:\d{2,3}:\d{2,3}$/;
const REFUSALS: ReadonlySet<string> = new Set([
  ...['too-short', 'reserved-value', 'unsupported'],
  ...['not-a-result', 'bad-checksum', 'encrypted'],
]);
const FLAGS: ReadonlySet<string> = new Set(STATUS_FLAGS);

/** Where a value holds what no decoder may give: undefined, NaN, infinite, or no data at all. */
function strangeIn(value: unknown, path = ''): string | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : `${path} is ${value}`;
  if (typeof value === 'string' || typeof value === 'boolean') return undefined;
  if (value instanceof Uint8Array) return undefined;
  if (typeof value !== 'object' || value === null) return `${path} is ${String(value)}`;
  for (const [name, part] of Object.entries(value)) {
    const strange = strangeIn(part, `${path}.${name}`);
    if (strange) return strange;
  }
  return undefined;
}

function broken(decoded: Decoded): string | undefined {
  if (!decoded.ok) return REFUSALS.has(decoded.reason) ? undefined : `refused as ${decoded.reason}`;
  if ('fields' in decoded) return undefined;
  const { deviceTime, measurements, status } = decoded;
  if (deviceTime !== undefined && !LOCAL_TIME.test(deviceTime)) return `time ${deviceTime}`;
  const flag = status.find((one) => !FLAGS.has(one));
  if (flag) return `status ${flag}`;
  for (const { kind, quantities } of measurements) {
    if (!Object.hasOwn(KINDS, kind)) return `kind ${kind}`;
    for (const [name, quantity] of Object.entries(quantities)) {
      if ('value' in quantity && !DECIMAL.test(quantity.value)) return `${name} ${quantity.value}`;
    }
  }
  return undefined;
}

/** What is wrong with how a decoder took these bytes; undefined when nothing is. */
export function faultOf({ decode }: Target, bytes: Uint8Array): string | undefined {
  const before = Uint8Array.from(bytes);
  try {
    const decoded = decode(bytes);
    if (!isDeepStrictEqual(bytes, before)) return 'it changed the bytes';
    if (!isDeepStrictEqual(decode(bytes), decoded)) return 'it answered otherwise the second time';
    const strange = strangeIn(decoded);
    if (strange) return strange;
    return 'ok' in (decoded as object) ? broken(decoded as Decoded) : undefined;
  } catch (error) {
    return `it threw ${error instanceof Error ? error.message : String(error)}`;
  }
}

export interface DecoderFault {
  readonly target: string;
  readonly hex: string;
  readonly why: string;
}

/** Bytes for every decoder in turn, until the time is up or one of them fails. */
export function fuzzDecoders(
  random: Random,
  until: () => boolean,
  targets: readonly Target[] = TARGETS,
): { readonly count: number; readonly fault?: DecoderFault } {
  let count = 0;
  while (!until()) {
    for (const target of targets) {
      const bytes = fuzzedBytes(random, CORPUS);
      const why = faultOf(target, bytes);
      count += 1;
      if (why !== undefined) {
        return {
          count,
          fault: { target: target.name, hex: Buffer.from(bytes).toString('hex'), why },
        };
      }
    }
  }
  return { count };
}
