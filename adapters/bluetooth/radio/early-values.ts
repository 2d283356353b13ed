/** Values of characteristics whose object is not known yet, all devices together. */
const EARLY_COUNT_MAX = 64;
/** Objects follow within a second or two; told later, a value would seem to have come then. */
const EARLY_MS_MAX = 10_000;

/**
 * Holds what is told of an object before the object itself: a device may indicate as soon as its
 * link is encrypted, and hang up. The oldest give way. `monotonic`: milliseconds.
 */
export function createEarlyValues(monotonic: () => number) {
  let held: { readonly path: string; readonly data: Buffer; readonly at: number }[] = [];
  return {
    hold(path: string, data: Buffer): void {
      held.push({ path, data, at: monotonic() });
      if (held.length > EARLY_COUNT_MAX) held.shift();
    },
    /** Hands over those that can be placed now, in the order they came. */
    release(isKnown: (path: string) => boolean, tell: (path: string, data: Buffer) => void): void {
      if (held.length === 0) return;
      const oldest = monotonic() - EARLY_MS_MAX;
      const young = held.filter(({ at }) => at >= oldest);
      const ready = young.filter(({ path }) => isKnown(path));
      held = young.filter((one) => !ready.includes(one));
      for (const { path, data } of ready) tell(path, data);
    },
  };
}
