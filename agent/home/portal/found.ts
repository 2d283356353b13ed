import { createHmac } from 'node:crypto';
import { modelOf } from '../../../adapters/bluetooth/models/index.ts';
import { type Look, looksOf } from '../../../adapters/bluetooth/models/looks.ts';
import type { Recognised } from '../people/recognised.ts';

/** A device that the radio hears, as the page tells it from others. */
export interface Found {
  /** Stands for its address, which is in no page: good as long as the process. */
  readonly handle: string;
  readonly name: string | undefined;
  /** Vendor and product, where its name tells them. */
  readonly model: string | undefined;
  readonly look: Look | undefined;
  /** From 0, very far, to 3, right beside the box. */
  readonly signal: number;
  /** Its signal changed just now, because somebody carries it. */
  readonly moved: 'closer' | 'farther' | undefined;
  /** Seconds since it was heard, where that is long for something awake. */
  readonly asleepSeconds: number | undefined;
}

export interface FoundList {
  readonly fitting: readonly Found[];
  /** Of no known kind. */
  readonly others: readonly Found[];
}

/** Received power from which something is near, dBm: rough, as walls and hands are. */
const NEARNESS_DBM = [-85, -70, -55] as const;
/** A hand's breadth from the box is so much more than the other end of the room, dB. */
const MOVED_DB = 9;
/** It moved just now: compared with what it was before that, and no longer, ms. */
const BEFORE_MS = { from: 2_000, to: 15_000 } as const;
/** Something awake advertises at least every ten seconds, ms. */
const ASLEEP_MS = 15_000;
/** Shown of what fits no kind: a house full of gadgets must not hide the list. */
const OTHERS_MAX = 20;

export const nearnessOf = (rssi: number): number =>
  NEARNESS_DBM.filter((limit) => rssi >= limit).length;

interface Sample {
  readonly at: number;
  readonly rssi: number;
}

/** What the radio hears, sorted for a person who holds one of them. In memory only. */
export function createFinder(parts: {
  readonly seen: () => readonly Recognised[];
  /** Key for the handles. */
  readonly secret: Uint8Array;
  /** The gateway's clock, by which things were heard, ms. */
  readonly now: () => number;
  /** The machine's own, by which people move things, ms. */
  readonly realNow: () => number;
}) {
  const samples = new Map<string, Sample[]>();
  const handleOf = (address: string) =>
    createHmac('sha256', parts.secret).update(address).digest('hex').slice(0, 16);

  function moved({ address, rssi }: Recognised): Found['moved'] {
    const now = parts.realNow();
    const known = (samples.get(address) ?? []).filter(({ at }) => now - at <= BEFORE_MS.to);
    const before = known.filter(({ at }) => now - at >= BEFORE_MS.from);
    samples.set(address, [...known, { at: now, rssi }]);
    if (before.length === 0) return undefined;
    const mean = before.reduce((sum, one) => sum + one.rssi, 0) / before.length;
    if (Math.abs(rssi - mean) < MOVED_DB) return undefined;
    return rssi > mean ? 'closer' : 'farther';
  }

  function found(one: Recognised, look: Look | undefined): Found {
    const age = parts.now() - one.at;
    return {
      handle: handleOf(one.address),
      name: one.name,
      model: one.model,
      look,
      signal: nearnessOf(one.rssi),
      moved: moved(one),
      asleepSeconds: age > ASLEEP_MS ? Math.round(age / 1000) : undefined,
    };
  }

  return {
    /** Nearest first; without what `isOthers` says is none of this person's business. */
    list(look: Look | undefined, isOthers: (address: string) => boolean): FoundList {
      const all = parts
        .seen()
        .filter(({ address }) => !isOthers(address))
        .toSorted((a, b) => b.rssi - a.rssi);
      const heard = new Set(all.map(({ address }) => address));
      for (const address of samples.keys()) if (!heard.has(address)) samples.delete(address);
      const sorted = all.map((one) => {
        const looks = looksOf(modelOf(one.modelKey), [...one.services, ...(one.broadcasts ?? [])]);
        const isFitting = look === undefined ? looks.length > 0 : looks.includes(look);
        const own = look !== undefined && looks.includes(look) ? look : looks[0];
        return { isFitting, isKnown: looks.length > 0, found: found(one, own) };
      });
      return {
        fitting: sorted.filter(({ isFitting }) => isFitting).map((one) => one.found),
        others: sorted
          .filter(({ isFitting, isKnown }) => !isFitting && !isKnown)
          .slice(0, OTHERS_MAX)
          .map((one) => one.found),
      };
    },
    /** What a handle stands for, while it is heard. */
    resolve: (handle: string): Recognised | undefined =>
      parts.seen().find(({ address }) => handleOf(address) === handle),
  };
}

export type Finder = ReturnType<typeof createFinder>;
