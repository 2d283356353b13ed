import { expect, test } from 'vitest';
import { type DatingInput, dateReading } from '../../../../agent/home/journal/dating.ts';
import { localMs } from '../../../../fhir/time.ts';
import { fc } from '../../../support/property.ts';

const zone = 'Europe/Oslo';
const at = (text: string) => Date.parse(text);
const wall = (ms: number) => new Date(ms).toISOString().slice(0, 19);

const live: DatingInput = {
  deviceTime: undefined,
  clockNotSet: false,
  fromStorage: false,
  capturedAt: at('2026-03-02T09:00:00Z'),
  clockTrusted: true,
  clock: undefined,
  hasClock: false,
  zone,
};
const beside = (deviceNow: string, gateway: string) => ({ deviceNow, gatewayAt: at(gateway) });

const cases: [string, Partial<DatingInput>, string][] = [
  ['no time told: reception', {}, '2026-03-02T10:00:00+01:00'],
  ['untrusted gateway', { clockTrusted: false }, 'gateway-clock-untrusted'],
  [
    'a clock that is years behind cancels out',
    {
      deviceTime: '2020-01-01T00:05:00',
      hasClock: true,
      clock: beside('2020-01-01T00:15:00', '2026-03-02T09:00:00Z'),
    },
    '2026-03-02T09:50:00+01:00',
  ],
  [
    'record of summer read in winter keeps the offset of its own day',
    {
      deviceTime: '2025-08-01T08:00:00',
      hasClock: true,
      clock: beside('2026-03-02T10:00:00', '2026-03-02T09:00:00Z'),
    },
    '2025-08-01T09:00:00+02:00',
  ],
  [
    'clock not set, live',
    { deviceTime: '2020-01-01T00:00:00', clockNotSet: true },
    '2026-03-02T10:00:00+01:00',
  ],
  ['clock not set, from memory', { clockNotSet: true, fromStorage: true }, 'device-clock-reset'],
  ['date unknown, live', { deviceTime: '0000-00-00T10:00:00' }, '2026-03-02T10:00:00+01:00'],
  ['unread clock, live', { deviceTime: '2026-03-02T09:59:00' }, '2026-03-02T09:59:00+01:00'],
  [
    'unread clock, two minutes and more',
    { deviceTime: '2026-03-02T09:57:59' },
    'device-clock-unread',
  ],
  [
    'a broadcast tells of now, whatever its clock shows',
    { deviceTime: '1970-05-04T15:02:01', broadcast: true },
    '2026-03-02T10:00:00+01:00',
  ],
  [
    'a broadcast whose clock is right has its time',
    { deviceTime: '2026-03-02T09:59:10', broadcast: true },
    '2026-03-02T09:59:10+01:00',
  ],
  [
    'a clock that can be read is waited for',
    { deviceTime: '2026-03-02T10:00:00', hasClock: true },
    'device-clock-unread',
  ],
  [
    'the clock was set back after the measurement',
    {
      deviceTime: '2026-03-02T11:00:00',
      hasClock: true,
      clock: beside('2026-03-02T10:00:00', '2026-03-02T09:00:00Z'),
    },
    'device-clock-reset',
  ],
  [
    'read in a later connection, and set between: later than its arrival is impossible',
    {
      deviceTime: '2026-03-02T10:00:00',
      hasClock: true,
      clock: beside('2026-03-05T09:00:00', '2026-03-05T09:00:00Z'),
    },
    'device-clock-reset',
  ],
  [
    'spring: a minute before the change arrives after it',
    { capturedAt: at('2026-03-29T01:00:30Z'), deviceTime: '2026-03-29T01:59:30' },
    '2026-03-29T01:59:30+01:00',
  ],
  [
    'autumn: the second time it is half past two',
    { capturedAt: at('2026-10-25T01:30:10Z'), deviceTime: '2026-10-25T02:30:00' },
    '2026-10-25T02:30:00+01:00',
  ],
  [
    'autumn: the first time it is half past two',
    { capturedAt: at('2026-10-25T00:30:10Z'), deviceTime: '2026-10-25T02:30:00' },
    '2026-10-25T02:30:00+02:00',
  ],
  [
    'autumn: a minute before the change arrives after it',
    { capturedAt: at('2026-10-25T01:00:10Z'), deviceTime: '2026-10-25T02:59:30' },
    '2026-10-25T02:59:30+02:00',
  ],
];

test.each(cases)('%s', (_name, input, answer) => {
  const dated = dateReading({ ...live, ...input });
  expect('held' in dated ? dated.held : dated.time.effective).toBe(answer);
});

test('however wrong a device clock is, and wherever the summer begins, the instant is the true one', () => {
  const second = fc.integer({ min: 0, max: 400 * 86_400 });
  fc.assert(
    fc.property(
      fc.integer({ min: -20 * 365 * 86_400, max: 20 * 365 * 86_400 }),
      second,
      fc.nat(86_400),
      (wrongBy, after, visit) => {
        const measured = at('2026-01-01T00:00:00Z');
        const gatewayAt = measured + after * 1000;
        const device = (ms: number) =>
          wall(localMs(measured, zone) + (ms - measured) + wrongBy * 1000);
        const dated = dateReading({
          ...live,
          deviceTime: device(measured),
          hasClock: true,
          capturedAt: gatewayAt + visit * 1000,
          clock: { deviceNow: device(gatewayAt), gatewayAt },
        });
        expect('held' in dated ? dated.held : dated.measuredAt).toBe(measured);
      },
    ),
  );
});

test('what arrives live by an unread clock is at most two minutes from its arrival, at any hour of the year', () => {
  fc.assert(
    fc.property(fc.nat(400 * 86_400), fc.integer({ min: -4_000, max: 4_000 }), (seconds, off) => {
      const capturedAt = at('2026-01-01T00:00:00Z') + seconds * 1000;
      const deviceTime = wall(localMs(capturedAt + off * 1000, zone));
      const dated = dateReading({ ...live, capturedAt, deviceTime });
      if ('held' in dated) expect(Math.abs(off)).toBeGreaterThan(120);
      else expect(Math.abs(dated.measuredAt - capturedAt)).toBeLessThanOrEqual(120_000);
    }),
  );
});
