import { expect, test } from 'vitest';
import { createHealth } from '../../../agent/home/health.ts';
import { createRegistry } from '../../../agent/home/metrics.ts';
import type { Log } from '../../../agent/log.ts';

const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };
const clock = { now: () => 1_700_000_000_000, trusted: () => true };
const now = { db: { open: true } as never, links: [], tokens: [], radio: true };

function stage() {
  const health = createHealth({ clock, log: silent });
  const radio = () => health.checks(now).find(({ name }) => name === 'radio');
  const line = async (name: string) =>
    (await createRegistry(health.figures).metrics())
      .split('\n')
      .find((one) => one.startsWith(name));
  return { health, radio, line };
}

test('the radio: its steps are counted, its trouble is red until it recovered', async () => {
  const { health, radio, line } = stage();
  health.radio('radio-state', { state: 'poweredOn' });
  expect([radio(), health.listening()]).toEqual([{ name: 'radio', ok: true }, true]);
  health.radio('radio-unwell', { code: 'scan-failed' });
  expect([radio(), health.listening()]).toEqual([
    { name: 'radio', ok: false, code: 'radio-unwell' },
    false,
  ]);
  expect(await line('iomt_radio_listening')).toBe('iomt_radio_listening 0');
  health.radio('radio-remedy', { op: 'power-cycle', state: true });
  health.radio('radio-remedy', { op: 'restart-service', state: false });
  expect(await line('iomt_radio_remedies_total{step="power-cycle"')).toMatch(/done="true"} 1$/);
  expect(await line('iomt_radio_remedies_total{step="restart-service"')).toMatch(/"false"} 1$/);
  health.radio('radio-dead', { ms: 1 });
  expect(radio()?.code).toBe('radio-dead');
  health.radio('radio-recovered', { ms: 1 });
  expect([radio()?.ok, health.listening()]).toEqual([true, true]);
  expect(await line('iomt_radio_listening')).toBe('iomt_radio_listening 1');
});

test('a radio without power is said as such until the ladder has reached its end', () => {
  const { health, radio } = stage();
  health.radio('radio-state', { state: 'poweredOff' });
  health.radio('radio-unwell', { code: 'poweredOff' });
  expect(radio()?.code).toBe('radio-poweredOff');
  health.radio('radio-dead', { ms: 1 });
  expect(radio()?.code).toBe('radio-dead');
});

test('what others count is shown', async () => {
  const { health, line } = stage();
  health.watch({
    commits: { groups: 3, works: 5, waitMsMax: 4 },
    links: () => 2,
    certificates: {
      checks: () => [],
      ends: () => [{ setting: 'certFile', recipient: 1, endsAt: 1_800_000_000_000, soonAt: 0 }],
    },
  });
  expect(await line('iomt_certificate_expiry_timestamp_seconds{')).toBe(
    'iomt_certificate_expiry_timestamp_seconds{recipient="1",file="certFile"} 1800000000',
  );
  expect(await line('iomt_commit_wait_max_seconds')).toMatch(/ 0\.004$/);
  expect(await line('iomt_radio_links')).toMatch(/ 2$/);
});

test('a connection that is up and of which something is not well is red', () => {
  const { health } = stage();
  const link = { name: 'x', recipients: [], online: true, code: 'broker-refused-receipts' };
  expect(health.checks({ ...now, links: [link] }).at(-1)).toEqual({
    name: 'broker',
    ok: false,
    code: 'broker-refused-receipts',
  });
});
