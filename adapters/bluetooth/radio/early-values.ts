/** Values of characteristics whose object is not known yet, all devices together. */
const EARLY_COUNT_MAX = 64;

/**
 * Holds what is told of an object before the object itself: a device may indicate as soon as its
 * link is encrypted. The oldest give way.
 */
export function createEarlyValues() {
  let held: { readonly path: string; readonly data: Buffer }[] = [];
  return {
    hold(path: string, data: Buffer): void {
      held.push({ path, data });
      if (held.length > EARLY_COUNT_MAX) held.shift();
    },
    /** Hands over those that can be placed now, in the order they came. */
    release(isKnown: (path: string) => boolean, tell: (path: string, data: Buffer) => void): void {
      if (held.length === 0) return;
      const ready = held.filter(({ path }) => isKnown(path));
      held = held.filter(({ path }) => !isKnown(path));
      for (const { path, data } of ready) tell(path, data);
    },
    /** Of a device that is gone. */
    drop(device: string): void {
      held = held.filter(({ path }) => !path.startsWith(`${device}/`));
    },
  };
}
