import { KINDS, type Kind } from '../../../adapters/measurement.ts';
import { isControlSolution } from '../../../fhir/observation.ts';
import { statusMeaning } from '../../../fhir/status.ts';
import { localMs } from '../../../fhir/time.ts';
import { type Html, html } from '../../pages/html.ts';
import { MEASURED } from '../../pages/measured.ts';
import { numberText } from '../../pages/number.ts';
import { dateText, dayOfMonthText, type Reader, WHEN, whenText } from '../../pages/when.ts';
import { type Axis, DRAWN, holding } from './axes.ts';
import type { OwnReading, Points } from './own-readings.ts';
import type { Days, PeriodName } from './period.ts';
import { kindName, shownReading, unitText } from './shown-value.ts';
import { put, wordsOf } from './words/words.ts';

const HOUR_MS = 3_600_000;
/**
 * Further apart than this two points are not joined, ms: a line says that something went on between.
 * Two days and a half: measuring every other day, now early and now late, is joined; where two days
 * were left out that is seen, and who measures once or twice a week gets points alone.
 */
const SPOT_GAP_MS = 60 * HOUR_MS;
/** Of a stream, which comes each quarter of an hour or oftener: then something was off. */
const STREAM_GAP_MS = HOUR_MS;

/** Places in the drawing. It is drawn for a screen of 320 px and grows with wider ones. */
const WIDTH = 340;
const HEIGHT = 256;
const LEFT = 42;
const RIGHT = WIDTH - 10;
const TOP = 44;
const BOTTOM = HEIGHT - 30;
/** Words in the middle of the drawing stand below the line that may be there. */
const CLEAR_OF_LINES = 26;
/** More than so many points get smaller marks. */
const LARGE_MARKS_MAX = 120;

export interface ChartInput {
  readonly kind: Kind;
  readonly name: PeriodName;
  readonly days: Days;
  readonly points: Points;
  readonly reader: Reader;
}

interface Point {
  readonly at: number;
  readonly value: number;
  /** The device said only that it is over or under that. */
  readonly isLimit: boolean;
  /** Nothing without a value, and no gap, lies between it and the one before. */
  readonly isJoined: boolean;
}

interface Drawing {
  readonly axis: Axis;
  readonly unit: string;
  readonly series: readonly { readonly quantity: string; readonly points: readonly Point[] }[];
  readonly otherUnits: number;
  readonly noValues: number;
}

/**
 * One kind over a period, drawn on the server: points as they were measured, joined only where
 * nothing is missing between them. No colour, average or arrow says anything of a value; series are
 * told apart by shape. Undefined for a kind that is no number. The table beside it is `chartTable`.
 */
export function chart(input: ChartInput): Html | undefined {
  const drawing = drawingOf(input);
  if (!drawing) return undefined;
  const { kind, name, reader, points } = input;
  const words = wordsOf(reader.language).readings.chart;
  const title = put(words.title, { kind: kindName(kind, reader.language), period: words[name] });
  const drawn = drawing.series[0]?.points.length ?? 0;
  const desc = put(words.desc, {
    count: points.readings.length,
    ...spanText(input),
    low: numberText(String(drawing.axis.low), reader.language),
    high: numberText(String(drawing.axis.high), reader.language),
    unit: unitText(drawing.unit, reader.language),
    caption: captionText(input),
  });
  const id = `chart-${kind}-${name}`;
  return html`<svg class="chart" role="img" viewBox="0 0 ${WIDTH} ${HEIGHT}" aria-labelledby="${id}-title" aria-describedby="${id}-desc" fill="none" stroke="currentColor" font-size="14">
<title id="${id}-title">${title}</title>
<desc id="${id}-desc">${drawn === 0 ? words.none : desc}</desc>
${grid(drawing, input)}
${drawing.series.map((one, index) => seriesOf(one, index, drawing, input))}
${drawn === 0 && text((LEFT + RIGHT) / 2, (TOP + BOTTOM) / 2 + CLEAR_OF_LINES, 'middle', words.none)}
</svg>
${notes(drawing, input)}`;
}

/** The same readings as a table, newest first, also those that are not drawn. */
export function chartTable(input: ChartInput): Html {
  const { points, reader } = input;
  const { chart: words, demo } = wordsOf(reader.language).readings;
  if (points.readings.length === 0) return html`<p>${words.none}</p>`;
  const short: Reader = { ...reader, length: 'short' };
  const rows = points.readings.toReversed().map((one) => {
    const { value, reportedText } = shownReading(one, reader.language);
    const marks = [one.device.simulated && demo, reportedText].filter(Boolean).join(', ');
    const more = marks && html` <small>${marks}</small>`;
    return html`<tr><th scope="row">${whenText(one.measuredAt ?? 0, short)}</th><td>${value}${more}</td></tr>
`;
  });
  return html`<table class="chart-table">
<caption>${captionText(input)}</caption>
<thead><tr><th scope="col">${words.when}</th><th scope="col">${words.value}</th></tr></thead>
<tbody>
${rows}</tbody>
</table>`;
}

function captionText(input: ChartInput): string {
  const { caption } = wordsOf(input.reader.language).readings.chart;
  return put(caption, { kind: kindName(input.kind, input.reader.language), ...spanText(input) });
}

/** First and last day, never by their nicknames: a saved picture is looked at another day. */
function spanText({ days, reader }: ChartInput): { from: string; until: string } {
  return {
    from: dateText(days.from, { ...reader, length: 'short' }),
    until: dateText(days.days.at(-1) ?? days.from, { ...reader, length: 'short' }),
  };
}

function drawingOf({ kind, points }: ChartInput): Drawing | undefined {
  const drawn = DRAWN[kind];
  if (!drawn) return undefined;
  const { readings } = points;
  const first = drawn.quantities[0] ?? '';
  const newest = readings.findLast((one) => drawn.axes[unitOf(one, first)] !== undefined);
  const unit = newest ? unitOf(newest, first) : (Object.keys(drawn.axes)[0] ?? '');
  const scale = drawn.axes[unit];
  if (!scale) return undefined;
  const gapMs = gapOf(kind, points.spanMs);
  const series = drawn.quantities.map((quantity) => ({
    quantity,
    points: pointsOf(readings, quantity, unit, gapMs),
  }));
  const values = series.flatMap((one) => one.points.map(({ value }) => value));
  const isOther = (one: OwnReading) => {
    const its = unitOf(one, first);
    return its !== '' && its !== unit;
  };
  const otherUnits = readings.filter(isOther).length;
  const noValues = readings.length - otherUnits - (series[0]?.points.length ?? 0);
  return { axis: holding(scale, values), unit, series, otherUnits, noValues };
}

const gapOf = (kind: Kind, spanMs: number | undefined) =>
  Math.max(KINDS[kind].cadence === 'stream' ? STREAM_GAP_MS : SPOT_GAP_MS, 2 * (spanMs ?? 0));

/** Unit of a value that can be drawn; empty where there is none. */
function unitOf(reading: OwnReading, quantity: string): string {
  return measuredIn(reading, quantity)?.unit ?? '';
}

function measuredIn({ measurements, kind }: OwnReading, quantity: string) {
  const one = measurements.find(
    (measurement) => measurement.kind === kind && quantity in measurement.quantities,
  );
  const measured = one?.quantities[quantity];
  if (!one || !measured || 'absent' in measured || isControlSolution(one)) return undefined;
  return measured;
}

function pointsOf(
  readings: readonly OwnReading[],
  quantity: string,
  unit: string,
  gapMs: number,
): Point[] {
  const points: Point[] = [];
  let before: number | undefined;
  for (const reading of readings) {
    const measured = measuredIn(reading, quantity);
    const { absent, comparator } = statusMeaning({ ...reading, simulated: false });
    const at = reading.measuredAt;
    const value = Number(measured?.value);
    if (
      !measured ||
      measured.unit !== unit ||
      absent ||
      at === undefined ||
      !Number.isFinite(value)
    ) {
      before = undefined;
      continue;
    }
    const isLimit = comparator !== undefined;
    const isJoined = before !== undefined && at - before <= gapMs && !isLimit;
    points.push({ at, value, isLimit, isJoined });
    before = isLimit ? undefined : at;
  }
  return points;
}

/** To a tenth: finer than any screen, and short. */
const tenth = (value: number) => Math.round(value * 10) / 10;

function placeX(at: number, { days }: ChartInput): number {
  return tenth(LEFT + ((at - days.from) / (days.until - days.from)) * (RIGHT - LEFT));
}

function placeY(value: number, { low, high }: Axis): number {
  return tenth(BOTTOM - ((value - low) / (high - low)) * (BOTTOM - TOP));
}

function text(x: number, y: number, anchor: 'start' | 'middle' | 'end', content: string): Html {
  return html`<text x="${x}" y="${y}" text-anchor="${anchor}" fill="currentColor" stroke="none">${content}</text>
`;
}

function grid(drawing: Drawing, input: ChartInput): Html {
  const { axis, unit } = drawing;
  const { language } = input.reader;
  const count = Math.round((axis.high - axis.low) / axis.step) + 1;
  const lines = Array.from({ length: count }, (_, index) => axis.low + index * axis.step);
  const ticks = ticksOf(input);
  const across = lines.map((value) => `M${LEFT} ${placeY(value, axis)}H${RIGHT}`);
  const down = ticks.map(({ at }) => `M${placeX(at, input)} ${BOTTOM}v5`);
  return html`<path class="chart-grid" stroke-opacity=".25" d="${[...across, ...down].join('')}"/>
${text(2, 14, 'start', unitText(unit, language))}
${lines.map((value) => text(LEFT - 6, placeY(value, axis) + 5, 'end', numberText(String(value), language)))}
${ticks.map(({ at, until, label }) => text(tenth((placeX(at, input) + placeX(until, input)) / 2), BOTTOM + 22, 'middle', label))}`;
}

/** Days of a week, beginnings of weeks in a month, every third month of a year. */
function ticksOf({ name, days, reader }: ChartInput) {
  const words = WHEN[reader.language];
  const all = days.days.map((at, index) => ({ at, until: days.days[index + 1] ?? days.until }));
  if (name === 'week') {
    return all.map(({ at, until }) => ({
      at,
      until,
      label: words.shortWeekdays[localDate(at, reader).getUTCDay()] ?? '',
    }));
  }
  if (name === 'month') {
    // The last has no room for its words.
    const weeks = all.filter((_, index) => index % 7 === 0 && index < all.length - 1);
    return weeks.map(({ at }) => ({
      at,
      until: at + 7 * 24 * HOUR_MS * 0.9,
      label: dayOfMonthText(at, reader),
    }));
  }
  const firsts = all.filter(({ at }) => {
    const date = localDate(at, reader);
    return date.getUTCDate() === 1 && date.getUTCMonth() % 3 === 0;
  });
  return firsts.map(({ at }) => ({
    at,
    until: at,
    label: words.shortMonths[localDate(at, reader).getUTCMonth()] ?? '',
  }));
}

function localDate(at: number, { zone }: Reader): Date {
  return new Date(localMs(at, zone));
}

/** What a series is drawn with: a filled circle and a line, or an open square and a broken line. */
function seriesOf(
  { quantity, points }: Drawing['series'][number],
  index: number,
  drawing: Drawing,
  input: ChartInput,
): Html {
  const { language } = input.reader;
  const at = (point: Point) => `${placeX(point.at, input)} ${placeY(point.value, drawing.axis)}`;
  const line = points.map((point) => `${point.isJoined ? 'L' : 'M'}${at(point)}`).join('');
  const look = points.length > LARGE_MARKS_MAX ? SMALL : LARGE;
  const marks = points
    .filter(({ isLimit }) => !isLimit)
    .map((point) => mark(at(point), index, look));
  const limits = points
    .filter(({ isLimit }) => isLimit)
    .map((point) => `M${at(point)}m-4 3h8l-4-8z`);
  const name = MEASURED[language].measures[quantity === 'systolic' ? 'systolic' : 'diastolic'];
  const legendX = 110 + index * 110;
  const legend = drawing.series.length > 1 && [
    html`<path ${pointLook(index, LARGE)} d="${mark(`${legendX} 10`, index, LARGE)}"/>
`,
    text(legendX + 9, 14, 'start', name),
  ];
  return html`<path class="chart-line" stroke-width="1.25"${index > 0 && html` stroke-dasharray="4 3"`} d="${line}"/>
<path ${pointLook(index, look)} d="${marks.join('')}"/>
${limits.length > 0 && html`<path class="chart-limit" stroke-width="1.5" d="${limits.join('')}"/>`}
${legend && legend}`;
}

const LARGE = { circle: 7, side: 6, stroke: 1.5 } as const;
const SMALL = { circle: 3.5, side: 3, stroke: 0.75 } as const;
type Look = typeof LARGE | typeof SMALL;

function mark(place: string, index: number, { side }: Look): string {
  const half = side / 2;
  return index === 0 ? `M${place}h0` : `M${place}m-${half}-${half}h${side}v${side}h-${side}z`;
}

const pointLook = (index: number, { circle, stroke }: Look) =>
  index === 0
    ? html`class="chart-point" stroke-width="${circle}" stroke-linecap="round"`
    : html`class="chart-point" stroke-width="${stroke}"`;

/** What the drawing does not say of itself. */
function notes(drawing: Drawing, { kind, points, reader }: ChartInput): Html {
  const { chart: words } = wordsOf(reader.language).readings;
  const { otherUnits, noValues, series } = drawing;
  const gap = spanWords(gapOf(kind, points.spanMs), reader);
  const lines = [
    points.readings.length > 1 && put(words.gap, { gap }),
    points.spanMs !== undefined && put(words.thinned, { span: spanWords(points.spanMs, reader) }),
    otherUnits > 0 && put(words.otherUnits, { count: otherUnits }),
    noValues > 0 && put(words.noValues, { count: noValues }),
    series.some((one) => one.points.some(({ isLimit }) => isLimit)) && words.limits,
  ].filter((line) => line !== false);
  return html`${lines.map(
    (line) => html`<p class="chart-note">${line}</p>
`,
  )}`;
}

/** About how long, in the largest unit that tells it. */
function spanWords(ms: number, { language }: Reader): string {
  const { spans } = wordsOf(language).readings;
  if (ms < 2 * HOUR_MS) return put(spans.minutes, { n: Math.round(ms / 60_000) });
  if (ms < 72 * HOUR_MS) return put(spans.hours, { n: Math.round(ms / HOUR_MS) });
  return put(spans.days, { n: Math.round(ms / (24 * HOUR_MS)) });
}

/** Its classes, for the portal's sheet. What it needs to be read it carries itself. */
export const CHART_STYLE = `
.chart { display: block; width: 100%; max-width: 44rem; height: auto; }
.chart-note { font-size: .95rem; }
table.chart-table { display: table; width: auto; background: none; border: 0; }
.chart-table caption { display: table-caption; text-align: left; }
.chart-table thead { position: static; display: table-header-group; clip-path: none; }
.chart-table tbody { display: table-row-group; }
.chart-table tbody tr { display: table-row; }
.chart-table tbody :is(th, td), .chart-table thead th { display: table-cell; padding: .35rem 1rem .35rem 0; text-align: left; font-weight: 400; background: none; }
@media (min-width: 30rem) { .chart-table tbody th { white-space: nowrap; } }
.chart-table tbody :is(th, td)::before { content: none; }
.chart-table small { display: block; }
`;
