import { expect, test } from 'vitest';
import {
  classifyReason,
  LINK_ENDED,
  LINK_SILENT,
} from '../../../../agent/home/transport/classify-mqtt.ts';
import { createMqttRetry } from '../../../../agent/home/transport/mqtt-retry.ts';
import { fc } from '../../../support/property.ts';

const WAITS = { minMs: 1_000, maxMs: 60_000, slowMs: 300_000 };
const TAKEN = classifyReason(142);

function stage(random = () => 1) {
  let at = 0;
  const retry = createMqttRetry({ waits: WAITS, random, monotonic: () => at });
  return {
    retry,
    /** A connection that held for so long, ended so. */
    held: (ms: number, down = LINK_ENDED) => {
      retry.connected();
      at += ms;
      return retry.ended(down, true);
    },
  };
}

test('waits double up to the longest, and begin anew after a connection that held', () => {
  const { retry, held } = stage();
  const waits = Array.from({ length: 8 }, () => retry.ended(LINK_SILENT, false).waitMs / 1000);
  expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
  expect(held(121_000, LINK_SILENT).waitMs).toBe(1_000);
});

test('half of each wait is chance, and none is longer than the longest or shorter than half the first', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true })), (chances) => {
      const left = [...chances];
      const { retry } = stage(() => left.shift() ?? 0);
      chances.forEach((chance, failures) => {
        const full = Math.min(60_000, 1_000 * 2 ** failures);
        expect(retry.ended(LINK_SILENT, false).waitMs).toBeCloseTo(full * (0.5 + chance / 2));
      });
    }),
  );
});

test('a session taken by another is left alone for long, at once', () => {
  const { held } = stage();
  expect(held(1_000, TAKEN)).toMatchObject({ waitMs: 300_000, down: TAKEN });
});

test('a broker that ends each connection early is said at the third, and left alone for long', () => {
  const { held } = stage();
  const said = [held(500), held(500), held(500)].map(({ down, waitMs }) => [down.code, waitMs]);
  expect(said).toEqual([
    ['broker-closed', 1_000],
    ['broker-closed', 2_000],
    ['broker-drops', 300_000],
  ]);
  expect(held(601_000).down.code).toBe('broker-closed');
});

test('two of one id, whose broker does not say why it ends a connection, hardly throw each other off', () => {
  const HOURS = 24;
  const gateways = [0.3, 0.7].map((chance) => {
    let now = 0;
    const random = () => chance;
    const retry = createMqttRetry({ waits: WAITS, random, monotonic: () => now });
    return { retry, next: 0, tick: (at: number) => (now = at) };
  });
  const [one, other] = gateways;
  if (!one || !other) throw new Error('two');
  let holder: typeof one | undefined;
  let taken = 0;
  for (;;) {
    const caller = one.next <= other.next ? one : other;
    const at = caller.next;
    if (at > HOURS * 3_600_000) break;
    for (const gateway of gateways) gateway.tick(at);
    if (holder) {
      taken += 1;
      holder.next = at + holder.retry.ended(LINK_ENDED, true).waitMs;
    }
    caller.retry.connected();
    caller.next = Number.POSITIVE_INFINITY;
    holder = caller;
  }
  expect(taken).toBeGreaterThan(10);
  // Each once in four minutes or so: with waits that began anew it would be every second.
  expect(taken / HOURS).toBeLessThan(40);
});

test('a broker that hangs up twice without a word is asked in 3.1.1, and once it accepts it keeps that', () => {
  const { retry, held } = stage();
  expect(retry.ended(LINK_ENDED, false).isOtherVersion).toBe(false);
  expect(retry.ended(LINK_ENDED, false)).toMatchObject({ isOtherVersion: true, waitMs: 0 });
  expect(retry.version()).toBe(4);
  expect(held(100, LINK_ENDED).isOtherVersion).toBe(false);
  expect(retry.ended(LINK_ENDED, false).isOtherVersion).toBe(false);
  expect(retry.ended(LINK_ENDED, false).isOtherVersion).toBe(false);
  expect(retry.version()).toBe(4);
});

test('silence is no word about the version', () => {
  const { retry } = stage();
  for (let attempt = 0; attempt < 5; attempt += 1) retry.ended(LINK_SILENT, false);
  expect(retry.version()).toBe(5);
});
