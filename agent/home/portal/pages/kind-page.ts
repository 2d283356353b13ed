import { KINDS, type Kind } from '../../../../adapters/measurement.ts';
import { type Html, html } from '../../../pages/html.ts';
import { type Reader, whenText } from '../../../pages/when.ts';
import { type ChartInput, chart, chartTable } from '../chart.ts';
import type { OwnReading } from '../own-readings.ts';
import { PERIODS, type PeriodName, periodOf } from '../period.ts';
import { notFound, type PortalApp, route, type SignedVisit } from '../route.ts';
import { type Frame, shell } from '../shell.ts';
import { kindName, shownReading } from '../shown-value.ts';
import { queryOf, type ReadingsParts, readerOf, readingUrl, SEES } from './reading-parts.ts';

/** Readings on a page of the list. */
const LIST_MAX = 30;
/** Periods back: a year's before it is older than anything that is kept. */
const BACK_MAX = 120;
/** A table of more rows is opened when somebody wants it. */
const OPEN_ROWS_MAX = 31;

export interface KindModel {
  readonly kind: Kind;
  readonly name: PeriodName;
  /** Periods before the one that ends with today. */
  readonly back: number;
  readonly chart: ChartInput;
  readonly list: { readonly readings: readonly OwnReading[]; readonly next: string | undefined };
  /** This page of the list begins after that reading. */
  readonly after: string | undefined;
  readonly reader: Reader;
  /** One of them was deleted just now. */
  readonly isDeleted: boolean;
}

/** `/readings/:kind`: one kind over a period, and all of it. */
export function registerKindPage(app: PortalApp, parts: ReadingsParts): void {
  route(app, {
    method: 'GET',
    url: '/readings/:kind',
    access: SEES,
    handle(visit) {
      const { kind } = visit.request.params as { kind: string };
      if (!Object.hasOwn(KINDS, kind)) return notFound(visit.reply);
      return kindPage(modelOf(app, parts, visit, kind as Kind), visit.frame);
    },
  });
}

function modelOf(app: PortalApp, parts: ReadingsParts, visit: SignedVisit, kind: Kind): KindModel {
  const person = visit.who.person.id;
  const reader = readerOf(app, parts, visit);
  const name = PERIODS.find((one) => one === queryOf(visit, 'period')) ?? 'month';
  const asked = Number(queryOf(visit, 'back') ?? 0);
  const back = Number.isInteger(asked) ? Math.min(Math.max(asked, 0), BACK_MAX) : 0;
  const days = periodOf(name, { now: app.now(), zone: app.zone }, back);
  const points = parts.own.points(person, kind, days);
  const after = queryOf(visit, 'after');
  const list = parts.own.page(person, { kind, count: LIST_MAX, ...(after && { after }) });
  const isDeleted = queryOf(visit, 'said') === 'deleted';
  return {
    ...{ kind, name, back, list, after, reader, isDeleted },
    chart: { kind, name, days, points, reader },
  };
}

/** The page. */
export function kindPage(model: KindModel, frame: Frame): Html {
  const { kind, reader, chart: input } = model;
  const { readings: w } = frame.words;
  const { readings } = input.points;
  const table = chartTable(input);
  const drawing = chart(input);
  const tableOrMore =
    readings.length === 0
      ? drawing === undefined && table
      : html`<details id="table"${readings.length <= OPEN_ROWS_MAX && html` open`}><summary>${w.kindPage.table}</summary>${table}</details>`;
  return shell(
    frame,
    kindName(kind, reader.language),
    html`${
      model.isDeleted &&
      html`<p class="notice" role="status">${w.one.said.deleted}</p>
`
    }<div id="kind" data-live="reading">${periods(model, frame)}
<div class="beside"><div>${drawing}</div><div>${tableOrMore}</div></div>
${list(model, frame)}</div>
<p><a href="/">${w.title}</a></p>`,
  );
}

const place = (name: PeriodName, back: number) =>
  `?period=${name}${back > 0 ? `&back=${back}` : ''}`;

function periods({ name, back, kind }: KindModel, frame: Frame): Html {
  const { kindPage: w } = frame.words.readings;
  const url = (to: PeriodName, steps: number) => `/readings/${kind}${place(to, steps)}`;
  const tabs = PERIODS.map(
    (one) =>
      html`<li><a href="${url(one, 0)}"${one === name && html` aria-current="true"`}>${w[one]}</a></li>
`,
  );
  return html`<nav aria-label="${w.periods}"><ul>
${tabs}<li><a href="${url(name, back + 1)}">← ${w.earlier}</a></li>
${back > 0 && html`<li><a href="${url(name, back - 1)}">${w.later} →</a></li>`}</ul></nav>`;
}

function list({ kind, list: page, name, back, after, reader }: KindModel, frame: Frame): Html {
  const { readings: w } = frame.words;
  const url = (to: string | undefined) =>
    `/readings/${kind}${place(name, back)}${to === undefined ? '' : `&after=${to}`}#list`;
  const rows = page.readings.map((one) => row(one, reader, frame));
  return html`<section><h2 id="list">${w.kindPage.list}</h2>
${rows.length === 0 ? html`<p>${w.kindPage.listNone}</p>` : html`<ul class="rows">${rows}</ul>`}
<p class="acts">${page.next !== undefined && html`<a class="button second" href="${url(page.next)}">${w.kindPage.older}</a> `}${after !== undefined && html`<a class="button second" href="${url(undefined)}">${w.kindPage.newest}</a>`}</p>
</section>
`;
}

function row(reading: OwnReading, reader: Reader, { words }: Frame): Html {
  const { readings: w } = words;
  const { id, measuredAt, device, comment, typedBy } = reading;
  const from = typedBy ? words.typed.byHand : device.name;
  const { value, reportedText } = shownReading(reading, reader.language);
  const marks = [device.simulated && w.demo, reportedText, comment && `«${comment}»`];
  const more = marks.filter((one) => typeof one === 'string' && one !== '').join(' · ');
  const when = measuredAt === undefined ? w.noDay : whenText(measuredAt, reader);
  return html`<li><a class="row reading-row" href="${readingUrl(id)}"><span>${value}</span><span class="small">${when}${from && ` · ${from}`}</span>${more && html`<span class="small">${more}</span>`}</a></li>
`;
}
