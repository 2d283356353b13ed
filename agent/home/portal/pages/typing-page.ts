import type { Measurement } from '../../../../adapters/measurement.ts';
import {
  fieldsOf,
  TYPED_KINDS,
  type TypedField,
  type TypedKind,
  type TypedRefusal,
} from '../../../../adapters/typed/form.ts';
import { type Html, html } from '../../../pages/html.ts';
import type { Language } from '../../../pages/language.ts';
import { capital } from '../../../pages/language.ts';
import { numberText } from '../../../pages/number.ts';
import { measuredText, type Reader } from '../../../pages/when.ts';
import { COMMENT_MAX } from '../../own-acts.ts';
import { dayIn } from '../form-dates.ts';
import { kindPicture } from '../kind-pictures.ts';
import { type Frame, formStart, shell } from '../shell.ts';
import { shownReading } from '../shown-value.ts';
import { STATED_AGE_MS_MAX, type TimeRefusal } from '../stated-time.ts';
import { put } from '../words/words.ts';
import { valueLines } from './reading-parts.ts';

/** What stands in the form, as it was typed. */
export interface TypingForm {
  readonly kind: TypedKind;
  /** Id of the form: the same one sent twice is one reading. */
  readonly form: string;
  /** By quantity. */
  readonly values: Readonly<Record<string, string>>;
  readonly date: string;
  readonly time: string;
  readonly which: string;
  readonly comment: string;
}

/** Why it cannot be stored. */
export interface TypingRefusals {
  readonly values: Readonly<Record<string, TypedRefusal>>;
  readonly time?: TimeRefusal | 'clock-untrusted' | undefined;
  readonly isCommentLong: boolean;
}

/** Where a kind is typed in. */
export const typingUrl = (kind: TypedKind): string => `/readings/add/${kind}`;

/** What was measured, chosen by its picture. */
export function typingKindsPage(frame: Frame): Html {
  const { typed: w, readings } = frame.words;
  const links = (Object.keys(TYPED_KINDS) as TypedKind[]).map(
    (kind) =>
      html`<li><a class="tile" href="${typingUrl(kind)}">${kindPicture(kind)}<span>${w.names[kind]}</span></a></li>
`,
  );
  return shell(
    frame,
    w.title,
    html`<p>${w.intro}</p>
<ul class="tiles">
${links}</ul>
<p><a class="more" href="/">${readings.title}</a></p>`,
  );
}

/** The form, empty or with what was typed. */
export function typingFormPage(
  model: {
    readonly filled: TypingForm;
    readonly refused?: TypingRefusals;
    readonly now: number;
    readonly zone: string;
  },
  frame: Frame,
): Html {
  const { filled, refused } = model;
  const { typed: w } = frame.words;
  const { kind } = filled;
  const fields = fieldsOf(kind).map((field) => numberField(field, filled, refused, frame));
  return shell(
    frame,
    w.names[kind],
    html`${refusalNotes(kind, refused, frame)}<p>${w.asShown}</p>
${formStart(frame, typingUrl(kind))}<input type="hidden" name="form" value="${filled.form}">
${fields}${timeFields(model, frame)}<p class="field"><label for="comment">${w.comment}</label>
<span class="hint" id="comment-hint">${put(w.commentHint, { n: COMMENT_MAX })}</span>
<input id="comment" name="comment" maxlength="${COMMENT_MAX}" autocomplete="off" value="${filled.comment}" aria-describedby="comment-hint"></p>
<p><button>${w.next}</button></p></form>
<p><a class="button second" href="/readings/add">${w.back}</a></p>`,
  );
}

function numberField(
  { name, optional }: TypedField,
  { values }: TypingForm,
  refused: TypingRefusals | undefined,
  frame: Frame,
): Html {
  const words = frame.words.typed.fields[name];
  const isWrong = refused?.values[name] !== undefined;
  const described = `${name}-hint${isWrong ? ` why-${name}` : ''}`;
  return html`<p class="field"><label for="${name}">${words.name}</label>
<span class="hint" id="${name}-hint">${words.hint}</span>
<input id="${name}" name="${name}" inputmode="decimal" autocomplete="off" maxlength="20"${!optional && html` required`}${isWrong && html` aria-invalid="true"`} value="${values[name] ?? ''}" aria-describedby="${described}"></p>
`;
}

function timeFields(
  {
    filled,
    refused,
    now,
    zone,
  }: { filled: TypingForm; refused?: TypingRefusals; now: number; zone: string },
  frame: Frame,
): Html {
  const { typed: w } = frame.words;
  const isWrong = refused?.time !== undefined && refused.time !== 'clock-untrusted';
  const invalid = isWrong && html` aria-invalid="true"`;
  const described = isWrong ? 'time-hint why-time' : 'time-hint';
  const choice = (value: 'earlier' | 'later') =>
    html`<div class="choice"><input type="radio" name="which" id="which-${value}" value="${value}" required${filled.which === value && html` checked`}><label for="which-${value}">${w[value]}</label></div>
`;
  // Asked only of an hour that there was twice.
  const which =
    (refused?.time === 'instant-twice' || filled.which !== '') &&
    html`<fieldset class="field"><legend>${w.which}</legend>
${choice('earlier')}${choice('later')}</fieldset>
`;
  return html`<fieldset class="field"><legend>${w.when}</legend>
<div class="side-by-side"><p class="field"><label for="date">${w.date}</label>
<input id="date" name="date" type="date" required value="${filled.date}" min="${dayIn(now - STATED_AGE_MS_MAX, zone)}" max="${dayIn(now, zone)}"${invalid}></p>
<p class="field"><label for="time">${w.time}</label>
<span class="hint" id="time-hint">${w.timeHint}</span>
<input id="time" name="time" type="time" required value="${filled.time}"${invalid} aria-describedby="${described}"></p></div>
${which}</fieldset>
`;
}

/** All that is to be looked at, each with a way to its field. */
function refusalNotes(kind: TypedKind, refused: TypingRefusals | undefined, frame: Frame): Html {
  if (!refused) return html``;
  const { typed: w, readings } = frame.words;
  const items = fieldsOf(kind).flatMap((field): [string, string][] => {
    const why = refused.values[field.name];
    return why === undefined ? [] : [[field.name, refusalText(why, field, frame)]];
  });
  if (refused.time !== undefined) items.push(['time', w.timeRefusals[refused.time]]);
  if (refused.isCommentLong) {
    items.push(['comment', put(readings.one.commentLong, { n: COMMENT_MAX })]);
  }
  return html`<div class="notice bad" role="alert"><p><strong>${w.refused}</strong></p>
<ul>
${items.map(
  ([name, text]) => html`<li id="why-${name}"><a class="more" href="#${name}">${text}</a></li>
`,
)}</ul></div>
`;
}

function refusalText(why: TypedRefusal, field: TypedField, { words, language }: Frame): string {
  const { name, low, high, decimals } = field;
  const text =
    why === 'decimals' && decimals === 0 ? words.typed.wholeNumber : words.typed.refusals[why];
  return put(text, {
    name: words.typed.fields[name].name,
    low: numberText(low, language),
    high: numberText(high, language),
    n: decimals,
    example: numberText(decimals === 0 ? '72' : '72.5', language),
  });
}

/** What is about to be stored, once more. */
export interface LookModel {
  readonly filled: TypingForm;
  readonly measurement: Measurement;
  readonly measuredAt: number;
  /** To whom it goes by the permissions of now, and why not. */
  readonly recipients: readonly { readonly name: string; readonly why: string | undefined }[];
  readonly reader: Reader;
  /** Where "sent" stands: nobody watches. */
  readonly unwatched: Html | false;
  readonly isNotStored?: boolean;
}

/** The last look, with the same form in hidden fields: what is typed stands in no address. */
export function typingLookPage(model: LookModel, frame: Frame): Html {
  const { filled, measurement, measuredAt, recipients, reader } = model;
  const { typed: w } = frame.words;
  const { kind, values, form, date, time, which, comment } = filled;
  const hidden = Object.entries({ ...values, form, date, time, which, comment }).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">
`,
  );
  const when = measuredText({ measuredAt, arrivedAt: measuredAt }, reader);
  const lines = recipients.map(({ name, why }) =>
    why === undefined ? put(w.mayGo, { recipient: name }) : put(w.stays, { recipient: name, why }),
  );
  return shell(
    frame,
    w.lookTitle,
    html`${
      model.isNotStored &&
      html`<div class="notice bad" role="alert"><p>${w.notStored}</p></div>
`
    }<p>${w.look}</p>
<div class="card look"><h2 class="pictured">${kindPicture(kind)}<span>${w.names[kind]}</span></h2>
${lookLines(measurement, reader.language)}<p class="when">${capital(when)}</p>
${
  comment !== '' &&
  html`<p class="comment">«${comment}»</p>
`
}<p class="small">${w.byHand}</p></div>
<h2>${w.goes}</h2>
${lines.length === 0 ? html`<p>${w.nobody}</p>` : lines.map((line) => html`<p>${line}</p>\n`)}
${formStart(frame, `${typingUrl(kind)}/store`)}${hidden}<p class="acts"><button>${w.store}</button> <button class="second" formaction="${typingUrl(kind)}" name="act" value="change">${w.change}</button></p></form>
${model.unwatched}`,
  );
}

const lookLines = (measurement: Measurement, language: Language): Html =>
  valueLines(
    shownReading({ kind: measurement.kind, measurements: [measurement], status: [] }, language)
      .parts,
  );
