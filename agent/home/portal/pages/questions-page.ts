import type { Kind } from '../../../../adapters/measurement.ts';
import { type Html, html } from '../../../pages/html.ts';
import { dayIn } from '../form-dates.ts';
import { kindPicture } from '../kind-pictures.ts';
import { type Frame, formStart, shell } from '../shell.ts';
import { kindName, type ShownPart } from '../shown-value.ts';
import { STATED_AGE_MS_MAX, type TimeForm, type TimeRefusal } from '../stated-time.ts';
import { longTime } from '../times.ts';
import type { QuestionsWords } from '../words/questions.en.ts';
import { valueLine } from './reading-parts.ts';

/** A held reading as its question is shown. */
export interface ShownQuestion {
  readonly id: string;
  readonly asks: 'person' | 'clock';
  readonly because: string | undefined;
  readonly kinds: readonly Kind[];
  readonly device: string | undefined;
  readonly simulated: boolean;
  /** Undefined while no clock dates it. */
  readonly measuredAt: number | undefined;
  readonly arrivedAt: number;
  /** Undefined for those who may not see it before somebody has answered. */
  readonly values: readonly ShownPart[] | undefined;
}

/** The form of one question, refused. */
export interface TimeAgain extends TimeForm {
  readonly id: string;
  readonly refusal: TimeRefusal | 'clock-untrusted';
}

export interface QuestionsModel {
  readonly questions: readonly ShownQuestion[];
  /** Not shown: there are so many. */
  readonly isCut: boolean;
  /** Whom the answer may name besides oneself. */
  readonly others: readonly { readonly id: string; readonly name: string }[];
  /** For whom a representative answers. */
  readonly answersFor: string | undefined;
  /** The others may name the signed-in person; undefined where there are no others. */
  readonly isVisible: boolean | undefined;
  readonly said?: keyof QuestionsWords['said'] | undefined;
  readonly isGone?: boolean;
  readonly again?: TimeAgain;
  readonly zone: string;
}

/** `/questions`. */
export function questionsPage(model: QuestionsModel, frame: Frame): Html {
  const { questions: w } = frame.words;
  const { questions } = model;
  const list = html`<p>${w.intro}</p>
<ul class="wide-cards">
${questions.map((one) => card(one, model, frame))}</ul>
${model.isCut && html`<p>${w.more.replace('{n}', String(questions.length))}</p>\n`}`;
  const live = html`<div id="waiting" data-live="question">${questions.length === 0 ? html`<p>${w.none}</p>` : list}</div>
`;
  return shell(
    frame,
    w.title,
    html`${notices(model, frame)}${live}${model.isVisible !== undefined && visibility(model.isVisible, frame)}`,
  );
}

function notices({ said, isGone }: QuestionsModel, { words: { questions: w } }: Frame): Html {
  return html`${
    said !== undefined &&
    html`<p class="notice" role="status">${w.said[said]}</p>
`
  }${
    isGone &&
    html`<p class="notice" role="status">${w.gone}</p>
`
  }`;
}

function visibility(isVisible: boolean, frame: Frame): Html {
  const { visible: w } = frame.words.questions;
  return html`<section><h2>${w.title}</h2>
<p>${isVisible ? w.isVisible : w.isHidden}</p>
${formStart(frame, '/questions/visible')}<input type="hidden" name="visible" value="${isVisible ? 'no' : 'yes'}">
<p><button class="second">${isVisible ? w.hide : w.show}</button></p></form>
</section>
`;
}

/** The kinds of one weighing are one question. */
const nameOf = ({ kinds }: ShownQuestion, { language }: Frame): string =>
  kinds.map((kind) => kindName(kind, language)).join(', ');

function card(question: ShownQuestion, model: QuestionsModel, frame: Frame): Html {
  const { words, language } = frame;
  const { questions: w } = words;
  const { id, asks, because, kinds, values, measuredAt, arrivedAt } = question;
  const { zone } = model;
  const time = (text: string, ms: number) => {
    const [before = '', after = ''] = text.split('{time}');
    return html`${before}<time datetime="${new Date(ms).toISOString()}">${longTime(ms, zone, language)}</time>${after}`;
  };
  const when = measuredAt === undefined ? time(w.arrived, arrivedAt) : time(w.measured, measuredAt);
  const demo = question.simulated && html` <span class="demo">${w.demo}</span>`;
  const reason = because !== undefined && Object.hasOwn(w.reasons, because) ? because : 'other';
  return html`<li class="card" id="question-${id}">
<h2 class="pictured">${kinds.map(kindPicture)}<span>${nameOf(question, frame)}${demo}</span></h2>
<p><strong>${when}</strong></p>
<p class="small">${w.from.replace('{device}', question.device ?? words.readings.unknownDevice)}. ${w.reasons[reason as keyof QuestionsWords['reasons']]}</p>
${shownValues(values, asks, frame)}<h3 id="asks-${id}">${asks === 'person' ? w.whose : w.when}</h3>
${asks === 'person' ? answers(question, model, frame) : timeForm(question, model, frame)}</li>
`;
}

function shownValues(
  values: ShownQuestion['values'],
  asks: ShownQuestion['asks'],
  { words: { questions: w } }: Frame,
): Html {
  if (values === undefined) {
    return html`<p class="small">${asks === 'person' ? w.hidden : w.hiddenTime}</p>
`;
  }
  return html`${values.map(valueLine)}`;
}

function answers(question: ShownQuestion, model: QuestionsModel, frame: Frame): Html {
  const { answers: w } = frame.words.questions;
  const { id } = question;
  const { answersFor, others } = model;
  const described = html`aria-describedby="asks-${id} question-${id}-what"`;
  const button = (value: string, text: string, kind?: string) =>
    html`<button name="answer" value="${value}"${kind !== undefined && html` class="${kind}"`} ${described}>${text}</button> `;
  const mine = answersFor === undefined ? w.mine : w.mineFor.replace('{person}', answersFor);
  const what = `${nameOf(question, frame)}, ${longTime(question.measuredAt ?? question.arrivedAt, model.zone, frame.language)}`;
  return html`${formStart(frame, `/questions/${id}/answer`)}
<p class="unseen" id="question-${id}-what">${what}</p>
<p class="acts">${button('mine', mine)}${others.map((one) => button(`person:${one.id}`, w.other.replace('{name}', one.name)))}<a class="button second" href="/questions/${id}/remove" ${described}>${w.nobody}</a> ${button('unknown', w.unknown, 'second')}</p>
</form>
`;
}

function timeForm(question: ShownQuestion, { zone, again }: QuestionsModel, frame: Frame): Html {
  const { questions: w } = frame.words;
  const { id, arrivedAt } = question;
  const own = again?.id === id ? again : undefined;
  const most = dayIn(arrivedAt, zone);
  const least = dayIn(arrivedAt - STATED_AGE_MS_MAX, zone);
  const isTwice = own?.refusal === 'instant-twice';
  const text =
    own === undefined || own.refusal === 'instant-twice' ? w.twice : w.errors[own.refusal];
  const refusal =
    own &&
    html`<div class="notice bad" role="alert"><p><strong>${text}</strong></p></div>
`;
  const send = isTwice
    ? html`<button name="which" value="earlier">${w.first}</button> <button name="which" value="later">${w.second}</button>`
    : html`<button>${w.state}</button>`;
  return html`${refusal}${formStart(frame, `/questions/${id}/time`)}
<div class="side-by-side"><p class="field"><label for="date-${id}">${w.date}</label>
<input id="date-${id}" name="date" type="date" required value="${own?.date ?? most}" min="${least}" max="${most}"></p>
<p class="field"><label for="time-${id}">${w.time}</label>
<span class="hint" id="time-hint-${id}">${w.timeHint}</span>
<input id="time-${id}" name="time" type="time" required value="${own?.time ?? ''}" aria-describedby="time-hint-${id}"></p></div>
<p class="acts">${send}<a class="button second" href="/questions/${id}/remove">${w.answers.nobody}</a></p>
</form>
`;
}

/** One more tap before something is deleted for good. */
export function removePage(
  options: { readonly what: 'remove' | 'notMine'; readonly action: string; readonly back: string },
  shown: string,
  frame: Frame,
): Html {
  const w = frame.words.questions[options.what];
  return shell(
    frame,
    w.title,
    html`<p class="sentence framed">${shown}</p>
<p>${w.text}</p>
${formStart(frame, options.action)}
<p class="acts"><button>${w.yes}</button> <a class="button second" href="${options.back}">${w.no}</a></p>
</form>`,
  );
}
