import { spawn } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openLineFile, replaceFile } from '../../../adapters/simulated/files.ts';
import { collect, linesOf, openHousehold, until } from './collector.ts';

const SPEED = 1_000;

let folder: string;
let closers: (() => Promise<void>)[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'household-'));
  closers = [];
});

afterEach(async () => {
  for (const close of closers) await close();
  rmSync(folder, { recursive: true });
});

const truthFile = () => join(folder, 'ground-truth.ndjson');
const truth = () => linesOf(readFileSync(truthFile(), 'utf8'));

function open(speed = SPEED) {
  const opened = openHousehold(folder, speed);
  closers.push(opened.close);
  return opened;
}

/** Runs until the file has so many lines; the clock goes on from `startsAt`. */
async function runUntil(lines: number, startsAt?: number) {
  const { household, bindings, now, close } = openHousehold(folder, SPEED, startsAt);
  const received: string[] = [];
  household.start();
  await collect(bindings, (id, hex) => received.push(`${id} ${hex}`));
  await until(() => household.summary().handedOver >= lines);
  const summary = household.summary();
  await close();
  return { received, summary, endedAt: now() };
}

test('all seven devices measure and hand over; a second run goes on counting', async () => {
  const { endedAt } = await runUntil(20);
  const before = truth();
  expect(new Set(before.map(({ kind }) => kind)).size).toBe(6);
  expect(new Set(before.map(({ device }) => device)).size).toBe(7);
  const { received, summary } = await runUntil(before.length + 10, endedAt);
  const after = truth();
  expect(after.slice(0, before.length)).toEqual(before);
  expect(after.map(({ n }) => n)).toEqual(after.map((_, index) => index + 1));
  expect(new Set(after.map(({ device, record }) => `${device} ${record}`)).size).toBe(after.length);
  expect(received.length).toBeGreaterThanOrEqual(after.length - before.length);
  expect(summary.measured).toBeGreaterThanOrEqual(summary.handedOver);
  // every line is complete, and no device gives the same values twice within a minute
  for (const line of after) {
    expect(line.trueTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(Object.keys(line.values).sort()).toEqual(Object.keys(line.unit).sort());
    expect(line.sentTime >= line.trueTime).toBe(true);
    for (const value of Object.values(line.values)) expect(value).toMatch(/^\d+(\.\d+)?$/);
  }
  const seen = after.map(
    ({ device, trueTime, values }) =>
      `${device} ${trueTime.slice(0, 16)} ${Object.values(values).join()}`,
  );
  expect(new Set(seen).size).toBe(seen.length);
});

test('a torn last line is dropped, and its reading is handed over again', async () => {
  await runUntil(8);
  const whole = readFileSync(truthFile(), 'utf8');
  const last = whole.trimEnd().split('\n').at(-1) ?? '';
  const kept = whole.slice(0, whole.length - last.length - 1);
  writeFileSync(truthFile(), kept + last.slice(0, 40));
  const { household } = open();
  expect(household.summary().handedOver).toBe(linesOf(kept).length);
  expect(readFileSync(truthFile(), 'utf8')).toBe(kept);
});

test('what the file has already is gone from the memory of the device', async () => {
  const { household, close } = openHousehold(folder, SPEED);
  household.start();
  const [cuff] = household.units;
  await until(() => (cuff?.memory.waiting().length ?? 0) > 0);
  const [record] = cuff?.memory.waiting() ?? [];
  await close();
  // as after a crash between the line and the next writing of the device's own file
  appendFileSync(
    truthFile(),
    `${JSON.stringify({ n: 41, device: cuff?.systemId, record: record?.record, trueTime: '' })}\n`,
  );
  const again = open();
  const waiting = again.household.units[0]?.memory.waiting() ?? [];
  expect(waiting.map((one) => one.record)).not.toContain(record?.record);
  expect(again.household.summary().handedOver).toBe(41);
});

test('results nobody fetched are still in the device after a restart, at most sixty', async () => {
  const { household, close } = openHousehold(folder, 1_000_000);
  household.start();
  const [cuff] = household.units;
  await until(() => (cuff?.memory.waiting().length ?? 0) === 60);
  const waiting = cuff?.memory.waiting();
  const { measured } = household.summary();
  await close();
  const again = open();
  expect(again.household.units[0]?.memory.waiting()).toEqual(waiting);
  expect(again.household.summary()).toEqual({ measured, handedOver: 0 });
});

test('stopping with a flush hands over what is waiting', async () => {
  const { household, bindings } = open();
  household.start();
  await until(() => household.summary().measured >= 6);
  await collect(bindings, () => undefined);
  await household.stop({ flush: true });
  const { measured, handedOver } = household.summary();
  expect(handedOver).toBe(measured);
  expect(truth()).toHaveLength(handedOver);
  closers.pop();
  bindings.stop();
});

test('a closed file refuses a line and stays as it was', () => {
  const file = openLineFile(truthFile());
  file.append('one');
  file.close();
  file.close();
  expect(() => file.append('two')).toThrow();
  expect(readFileSync(truthFile(), 'utf8')).toBe('one\n');
  replaceFile(truthFile(), 'whole');
  expect(readFileSync(truthFile(), 'utf8')).toBe('whole');
});

/** Kills a household at work; fulfils with what its gateway had received. */
async function killed(life: string): Promise<string[]> {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'collector-child.ts'), folder, String(SPEED), life],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let out = '';
  child.stdout.on('data', (data) => {
    out += data;
  });
  await new Promise((resolve) => child.once('close', resolve));
  return out.trim().split('\n');
}

test('killed as the bytes go out, they are sent again and the file has them once', async () => {
  const [sent = ''] = await killed('sent');
  expect(truth()).toEqual([]);
  const { household, bindings } = open();
  const received: string[] = [];
  household.start();
  await collect(bindings, (id, hex) => received.push(`${id} ${hex}`));
  await until(() => received.includes(sent));
  const handedOver = () => truth().filter(({ record }) => record === 1).length;
  await until(() => handedOver() > 0);
  expect(received.filter((one) => one === sent)).toHaveLength(1);
});

test('killed at any moment, each reading is in the file or the device, once', async () => {
  for (const life of ['700', '900', '1300']) await killed(life);
  const { household } = open();
  const lines = truth();
  expect(lines.map(({ n }) => n)).toEqual(lines.map((_, index) => index + 1));
  const names = lines.map(({ device, record }) => `${device} ${record}`);
  expect(new Set(names).size).toBe(names.length);
  for (const unit of household.units.filter(({ model }) => model.memory === 'stores')) {
    const records = [
      ...lines.filter(({ device }) => device === unit.systemId).map(({ record }) => record),
      ...unit.memory.waiting().map(({ record }) => record),
    ].sort((a, b) => a - b);
    expect(records).toEqual(records.map((_, index) => index + 1));
  }
});

test('a new device lies there to be paired, and measures once a person has paired it', async () => {
  const { household, pairing } = open();
  household.start();
  const unit = household.units.find((one) => one.unit.isNew);
  const { id = '' } = unit ?? {};
  expect([unit?.advertising(), unit?.memory.bonded(), unit?.memory.waiting()]).toEqual([
    true,
    false,
    [],
  ]);
  const never = new AbortController().signal;
  const enters = (code: number) => ({
    enterPasskey: async () => code,
    showPasskey: () => undefined,
    confirmPasskey: async () => false,
  });
  await expect(pairing.pair(id, never, enters(1))).rejects.toThrow('refused');
  expect(unit?.memory.bonded()).toBe(false);
  await pairing.pair(id, never, enters(Number(unit?.unit.passkey)));
  await until(() => (unit?.memory.waiting().length ?? 0) > 0);
  // Removed again, it lies there as before, also after a restart.
  await pairing.unpair(id);
  expect(unit?.advertising()).toBe(true);
  expect(
    open()
      .household.units.find((one) => one.id === id)
      ?.memory.bonded(),
  ).toBe(false);
});
