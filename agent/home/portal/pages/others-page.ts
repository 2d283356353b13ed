import { BASES } from '../../../../fhir/consent-representative.ts';
import { type Html, html } from '../../../pages/html.ts';
import { capital } from '../../../pages/language.ts';
import type { GivenAccess } from '../access/accounts.ts';
import type { DoneAct } from '../access/giving.ts';
import { dayIn } from '../form-dates.ts';
import { type Frame, formStart, shell } from '../shell.ts';
import { endTime, longTime } from '../times.ts';
import type { RolesWords } from '../words/roles.en.ts';

export type OtherRole = 'helper' | 'representative';

export interface OthersModel {
  /** Who is let in now, and who was in the last year; latest first. */
  readonly given: readonly GivenAccess[];
  readonly zone: string;
}

/** What was chosen when somebody is let in, as it was typed. */
export interface GivingChoice {
  readonly role: OtherRole;
  /** A day. */
  readonly until: string;
  readonly basis?: string | undefined;
  readonly seesValues?: boolean | undefined;
  readonly month?: string | undefined;
  readonly year?: string | undefined;
}

export const OTHERS = '/me/others';

const note = (refusal: string | undefined, w: RolesWords): Html | false =>
  refusal !== undefined &&
  html`<div class="notice bad" role="alert"><h2>${w.errorTitle}</h2><p>${refusal}</p></div>
`;

const backLink = ({ words }: Frame): Html =>
  html`<p><a class="more" href="${OTHERS}">${words.roles.back}</a></p>`;

/** Everybody who may act for one, and whoever might. */
export function othersPage({ given, zone }: OthersModel, frame: Frame): Html {
  const { roles: w } = frame.words;
  const now = given.filter(({ endedAt }) => endedAt === undefined);
  const ended = given.filter(({ endedAt }) => endedAt !== undefined);
  const list = (all: readonly GivenAccess[]) => html`<ul class="cards">
${all.map((one) => accessCard(one, zone, frame))}</ul>
`;
  return shell(
    frame,
    w.title,
    html`<p>${w.intro}</p>
<p class="acts"><a class="button" href="${OTHERS}/new/helper">${w.giveHelper}</a> <a class="button second" href="${OTHERS}/new/representative">${w.giveRepresentative}</a></p>
<section><h2>${w.now}</h2>
${now.length === 0 ? html`<p>${w.none}</p>` : list(now)}</section>
${ended.length > 0 && html`<section><h2>${w.ended}</h2>${list(ended)}</section>\n`}<details><summary>${w.without.title}</summary>
${w.without.text.map((line) => html`<p>${line}</p>\n`)}</details>
<p><a class="more" href="/me">${frame.words.access.me.back}</a></p>`,
  );
}

/** Who it is, what they may do, since when, until when, and when they last did. */
function accessCard(one: GivenAccess, zone: string, frame: Frame): Html {
  const { roles: w } = frame.words;
  const title = `access-${one.id}`;
  const more = html`<p><a class="button second" href="${OTHERS}/${one.id}" aria-label="${w.moreFor.replace('{name}', one.name)}">${w.more}</a></p>
`;
  return html`<li class="card">
<h3 id="${title}">${one.name}</h3>
${accessText(one, zone, frame)}<div class="acts">${more}${one.endedAt === undefined && endForm(one, frame)}</div>
</li>
`;
}

/** One tap, and it is over. */
export function endForm({ id, name }: GivenAccess, frame: Frame, from = OTHERS): Html {
  const { roles: w } = frame.words;
  return html`${formStart(frame, `${OTHERS}/${id}/end`)}<input type="hidden" name="from" value="${from}"><p><button aria-label="${w.endFor.replace('{name}', name)}">${w.end}</button></p></form>
`;
}

function accessText(one: GivenAccess, zone: string, frame: Frame): Html {
  const { language, words } = frame;
  const { roles: w } = words;
  const at = (text: string, ms: number) => text.replace('{when}', longTime(ms, zone, language));
  const isHelper = one.role === 'helper';
  const lines = [
    isHelper ? w.helperText : w.representativeText,
    !isHelper && (one.seesValues ? w.seesValues : w.seesNoValues),
    one.basis !== undefined && w.basis.replace('{basis}', w.bases[one.basis]),
  ].filter((line) => line !== false);
  const { until, usedAt, endedAt, givenAt } = one;
  const times = [
    at(w.since, givenAt),
    ...(endedAt === undefined && until !== undefined
      ? [w.until.replace('{when}', endTime(until, zone, language))]
      : []),
    ...(endedAt === undefined ? [] : [at(w.endedAt, endedAt)]),
    usedAt === undefined ? w.neverUsed : at(w.used, usedAt),
  ];
  return html`<p><strong>${isHelper ? w.helper : w.representative}</strong></p>
${lines.map((line) => html`<p>${line}</p>\n`)}<p class="small">${times.map((line, n) => html`${n > 0 && html`<br>`}${line}`)}</p>
`;
}

/** One access: what was done under it, and its limits. */
export function otherPage(
  model: {
    readonly given: GivenAccess;
    readonly done: readonly DoneAct[];
    readonly zone: string;
    readonly refusal?: string | undefined;
    readonly isSaved?: boolean;
  },
  around: Frame,
): Html {
  const { given, done, zone } = model;
  const frame = { ...around, path: `${OTHERS}/${given.id}` };
  const { roles: w } = frame.words;
  const textOf = (action: string) =>
    Object.hasOwn(w.acts, action) ? w.acts[action as keyof typeof w.acts] : w.otherAct;
  const acts = html`<ul class="plain">
${done.map(({ action, at }) => html`<li>${textOf(action)}<span class="small">${longTime(at, zone, frame.language)}</span></li>\n`)}</ul>`;
  const limits = html`<section>${formStart(frame, `${OTHERS}/${given.id}/limit`)}
${dayField(given.until === undefined ? '' : dayIn(given.until - 1, zone), frame)}${given.role === 'representative' && valuesField(given.seesValues, frame)}<p><button class="second">${w.save}</button></p>
</form></section>
<div class="acts">${endForm(given, frame)}</div>
`;
  return shell(
    frame,
    given.name,
    html`${note(model.refusal, w)}${model.isSaved && html`<p class="notice" role="status">${w.saved}</p>\n`}${accessText(given, zone, frame)}<section><h2>${w.done}</h2>
${done.length === 0 ? html`<p>${w.doneNone}</p>` : acts}</section>
${given.endedAt === undefined && limits}${backLink(frame)}`,
  );
}

function dayField(day: string, { words: { roles: w } }: Frame): Html {
  return html`<p class="field"><label for="until">${w.lastDay}</label>
<span class="hint" id="until-hint">${w.lastDayHint}</span>
<input id="until" name="until" type="date" required aria-describedby="until-hint" value="${day}"></p>
`;
}

function valuesField(isOn: boolean, { words: { roles: w } }: Frame): Html {
  return html`<p class="choice"><input id="values" name="values" type="checkbox" value="yes"${isOn && html` checked`}><label for="values">${w.values}</label></p>
`;
}

/** What is given, for how long; of a representative why, and whether values are seen. */
export function givePage(
  model: { readonly choice: GivingChoice; readonly age: number; readonly refusal?: string },
  around: Frame,
): Html {
  const { choice, age } = model;
  const frame = { ...around, path: `${OTHERS}/new/${choice.role}` };
  const { roles: w } = frame.words;
  const isHelper = choice.role === 'helper';
  const head = isHelper ? w.newHelper : w.newRepresentative;
  return shell(
    frame,
    head.title,
    html`${note(model.refusal, w)}<p>${head.text}</p>
<p>${isHelper ? w.helperText : w.representativeText}</p>
${formStart(frame, `${OTHERS}/new/${choice.role}`)}
${!isHelper && basisFields(choice, age, frame)}${dayField(choice.until, frame)}<p><button>${w.make}</button></p>
</form>
${backLink(frame)}`,
  );
}

function basisFields(choice: GivingChoice, age: number, frame: Frame): Html {
  const { roles: w } = frame.words;
  const bases = BASES.map(
    (
      basis,
    ) => html`<p class="choice"><input type="radio" id="basis-${basis}" name="basis" value="${basis}" required aria-describedby="basis-${basis}-hint"${basis === choice.basis && html` checked`}><label for="basis-${basis}">${capital(w.bases[basis])}</label>
<span class="hint" id="basis-${basis}-hint">${w.hints[basis].replace('{age}', String(age))}</span></p>
`,
  );
  const number = (name: 'month' | 'year', max: number) =>
    html`<p class="field"><label for="${name}">${w[name]}</label>
<input id="${name}" name="${name}" inputmode="numeric" pattern="[0-9]*" maxlength="${max}" autocomplete="off" value="${choice[name] ?? ''}"></p>
`;
  return html`<fieldset><legend><h2>${w.whichBasis}</h2></legend>
${bases}</fieldset>
<fieldset><legend><h2>${w.born}</h2></legend>
<p class="hint">${w.bornHint}</p>
${number('month', 2)}${number('year', 4)}</fieldset>
${valuesField(choice.seesValues === true, frame)}`;
}
