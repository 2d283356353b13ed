import { isDeepStrictEqual } from 'node:util';
import type { Captures } from './journal/captures.ts';
import type { Committer } from './journal/committer.ts';
import { contentOf, type Meaning } from './journal/interpret.ts';
import type { Readings, StoredReading } from './journal/readings.ts';
import type { Deliveries, DeliveryRow } from './outbox/deliveries.ts';
import type { Routing } from './outbox/routing.ts';
import type { Devices } from './people/devices.ts';
import type { Pipeline } from './pipeline.ts';

/** Readings or captures in one commit: a long journal must not keep new captures waiting. */
const BATCH_ROWS = 200;

/** How many were looked at, and what became of them. */
export interface Reread {
  looked: number;
  /** Another value or time than before; those who hold it are sent it as `corrected`. */
  changed: number;
  corrections: number;
  /** Captures that gave nothing before and are readings now. */
  recovered: number;
  /** Readings that the present decoder makes nothing of: left as they are, for a person to judge. */
  doubtful: number;
}

export interface RereadParts {
  readonly committer: Committer;
  readonly captures: Captures;
  readonly readings: Readings;
  readonly devices: Devices;
  readonly deliveries: Deliveries;
  readonly routing: Routing;
  readonly pipeline: Pipeline;
  /** An envelope's text as it would be sent now. */
  readonly body: (row: DeliveryRow) => string | undefined;
}

/**
 * Derives the stored captures again with the present decoders and clock readings (promise 1). Whose
 * a reading is stays: only a person moves one. What changed goes out as `corrected`, but only where
 * the Observations differ; a reading that cannot be derived any more is left alone.
 */
export function createReread(parts: RereadParts) {
  const { committer, captures, readings, devices, deliveries, routing, pipeline } = parts;

  /** What the reading would be now; undefined when its capture gives no such reading, or no time for it. */
  function derived(before: StoredReading): StoredReading | undefined {
    const capture = before.capture === undefined ? undefined : captures.get(before.capture);
    if (!capture) return before;
    const device = devices.byId(before.device);
    const meaning = recordOf(pipeline.mean(capture), before);
    if (!device || meaning?.is !== 'result') return undefined;
    const measurement = meaning.measurements.find(({ kind }) => kind === before.kind);
    if (!measurement) return undefined;
    const after = { ...before, content: contentOf(measurement, meaning) };
    if (before.state === 'held') return after;
    const dated = pipeline.date(after, capture, device);
    return 'held' in dated ? undefined : { ...after, ...dated };
  }

  function again(before: StoredReading, count: Reread): void {
    if (before.state === 'removed') return;
    count.looked += 1;
    const after = derived(before);
    if (!after) {
      count.doubtful += 1;
      return;
    }
    const changed = !same(before.content, after.content) || !same(before.time, after.time);
    if (changed) {
      count.changed += 1;
      count.corrections += rewrite(before, after);
    }
    // A clock that was read meanwhile may date it.
    if (before.state === 'held') pipeline.settle(after);
  }

  function rewrite(before: StoredReading, after: StoredReading): number {
    const told = deliveries
      .ofReading(before.id)
      .filter((row) => row.action === 'new' && row.revision === before.revision);
    const texts = () => told.map((row) => parts.body({ ...row, action: 'correction' }));
    const saidBefore = before.state === 'held' ? [] : texts();
    readings.rewrite(after);
    if (before.state === 'held' || same(saidBefore, texts())) return 0;
    readings.save({ ...after, state: 'corrected' });
    return routing.correct(after);
  }

  /** What could not be read before: a decoder may have learnt it since. */
  function recover(id: number, count: Reread): void {
    const capture = captures.get(id);
    const device = capture && devices.byId(capture.device);
    if (!capture || !device || !/^results?$/.test(pipeline.mean(capture).is)) return;
    const state = pipeline.take(capture);
    // It was heard when it was captured, which is not the last time.
    if (device.lastHeardAt !== undefined) devices.heard(device.id, device.lastHeardAt);
    if (state !== 'unreadable') count.recovered += 1;
  }

  return {
    /** Fulfils when every consequence is on disk. Counts only. */
    async run(): Promise<Reread> {
      const count = { looked: 0, changed: 0, corrections: 0, recovered: 0, doubtful: 0 };
      let last: string | undefined = '';
      while (last !== undefined) {
        const from: string = last;
        last = await committer.commit(() => {
          const page = readings.after(from, BATCH_ROWS);
          for (const reading of page) again(reading, count);
          return page.at(-1)?.id;
        });
      }
      let seen: number | undefined = 0;
      while (seen !== undefined) {
        const from: number = seen;
        seen = await committer.commit(() => {
          const page = captures.unread(from, BATCH_ROWS);
          for (const id of page) recover(id, count);
          return page.at(-1);
        });
      }
      return count;
    },
  };
}

/** Of several records in one frame the reading's own. */
const recordOf = (meaning: Meaning, { content }: StoredReading): Meaning | undefined =>
  meaning.is === 'results'
    ? meaning.each.find(({ sequence }) => sequence === content.sequence)
    : meaning;

export type Rereading = ReturnType<typeof createReread>;

/** As JSON, which is how they are stored and sent: a left-out field equals an undefined one. */
function same(one: unknown, other: unknown): boolean {
  return isDeepStrictEqual(json(one), json(other));
}

function json(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}
