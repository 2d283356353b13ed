import { CodedError } from '../../../errors.ts';
import { type Html, html } from '../../../pages/html.ts';
import { type Reader, whenText } from '../../../pages/when.ts';
import type { Decisions } from '../../decisions.ts';
import { COMMENT_MAX } from '../../own-acts.ts';
import type { OwnReading } from '../own-readings.ts';
import { notFound, type PortalApp, route, type SignedVisit, send } from '../route.ts';
import { type Frame, formStart, shell } from '../shell.ts';
import { kindName, shownReading } from '../shown-value.ts';
import type { WayTo } from '../way.ts';
import { wayText } from '../way-text.ts';
import { put } from '../words/words.ts';
import {
  demoMark,
  idOf,
  kindUrl,
  queryOf,
  type ReadingsParts,
  readerOf,
  readingLines,
  readingUrl,
  recipientName,
  SEES,
  unwatched,
} from './reading-parts.ts';

export interface ReadingModel {
  readonly reading: OwnReading;
  readonly ways: readonly WayTo[];
  readonly person: string;
  readonly reader: Reader;
  readonly said?: 'saved' | 'cleared' | 'typed' | undefined;
  /** A comment that was too long, as it was typed, and whether it was to be shown. */
  readonly refused?: { readonly text: string; readonly shown: boolean };
}

/** What may be done to it besides looking. */
export const CHANGES = { may: ['see-values', 'answer'] } as const;

/** `/readings/of/:id`: one reading, its way and its comment. Another's is answered like none. */
export function registerReadingPage(
  app: PortalApp,
  parts: ReadingsParts & { readonly decisions: Pick<Decisions, 'removeReading'> },
): void {
  const modelOf = (visit: SignedVisit): ReadingModel | undefined => {
    const person = visit.who.person.id;
    const reading = parts.own.one(person, idOf(visit));
    if (!reading) return undefined;
    const ways = parts.ways(person, reading.id);
    return { reading, ways, person, reader: readerOf(app, parts, visit) };
  };

  route(app, {
    method: 'GET',
    url: '/readings/of/:id',
    access: SEES,
    handle(visit) {
      const model = modelOf(visit);
      if (!model) return notFound(visit.reply);
      const isGone = model.reading.state === 'removed';
      const said = isGone
        ? undefined
        : (['saved', 'cleared', 'typed'] as const).find((one) => one === queryOf(visit, 'said'));
      return readingPage({ ...model, said }, parts, visit.frame);
    },
  });
  route(app, {
    method: 'POST',
    url: '/readings/of/:id/comment',
    access: CHANGES,
    async handle(visit) {
      const { who, form, reply, frame } = visit;
      const { comment = '' } = form;
      const id = idOf(visit);
      const shown = isToBeShown(visit, comment, parts.own.one(who.person.id, id));
      try {
        const isDone = await parts.ownActs.comment(who.actor, who.person.id, id, comment, shown);
        if (!isDone) return notFound(reply);
      } catch (error) {
        const model = modelOf(visit);
        if (!(error instanceof CodedError) || error.code !== 'comment-long' || !model) throw error;
        const page = readingPage({ ...model, refused: { text: comment, shown } }, parts, {
          ...frame,
          path: readingUrl(id),
        });
        return send(reply.code(422), page);
      }
      const said = comment.trim() === '' ? 'cleared' : 'saved';
      return reply.redirect(`${readingUrl(id)}?said=${said}`, 303);
    },
  });
  registerDeleting(app, parts, modelOf);
}

/**
 * What is shown goes out as the person's own words, so that only the person may say so; what they have
 * shown, and who acts for them left as it was, stays.
 */
function isToBeShown(
  { who, form }: SignedVisit,
  comment: string,
  reading: OwnReading | undefined,
): boolean {
  if (who.role === 'citizen') return form.shown === 'yes';
  return reading?.isCommentShown === true && reading.comment === comment.trim();
}

/** What is there to be deleted: not what is deleted already. */
const isThere = (model: ReadingModel | undefined): model is ReadingModel =>
  model !== undefined && model.reading.state !== 'removed';

function registerDeleting(
  app: PortalApp,
  { decisions, own }: ReadingsParts & { readonly decisions: Pick<Decisions, 'removeReading'> },
  modelOf: (visit: SignedVisit) => ReadingModel | undefined,
): void {
  route(app, {
    method: 'GET',
    url: '/readings/of/:id/delete',
    access: CHANGES,
    handle(visit) {
      const model = modelOf(visit);
      return isThere(model) ? deletePage(model, visit.frame) : notFound(visit.reply);
    },
  });
  route(app, {
    method: 'POST',
    url: '/readings/of/:id/delete',
    access: CHANGES,
    async handle(visit) {
      const { who, reply } = visit;
      const model = modelOf(visit);
      if (!isThere(model)) return notFound(reply);
      const { id, kind } = model.reading;
      const may = () => own.one(who.person.id, id) !== undefined;
      await decisions.removeReading(who.actor, id, may);
      return reply.redirect(`${kindUrl(kind)}?said=deleted`, 303);
    },
  });
}

/** The page. */
export function readingPage(model: ReadingModel, parts: ReadingsParts, frame: Frame): Html {
  const { reading, ways, person, reader, said } = model;
  const { readings: w } = frame.words;
  const isGone = reading.state === 'removed';
  const name = kindName(reading.kind, reader.language);
  const { who } = frame;
  const steps = wayText(reading, ways, {
    reader,
    nameOf: recipientName(parts, person),
    person: who?.role === 'citizen' ? undefined : who?.person.name,
  });
  const recipients = ways.map((way) => way.recipient);
  return shell(
    frame,
    name,
    html`${
      said &&
      html`<p class="notice" role="status">${said === 'typed' ? frame.words.typed.stored : w.one.said[said]}</p>
`
    }<div id="reading" data-live="reading delivery"><div class="card">
${mark(reading, frame)}${isGone ? html`<p>${w.one.removed}</p>` : readingLines(reading, reader, frame)}${maker(reading)}</div>
<h2>${w.one.way}</h2>
<ol class="way">
${steps.map(
  (step) => html`<li>${step}</li>
`,
)}</ol>
${ways.length === 0 ? !isGone && html`<p>${w.one.unsent}</p>` : unwatched(recipients, parts, person, frame)}</div>
${!isGone && html`${commentForm(model, frame)}${acts(model, frame)}`}<p><a class="more" href="${kindUrl(reading.kind)}">${w.one.back}</a></p>`,
  );
}

function mark(reading: OwnReading, frame: Frame) {
  const demo = demoMark(reading, frame);
  return (
    demo &&
    html`<p>${demo}</p>
`
  );
}

function maker({ device }: OwnReading) {
  const { manufacturer, model } = device.facts;
  const text = [manufacturer, model].filter(Boolean).join(' ');
  return (
    text !== '' &&
    html`<p class="small">${text}</p>
`
  );
}

function commentForm({ reading, refused }: ReadingModel, frame: Frame): Html {
  const { one: w } = frame.words.readings;
  const refusal =
    refused !== undefined &&
    html`<div class="notice bad" role="alert"><p>${put(w.commentLong, { n: COMMENT_MAX })}</p></div>
`;
  return html`<section><h2>${w.commentTitle}</h2>
${refusal}${formStart(frame, `${readingUrl(reading.id)}/comment`)}
<p class="field"><label for="comment">${w.comment}</label>
<span class="hint" id="comment-hint">${put(w.commentHint, { n: COMMENT_MAX })}</span>
<input id="comment" name="comment" maxlength="${COMMENT_MAX}" autocomplete="off" value="${refused?.text ?? reading.comment ?? ''}" aria-describedby="comment-hint"></p>
${showing(refused?.shown ?? reading.isCommentShown, frame)}<p><button class="second">${w.save}</button></p></form>
</section>
`;
}

function showing(isShown: boolean, { words, who }: Frame): Html {
  const { one: w } = words.readings;
  if (who?.role !== 'citizen') {
    return html`<p>${put(w.commentOfOther, { name: who?.person.name ?? '' })}</p>
`;
  }
  return html`<p class="choice"><input id="shown" name="shown" type="checkbox" value="yes"${isShown && html` checked`} aria-describedby="shown-hint"><label for="shown">${w.commentShown}</label><span class="hint" id="shown-hint">${w.commentStays}</span></p>
`;
}

function acts({ reading, person }: ReadingModel, frame: Frame): Html {
  const { one: w } = frame.words.readings;
  const { id, device, typedBy } = reading;
  const mine =
    device.owner === person &&
    !typedBy &&
    html`<a class="button second" href="/readings/${id}/not-mine">${w.notMine}</a> `;
  return html`<section><h2>${w.wrong}</h2>
<p class="acts">${mine}<a class="button second" href="${readingUrl(id)}/delete">${w.delete}</a></p>
</section>
`;
}

function deletePage({ reading, reader }: ReadingModel, frame: Frame): Html {
  const { one, deleting: w } = frame.words.readings;
  const { kind, value } = shownReading(reading, reader.language);
  const when = whenText(reading.measuredAt ?? reading.arrivedAt, reader);
  const url = readingUrl(reading.id);
  return shell(
    frame,
    one.deleteTitle,
    html`<p class="sentence framed">${kind}: ${value}. ${when}</p>
<p>${w.here}</p>
<p>${w.told}</p>
${formStart(frame, `${url}/delete`)}
<p class="acts"><button>${w.yes}</button> <a class="button second" href="${url}">${w.no}</a></p>
</form>`,
  );
}
