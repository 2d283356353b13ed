import { serviceName } from './gatt/service-names.ts';
import type { Advertisement, BleLink, Radio } from './radio/radio.ts';
import { RadioError } from './radio/radio-error.ts';
import { type RecordedFact, type RecordedLine, withoutIdentity } from './recorded-lines.ts';
import { untilHeard } from './until-heard.ts';

/** Of the time, for advertisements first: scanning rests while a connection is made. */
const LISTEN_SHARE = 1 / 20;
/** Of the time, a rest before it is connected to again; at most so long. */
const AGAIN_SHARE = 1 / 12;
const AGAIN_MS_MAX = 5_000;
/** A device that closes at once is not called on for ever. */
const CONNECTIONS_MAX = 5;
/** A strap sends a hundred values in a minute; beyond this it is said that more came. */
const LINES_MAX = 5_000;

export interface RecordOptions {
  readonly radio: Radio;
  readonly address: string;
  readonly durationMs: number;
  readonly now: () => number;
  readonly signal: AbortSignal;
}

/**
 * What a device says of itself, for whoever writes its block: its advertisements, its services, what
 * can be read, and what it sends once it is subscribed to. Nothing else is written to it and it is
 * not bonded with. Times are ms since the start; what names the device or a person is left out (see
 * {@link withoutIdentity}), what was measured is in the bytes. Rejects with `radio-not-heard` or
 * `radio-aborted`; whatever else the device refuses is a line.
 */
export async function recordDevice(options: RecordOptions): Promise<RecordedLine[]> {
  const { radio, address, durationMs, now, signal } = options;
  const startedAt = now();
  const lines: RecordedLine[] = [];
  const names: string[] = [];
  const add: Add = (fact) => {
    if (lines.length > LINES_MAX) return;
    const isFull = lines.length === LINES_MAX;
    lines.push({ at: now() - startedAt, ...(isFull ? { is: 'more-was-sent' } : fact) });
  };
  const time = new AbortController();
  const timer = setTimeout(() => time.abort(), durationMs);
  const ends = AbortSignal.any([signal, time.signal]);
  const hear = changesOnly((advertisement) => {
    if (advertisement.name !== undefined) names.push(advertisement.name);
    add(lineOf(advertisement));
  }, address);
  const off = radio.onSeen(hear);
  try {
    hear(await untilHeard({ radio, address, waitMs: durationMs, signal }));
    await rest(durationMs * LISTEN_SHARE, ends);
    const restMs = Math.min(AGAIN_MS_MAX, durationMs * AGAIN_SHARE);
    await visitAgain({ radio, address, add, restMs, ends });
    await rest(durationMs, ends);
    if (signal.aborted) throw new RadioError('radio-aborted');
  } finally {
    clearTimeout(timer);
    off();
  }
  return withoutIdentity(lines, { address, names });
}

type Add = (fact: RecordedFact) => void;
interface Recorder {
  readonly radio: Radio;
  readonly address: string;
  readonly add: Add;
  readonly restMs: number;
  readonly ends: AbortSignal;
}

/** As long as there is time: devices close after a while, and wake up again. */
async function visitAgain(recorder: Recorder): Promise<void> {
  const { radio, address, add, restMs, ends } = recorder;
  for (let count = 0; count < CONNECTIONS_MAX && !ends.aborted; count += 1) {
    const newest = radio.heard().find((one) => one.address === address);
    if (newest?.connectable === false) return;
    const failed = await visit(recorder).then(() => undefined, codeOf);
    if (failed !== undefined && !ends.aborted) add({ is: 'connection-failed', code: failed });
    // BlueZ calls everything connectable: one that only broadcasts is listened to in the time that is left.
    if (failed === 'radio-timeout' && newest?.services.length === 0) return;
    await rest(restMs, ends);
  }
}

async function visit({ radio, address, add, ends }: Recorder): Promise<void> {
  const link = await radio.connect(address, ends);
  const gone = Promise.withResolvers<void>();
  link.onDisconnect(gone.resolve);
  ends.addEventListener('abort', () => gone.resolve(), { once: true });
  add({ is: 'connected' });
  try {
    await ask(link, add, ends);
    await gone.promise;
  } finally {
    add({ is: 'disconnected' });
    await link.disconnect();
  }
}

/** Lists, reads, subscribes: in this order, so that what the device is stands before what it sends. */
async function ask(link: BleLink, add: Add, ends: AbortSignal): Promise<void> {
  const services = await link.services(ends);
  const all = services.flatMap(({ uuid: service, characteristics }) =>
    characteristics.map((one) => ({ service, characteristic: one.uuid, ...one })),
  );
  for (const { uuid, characteristics } of services) {
    const name = serviceName(uuid);
    add({ is: 'service', service: uuid, ...(name ? { name } : {}), characteristics });
  }
  for (const { service, characteristic, properties } of all) {
    const place = { service, characteristic };
    if (!properties.includes('read')) continue;
    await link.read(service, characteristic, ends).then(
      (bytes) => add({ is: 'read', ...place, hex: hexOf(bytes) }),
      (error: unknown) => refused(error, () => add({ is: 'not-read', ...place })),
    );
  }
  for (const { service, characteristic, properties } of all) {
    const place = { service, characteristic };
    if (!properties.includes('notify') && !properties.includes('indicate')) continue;
    const onData = (bytes: Uint8Array) => add({ is: 'value', ...place, hex: hexOf(bytes) });
    await link.subscribe(service, characteristic, onData, ends).then(
      () => add({ is: 'subscribed', ...place }),
      (error: unknown) => refused(error, () => add({ is: 'not-subscribed', ...place })),
    );
  }
}

/** The device's own refusal is a fact about it; anything else ends the connection. */
function refused(error: unknown, say: () => void): void {
  if (codeOf(error) !== 'radio-gatt-refused') throw error;
  say();
}

const codeOf = (error: unknown) => (error instanceof RadioError ? error.code : 'other');
const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

/** Advertisements are repeated many times a second: only what is new about them. */
function changesOnly(take: (advertisement: Advertisement) => void, address: string) {
  let last = '';
  return (advertisement: Advertisement) => {
    if (advertisement.address !== address) return;
    const { rssi: _, ...said } = lineOf(advertisement);
    const text = JSON.stringify(said);
    if (text !== last) take(advertisement);
    last = text;
  };
}

function lineOf({ services, serviceData, manufacturer, connectable, rssi }: Advertisement) {
  return {
    is: 'advertisement',
    connectable,
    services,
    serviceData: serviceData.map(({ uuid, data }) => ({ uuid, hex: hexOf(data) })),
    ...(manufacturer
      ? { company: manufacturer.company, manufacturerHex: hexOf(manufacturer.data) }
      : {}),
    rssi,
  };
}

function rest(ms: number, ends: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  ends.addEventListener('abort', () => resolve(), { once: true });
  if (ends.aborted) resolve();
  return promise.finally(() => clearTimeout(timer));
}
