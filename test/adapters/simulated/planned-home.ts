import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import type { GattError } from '../../../adapters/bluetooth/radio/bindings.ts';
import { createSimulatedBindings } from '../../../adapters/simulated/bindings.ts';
import type { HomePlan, PlannedMeasurement } from '../../../adapters/simulated/home-plan.ts';
import { createHousehold } from '../../../adapters/simulated/household.ts';
import type { SimulatedModelKey, SimulatedUnit } from '../../../adapters/simulated/models.ts';
import type { PlannedTruthLine } from '../../../adapters/simulated/planned-truth.ts';
import type { Quirk } from '../../../adapters/simulated/quirks.ts';

/** A home of one device with a plan of its own, under vitest's virtual timers. */

export const ZONE = 'Europe/Oslo';
/** A Monday at local midnight. */
export const START = Date.parse('2026-03-01T23:00:00Z');
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const NAME = 'the device';
export const ID = '00005e005301';

/** So many hours after the start, the whole of it in the first days. */
export const at = (hours: number) => START + Math.round(hours * HOUR);

/** A folder for a home, and virtual time from {@link START} on; `end` gives back both. */
export function beginPlanned() {
  const folder = mkdtempSync(join(tmpdir(), 'planned-'));
  vi.useFakeTimers({ now: START, toFake: ['Date', 'setTimeout', 'clearTimeout', 'performance'] });
  const end = () => {
    vi.useRealTimers();
    rmSync(folder, { recursive: true });
  };
  return { folder, end };
}

/** A plan with one device, measured by one person at these hours after the start. */
export function planOf(
  modelKey: SimulatedModelKey,
  quirks: readonly Quirk[],
  hours: readonly number[],
  more: { wakes?: readonly number[]; slot?: number } = {},
): HomePlan {
  const unit: SimulatedUnit = {
    name: NAME,
    modelKey,
    number: 1,
    serial: 'EX-1',
    firmware: '1',
    batteryPercent: 80,
    owner: { mode: 'mine', person: 'kari' },
    quirks,
    passkey: '012345',
  };
  const { slot } = more;
  const measurements: PlannedMeasurement[] = hours.map((hour) => ({
    at: at(hour),
    unit: NAME,
    person: 'kari',
    ...(slot === undefined ? {} : { slot }),
  }));
  return {
    seed: 7,
    zone: ZONE,
    startsAt: START,
    endsAt: START + 30 * DAY,
    people: [{ key: 'kari', name: 'Kari Eksempel' }],
    units: [unit],
    measurements,
    wakes: (more.wakes ?? []).map((hour) => ({ at: at(hour), unit: NAME })),
  };
}

/** What a device sent of itself on one connection. */
interface Visit {
  readonly at: number;
  readonly results: string[];
  readonly contexts: string[];
  readonly answers: string[];
  readonly errors: string[];
  clock?: Buffer;
}

/** A household with a gateway that takes whatever it can get, on virtual time. */
export function openPlanned(plan: HomePlan, folder: string) {
  const now = () => Date.now();
  const household = createHousehold({ folder, seed: 1, now, zone: ZONE, speed: 1, home: plan });
  const { bindings, pairing, faults } = createSimulatedBindings({ household });
  const visits: Visit[] = [];
  const heard: { id: string; at: number }[] = [];
  const states: string[] = [];
  let visiting = true;
  let pending: string | undefined;
  let onVisit: ((visit: Visit) => void) | undefined;
  const modelOf = (id: string) => {
    const found = household.units.find((unit) => unit.id === id);
    if (!found) throw new Error('no such unit');
    return found.model;
  };

  bindings.on('stateChange', (state: string) => {
    states.push(state);
    pending = undefined;
    if (state === 'poweredOn') bindings.startScanning([], true);
  });
  bindings.on('discover', (id: string) => {
    heard.push({ id, at: Date.now() });
    if (!visiting || pending !== undefined) return;
    pending = id;
    bindings.connect(id);
  });
  bindings.on('disconnect', () => {
    pending = undefined;
  });
  bindings.on('connect', (id: string) => {
    const visit: Visit = { at: Date.now(), results: [], contexts: [], answers: [], errors: [] };
    visits.push(visit);
    const { service, characteristic, memory } = modelOf(id);
    if (memory === 'record-access') {
      for (const uuid of ['2a18', '2a34', '2a52']) bindings.notify(id, service, uuid, true);
      bindings.write(id, service, '2a52', Buffer.of(1, 1), false);
    } else bindings.notify(id, service, characteristic, true);
    bindings.read(id, '1805', '2a2b');
    onVisit?.(visit);
  });
  bindings.on('read', (id: string, _service, uuid: string, data: Buffer, unasked: boolean) => {
    const visit = visits.at(-1);
    if (!unasked) {
      if (visit && uuid === '2a2b') visit.clock = data;
      return;
    }
    const kind = uuid === '2a34' ? 'contexts' : uuid === '2a52' ? 'answers' : 'results';
    visit?.[kind].push(data.toString('hex'));
    if (!household.units.some((unit) => unit.id === id)) throw new Error('a stranger');
  });
  bindings.on('gattError', ({ op, error }: GattError) => {
    if (op === 'read') return;
    visits.at(-1)?.errors.push((error as Error & { code: string }).code);
  });
  bindings.init();
  household.start();

  return {
    household,
    bindings,
    pairing,
    faults,
    visits,
    heard,
    states,
    setVisiting(on: boolean) {
      visiting = on;
    },
    whenVisiting(work: (visit: Visit) => void) {
      onVisit = work;
    },
    /** A person pairs the device: within the first minutes of the home. */
    async pair() {
      const were = visiting;
      visiting = false;
      household.repair(NAME);
      const dialog = {
        enterPasskey: async () => 12_345,
        showPasskey: () => undefined,
        confirmPasskey: async () => true,
      };
      const paired = pairing.pair(ID, new AbortController().signal, dialog);
      await vi.advanceTimersByTimeAsync(1_000);
      await paired;
      // called on once, as after every pairing
      visiting = true;
      await vi.advanceTimersByTimeAsync(15_000);
      visiting = were;
      visits.length = 0;
      heard.length = 0;
    },
    /** Lets time pass until so many hours after the start. */
    until: (hours: number) => vi.advanceTimersByTimeAsync(at(hours) - Date.now()),
    results: () => visits.flatMap((visit) => visit.results),
    /** Nothing of this process happens any more; what is on disk stays. */
    cutPower() {
      bindings.removeAllListeners();
      vi.clearAllTimers();
    },
  };
}

export function truthOf(folder: string): PlannedTruthLine[] {
  return readFileSync(join(folder, 'ground-truth.ndjson'), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

/** The local time in a Current Time, as milliseconds that read so in UTC. */
export function shownIn(clock: Buffer | undefined): number {
  if (!clock) throw new Error('no clock was read');
  const [month = 0, day = 0, hour = 0, minute = 0, second = 0] = clock.subarray(2, 7);
  return Date.UTC(clock.readUInt16LE(0), month - 1, day, hour, minute, second);
}

/** What became of each measurement, in order: the events of line `n`. */
export function storyOf(folder: string): Record<number, string[]> {
  const story: Record<number, string[]> = {};
  for (const line of truthOf(folder)) {
    const events = story[line.n] ?? [];
    events.push(line.event === 'unrecoverable' ? line.cause : line.event);
    story[line.n] = events;
  }
  return story;
}
