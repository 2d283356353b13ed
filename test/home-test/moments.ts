import type { EventEmitter } from 'node:events';
import type { Moment } from './fault-plan.ts';
import type { Wire } from './wire.ts';

export interface Moments {
  /** Calls once, in the very step, when the next of these moments comes. */
  next(moment: Moment, listener: () => void): void;
  hit(moment: Moment): void;
  afterStep(): void;
}

/** Instants at which something happens in the gateway: where a fault hurts most. */
export function createMoments(parts: {
  readonly bindings: EventEmitter;
  readonly wire: Wire;
  /** Commit groups so far. */
  readonly groups: () => number;
}): Moments {
  const waiting: { moment: Moment; listener: () => void }[] = [];
  let groups = 0;

  function hit(moment: Moment): void {
    const met = waiting.filter((one) => one.moment === moment);
    for (const one of met) {
      waiting.splice(waiting.indexOf(one), 1);
      one.listener();
    }
  }

  parts.bindings.on('connect', () => hit('connect'));
  parts.bindings.on('read', (...[, , , , unasked]: unknown[]) => unasked === true && hit('value'));
  parts.wire.onSent(() => hit('sent'));
  return {
    next: (moment, listener) => void waiting.push({ moment, listener }),
    hit,
    afterStep() {
      const now = waiting.length > 0 ? parts.groups() : groups;
      if (now > groups) hit('commit');
      groups = now;
    },
  };
}
