import type { Kind } from '../../../../adapters/measurement.ts';
import { instantText } from '../../../../fhir/time.ts';
import { type Html, html } from '../../../pages/html.ts';
import { capital } from '../../../pages/language.ts';
import { kindName, permissionSentence } from '../../consent/sentence.ts';
import { dayIn, dayText } from '../form-dates.ts';
import { kindPicture } from '../kind-pictures.ts';
import type { Gone, GoneKind } from '../sharing-record.ts';
import { type Frame, formStart, shell } from '../shell.ts';
import { longTime } from '../times.ts';
import { type Choice, type Days, fieldOf } from './shares-choice.ts';
import { basisText, type Shared, sentencesOf } from './shares-page.ts';

/** What the pages of one decision are about. */
export interface AskModel {
  readonly shared: Shared;
  /** The gateway's clock, ms. */
  readonly now: number;
  readonly zone: string;
  readonly refusal?: string;
}

const HEALTH: readonly Kind[] = [
  'blood-pressure',
  'body-weight',
  'oxygen-saturation',
  'body-temperature',
  'glucose',
  'glucose-interstitial',
  'heart-rate',
  'body-composition',
];
const HOME: readonly Kind[] = [
  'environment',
  'contact',
  'motion',
  'presence',
  'button',
  'smoke',
  'water-leak',
  'battery',
];

const named = (text: string, { name }: Shared): string => text.replace('{recipient}', name);
const urlOf = ({ id }: Shared, step: string): string => `/shares/to/${id}/${step}`;

const refusalNote = ({ refusal }: AskModel, { words: { shares: w } }: Frame): Html | false =>
  refusal !== undefined &&
  html`<div class="notice bad" role="alert"><h2>${w.errorTitle}</h2><p>${refusal}</p></div>
`;

const back = ({ words: { shares: w } }: Frame): Html =>
  html`<p><a class="more" href="/shares">${w.back}</a></p>`;

/** What, from when, until when. */
export function choosePage(model: AskModel, choice: Choice, frame: Frame): Html {
  const { shares: w } = frame.words;
  const { shared, now, zone } = model;
  const isChange = shared.permissions.length > 0;
  const tick = (kind: Kind) => {
    const ticked = choice.kinds.includes(kind) && html` checked`;
    return html`<p class="choice pictured"><input id="${fieldOf(kind)}" name="${fieldOf(kind)}" type="checkbox" value="yes"${ticked}><label for="${fieldOf(kind)}">${kindPicture(kind)}${capital(kindName(kind, frame.language))}</label></p>
`;
  };
  const today = dayIn(now, zone);
  return shell(
    frame,
    named(isChange ? w.choose.changeTitle : w.choose.title, shared),
    html`${refusalNote(model, frame)}${formStart(frame, urlOf(shared, 'check'))}
<fieldset><legend><h2>${w.choose.what}</h2></legend>
<h3>${w.choose.health}</h3>
<div class="ticks">${HEALTH.map(tick)}</div>
<h3>${w.choose.home}</h3>
<div class="ticks">${HOME.map(tick)}</div>
</fieldset>
<fieldset><legend><h2>${w.choose.from}</h2></legend>
${radio('begin', 'now', w.choose.now, choice.since === undefined)}${radio('begin', 'since', w.choose.since, choice.since !== undefined, w.choose.sinceHint)}${dayField('since', w.choose.sinceDate, choice.since, { max: today })}</fieldset>
<fieldset><legend><h2>${w.choose.until}</h2></legend>
${radio('end', 'none', w.choose.noEnd, choice.until === undefined)}${radio('end', 'date', w.choose.untilDay, choice.until !== undefined)}${dayField('until', w.choose.untilDate, choice.until, { min: today })}</fieldset>
<p><button>${w.choose.next}</button></p>
</form>
${back(frame)}`,
  );
}

function radio(name: string, value: string, label: string, isChosen: boolean, hint?: string): Html {
  const id = `${name}-${value}`;
  const described = hint !== undefined && html` aria-describedby="${id}-hint"`;
  return html`<p class="choice"><input id="${id}" name="${name}" type="radio" value="${value}"${isChosen && html` checked`}${described}><label for="${id}">${label}</label>${
    hint !== undefined && html`<span class="hint" id="${id}-hint">${hint}</span>`
  }</p>
`;
}

function dayField(
  name: string,
  label: string,
  value: string | undefined,
  { min, max }: { readonly min?: string; readonly max?: string },
): Html {
  const least = min !== undefined && html` min="${min}"`;
  const most = max !== undefined && html` max="${max}"`;
  return html`<p class="field inner"><label for="${name}">${label}</label>
<input id="${name}" name="${name}" type="date" value="${value ?? ''}"${least}${most}></p>
`;
}

/** The sentence that is agreed to, before it is. */
export function checkPage(model: AskModel, choice: Choice, days: Days, frame: Frame): Html {
  const { shares: w } = frame.words;
  const { shared, zone } = model;
  const { language } = frame;
  const { kinds } = choice;
  const before = new Set(shared.permissions.flatMap((one) => one.kinds));
  const ended = [...before].filter((kind) => !kinds.includes(kind));
  const since =
    days.from === undefined ? undefined : dayText(Date.parse(days.from), zone, language);
  const plain = before.size > 0 ? w.check.means.changed : w.check.means.now;
  const means = since === undefined ? plain : w.check.means.since.replace('{date}', since);
  const fields = [
    ...kinds.map((kind) => [fieldOf(kind), 'yes']),
    ...(choice.since === undefined
      ? []
      : [
          ['begin', 'since'],
          ['since', choice.since],
        ]),
    ...(choice.until === undefined
      ? []
      : [
          ['end', 'date'],
          ['until', choice.until],
        ]),
  ].map(([name = '', value = '']) => html`<input type="hidden" name="${name}" value="${value}">`);
  const goneText =
    ended.length > 0 &&
    html`<p>${w.check.ended.replace('{kinds}', listOf(ended, frame))}</p>
`;
  return shell(
    frame,
    w.check.title,
    html`${comingSentences(model, choice, days, frame).map(
      (sentence) => html`<p class="sentence framed">${sentence}</p>
`,
    )}${goneText}<p>${means}</p>
<p class="small">${basisText(shared.legalBasis, frame)}</p>
<p>${w.check.nothingYet}</p>
${formStart(frame, urlOf(shared, 'give'))}${fields}
<p class="acts"><button>${w.check.yes}</button> <button class="second" formaction="${urlOf(shared, 'choose')}">${w.check.again}</button></p>
</form>
${back(frame)}`,
  );
}

/** As the permissions will read: what stays keeps its day, what is new begins today or on the day asked for. */
function comingSentences(model: AskModel, choice: Choice, days: Days, frame: Frame): string[] {
  const { shared, now, zone } = model;
  const { language } = frame;
  const { from, until } = days;
  const stay = shared.permissions.filter(
    (one) => from === undefined || Date.parse(one.from) < Date.parse(from),
  );
  const kept = stay
    .map((one) => ({
      ...one,
      kinds: one.kinds.filter((kind) => choice.kinds.includes(kind)),
      until,
    }))
    .filter(({ kinds }) => kinds.length > 0);
  const covered = new Set(kept.flatMap(({ kinds }) => kinds));
  const added = choice.kinds.filter((kind) => from !== undefined || !covered.has(kind));
  const begins = from ?? instantText(now, zone);
  const text = { recipient: shared.name, from: begins, until, language };
  const isSaid = added.every((kind) => covered.has(kind));
  return [
    ...sentencesOf(kept, frame),
    ...(isSaid ? [] : [permissionSentence({ ...text, kinds: added })]),
  ];
}

const listOf = (kinds: readonly Kind[], { language }: Frame): string =>
  new Intl.ListFormat(language, { type: 'conjunction' }).format(
    kinds.map((kind) => kindName(kind, language)),
  );

/** How long a pause lasts. */
export function pausePage(model: AskModel, chosen: Pick<Choice, 'until'>, frame: Frame): Html {
  const { pausing: w } = frame.words.shares;
  const { shared, now, zone } = model;
  return shell(
    frame,
    named(w.title, shared),
    html`${refusalNote(model, frame)}<p>${w.text}</p>
<p>${shared.isTold ? w.told : w.notTold}</p>
${formStart(frame, urlOf(shared, 'pause'))}
<fieldset><legend><h2>${w.until}</h2></legend>
${radio('end', 'none', w.open, chosen.until === undefined)}${radio('end', 'date', w.day, chosen.until !== undefined)}${dayField('until', w.date, chosen.until, { min: dayIn(now, zone) })}</fieldset>
<p><button>${w.yes}</button></p>
</form>
${back(frame)}`,
  );
}

/** Ends a pause, with the question of what was measured in it. */
export function resumePage(model: AskModel, frame: Frame): Html {
  const { shared } = model;
  const { resuming: w } = frame.words.shares;
  return shell(
    frame,
    named(w.title, shared),
    html`${refusalNote(model, frame)}<p>${w.text}</p>
${sentencesOf(shared.permissions, frame).map(
  (sentence) => html`<p class="sentence framed">${sentence}</p>
`,
)}${formStart(frame, urlOf(shared, 'resume'))}
<fieldset><legend><h2>${w.question}</h2></legend>
${radio('paused', 'keep', w.keep, true)}${radio('paused', 'send', w.send, false)}</fieldset>
<p><button>${w.yes}</button></p>
</form>
${back(frame)}`,
  );
}

/** What happens, what they have already, and one button. */
export function withdrawPage(
  model: AskModel,
  /** Undefined: so much that it has a page of its own. */
  gone: readonly GoneKind[] | undefined,
  frame: Frame,
): Html {
  const { withdrawing: w } = frame.words.shares;
  const { shared } = model;
  const list =
    gone === undefined
      ? html`<p><a class="more" href="${urlOf(shared, 'gone')}">${w.goneAll}</a></p>
`
      : goneTable(gone, model, frame);
  return shell(
    frame,
    named(w.title, shared),
    html`<ul class="points">
${w.now.toSpliced(-1, 0, shared.isTold ? w.told : w.notTold).map((text) => html`<li>${text}</li>\n`)}</ul>
${formStart(frame, urlOf(shared, 'withdraw'))}
<p class="acts"><button>${w.yes}</button>${!shared.pause && html` <a class="button second" href="${urlOf(shared, 'pause')}">${w.pauseInstead}</a>`}</p>
</form>
<section><h2>${w.gone}</h2>
${list}</section>
${back(frame)}`,
  );
}

/** What a recipient has; where that is much, of one stretch of time after another, the last first. */
export function gonePage(
  model: AskModel,
  gone: Gone & { readonly before: number | undefined },
  frame: Frame,
): Html {
  const { withdrawing: w } = frame.words.shares;
  const { shared, zone } = model;
  const { kinds, from, before } = gone;
  const at = (text: string, ms: number) =>
    text.replace('{time}', longTime(ms, zone, frame.language));
  const stretch = [
    ...(from === undefined ? [] : [at(w.goneFrom, from)]),
    ...(before === undefined ? [] : [at(w.goneBefore, before)]),
  ].map(
    (text) => html`<p>${text}</p>
`,
  );
  const isPart = stretch.length > 0;
  return shell(
    frame,
    w.gone,
    html`<p>${shared.name}</p>
${stretch}${kinds.length === 0 && isPart ? html`<p>${w.goneNothingThen}</p>\n` : goneTable(kinds, model, frame)}${
  from !== undefined &&
  html`<p><a class="more" href="${urlOf(shared, 'gone')}?before=${from}">${w.goneEarlier}</a></p>
`
}${back(frame)}`,
  );
}

function goneTable(gone: readonly GoneKind[], { zone }: AskModel, frame: Frame): Html {
  const { withdrawing: w } = frame.words.shares;
  const { language } = frame;
  const day = (ms: number) => dayText(ms, zone, language);
  const days = ({ first, last }: GoneKind) =>
    day(first) === day(last)
      ? day(first)
      : w.between.replace('{first}', day(first)).replace('{last}', day(last));
  if (gone.length === 0) return html`<p>${w.goneNothing}</p>\n`;
  return html`<table class="gone">
<thead><tr><th scope="col">${w.kind}</th><th scope="col">${w.count}</th><th scope="col">${w.days}</th></tr></thead>
<tbody>
${gone.map(
  (
    one,
  ) => html`<tr><th scope="row" data-label="${w.kind}"><span>${capital(kindName(one.kind, language))}</span></th><td data-label="${w.count}"><span>${one.n}</span></td><td data-label="${w.days}"><span>${days(one)}</span></td></tr>
`,
)}</tbody>
</table>
`;
}
