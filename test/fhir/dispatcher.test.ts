import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createRenewingDispatcher } from '../../fhir/dispatcher.ts';

const OPTIONS = { timeoutMs: 20, answerBytesMax: 1_000 };

test('the files are looked at again after a failure, and what cannot be read leaves what there is', () => {
  const found: (string | undefined)[] = ['a', 'a', 'b', undefined];
  let asked = 0;
  const ways = createRenewingDispatcher(() => {
    const ca = found[asked];
    asked += 1;
    if (ca === undefined) throw new Error('no such file');
    return { ca };
  }, OPTIONS);
  const first = ways.current();
  expect([ways.current(), asked]).toEqual([first, 1]);
  const next = () => {
    ways.failed();
    return ways.current();
  };
  expect([next(), asked]).toEqual([first, 2]);
  const second = next();
  expect(second).not.toBe(first);
  expect([next(), asked]).toEqual([second, 4]);
  return ways.close();
});

test('what was never readable is an error, and closing in the middle of a renewal is none', async () => {
  const ways = createRenewingDispatcher(() => {
    throw new Error('no such file');
  }, OPTIONS);
  expect(() => ways.current()).toThrow('no such file');
  await ways.close();
  let count = 0;
  const renewing = createRenewingDispatcher(() => ({ ca: String(count++) }), OPTIONS);
  renewing.current();
  renewing.failed();
  renewing.current();
  await renewing.close();
  // An old one that is retired now would end the process with an unhandled rejection.
  await sleep(60);
});
