/**
 * The radio and its adapter alone, run inside the lab: pairs the cuff, adopts it, and tells on
 * standard output what came. Virtual devices only, so values may be printed.
 */
import type { AdoptedDevice } from '../../adapters/adapter.ts';
import { createBluetooth } from '../../adapters/bluetooth/bluetooth.ts';
import { createBluez } from '../../adapters/bluetooth/radio/bluez.ts';
import { createRadio } from '../../adapters/bluetooth/radio/radio.ts';
import type { Capture } from '../../adapters/measurement.ts';

const started = performance.now();
const say = (...words: unknown[]) => {
  console.log('HOME', ...words, `${Math.round(performance.now() - started)} ms`);
};
const note = (event: string, fields = {}) => {
  say('note', event, JSON.stringify(fields));
  if (event === 'visit-ended' && phase === 'value') phase = 'again';
};

/** Which part of the story a value belongs to: pairing, the bonded device, a new bluetoothd. */
let phase: 'value' | 'again' | 'after restart' = 'value';
let lost = false;

const adopted: AdoptedDevice[] = [];
const { bindings, pairing } = createBluez({ adapter: 'hci0', note });
const radio = createRadio({ bindings, pairing, now: Date.now, note });
// Bursts follow each other sooner than in life, so that the test is over sooner.
const limits = { quietMs: 2_500, coolDownMs: 5_000 };
const adapter = createBluetooth({ radio, adopted: () => adopted, now: Date.now, note, limits });

radio.onState((state) => {
  if (state === 'poweredOff' && adopted.length > 0) {
    lost = true;
    phase = 'after restart';
  }
  say('state', state, ...(state === 'poweredOn' && lost ? ['again'] : []));
});

const keep = async ({ source, bytes, session }: Capture) => {
  if (!('characteristic' in source)) return;
  const run = session.split('-').at(-1);
  say(phase, source.characteristic, Buffer.from(bytes).toString('hex'), 'session', run);
};

async function adoptCuff(signal: AbortSignal): Promise<void> {
  let cuff: string | undefined;
  while (cuff === undefined) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    cuff = adapter.seen().find(({ services }) => services.includes('1810'))?.address;
  }
  say('sees', adapter.seen().length);
  const paired = await adapter.pair(cuff, keep, (step) => say('step', step), signal);
  adopted.push({ address: paired.address });
  say('paired cuff', paired.services.join(' '));
  say('bonded', await radio.isBonded(paired.address));
}

const over = new AbortController();
process.on('SIGTERM', () => over.abort());
const running = adapter.run(keep, over.signal);
adoptCuff(over.signal).catch((error: { code?: string; detail?: string }) =>
  say('failed', error.code, error.detail),
);
running.then(
  () => say('ended'),
  () => process.exit(1),
);
