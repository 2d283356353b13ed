import { expect, test } from 'vitest';
import { type Check, createHttp } from '../../agent/http.ts';
import type { Log } from '../../agent/log.ts';

const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };

async function ready(...checks: Check[]) {
  const app = createHttp({ log: silent, checks: () => checks });
  const answer = await app.inject({ method: 'GET', url: '/readyz' });
  await app.close();
  return [answer.statusCode, answer.json().checks];
}

test('what is to be done in time is shown, and the program is ready until then', async () => {
  const soon: Check = {
    name: 'certificate',
    ok: false,
    code: 'own-certificate-ends-soon',
    until: '2026-12-01T00:00:00.000Z',
    isWarning: true,
  };
  expect(await ready({ name: 'store', ok: true }, soon)).toEqual([
    200,
    [{ name: 'store', ok: true }, soon],
  ]);
  expect((await ready({ name: 'store', ok: false, code: 'store-full' }, soon))[0]).toBe(503);
});
