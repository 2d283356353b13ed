import { randomUUID } from 'node:crypto';
import type { PairingDialog } from '../../../adapters/adapter.ts';
import type { Look } from '../../../adapters/bluetooth/models/looks.ts';
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
  /** Who began it, as the trail of decisions names them: on the pages nobody else follows it. */
  readonly by: string;
  /** The place in the journal from which its first measurement counts. */
  readonly since: number;
  readonly address: string;
  readonly name: string;
  /** Steps of the radio's adapter, then `waiting-for-measurement`. */
  readonly step: string;
  readonly state: 'running' | 'paired' | 'failed';
  /** When it ends by itself, ms since 1970 UTC of the machine's clock. */
  readonly endsAt: number;
  /** What is known of the model before it says so itself, e.g. that it keeps one pairing only. */
  readonly about: Pick<Recognised, 'model' | 'modelKey' | 'oneHost' | 'instructions'>;
  /** What the person said it looks like; only for words and pictures. */
  readonly look?: Look;
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
  /** What the person said it looks like. */
  readonly look?: Look | undefined;
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
const aborted = () =>
  new CodedError(
    'radio-aborted',
    'The device was not paired',
    'It was cancelled, or took too long. Begin again with the device at hand.',
  );
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
    const { since } = one.view;
    const timer = setTimeout(() => end(one), limitMs);
    try {
      const onStep = (step: string) => clear(one, { step });
      const options = { dialog: dialogOf(one), onStep };
      let device = await adoption.pair(actor, { address, name }, one.stop.signal, options);
      clear(one, { step: 'waiting-for-measurement', device });
      if (assign) device = await assign(device);
      show(one, { device });
      const firstRecord = await adoption.firstRecord(device.id, since, one.waiting.signal);
      clear(one, { state: 'paired', firstRecord });
    } catch (error) {
      // Whatever it was at when it was ended, e.g. a question: it is the end that is told.
      const told = one.stop.signal.aborted ? aborted() : error;
      clear(one, { state: 'failed', failure: failureOf(told) });
    } finally {
      clearTimeout(timer);
    }
  }

  function end(one: Running): void {
    // Aborting a finished bonding would end the visit that goes on from it.
    if (one.view.device === undefined) one.stop.abort();
    one.waiting.abort();
  }

  /** The pairing as far as it is this one's business: with nobody named it is everybody's. */
  const of = (by: string | undefined) =>
    by === undefined || current?.view.by === by ? current : undefined;

  return {
    /** The pairing that is under way, or the last one; with `by`, only where they began it. */
    view: (by?: string): PairingView | undefined => of(by)?.view,

    /** Somebody else is at it, whose pairing a new one would end or be refused for. */
    isBusyFor: (by: string): boolean => isRunning() && current?.view.by !== by,

    /**
     * Begins a pairing. A retry of the same device ends the one before; `radio-busy` while another
     * device is being bonded, or the same by somebody else.
     */
    async begin(actor: string, request: PairingRequest): Promise<PairingView> {
      const before = current;
      if (before && isRunning()) {
        const bonding = before.view.device === undefined;
        const isRetry = before.view.address === request.address && before.view.by === actor;
        if (bonding && !isRetry) throw busy();
        end(before);
        await before.done;
        if (current !== before) throw busy();
      }
      const heard = adoption.seen().find((one) => one.address === request.address);
      const { model, modelKey, oneHost, instructions } = heard ?? {};
      const { look } = request;
      const one: Running = {
        view: {
          id: randomUUID(),
          by: actor,
          since: adoption.mark(),
          address: request.address,
          name: request.name,
          step: 'waiting',
          state: 'running',
          endsAt: now() + limitMs,
          about: {
            ...(model === undefined ? {} : { model }),
            ...(modelKey === undefined ? {} : { modelKey }),
            ...(oneHost === undefined ? {} : { oneHost }),
            ...(instructions === undefined ? {} : { instructions }),
          },
          ...(look === undefined ? {} : { look }),
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
    answer(given: { passkey?: number; same?: boolean }, by?: string): PairingView {
      const one = of(by);
      if (!one?.answer) throw noQuestion();
      one.answer(given);
      return one.view;
    },

    /** Ends it, and fulfils when it has ended. While a measurement is waited for, the device stays paired. */
    async cancel(by?: string): Promise<PairingView | undefined> {
      const one = of(by);
      if (one && isRunning()) {
        end(one);
        await one.done;
      }
      return one?.view;
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
