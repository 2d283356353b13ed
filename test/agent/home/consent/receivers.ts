import type { Delivery, Envelope } from '../../../../agent/home/transport/transport.ts';
import type { FakeTransport } from '../../../support/fake-transport.ts';
import { START } from '../household.ts';
import type { Mood } from './steps.ts';

interface Pending {
  readonly envelope: Envelope;
  readonly mayLeave: (() => boolean) | undefined;
  readonly settle: (answer: Delivery) => void;
}

const taken: Delivery = { outcome: 'delivered' };
const away = (because: 'busy' | 'offline' | 'cancelled' | 'timeout'): Delivery => ({
  outcome: 'deferred',
  because,
});

interface Hear {
  /** Its bytes are out, in this very step. */
  readonly onSocket: (recipient: string, envelope: Envelope) => void;
  /** It was answered so. */
  readonly onAnswer: (envelope: string, fate: 'held' | 'refused') => void;
}

/** Receivers in each mood, with a connection that may come about late. */
export class Receivers {
  readonly names: readonly string[];
  readonly #hear: Hear;
  readonly #moods: Mood[];
  readonly #pending: readonly Set<Pending>[];
  /** Handed over, and never answered: only the transport's own wait ends it. */
  readonly #unanswered = new Set<(answer: Delivery) => void>();

  constructor(names: readonly string[], hear: Hear) {
    this.names = names;
    this.#hear = hear;
    this.#moods = names.map(() => 'takes' as const);
    this.#pending = names.map(() => new Set());
  }

  setMood(at: number, mood: Mood): void {
    this.#moods[at] = mood;
    if (mood === 'offline') this.#end(at, () => away('offline'));
  }

  mood(name: string): Mood | undefined {
    return this.#moods[this.names.indexOf(name)];
  }

  openAll(): void {
    this.#moods.fill('answers');
    for (const settle of this.#unanswered) settle(away('timeout'));
    this.#unanswered.clear();
    for (const at of this.names.keys()) this.connect(at);
  }

  /** The connection came about: what waited for it goes out, unless it was called back or must not. */
  connect(at: number): void {
    this.#end(at, ({ envelope, mayLeave }) => {
      if (mayLeave?.() === false) return away('cancelled');
      this.#hear.onSocket(this.names[at] ?? '', envelope);
      return taken;
    });
  }

  /** The gateway was killed: what waited in it is gone. */
  forget(): void {
    for (const pending of this.#pending) pending.clear();
    this.#unanswered.clear();
  }

  transport(at: number): FakeTransport {
    return {
      name: `model:${this.names[at]}`,
      received: [],
      answer: () => undefined,
      close: () => Promise.resolve(),
      deliver: (envelope, signal, mayLeave) => {
        if (signal.aborted) return Promise.resolve(away('cancelled'));
        const mood = this.#moods[at] ?? 'takes';
        if (mood === 'offline') return Promise.resolve(away('offline'));
        if (mood === 'connecting') return this.#wait(at, { envelope, mayLeave }, signal);
        if (mayLeave?.() === false) return Promise.resolve(away('cancelled'));
        this.#hear.onSocket(this.names[at] ?? '', envelope);
        return this.#answer(at, mood, envelope, signal);
      },
    };
  }

  #answer(at: number, mood: Mood, envelope: Envelope, signal: AbortSignal): Promise<Delivery> {
    if (mood === 'takes') return Promise.resolve(taken);
    if (mood === 'silent') return this.#wait(at, undefined, signal);
    const { id } = envelope;
    this.#hear.onAnswer(id, mood === 'answers' ? 'held' : 'refused');
    if (mood === 'busy') return Promise.resolve(away('busy'));
    if (mood === 'refuses') return Promise.resolve({ outcome: 'rejected', because: 'invalid' });
    const receipt = { id, state: 'received' as const, at: new Date(START).toISOString() };
    return Promise.resolve({ outcome: 'delivered', receipt });
  }

  #wait(
    at: number,
    what: Omit<Pending, 'settle'> | undefined,
    signal: AbortSignal,
  ): Promise<Delivery> {
    return new Promise((resolve) => {
      const one = what && { ...what, settle: resolve };
      if (one) this.#pending[at]?.add(one);
      else this.#unanswered.add(resolve);
      signal.addEventListener('abort', () => {
        if (one) this.#pending[at]?.delete(one);
        else this.#unanswered.delete(resolve);
        resolve(away('cancelled'));
      });
    });
  }

  #end(at: number, how: (one: Pending) => Delivery): void {
    for (const one of this.#pending[at] ?? []) one.settle(how(one));
    this.#pending[at]?.clear();
  }
}
