import { type Html, html } from '../../../pages/html.ts';
import type { Decisions } from '../../decisions.ts';
import { dayBegins, dayIn, dayText, isDay } from '../form-dates.ts';
import type { OwnReadings, Period } from '../own-readings.ts';
import { type PortalApp, route, type SignedVisit, send } from '../route.ts';
import { type Frame, formStart, shell } from '../shell.ts';
import { put, putCount } from '../words/words.ts';
import { CHANGES } from './reading-page.ts';
import { queryOf } from './reading-parts.ts';

const DAY_MS = 86_400_000;
/** Deleted with one sync of the disk: captures wait no longer than for so many. */
const TOGETHER = 50;

interface Days {
  /** As a date field has them; both are in. */
  readonly from: string;
  readonly until: string;
}

export interface DeleteModel {
  readonly days: Days;
  readonly zone: string;
  /** How many there are; undefined before it was asked. */
  readonly found?: number;
  readonly isRefused?: boolean;
  readonly deleted?: number | undefined;
}

/** `/me/delete`: all of a period, after one look at how many they are. */
export function registerDeletePage(
  app: PortalApp,
  parts: {
    readonly own: Pick<OwnReadings, 'ids' | 'one'>;
    readonly decisions: Pick<Decisions, 'removeReading'>;
  },
): void {
  const { own, decisions } = parts;
  const { zone } = app;
  const today = () => dayIn(app.now(), zone);

  route(app, {
    method: 'GET',
    url: '/me/delete',
    access: CHANGES,
    handle(visit) {
      const [from, until] = [queryOf(visit, 'from'), queryOf(visit, 'until')];
      const deleted = Number(queryOf(visit, 'deleted'));
      const days = { from: from ?? today(), until: until ?? today() };
      if (from === undefined || until === undefined) {
        const model = { days, zone, deleted: deleted > 0 ? deleted : undefined };
        return deletePage(model, visit.frame);
      }
      const period = periodOf(days, zone);
      if (!period) return refused(visit, days);
      const found = own.ids(visit.who.person.id, period).length;
      return deletePage({ days, zone, found }, visit.frame);
    },
  });
  route(app, {
    method: 'POST',
    url: '/me/delete',
    access: CHANGES,
    async handle(visit) {
      const { form, who, reply } = visit;
      const { from = '', until = '' } = form;
      const period = periodOf({ from, until }, zone);
      if (!period) return refused(visit, { from, until });
      const ids = own.ids(who.person.id, period);
      // What became another's meanwhile is let be.
      const may = ({ id }: { readonly id: string }) => own.one(who.person.id, id) !== undefined;
      let deleted = 0;
      for (let at = 0; at < ids.length; at += TOGETHER) {
        const some = ids.slice(at, at + TOGETHER);
        const done = await Promise.allSettled(
          some.map((id) => decisions.removeReading(who.actor, id, may)),
        );
        deleted += done.filter(({ status }) => status === 'fulfilled').length;
      }
      return reply.redirect(`/me/delete?deleted=${deleted}`, 303);
    },
  });

  const refused = ({ reply, frame }: SignedVisit, days: Days) =>
    send(reply.code(422), deletePage({ days, zone, isRefused: true }, frame));
}

function periodOf({ from, until }: Days, zone: string): Period | undefined {
  const [begin, last] = [dayBegins(from, zone), dayBegins(nextDay(until), zone)];
  if (begin === undefined || last === undefined) return undefined;
  const period = { from: Date.parse(begin), until: Date.parse(last) };
  return period.from < period.until ? period : undefined;
}

const nextDay = (day: string): string =>
  isDay(day) ? new Date(Date.parse(`${day}T00:00:00Z`) + DAY_MS).toISOString().slice(0, 10) : '';

/** The page, at each of its steps. */
export function deletePage(model: DeleteModel, around: Frame): Html {
  const { readings, access } = around.words;
  const { deleting: w } = readings;
  const { found, isRefused, deleted } = model;
  const frame = { ...around, path: '/me/delete' };
  const note = html`${
    isRefused &&
    html`<div class="notice bad" role="alert"><p>${w.days}</p></div>
`
  }${
    deleted !== undefined &&
    html`<p class="notice" role="status">${putCount(w.done, deleted)}</p>
`
  }`;
  const body = found === undefined ? chooseForm(model, frame) : sureForm(model, found, frame);
  return shell(
    frame,
    w.title,
    html`${note}${body}<p><a class="more" href="/me">${access.me.back}</a></p>`,
  );
}

function chooseForm({ days }: DeleteModel, frame: Frame): Html {
  const { deleting: w } = frame.words.readings;
  const field = (name: 'from' | 'until') =>
    html`<p class="field"><label for="${name}">${w[name]}</label>
<input id="${name}" name="${name}" type="date" required value="${days[name]}"></p>
`;
  return html`<p>${w.intro}</p>
<form method="get" action="/me/delete">
<div class="side-by-side">${field('from')}${field('until')}</div>
<p><button>${w.look}</button></p></form>
<p class="small">${w.undated}</p>
`;
}

function sureForm({ days, zone }: DeleteModel, found: number, frame: Frame): Html {
  const { deleting: w } = frame.words.readings;
  const dayOf = (day: string) =>
    dayText(Date.parse(dayBegins(day, zone) ?? ''), zone, frame.language);
  const ends = { from: dayOf(days.from), until: dayOf(days.until) };
  const span = { days: put(days.from === days.until ? w.oneDay : w.span, ends) };
  if (found === 0) {
    return html`<p class="sentence framed">${put(w.nothing, span)}</p>
<p><a class="button second" href="/me/delete">${w.no}</a></p>
`;
  }
  return html`<p class="sentence framed">${putCount(w.found, found, span)}</p>
<p>${found === 1 ? w.here : w.hereMany}</p>
<p>${w.told}</p>
${formStart(frame, '/me/delete')}<input type="hidden" name="from" value="${days.from}"><input type="hidden" name="until" value="${days.until}">
<p class="acts"><button>${w.yes}</button> <a class="button second" href="/me/delete">${w.no}</a></p></form>
`;
}
