import { randomUUID } from 'node:crypto';
import type { PairingDialog } from '../../../adapters/adapter.ts';
import { CodedError, codeOf } from '../../errors.ts';
import type { Adoption, AdoptOptions } from './adoption.ts';
import type { DeviceRow } from './devices.ts';
import type { Recognised } from './recognised.ts';

/** Longest a pairing may take, ms: fetching the device, its code, and one measurement. */
export const PAIRING_MS_MAX = 300_000;

/** Six digits that the device shows, or whether it shows these. */
type Question = { readonly ask: 'passkey' } | { readonly ask: 'compare'; readonly passkey: string };

/**
 * What the person has to answer now; SMP gives about half a minute. `number` counts the questions of
 * a pairing: the same may be asked again.
 */
export type PairingQuestion = Question & { readonly number: number };

/** A pairing as a person follows it; also the last one, when it is over. */
export interface PairingView {
  readonly id: string;
  readonly address: string;
  readonly name: string;
  /** Steps of the radio's adapter, then `waiting-for-measurement`. */
  readonly step: string;
  readonly state: 'running' | 'paired' | 'failed';
  /** When it ends by itself, ms since 1970 UTC of the machine's clock. */
  readonly endsAt: number;
  /** What is known of the model before it says so itself, e.g. that it keeps one pairing only. */
  readonly about: Pick<Recognised, 'model' | 'oneHost' | 'instructions'>;
  readonly question?: PairingQuestion;
  /** Six digits to type on the device, and how many it has. */
  readonly show?: { readonly passkey: string; readonly entered: number };
  /** Once it is adopted. */
  readonly device?: DeviceRow;
  /** Once paired: whether a measurement has come. Without, it has to measure once now. */
  readonly firstRecord?: boolean;
  readonly failure?: { readonly code: string; readonly message: string; readonly hint: string };
}

export interface PairingRequest extends Pick<AdoptOptions, 'address' | 'name'> {
  /** The device's code, when it is known before it is asked for; used once. */
  readonly passkey?: number | undefined;
  /** Marks the adopted device as somebody's; before the first measurement is waited for. */
  readonly assign?: ((device: DeviceRow) => Promise<DeviceRow>) | undefined;
}

interface Running {
  view: PairingView;
  /** Ends the bonding; when that is done, the waiting. */
  readonly stop: AbortController;
  readonly waiting: AbortController;
  passkey: number | undefined;
  questions: number;
  answer: ((given: { passkey?: number; same?: boolean }) => void) | undefined;
  done: Promise<void>;
}

const busy = () =>
  new CodedError('radio-busy', 'Another device is being paired', 'Wait until it is done.');
const noQuestion = () =>
  new CodedError(
    'pairing-no-question',
    'Nothing is being asked',
    'Follow the pairing: it may be over.',
  );

/**
 * One pairing at a time, begun, followed, answered and cancelled by a person. Paired means bonded,
 * subscribed and its clock read; then one measurement is waited for, and a device that does not
 * give it in time is adopted all the same: its bond must not be thrown away.
 */
export function createPairings(parts: {
  readonly adoption: Pick<Adoption, 'pair' | 'seen' | 'mark' | 'firstRecord'>;
  readonly now: () => number;
  readonly limitMs?: number;
}) {
  const { adoption, now, limitMs = PAIRING_MS_MAX } = parts;
  let current: Running | undefined;

  const isRunning = () => current?.view.state === 'running';
  const show = (one: Running, change: Partial<PairingView>) => {
    one.view = { ...one.view, ...change };
  };
  /** Without what was asked or shown: that belongs to a step that is over. */
  const clear = (one: Running, change: Partial<PairingView>) => {
    const { question: _question, show: _show, ...rest } = one.view;
    one.view = { ...rest, ...change };
  };

  function ask<T>(
    one: Running,
    question: Question,
    signal: AbortSignal,
    read: (given: { passkey?: number; same?: boolean }) => T | undefined,
  ): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const end = () => {
      signal.removeEventListener('abort', onAbort);
      one.answer = undefined;
      clear(one, {});
    };
    const onAbort = () => {
      end();
      reject(new CodedError('pairing-unanswered', 'Nobody answered', 'Try again.'));
    };
    signal.addEventListener('abort', onAbort, { once: true });
    one.answer = (given) => {
      const value = read(given);
      if (value === undefined) throw noQuestion();
      end();
      resolve(value);
    };
    one.questions += 1;
    show(one, { question: { ...question, number: one.questions } });
    if (signal.aborted) onAbort();
    return promise;
  }

  const dialogOf = (one: Running): PairingDialog => ({
    async enterPasskey(signal) {
      const { passkey } = one;
      // Once: a wrong one must not be given again and again.
      one.passkey = undefined;
      return passkey ?? (await ask(one, { ask: 'passkey' }, signal, (given) => given.passkey));
    },
    showPasskey: (passkey, entered) => show(one, { show: { passkey, entered } }),
    confirmPasskey: (passkey, signal) =>
      ask(one, { ask: 'compare', passkey }, signal, (given) => given.same),
  });

  async function run(one: Running, actor: string, request: PairingRequest): Promise<void> {
    const { address, name, assign } = request;
    const timer = setTimeout(() => end(one), limitMs);
    try {
      const since = adoption.mark();
      const onStep = (step: string) => clear(one, { step });
      const options = { dialog: dialogOf(one), onStep };
      let device = await adoption.pair(actor, { address, name }, one.stop.signal, options);
      clear(one, { step: 'waiting-for-measurement', device });
      if (assign) device = await assign(device);
      show(one, { device });
      const firstRecord = await adoption.firstRecord(device.id, since, one.waiting.signal);
      clear(one, { state: 'paired', firstRecord });
    } catch (error) {
      clear(one, { state: 'failed', failure: failureOf(error) });
    } finally {
      clearTimeout(timer);
    }
  }

  function end(one: Running): void {
    // Aborting a finished bonding would end the visit that goes on from it.
    if (one.view.device === undefined) one.stop.abort();
    one.waiting.abort();
  }

  return {
    /** The pairing that is under way, or the last one. */
    view: (): PairingView | undefined => current?.view,

    /**
     * Begins a pairing. A retry of the same device ends the one before; `radio-busy` while another
     * device is being bonded.
     */
    async begin(actor: string, request: PairingRequest): Promise<PairingView> {
      const before = current;
      if (before && isRunning()) {
        const bonding = before.view.device === undefined;
        if (bonding && before.view.address !== request.address) throw busy();
        end(before);
        await before.done;
        if (current !== before) throw busy();
      }
      const heard = adoption.seen().find((one) => one.address === request.address);
      const { model, oneHost, instructions } = heard ?? {};
      const one: Running = {
        view: {
          id: randomUUID(),
          address: request.address,
          name: request.name,
          step: 'waiting',
          state: 'running',
          endsAt: now() + limitMs,
          about: {
            ...(model === undefined ? {} : { model }),
            ...(oneHost === undefined ? {} : { oneHost }),
            ...(instructions === undefined ? {} : { instructions }),
          },
        },
        stop: new AbortController(),
        waiting: new AbortController(),
        passkey: request.passkey,
        questions: 0,
        answer: undefined,
        done: Promise.resolve(),
      };
      current = one;
      one.done = run(one, actor, request);
      return one.view;
    },

    /** Answers the question that stands; `pairing-no-question` when none does, or another one. */
    answer(given: { passkey?: number; same?: boolean }): PairingView {
      if (!current?.answer) throw noQuestion();
      current.answer(given);
      return current.view;
    },

    /** Ends it, and fulfils when it has ended. While a measurement is waited for, the device stays paired. */
    async cancel(): Promise<PairingView | undefined> {
      if (current && isRunning()) {
        end(current);
        await current.done;
      }
      return current?.view;
    },
  };
}

function failureOf(error: unknown): NonNullable<PairingView['failure']> {
  if (error instanceof CodedError) {
    const { code, message, hint } = error;
    return { code, message, hint };
  }
  return { code: codeOf(error), message: 'The device was not paired', hint: 'See `iomt doctor`.' };
}

export type Pairings = ReturnType<typeof createPairings>;
