import { localMs } from '../../../../fhir/time.ts';
import { type Html, html } from '../../../pages/html.ts';
import { type Reader, whenText } from '../../../pages/when.ts';
import { kindPicture } from '../kind-pictures.ts';
import type { OwnReading } from '../own-readings.ts';
import { type PortalApp, route } from '../route.ts';
import { type Frame, shell } from '../shell.ts';
import { kindName } from '../shown-value.ts';
import type { WayTo } from '../way.ts';
import { sentText } from '../way-text.ts';
import { putCount } from '../words/words.ts';
import {
  demoMark,
  kindUrl,
  type ReadingsParts,
  readerOf,
  readingLines,
  readingUrl,
  recipientName,
  unwatched,
} from './reading-parts.ts';
import { reminderNote } from './reminder-page.ts';

const DAY_MS = 86_400_000;

export interface ReadingsModel {
  readonly latest: readonly { readonly reading: OwnReading; readonly ways: readonly WayTo[] }[];
  /** Readings whose time nobody knows yet. */
  readonly undated: number;
  /** Time of day at which the person wants to be reminded. */
  readonly reminder: string | undefined;
  readonly person: string;
  readonly reader: Reader;
}

/** `/`: the latest of each kind of the signed-in person. */
export function registerReadingsPage(app: PortalApp, parts: ReadingsParts): void {
  route(app, {
    method: 'GET',
    url: '/',
    access: 'signed-in',
    handle({ who, frame, language, reply }) {
      // A helper's first page is what a helper is for.
      if (who.role === 'helper') return reply.redirect('/box', 303);
      const person = who.person.id;
      const model: ReadingsModel = {
        latest: parts.own
          .latest(person)
          .map((reading) => ({ reading, ways: parts.ways(person, reading.id) })),
        undated: parts.own.undated(person).length,
        reminder: parts.ownActs.reminder(person),
        person,
        reader: readerOf(app, parts, { language }),
      };
      return readingsPage(model, parts, frame);
    },
  });
}

/** Milliseconds until the home's next day: then "today" is "yesterday". */
export function dayLeftMs({ now, zone }: Reader): number | undefined {
  return now === undefined ? undefined : DAY_MS - (localMs(now, zone) % DAY_MS);
}

/** The page. */
export function readingsPage(model: ReadingsModel, parts: ReadingsParts, around: Frame): Html {
  const { readings: w } = around.words;
  const { latest, undated, reader } = model;
  const left = dayLeftMs(reader);
  const frame =
    left === undefined ? around : { ...around, refreshSeconds: Math.ceil(left / 1_000) + 1 };
  const recipients = [...new Set(latest.flatMap(({ ways }) => ways.map((way) => way.recipient)))];
  const told = recipients.length > 0 && unwatched(recipients, parts, model.person, frame);
  const list =
    latest.length === 0
      ? html`<p>${w.none}</p>`
      : html`<h2>${w.latest}</h2>
<ul class="cards">
${latest.map((one) => card(one, model, parts, frame))}</ul>
${told}`;
  return shell(
    frame,
    w.title,
    html`${reminderNote(model.reminder, frame)}<div id="latest" data-live="reading delivery"${left !== undefined && html` data-day-left="${left}"`}>
${
  undated > 0 &&
  html`<p class="notice">${putCount(w.waiting, undated)} <a href="/questions">${w.toQuestions}</a></p>
`
}${
  reader.now === undefined &&
  latest.length > 0 &&
  html`<p class="notice">${w.noClock}</p>
`
}${list}</div>
<p class="acts"><a class="button second" href="/readings/add">${frame.words.typed.link}</a> <a class="button second" href="/files">${w.files.link}</a></p>`,
  );
}

function card(
  { reading, ways }: ReadingsModel['latest'][number],
  { reader, person }: ReadingsModel,
  parts: ReadingsParts,
  frame: Frame,
): Html {
  const { readings: w } = frame.words;
  const { id, kind, measuredAt, arrivedAt } = reading;
  const name = kindName(kind, reader.language);
  const sent = sentText(ways, { reader, nameOf: recipientName(parts, person) });
  const when = whenText(measuredAt ?? arrivedAt, reader);
  return html`<li class="card">
<h3 class="pictured">${kindPicture(kind)}<span>${name}${demoMark(reading, frame)}</span></h3>
${readingLines(reading, reader, frame)}${sent.map(
  (line) => html`<p class="small">${line}</p>
`,
)}<p class="links"><a class="more" href="${readingUrl(id)}">${w.about}<span class="unseen"> ${name}, ${when}</span></a>
<a class="more" href="${kindUrl(kind)}">${w.all}<span class="unseen"> ${name}</span></a></p>
</li>
`;
}
