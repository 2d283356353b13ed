import type { Delivery, Envelope, Transport } from '../../agent/home/transport/transport.ts';

export interface FakeTransport extends Transport {
  /** Every envelope handed over, in order, repeats included. */
  readonly received: Envelope[];
  /** How the receiver answers from now on; `silence` never does. Starts as `delivered`. */
  answer(how: Delivery | 'silence' | ((envelope: Envelope) => Delivery | 'silence')): void;
}

/** A receiver in memory that passes the contract of every transport. */
export function createFakeTransport(options: {
  readonly recipient: string;
  readonly deliverTimeoutMs?: number;
  readonly bytesMax?: number;
  readonly joinMax?: number;
}): FakeTransport {
  const { recipient, deliverTimeoutMs = 1_000, bytesMax = 128 * 1024 } = options;
  const received: Envelope[] = [];
  const closed = new AbortController();
  let how: Parameters<FakeTransport['answer']>[0] = { outcome: 'delivered' };

  const deliver = (
    envelope: Envelope,
    signal: AbortSignal,
    mayLeave?: () => boolean,
  ): Promise<Delivery> => {
    const stop = AbortSignal.any([signal, closed.signal]);
    if (Buffer.byteLength(envelope.body) > bytesMax) {
      return Promise.resolve({ outcome: 'rejected', because: 'too-large' });
    }
    if (envelope.recipient !== recipient) {
      return Promise.resolve({ outcome: 'rejected', because: 'invalid' });
    }
    if (stop.aborted) return Promise.resolve({ outcome: 'deferred', because: 'cancelled' });
    const answer = typeof how === 'function' ? how(envelope) : how;
    if (answer !== 'silence' && isOffline(answer)) return Promise.resolve(answer);
    if (mayLeave?.() === false) {
      return Promise.resolve({ outcome: 'deferred', because: 'cancelled' });
    }
    received.push(envelope);
    if (answer !== 'silence') return Promise.resolve(answer);
    return new Promise((resolve) => {
      const settle = (because: 'timeout' | 'cancelled') => {
        clearTimeout(timer);
        resolve({ outcome: 'deferred', because });
      };
      const timer = setTimeout(() => settle('timeout'), deliverTimeoutMs);
      stop.addEventListener('abort', () => settle('cancelled'), { once: true });
    });
  };
  return {
    name: `fake:${recipient}`,
    ...(options.joinMax === undefined ? {} : { joinMax: options.joinMax }),
    received,
    answer: (next) => {
      how = next;
    },
    deliver,
    close: () => {
      closed.abort();
      return Promise.resolve();
    },
  };
}

const isOffline = (delivery: Delivery) =>
  delivery.outcome === 'deferred' && delivery.because === 'offline';
