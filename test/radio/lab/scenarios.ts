import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { type BluetoothAdapter, createBluetooth } from '../../../adapters/bluetooth/bluetooth.ts';
import { createBluez } from '../../../adapters/bluetooth/radio/bluez.ts';
import { createHci } from '../../../adapters/bluetooth/radio/hci.ts';
import { loadHci } from '../../../adapters/bluetooth/radio/hci-noble.ts';
import { createRadio, type Radio } from '../../../adapters/bluetooth/radio/radio.ts';
import type { Capture } from '../../../adapters/measurement.ts';

/*
 * What the agent's Bluetooth adapter does where the whole agent would only cost time: runs inside
 * the lab, in one process, and prints what it saw for the test outside to judge.
 */

const RESULTS = new Set(['2a35', '2a9d', '2a18', '2a37']);
const USER = { index: 1, code: 1234 };
/** What the meter holds when it is woken with the others, and how many `many` adds. */
const RECORDS = 201;
const MORE_RECORDS = 61;

const say = (...words: unknown[]) => console.log('LAB', ...words);
const ask = (...words: string[]) => writeFileSync('/run/lab/measure', words.join(' '));
const hex = (address: string) => address.replaceAll(':', '').toLowerCase();

interface Heard {
  readonly results: Capture[];
  readonly notes: string[];
}

/** Looks until it is so; false after so many seconds. */
async function until(what: () => boolean | Promise<boolean>, seconds = 90): Promise<boolean> {
  for (let tries = 0; tries < seconds * 10; tries += 1) {
    if (await what()) return true;
    await delay(100);
  }
  return false;
}

/** Runs the adapter over a radio while `story` is told; the devices are adopted already. */
async function withAdapter(
  radio: Radio,
  addresses: readonly string[],
  story: (adapter: BluetoothAdapter, heard: Heard) => Promise<void>,
): Promise<void> {
  const heard: Heard = { results: [], notes: [] };
  const last = new Map<string, Uint8Array>();
  const told: string[] = [];
  const adapter = createBluetooth({
    radio,
    adopted: () => addresses.map((address) => ({ address })),
    now: Date.now,
    note: (event, fields) => heard.notes.push([event, ...Object.values(fields ?? {})].join(' ')),
    lastRecord: (address) => last.get(address),
    userCodes: {
      of: () => [USER],
      answered: async (_address, { index }, answer) => void told.push(`${index} ${answer}`),
    },
    // One link at a time: this bluetoothd is the devices' own too, and does not survive two.
    limits: { linksMax: 1, idleMs: 1_000, quietMs: 1_000, coolDownMs: 1_000 },
  });
  const stop = new AbortController();
  const running = adapter.run(async (capture) => {
    if (capture.source && 'characteristic' in capture.source) {
      const { characteristic } = capture.source;
      if (RESULTS.has(characteristic)) heard.results.push(capture);
      if (characteristic === '2a18') last.set(capture.peripheral, capture.bytes);
    }
  }, stop.signal);
  try {
    await story(adapter, heard);
  } catch (error) {
    say('failed', (error as Error).stack);
  }
  if (told.length > 0) say('user', ...new Set(told));
  stop.abort();
  await running;
}

const radioOf = (made: ReturnType<typeof createHci | typeof createBluez>) =>
  createRadio({ ...made, now: Date.now, note: () => undefined });

/** The strap over noble's own bindings, on an adapter of their own. */
async function hci(adapter: string, strap: string): Promise<void> {
  const radio = radioOf(createHci({ adapter, note: say, noble: await loadHci() }));
  await withAdapter(radio, [strap], async (_adapter, { results, notes }) => {
    const came = await until(() => results.length >= 3);
    say('hci strap', came ? 'measured' : 'silent', radio.state, notes.join(', '));
  });
  say('hci ended', process.getActiveResourcesInfo().filter((one) => one === 'Timeout').length);
}

async function bluez(cuff: string, scale: string, meter: string): Promise<void> {
  // Until the agent has let go of the adapter: starting Node is slow in there.
  await until(() => existsSync('/run/lab/go'), 180);
  const made = createBluez({ adapter: 'hci0', note: () => undefined });
  const radio = radioOf(made);
  await withAdapter(radio, [cuff, scale, meter], async (_adapter, heard) => {
    await together(heard, [cuff, scale, meter]);
    await withoutPower(heard, meter);
    await consent(heard, scale);
  });
}

/** Three wake up in the same second, and one link at a time must do. */
async function together({ results }: Heard, addresses: readonly string[]): Promise<void> {
  say('wakes three');
  ask('cuff', 'scale', 'meter');
  const from = (address: string) => results.some(({ peripheral }) => peripheral === address);
  await until(() => addresses.every(from));
  say('together', addresses.filter(from).length);
}

/** The adapter loses its power while records are on their way. */
async function withoutPower({ results }: Heard, meter: string): Promise<void> {
  const records = () =>
    new Set(
      results.flatMap(({ peripheral, bytes }) =>
        peripheral === meter ? [Buffer.from(bytes).toString('hex')] : [],
      ),
    ).size;
  await until(() => records() >= RECORDS);
  const before = records();
  ask('meter.many');
  await until(() => records() >= before + 10);
  const adapter = ['org.bluez', '/org/bluez/hci0', 'org.bluez.Adapter1', 'Powered', 'b'];
  const power = (on: boolean) =>
    execFileSync('/usr/bin/busctl', ['--system', 'set-property', ...adapter, String(on)]);
  power(false);
  const got = records() - before;
  await delay(1_000);
  power(true);
  await until(() => records() >= before + MORE_RECORDS);
  const when = got < MORE_RECORDS ? 'in the middle' : 'too late';
  say('power lost', when, 'records', before, records() - before);
}

/** A scale that hands nothing over before it was told a user's code. */
async function consent({ results }: Heard, scale: string): Promise<void> {
  const before = results.length;
  ask('scale.lock', 'scale');
  const came = () => results.slice(before).some(({ peripheral }) => peripheral === scale);
  say('consent', (await until(came)) ? 'brought a weight' : 'brought nothing');
}

async function main([what, first = '', second = '', third = '']: readonly string[]): Promise<void> {
  if (what === 'hci') await hci(first, hex(second));
  else if (what === 'bluez') await bluez(hex(first), hex(second), hex(third));
}

void main(process.argv.slice(2));
