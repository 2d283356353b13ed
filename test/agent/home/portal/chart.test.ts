import { expect, test } from 'vitest';
import type { Measurement, StatusFlag } from '../../../../adapters/measurement.ts';
import { DRAWN, holding } from '../../../../agent/home/portal/axes.ts';
import {
  CHART_STYLE,
  type ChartInput,
  chart,
  chartTable,
} from '../../../../agent/home/portal/chart.ts';
import type { OwnReading } from '../../../../agent/home/portal/own-readings.ts';
import { type PeriodName, periodOf } from '../../../../agent/home/portal/period.ts';
import { LANGUAGE_TAGS } from '../../../../agent/pages/language.ts';
import { DAY, HOUR, ZONE } from '../household.ts';
import { pressure, single } from './many-readings.ts';

const NOW = Date.parse('2026-11-25T12:00:00+01:00');
const weight = (value: string, unit = 'kg') => single('body-weight', 'weight', { value, unit });

function reading(at: number, one: Measurement, status: StatusFlag[] = []): OwnReading {
  return {
    ...{ id: String(at), kind: one.kind, state: 'ready', measuredAt: at, arrivedAt: at, status },
    ...{ measurements: [one], sequence: undefined, time: undefined, basis: 'sole-owner' },
    comment: undefined,
    isCommentShown: false,
    device: {
      id: 'd',
      name: 'n',
      facts: { key: 'k', regulated: 'no', hasClock: true },
      simulated: false,
      owner: undefined,
    },
  };
}

function input(readings: OwnReading[], name: PeriodName = 'week', over: Partial<ChartInput> = {}) {
  const reader = { now: NOW, zone: ZONE, language: 'nb' } as const;
  return {
    ...{ kind: readings[0]?.kind ?? 'body-weight', name, days: periodOf(name, reader), reader },
    points: { readings, spanMs: undefined },
    ...over,
  } satisfies ChartInput;
}
const drawn = (...given: Parameters<typeof input>) => chart(input(...given))?.html ?? '';
/** Each series' line: where the pen is set down anew, and where it goes on. */
const lines = (svg: string) =>
  [...svg.matchAll(/class="chart-line"[^>]* d="([^"]*)"/g)].map((one) =>
    one[1]?.replace(/[\d. -]/g, ''),
  );
const heights = (svg: string) =>
  [
    ...(/class="chart-line"[^>]* d="([^"]*)"/.exec(svg)?.[1] ?? '').matchAll(
      /[ML]\S+ (\S+?)(?=[ML]|$)/g,
    ),
  ].map((one) => Number(one[1]));
const labels = (svg: string) => [...svg.matchAll(/<text[^>]*>([^<]*)</g)].map((one) => one[1]);

test('points are joined where nothing is missing between them, and only there', () => {
  const at = (days: number) => NOW - 7 * DAY + days * DAY;
  const every = [1, 2, 3].map((day) => reading(at(day), weight('71.8')));
  expect(lines(drawn(every))).toEqual(['MLL']);
  const edge = [reading(at(1), weight('71.8')), reading(at(1) + 60 * HOUR, weight('71.8'))];
  expect(lines(drawn(edge))).toEqual(['ML']);
  const gap = [reading(at(1), weight('71.8')), reading(at(1) + 60 * HOUR + 1, weight('71.8'))];
  expect(lines(drawn(gap))).toEqual(['MM']);
  // A measurement without a value lies between: what it was nobody knows.
  const absent = single('body-weight', 'weight', { absent: 'error' });
  expect(lines(drawn([...every.slice(0, 1), reading(at(1.5), absent), ...every.slice(1)]))).toEqual(
    ['MML'],
  );
});

test('two series of a pressure are told apart by shape and line', () => {
  const svg = drawn([reading(NOW - DAY, pressure(138)), reading(NOW, pressure(142))]);
  expect(lines(svg)).toEqual(['ML', 'ML']);
  expect(svg.match(/stroke-dasharray/g)).toHaveLength(1);
  expect(svg.match(/stroke-linecap="round"/g)?.length).toBe(2);
  expect(labels(svg)).toEqual(expect.arrayContaining(['systolisk', 'diastolisk', 'mmHg']));
});

test('the axis is the kind’s own, whatever was measured, and gives way only outward', () => {
  const scale = (svg: string) => labels(svg).filter((text) => /^\d+$/.test(text ?? ''));
  const near = drawn([reading(NOW, weight('71.8')), reading(NOW - DAY, weight('72.0'))]);
  const far = drawn([reading(NOW, weight('50')), reading(NOW - DAY, weight('110'))]);
  expect(scale(near)).toEqual(['40', '60', '80', '100', '120']);
  expect(scale(far)).toEqual(scale(near));
  expect(scale(drawn([reading(NOW, weight('121'))]))).toEqual([
    '40',
    '60',
    '80',
    '100',
    '120',
    '140',
  ]);
  for (const { axes } of Object.values(DRAWN)) {
    for (const axis of Object.values(axes)) {
      expect(holding(axis, [axis.low, axis.high])).toEqual(axis);
      for (const value of [axis.low - 1, axis.high + 1, axis.low - 3 * axis.high, 20 * axis.high]) {
        const { low, high, step } = holding(axis, [value]);
        expect(low).toBeLessThanOrEqual(Math.min(value, axis.low));
        expect(high).toBeGreaterThanOrEqual(Math.max(value, axis.high));
        expect((high - low) / step).toBeLessThanOrEqual(10);
        expect(Number.isInteger((high - low) / step)).toBe(true);
        expect(Number.isInteger((axis.low - low) / axis.step)).toBe(true);
      }
    }
  }
});

test('a higher value is drawn higher, at its own place on the axis', () => {
  const [low = 0, middle = 0, high = 0] = heights(
    drawn([40, 80, 120].map((kg, at) => reading(NOW - (2 - at) * HOUR, weight(String(kg))))),
  );
  expect(low).toBeGreaterThan(middle);
  expect(Math.abs((low + high) / 2 - middle)).toBeLessThan(0.2);
});

test('what is not drawn is said and stands in the table: another unit, no value, a limit', () => {
  const readings = [
    reading(NOW - 3 * HOUR, weight('158.3', '[lb_av]')),
    reading(NOW - 2 * HOUR, single('body-weight', 'weight', { absent: 'error' })),
    reading(NOW - HOUR, weight('71.8')),
  ];
  const svg = drawn(readings);
  expect(lines(svg)).toEqual(['M']);
  expect(svg).toContain('1 målt i en annen enhet står bare i tabellen.');
  expect(svg).toContain('1 uten verdi står bare i tabellen.');
  const table = chartTable(input(readings)).html.replaceAll('\u00a0', ' ');
  expect(table.indexOf('71,8 kg')).toBeLessThan(table.indexOf('158,3 lb'));
  expect(table).toContain('ingen verdi (feil)');
  const glucose = (value: string) => single('glucose', 'glucose', { value, unit: 'mmol/L' });
  const limit = drawn([
    reading(NOW - 2 * HOUR, glucose('6.0')),
    reading(NOW - HOUR, glucose('33.3'), ['result-too-high']),
    reading(NOW, glucose('7.0')),
  ]);
  expect(lines(limit)).toEqual(['MMM']);
  expect(limit).toContain('class="chart-limit"');
  const control = { ...glucose('6.0'), attributes: { type: 'control-solution' } };
  expect(lines(drawn([reading(NOW, control)]))).toEqual(['']);
  expect(lines(drawn([reading(NOW, glucose('6.0'), ['invalid'])]))).toEqual(['']);
});

test('of a stream an hour without anything is a gap; thinned points say for how long each stands', () => {
  const pulse = (at: number) =>
    reading(at, single('heart-rate', 'heart-rate', { value: '64', unit: '/min' }));
  expect(lines(drawn([pulse(NOW - HOUR), pulse(NOW)]))).toEqual(['ML']);
  expect(lines(drawn([pulse(NOW - HOUR - 1), pulse(NOW)]))).toEqual(['MM']);
  const points = { readings: [pulse(NOW - 2 * HOUR), pulse(NOW)], spanMs: HOUR };
  const svg = drawn(points.readings, 'week', { points });
  expect(lines(svg)).toEqual(['ML']);
  expect(svg).toContain('én står for hver 60 minutter');
});

test('it has a name and a description, in the reader’s language, and nothing that a strict page refuses', () => {
  for (const language of LANGUAGE_TAGS) {
    for (const name of ['week', 'month', 'year'] as const) {
      const reader = { now: NOW, zone: ZONE, language };
      const svg = drawn([reading(NOW, pressure(138))], name, { reader });
      const [, title, desc] = /aria-labelledby="(\S+)" aria-describedby="(\S+)"/.exec(svg) ?? [];
      expect(svg).toContain('role="img"');
      expect(svg).toContain(`<title id="${title}">`);
      expect(svg).toContain(`<desc id="${desc}">`);
      expect(svg).not.toMatch(
        /style=|<style|<script|#[0-9a-f]{3}|rgb|red|green|undefined|NaN|\{\w+\}/,
      );
      const table = chartTable(input([reading(NOW, pressure(138))], name, { reader })).html;
      expect(table).toMatch(/<caption>.+<\/caption>/);
      expect(table).not.toMatch(/\{\w+\}|undefined/);
    }
  }
});

test('a period is of calendar days in the home, also over the change of clocks', () => {
  const autumn = periodOf('week', { now: Date.parse('2026-10-27T00:10:00+01:00'), zone: ZONE });
  expect(new Date(autumn.from).toISOString()).toBe('2026-10-20T22:00:00.000Z');
  expect(new Date(autumn.until).toISOString()).toBe('2026-10-27T23:00:00.000Z');
  const lengths = autumn.days.map((at, index) => (autumn.days[index + 1] ?? autumn.until) - at);
  expect(lengths.map((ms) => ms / HOUR)).toEqual([24, 24, 24, 24, 25, 24, 24]);
  const before = periodOf('week', { now: Date.parse('2026-10-27T00:10:00+01:00'), zone: ZONE }, 1);
  expect(before.until).toBe(autumn.from);
  // Midnight was skipped there: the day begins at one o'clock.
  const cairo = periodOf('week', { now: Date.parse('2026-04-25T12:00:00Z'), zone: 'Africa/Cairo' });
  expect(cairo.days).toHaveLength(7);
  expect(cairo.days.every((at, index) => index === 0 || at > (cairo.days[index - 1] ?? 0))).toBe(
    true,
  );
});

test('the fullest year, drawn and as a table, leaves room in a page of 200 kB', () => {
  const readings = Array.from({ length: 1_100 }, (_, n) =>
    reading(
      NOW - (1_100 - n) * 8 * HOUR,
      pressure(100 + (n % 80), 84),
      n % 10 ? [] : ['irregular-pulse'],
    ),
  );
  const given = input(readings, 'year');
  const bytes = Buffer.byteLength((chart(given)?.html ?? '') + chartTable(given).html);
  expect(bytes).toBeLessThan(190_000);
});

test('its style sheet knows no colour', () => {
  expect(CHART_STYLE).toContain('.chart {');
  expect(CHART_STYLE).not.toMatch(/#[0-9a-f]{3}|rgb|hsl|red|green|fill|stroke/);
});

test('a kind that is no number has a table and no drawing', () => {
  const contact: Measurement = { kind: 'contact', quantities: {}, attributes: { opening: true } };
  const given = input([reading(NOW, contact)]);
  expect(chart(given)).toBeUndefined();
  expect(chartTable(given).html).toContain('åpen');
  expect(chart(input([]))?.html).toContain('Ingen målinger i denne perioden.');
});
