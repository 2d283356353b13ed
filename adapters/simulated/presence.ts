/** Since when a powered radio of the gateway listens, true time; undefined while none does. */
export interface Presence {
  since(): number | undefined;
  /** To be called by the radio on each change of its power. */
  set(powered: boolean): void;
  /** Called before the radio goes. */
  onGoing(listener: () => void): void;
}

export function createPresence(now: () => number): Presence {
  const listeners: (() => void)[] = [];
  let since: number | undefined;
  return {
    since: () => since,
    set: (powered) => {
      if (!powered && since !== undefined) for (const listener of listeners) listener();
      since = powered ? (since ?? now()) : undefined;
    },
    onGoing: (listener) => void listeners.push(listener),
  };
}
