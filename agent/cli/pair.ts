import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { CodedError } from '../errors.ts';
import type { PairingQuestion, PairingView } from '../home/people/pairings.ts';
import type { Recognised } from '../home/people/recognised.ts';
import { ask } from './control.ts';
import { type Io, UsageError } from './io.ts';

/** The pairing is looked at this often, ms: a code has to be typed within half a minute. */
const LOOK_EVERY_MS = 300;

const STEPS: Readonly<Record<string, string>> = {
  waiting: 'Waiting for the device: switch it on or take a measurement beside the gateway …',
  bonding: 'Pairing …',
  connecting: 'Connecting …',
  reading: 'Reading what it is …',
  subscribing: 'Asking for its measurements …',
  'waiting-for-measurement': 'Paired. Waiting for a measurement: measure once now …',
};

/**
 * Pairs over the control socket: says each step, shows the device's code, and asks for what the
 * device asks; answers are read from standard input, line by line. Fulfils with the device and
 * whether a measurement came; throws the gateway's coded errors.
 */
export async function pairDevice(
  folder: string,
  io: Io,
  request: { address: string; name: string; whose?: unknown; passkey?: string },
): Promise<Record<string, unknown>> {
  for (const line of await beforePairing(folder, request.address)) io.err(line);
  let view = await ask<PairingView>(folder, 'POST', '/api/pairing', request);
  const { id } = view;
  const cancel = () => void ask(folder, 'DELETE', '/api/pairing').catch(() => undefined);
  process.once('SIGINT', cancel);
  const teller = createTeller(io);
  const lines = createLines(io);
  const over = new AbortController();
  let asked = 0;
  try {
    while (view.state === 'running') {
      teller.tell(view);
      const { question } = view;
      if (question && question.number !== asked) {
        asked = question.number;
        io.err(wordsOf(question));
        void answer(folder, io, question, lines, over.signal);
      }
      await delay(LOOK_EVERY_MS);
      const now = await ask<PairingView | null>(folder, 'GET', '/api/pairing');
      if (now?.id !== id) throw new CodedError('pairing-ended', 'The pairing ended', 'Try again.');
      view = now;
    }
  } finally {
    over.abort();
    lines.close();
    process.removeListener('SIGINT', cancel);
  }
  const { failure, device, firstRecord } = view;
  if (failure) throw new CodedError(failure.code, failure.message, failure.hint);
  if (!firstRecord) io.err('Paired; no measurement received yet: measure once now.');
  return { ...device, firstRecord };
}

/** What a person has to know of the model before it is paired; nothing where its name does not tell it. */
async function beforePairing(folder: string, address: string): Promise<string[]> {
  const asked = address.replaceAll(':', '').toLowerCase();
  const seen = await ask<Recognised[]>(folder, 'GET', '/api/devices/seen');
  const one = seen.find((device) => device.address === asked);
  if (!one?.model) return [];
  return [
    `By its name: ${one.model}.`,
    ...(one.notYet ? [one.notYet.en] : []),
    ...(one.oneHost ? [one.oneHost.en] : []),
    ...(one.instructions ? [one.instructions.pair.en] : []),
  ];
}

/** Says each step and each digit of a shown code once. */
function createTeller(io: Io): { tell(view: PairingView): void } {
  let said = '';
  let shown = '';
  return {
    tell({ step, show }) {
      const words = STEPS[step];
      if (words !== undefined && words !== said) {
        io.err(words);
        said = words;
      }
      const code = show ? `Type ${show.passkey} on the device (${show.entered} of 6 digits).` : '';
      if (code !== '' && code !== shown) io.err(code);
      shown = code;
    },
  };
}

const wordsOf = (question: PairingQuestion) =>
  question.ask === 'passkey'
    ? 'The device shows a code of six digits. Type it here, within half a minute:'
    : `Does the device show ${question.passkey}? Type yes or no:`;

/** Reads lines until one is an answer, and hands it over; a late one is of no use and not said. */
async function answer(
  folder: string,
  io: Io,
  question: PairingQuestion,
  lines: Lines,
  signal: AbortSignal,
): Promise<void> {
  for (let line = await lines.next(); line !== undefined; line = await lines.next()) {
    if (signal.aborted) return;
    const given = readAnswer(question, line);
    if (given) {
      await ask(folder, 'POST', '/api/pairing/answer', given).catch(() => undefined);
      return;
    }
    io.err(wordsOf(question));
  }
  io.err('Nothing can be typed here: give the code beforehand, with --passkey.');
}

function readAnswer({ ask: what }: PairingQuestion, line: string): object | undefined {
  const text = line.trim().toLowerCase();
  if (what === 'passkey') return /^\d{6}$/.test(text) ? { passkey: text } : undefined;
  if (/^(y|yes|j|ja)$/.test(text)) return { same: true };
  return /^(n|no|nei)$/.test(text) ? { same: false } : undefined;
}

interface Lines {
  /** The next line; undefined when there is none to come. */
  next(): Promise<string | undefined>;
  close(): void;
}

/** Standard input is opened for the first question only: a script that pairs keeps its own. */
function createLines(io: Io): Lines {
  const waiting: ((line: string | undefined) => void)[] = [];
  const early: string[] = [];
  let ended = false;
  let reader: ReturnType<typeof createInterface> | undefined;
  const open = () => {
    const input = io.stdin instanceof Readable ? io.stdin : Readable.from(io.stdin);
    const opened = createInterface({ input, terminal: false });
    opened.on('line', (line) => {
      const next = waiting.shift();
      if (next) next(line);
      else early.push(line);
    });
    opened.on('close', () => {
      ended = true;
      for (const next of waiting.splice(0)) next(undefined);
    });
    return opened;
  };
  return {
    next() {
      reader ??= open();
      const line = early.shift();
      if (line !== undefined || ended) return Promise.resolve(line);
      return new Promise((resolve) => waiting.push(resolve));
    },
    close: () => reader?.close(),
  };
}

/** The option `--passkey`: six digits, leading zeros with them. */
export function passkeyOf(text: string | undefined): { passkey?: string } {
  if (text === undefined) return {};
  if (/^\d{6}$/.test(text)) return { passkey: text };
  throw new UsageError('--passkey takes the six digits that the device shows.');
}
