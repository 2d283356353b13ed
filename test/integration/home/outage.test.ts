import { afterEach, expect, test } from 'vitest';
import { furnishOutage, startOutageHome } from '../../outage/home.ts';
import { framesOf } from '../../outage/plan.ts';
import { runOutage } from '../../outage/run.ts';
import { freePort } from '../../support/free-port.ts';
import { hasMosquitto } from '../../support/mosquitto.ts';
import { until } from '../../support/until.ts';
import { createCleanup, startReceiver } from './bench.ts';

/** A sample of `node test/outage/main.ts`, which plays 14 days and 100,000 readings. */

const START = Date.parse('2026-03-02T00:00:00Z');

const cleanup = createCleanup();
afterEach(() => cleanup.run());

test.skipIf(!hasMosquitto())(
  'days without the broker, then all arrives, in order for each device, also past refused ones',
  async () => {
    const result = await runOutage({ days: 3 });
    console.log(JSON.stringify(result));
    expect(result.arrived).toBe(result.handedOver);
    expect(result.refused).toBeGreaterThan(10);
    expect(result.outOfOrder).toBe(0);
    // An alarm and a fresh measurement wait for a small part of the backlog.
    expect(result.alarmPlace).toBeLessThan(result.queued / 2);
    expect(result.freshPlace).toBeLessThan(result.queued);
  },
);

interface Found {
  readonly total: number;
}

test('over HTTPS a backlog is joined: each reading once, and each person and device', async () => {
  const hospital = await startReceiver(cleanup);
  const away = await freePort();
  const data = cleanup.folder();
  const start = (port: string) =>
    startOutageHome({ data, transport: { type: 'https', url: port }, now: START });
  const before = await start(`http://127.0.0.1:${away}/fhir`);
  await furnishOutage(before);
  const frames = framesOf(START + 60_000, 1, 300);
  await before.feed(frames);
  expect(before.queued()).toBe(300);
  await before.stop();
  const after = await start(hospital.fhirUrl);
  cleanup.add(after.stop);
  after.time.now = before.time.now;
  await until(() => after.queued() === 0, 'all is received');
  const count = async (query: string) => {
    const answer = await fetch(
      `${hospital.fhirUrl}/${query}${query.includes('?') ? '&' : '?'}_count=1`,
    );
    return ((await answer.json()) as Found).total;
  };
  expect(await count('Patient')).toBe(3);
  // Eight of its nine devices had something to say, and the gateway.
  const used = new Set(frames.map(({ address }) => address)).size;
  expect(await count('Device')).toBe(used + 1);
  const pressures = frames.filter(({ source }) => 'service' in source && source.service === '1810');
  expect(await count('Observation?code=85354-9')).toBe(pressures.length);
  expect(after.home.views.summary()).toMatchObject({ received: 300, rejected: 0 });
});
