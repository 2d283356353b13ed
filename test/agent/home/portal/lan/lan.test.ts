import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { createLan } from '../../../../../agent/home/portal/lan/lan.ts';
import { OWN_CERTIFICATE } from '../../../../../agent/home/portal/lan/own-certificate.ts';
import { createLog } from '../../../../../agent/log.ts';

afterEach(() => vi.useRealTimers());

function stage() {
  const data = mkdtempSync(join(tmpdir(), 'iomt-lan-'));
  const log = createLog({ level: 'silent', program: 'home' });
  const clock = { now: () => Date.now(), trusted: () => true };
  const config = { data, http: { host: '192.0.2.10', port: 8420 } };
  const gateway = 'gw-abcdefghij234567';
  const lan = createLan({ config, gateway, isAnnounced: false, clock, log });
  return {
    lan,
    file: join(data, OWN_CERTIFICATE),
    async [Symbol.asyncDispose]() {
      await lan.stop();
      rmSync(data, { recursive: true });
    },
  };
}

const failing = (code: string) => Promise.reject(Object.assign(new Error(code), { code }));

test('an address that the machine does not have yet is said, and listened at when it is there', async () => {
  vi.useFakeTimers();
  await using stage_ = stage();
  const { lan } = stage_;
  let isThere = false;
  const open = vi.fn(() => (isThere ? Promise.resolve() : failing('EADDRNOTAVAIL')));
  await lan.listen(open);
  const said = [{ name: 'portal', ok: false, code: 'portal-address-missing' }];
  expect(lan.checks()).toEqual(said);
  lan.start();
  await vi.advanceTimersByTimeAsync(3_000);
  expect(open).toHaveBeenCalledTimes(2);
  expect(lan.checks()).toEqual(said);
  isThere = true;
  // The certificate is made meanwhile, in time that is not the test's.
  await vi.waitFor(
    () => vi.advanceTimersByTimeAsync(60_000).then(() => expect(lan.checks()).toEqual([])),
    { timeout: 60_000 },
  );
  const calls = open.mock.calls.length;
  await vi.advanceTimersByTimeAsync(180_000);
  expect(open).toHaveBeenCalledTimes(calls);
});

test('a port that another program has is a mistake of the configuration, and told at once', async () => {
  await using stage_ = stage();
  await expect(stage_.lan.listen(() => failing('EADDRINUSE'))).rejects.toThrow('EADDRINUSE');
});

test('the names that a card shows', async () => {
  await using stage_ = stage();
  const { names } = stage_.lan;
  expect(names.url).toBe('https://iomt-abcdefgh.local:8420/');
  expect(names.numberUrls()).toEqual([]);
});
