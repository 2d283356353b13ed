import { bondLostWords } from '../../../../adapters/bluetooth/models/bond-lost.ts';
import type { Check } from '../../../http.ts';
import { type Html, html } from '../../../pages/html.ts';
import { capital } from '../../../pages/language.ts';
import type { GivenAccess } from '../access/accounts.ts';
import { may } from '../access/rights.ts';
import type { ShownDevice } from '../household-devices.ts';
import { type Frame, formStart, shell } from '../shell.ts';
import { ageText, endTime, longTime } from '../times.ts';
import type { HealthWords } from '../words/health.en.ts';
import { technicalChecks } from './box-technical.ts';
import { endForm } from './others-page.ts';
import { reminderNote } from './reminder-page.ts';

/** How long somebody may be let in to help, h. */
export const HELP_HOURS = [1, 4, 24] as const;

/** What the page says; no value, no name of another, no address. */
export interface Box {
  readonly checks: readonly Check[];
  /** Those that the signed-in person may see. */
  readonly devices: readonly ShownDevice[];
  /** Whom the box sends to; empty where it is not set up for anybody. */
  readonly recipients: readonly { readonly name: string }[];
  /** When one of them last confirmed something, ms. */
  readonly reachedAt: number | undefined;
  /** Who is let in to help now, for who let them in. */
  readonly helpers: readonly GivenAccess[];
  /** The gateway's clock, ms; undefined when it is not to be trusted. */
  readonly now: number | undefined;
  readonly zone: string;
  /** When the signed-in person wants to be reminded to measure, hh:mm. */
  readonly reminder?: string | undefined;
}

/** What is worst comes first; what is not named here comes last. */
const ORDER = ['store', 'permissions', 'aside', 'radio', 'clock', 'broker', 'certificate', 'queue'];
/** Parts by another name that mean the same to who lives with the box. */
const SAME: Readonly<Record<string, string>> = { token: 'broker' };

type Part = keyof HealthWords['bad'];

/** Each part once, the worst first: whether all that belongs to it is well. */
export function partsOf(checks: readonly Check[], words: HealthWords): [Part, boolean][] {
  const parts = new Map<Part, boolean>();
  for (const { name, ok } of checks) {
    const [, own = ''] = /^([a-z]+)/.exec(name) ?? [];
    const part = SAME[own] ?? own;
    const known = Object.hasOwn(words.bad, part) ? (part as Part) : 'other';
    parts.set(known, ok && parts.get(known) !== false);
  }
  const rank = (part: string) => (ORDER.indexOf(part) + ORDER.length + 1) % (ORDER.length + 1);
  return [...parts].sort(([a], [b]) => rank(a) - rank(b));
}

/** `/box`: what works, what does not and what to do, the worst first. */
export function boxPage(box: Box, frame: Frame): Html {
  const { words, who } = frame;
  const { health: w } = words;
  const parts = partsOf(box.checks, w);
  const bad = parts.filter(([, ok]) => !ok).map(([part]) => part);
  const troubled = box.devices.some(({ trouble }) => trouble !== undefined);
  return shell(
    frame,
    words.box.title,
    html`${reminderNote(box.reminder, frame)}<div id="box" data-live="delivery device">
<p class="verdict"><strong>${bad.length === 0 && !troubled ? w.well : w.unwell}</strong></p>
${
  bad.length > 0 &&
  html`<section><h2>${w.toDo}</h2>
${bad.map((part) => badPart(part, box, frame))}</section>
`
}<section><h2>${w.works}</h2>
<ul class="plain">
${parts.filter(([, ok]) => ok).map(([part]) => goodPart(part, box, frame))}</ul>
${box.recipients.length === 0 && html`<p>${w.nobody}</p>`}</section>
<section><h2>${w.devices}</h2>
${devices(box, frame)}</section>
<details><summary>${w.technical}</summary>
${technicalChecks(box.checks, words.box)}
<p><a class="more" href="/box/counts">${w.counts}</a></p></details>
</div>
${help(box, frame)}${
  who?.role === 'helper' &&
  who.until !== undefined &&
  html`<p class="notice">${w.help.yours.replace('{when}', endTime(who.until, box.zone, frame.language))}</p>
`
}`,
  );
}

/** To whom the box sends, by name only where there is one, and for who may see what is shared. */
function whoOf({ recipients }: Box, { words, who }: Frame): string {
  const [only, ...more] = recipients;
  const { health: w } = words;
  if (!who || !may(who, 'share')) return w.careService;
  return only && more.length === 0 ? only.name : w.others;
}

function reached(box: Box, frame: Frame): string {
  const { health: w } = frame.words;
  const { reachedAt, zone } = box;
  const text = reachedAt === undefined ? w.neverReached : w.reached;
  const when = reachedAt === undefined ? '' : longTime(reachedAt, zone, frame.language);
  return capital(text.replace('{who}', whoOf(box, frame)).replace('{when}', when));
}

function badPart(part: Part, box: Box, frame: Frame): Html {
  const { health: w } = frame.words;
  const [what = '', act = ''] = w.bad[part];
  const toShares = part === 'permissions' && frame.who && may(frame.who, 'share');
  return html`<div class="notice bad"><h3>${what.replace('{who}', whoOf(box, frame))}</h3>
<p>${act}</p>${part === 'broker' && html`<p>${reached(box, frame)}</p>`}${toShares && html`<p><a class="more" href="/shares">${w.toShares}</a></p>`}</div>
`;
}

function goodPart(part: Part, box: Box, frame: Frame): Html {
  const { health: w } = frame.words;
  if (!Object.hasOwn(w.good, part)) return html``;
  const text = w.good[part as keyof typeof w.good].replace('{who}', whoOf(box, frame));
  return html`<li>${text}${part === 'broker' && html`<span class="small">${reached(box, frame)}</span>`}</li>
`;
}

/** Each in a line, those with a trouble first; what it is and its make, never what it is called. */
function devices(box: Box, frame: Frame): Html {
  const { words, language } = frame;
  const { health: w } = words;
  const { devices: all, now, zone } = box;
  if (all.length === 0) {
    return html`<p>${w.none}</p><p><a class="button second" href="/pairing">${w.pair}</a></p>`;
  }
  const cards = all
    .toSorted((a, b) => Number(b.trouble !== undefined) - Number(a.trouble !== undefined))
    .map(({ id, look, model, modelKey, battery, lastHeardAt, simulated, trouble }) => {
      const name = look === undefined ? w.unnamed : words.devices.looks[look];
      const told =
        trouble === 'bond-lost'
          ? bondLostWords(modelKey)[language]
          : trouble && words.box.trouble[trouble];
      const age =
        lastHeardAt !== undefined &&
        now !== undefined &&
        ageText(lastHeardAt, now, zone, language, words.devices.justNow);
      const when = lastHeardAt === undefined ? '' : longTime(lastHeardAt, zone, language);
      const heard = lastHeardAt === undefined ? w.notHeard : w.heard.replace('{when}', when);
      return html`<li class="card"><h3>${name}${simulated && html` <span class="demo">${words.box.demo}</span>`}</h3>
${model !== '' && html`<p class="small">${model}</p>`}${told && html`<p><strong>${capital(told)}</strong></p>`}<p>${heard}${age && html`<br>${age}`}${battery !== undefined && html`<br>${w.battery.replace('{n}', battery)}`}</p>
<p><a class="more" href="/devices/${id}" aria-label="${w.lookAtFor.replace('{name}', `${name} ${model}`.trim())}">${w.lookAt}</a></p></li>
`;
    });
  return html`<ul class="cards">
${cards}</ul>`;
}

/** Only who lives here opens for it, and sees who is let in. */
function help({ helpers, zone }: Box, frame: Frame): Html | false {
  const { words, who, language } = frame;
  const { help: w } = words.health;
  if (!who || !may(who, 'give-access')) return false;
  const [one = '', many = ''] = w.hour;
  const hours = HELP_HOURS.map(
    (
      n,
    ) => html`<p class="choice"><input type="radio" id="hours-${n}" name="hours" value="${n}" required${n === 1 && html` checked`}><label for="hours-${n}">${n === 1 ? one : many.replace('{n}', String(n))}</label></p>
`,
  );
  const open = helpers.map((given) => {
    const when = given.until === undefined ? '' : endTime(given.until, zone, language);
    return html`<div class="card"><p><strong>${w.isOpen.replace('{name}', given.name).replace('{when}', when)}</strong></p>
<div class="acts"><p><a class="button second" href="/me/others/${given.id}" aria-label="${w.doneFor.replace('{name}', given.name)}">${w.done}</a></p>
${endForm(given, frame, '/box')}</div></div>
`;
  });
  return html`<section id="help"><h2>${w.title}</h2>
<p>${w.text}</p>
${open}${formStart(frame, '/box/help')}
<fieldset><legend>${w.hours}</legend>
${hours}</fieldset>
<p><button class="second">${w.open}</button></p>
</form></section>
`;
}
