import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Envelope, Transport } from '../../agent/home/transport/transport.ts';

export const RECIPIENT = 'home-care';
/** Of a receiver that answers: longer than a busy machine takes. */
const ANSWERED_MS_MAX = 20_000;
/** Of one that never does, which is waited out. */
const SILENT_MS_MAX = 400;

/** A transport with a receiver whose mood the test decides. */
export interface TransportBench extends AsyncDisposable {
  readonly transport: Transport;
  /** Bodies as they arrived at the receiver, repeats included. */
  received(): string[];
  /** From now on the receiver takes what comes and never answers. */
  silence(): void;
  /** The receiver is gone; fulfils when the transport can know. */
  down(): Promise<void>;
}

/** An invented envelope: a transaction of one entry, with a number whose last zero counts. */
export function envelope(over: Partial<Envelope> = {}): Envelope {
  const id = randomUUID();
  return { id, recipient: RECIPIENT, body: bundleText(id), ...over };
}

export function bundleText(id: string, padding = ''): string {
  return (
    `{"resourceType":"Bundle","type":"transaction","identifier":{"value":"urn:uuid:${id}"},` +
    `"entry":[{"resource":{"resourceType":"Basic","id":"${padding}",` +
    `"extension":[{"url":"urn:x-test","valueDecimal":6.0}]},"request":{"method":"POST","url":"Basic"}}]}`
  );
}

const never = () => new AbortController().signal;

/** What every transport keeps, the fake included (transport.ts). `make` is told when a delivery that is not answered ends. */
export function transportContract(
  name: string,
  make: (deliverTimeoutMs: number) => Promise<TransportBench>,
): void {
  const each = (
    title: string,
    body: (bench: TransportBench) => Promise<void>,
    deliverTimeoutMs = ANSWERED_MS_MAX,
  ) =>
    test(`${name}: ${title}`, async () => {
      await using bench = await make(deliverTimeoutMs);
      await body(bench);
    });

  each('what is delivered arrived once, byte for byte', async (bench) => {
    const sent = envelope();
    expect(await bench.transport.deliver(sent, never())).toMatchObject({ outcome: 'delivered' });
    await expect.poll(() => bench.received()).toEqual([sent.body]);
  });

  each('every one of many settles once, and nothing arrives twice', async (bench) => {
    const sent = Array.from({ length: 60 }, () => envelope());
    const outcomes = await Promise.all(sent.map((one) => bench.transport.deliver(one, never())));
    const delivered = sent.filter((_, index) => outcomes[index]?.outcome === 'delivered');
    expect(delivered.length).toBeGreaterThan(0);
    // One that timed out on a busy machine may have arrived all the same, and none twice.
    await expect
      .poll(() => delivered.filter(({ body }) => !bench.received().includes(body)))
      .toEqual([]);
    const arrived = bench.received();
    expect(new Set(arrived).size).toBe(arrived.length);
    expect(arrived.filter((body) => !sent.some((one) => one.body === body))).toEqual([]);
    expect(outcomes.filter((one) => one.outcome === 'rejected')).toEqual([]);
  });

  each('a signal already aborted sends nothing', async (bench) => {
    const outcome = await bench.transport.deliver(envelope(), AbortSignal.abort());
    expect(outcome).toEqual({ outcome: 'deferred', because: 'cancelled' });
    await sleep(50);
    expect(bench.received()).toEqual([]);
  });

  each('what may not leave any more does not, and it is asked where it leaves', async (bench) => {
    const sent = envelope();
    const outcome = await bench.transport.deliver(sent, never(), () => false);
    expect(outcome).toEqual({ outcome: 'deferred', because: 'cancelled' });
    let asked = 0;
    const mayLeave = () => {
      asked += 1;
      return true;
    };
    await bench.transport.deliver(sent, never(), mayLeave);
    await expect.poll(() => bench.received()).toEqual([sent.body]);
    expect(asked).toBeGreaterThan(0);
  });

  each('an abort on the way settles at once', async (bench) => {
    bench.silence();
    const abort = new AbortController();
    const outcome = bench.transport.deliver(envelope(), abort.signal);
    await sleep(50);
    abort.abort();
    expect(await outcome).toEqual({ outcome: 'deferred', because: 'cancelled' });
  });

  each(
    'silence settles as timeout',
    async (bench) => {
      bench.silence();
      const outcome = await bench.transport.deliver(envelope(), never());
      expect(outcome).toEqual({ outcome: 'deferred', because: 'timeout' });
    },
    SILENT_MS_MAX,
  );

  each('a receiver that is gone defers', async (bench) => {
    await bench.down();
    const outcome = await bench.transport.deliver(envelope(), never());
    expect(outcome).toEqual({ outcome: 'deferred', because: 'offline' });
  });

  each('an envelope over the limit is refused and not sent', async (bench) => {
    const id = randomUUID();
    const large = envelope({ id, body: bundleText(id, 'x'.repeat(128 * 1024)) });
    const outcome = await bench.transport.deliver(large, never());
    expect(outcome).toEqual({ outcome: 'rejected', because: 'too-large' });
    await sleep(50);
    expect(bench.received()).toEqual([]);
  });

  each("another recipient's envelope never leaves by this way", async (bench) => {
    const outcome = await bench.transport.deliver(envelope({ recipient: 'other' }), never());
    expect(outcome).toEqual({ outcome: 'rejected', because: 'invalid' });
    await sleep(50);
    expect(bench.received()).toEqual([]);
  });

  each('closing settles what is pending, and then nothing is sent', async (bench) => {
    bench.silence();
    const pending = bench.transport.deliver(envelope(), never());
    await sleep(50);
    await bench.transport.close();
    expect(await pending).toEqual({ outcome: 'deferred', because: 'cancelled' });
    const before = bench.received().length;
    const after = await bench.transport.deliver(envelope(), never());
    expect(after).toEqual({ outcome: 'deferred', because: 'cancelled' });
    await sleep(50);
    expect(bench.received()).toHaveLength(before);
  });
}
