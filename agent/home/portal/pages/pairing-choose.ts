import { MODELS } from '../../../../adapters/bluetooth/models/index.ts';
import {
  actionOf,
  LOOK_FACTS,
  LOOKS,
  type Look,
  lookOf,
} from '../../../../adapters/bluetooth/models/looks.ts';
import type { DeviceModel, Words } from '../../../../adapters/bluetooth/models/model.ts';
import { NOT_YET, ONE_HOST, PAIR } from '../../../../adapters/bluetooth/models/words.ts';
import { type Html, html } from '../../../pages/html.ts';
import type { Recognised } from '../../people/recognised.ts';
import type { Found, FoundList } from '../found.ts';
import { actionPicture, signalPicture } from '../pictures/actions.ts';
import { devicePicture } from '../pictures/devices.ts';
import { type Frame, formStart, shell } from '../shell.ts';
import { refusalNote } from './access-parts.ts';

/** What has been chosen so far; both are in the address of the page. */
export interface Choice {
  /** Undefined for something else. */
  readonly look: Look | undefined;
  /** Undefined for another, or an unknown one. */
  readonly model: DeviceModel | undefined;
}

/** The list of what is heard is renewed this often, s. */
export const LISTEN_SECONDS = 3;
const STEPS = 6;

/** Where a choice's page stands. */
export const pathOf = ({ look, model }: Choice): string =>
  `/pairing/${look ?? 'other'}/${model?.key ?? 'other'}`;

/** What is meant by a part of an address; `undefined` twice is "something else", else it is nothing. */
export function choiceOf(look: string, model: string): Choice | undefined {
  const known = LOOKS.find((one) => one === look);
  if (known === undefined && look !== 'other') return undefined;
  const chosen = known && modelsOf(known).find(({ key }) => key === model);
  return chosen || model === 'other' ? { look: known, model: chosen } : undefined;
}

export const modelsOf = (look: Look): readonly DeviceModel[] =>
  MODELS.filter(({ measures }) => lookOf(measures) === look);

/** Where one is on the way. */
export function stepLine(n: number, { words }: Frame): Html {
  const text = words.pairing.step.replace('{n}', String(n));
  return html`<p class="steps"><progress max="${STEPS}" value="${n}" aria-hidden="true"></progress> ${text}</p>
`;
}

const backLink = (path: string, { words }: Frame): Html =>
  html`<p><a class="button second" href="${path}">${words.pairing.back}</a></p>`;

/** A kind of device, chosen by its picture. */
export function kindPage(
  state: { readonly isBusy: boolean; readonly isGoing: boolean },
  frame: Frame,
): Html {
  const { pairing: w, devices } = frame.words;
  const links = LOOKS.map(
    (
      look,
    ) => html`<li><a class="tile" href="/pairing/${look}">${devicePicture(look)}<span>${devices.looks[look]}</span></a></li>
`,
  );
  return shell(
    frame,
    w.kind.title,
    html`${stepLine(1, frame)}${
      state.isBusy &&
      html`<p class="notice bad" role="status">${w.kind.busy}</p>
`
    }${
      state.isGoing &&
      html`<div class="notice"><p>${w.kind.going}</p><p><a class="button" href="/pairing/now">${w.kind.follow}</a></p></div>
`
    }<ul class="tiles">
${links}<li><a class="tile" href="/pairing/other/other">${devicePicture(undefined)}<span>${w.kind.other}</span></a></li>
</ul>
${backLink('/devices', frame)}`,
  );
}

/** Which model: it matters for what is to be done on it. */
export function modelPage(look: Look, frame: Frame): Html {
  const { pairing: w } = frame.words;
  const link = (key: string, name: string) =>
    html`<li><a class="row" href="/pairing/${look}/${key}">${name}</a></li>
`;
  // A maker of several opens to them: the whole list is longer than a telephone.
  const makers = [...Map.groupBy(modelsOf(look), ({ vendor }) => vendor)].map(([vendor, all]) => {
    const [only] = all;
    if (only && all.length === 1) return link(only.key, `${vendor} ${only.name}`);
    return html`<li><details><summary>${vendor}</summary><ul class="rows">
${all.map(({ key, name }) => link(key, `${vendor} ${name}`))}</ul></details></li>
`;
  });
  return shell(
    frame,
    w.model.title,
    html`${stepLine(2, frame)}<div class="pictured">${devicePicture(look)}<p>${w.model.text}</p></div>
<ul class="rows">
${makers}${link('other', w.model.other)}</ul>
${backLink('/pairing', frame)}`,
  );
}

/** What to do on the device, in words and a drawing, with what to know before. */
export function preparePage(choice: Choice, frame: Frame): Html {
  const { pairing: w } = frame.words;
  const { look, model } = choice;
  const pair = (model ?? (look && LOOK_FACTS[look]))?.instructions.pair ?? PAIR.asManual;
  const isBrief = model?.quirks.includes('advertises-briefly') ?? false;
  return shell(
    frame,
    model ? `${model.vendor} ${model.name}` : w.prepare.title,
    html`${stepLine(3, frame)}${model?.oneHostOnly && warning(w.prepare.oneHost, ONE_HOST, frame)}<h2>${w.prepare.do}</h2>
<div class="pictured big">${actionPicture(actionOf(look ?? 'cuff', pair))}<p>${pair[frame.language]}</p></div>
${
  isBrief &&
  html`<p>${w.prepare.brief}</p>
`
}<p><a class="button" href="${pathOf(choice)}/found">${w.prepare.next}</a></p>
${backLink(look ? `/pairing/${look}` : '/pairing', frame)}`,
  );
}

const warning = (title: string, text: Words, { language }: Frame): Html =>
  html`<div class="notice bad"><h2>${title}</h2><p>${text[language]}</p></div>
`;

/** What is heard, nearest first; the page renews itself. */
export function foundPage(
  choice: Choice,
  list: FoundList,
  state: {
    readonly isRadioOff: boolean;
    /** What the household calls those that it has already, by handle. */
    readonly known: ReadonlyMap<string, string>;
  },
  frame: Frame,
): Html {
  const { found: w } = frame.words.pairing;
  const path = `${pathOf(choice)}/found`;
  const cards = (all: readonly Found[]) =>
    html`<ul class="rows">
${all.map((one) => foundRow(one, `${path}/${one.handle}`, state.known.get(one.handle), frame))}</ul>
`;
  const { others } = list;
  const fitting = list.fitting.filter(({ handle }) => !state.known.has(handle));
  const here = list.fitting.filter(({ handle }) => state.known.has(handle));
  const heard =
    fitting.length === 0
      ? html`<h2>${w.none}</h2><p>${w.noneText}</p>
`
      : html`<h2>${w.list}</h2>
${cards(fitting)}${
  fitting.length > 1 &&
  html`<p>${w.which}</p>
`
}`;
  const known =
    here.length > 0 &&
    html`<h2>${w.knownTitle}</h2>
${cards(here)}`;
  const rest =
    others.length > 0 &&
    html`<details${choice.look === undefined && html` open`}><summary>${w.others}</summary>
${cards(others)}</details>
`;
  return shell(
    { ...frame, refreshSeconds: LISTEN_SECONDS },
    w.title,
    html`${stepLine(4, frame)}<div id="found" data-again="${LISTEN_SECONDS}">${
      state.isRadioOff &&
      html`<p class="notice bad">${w.radio}</p>
`
    }${heard}${known}${rest}</div>
<p class="small">${w.looking.replace('{n}', String(LISTEN_SECONDS))}</p>
<p><a href="${path}">${w.again}</a></p>
${backLink(pathOf(choice), frame)}`,
  );
}

function foundRow(one: Found, path: string, known: string | undefined, frame: Frame): Html {
  const { found: w } = frame.words.pairing;
  const { name, model, look, signal, moved, asleepSeconds } = one;
  const nearness =
    asleepSeconds === undefined ? w.signal[signal] : w.asleep.replace('{n}', String(asleepSeconds));
  const movedText = moved && html` <strong class="moved">${w[moved]}</strong>`;
  return html`<li class="card heard${moved === 'closer' && ' closer'}">${devicePicture(look)}<div><h3>${model ?? name ?? w.unnamed}</h3>
<p class="nearness">${asleepSeconds === undefined && signalPicture(signal + 1)}<span>${nearness}${movedText}</span></p>
${
  model !== undefined &&
  name !== undefined &&
  html`<p class="small">${name}</p>
`
}${
  known !== undefined &&
  html`<p class="small">${w.known.replace('{name}', known)}</p>
`
}</div><a class="button" href="${path}" aria-label="${w.choose}: ${model ?? name ?? w.unnamed}, ${w.signal[signal]}">${w.choose}</a></li>
`;
}

/** Before pairing begins: warnings, and a code that can be read already. */
export function codePage(
  choice: Choice,
  heard: Recognised,
  handle: string,
  frame: Frame,
  refusal?: string,
): Html {
  const { pairing: w } = frame.words;
  const model = MODELS.find(({ key }) => key === heard.modelKey) ?? choice.model;
  const isBroadcast = model?.quirks.includes('repeats-broadcast') ?? !heard.connectable;
  const isCodeless = isBroadcast || model?.bond === 'none';
  const hidden = (name: string, value: string) =>
    html`<input type="hidden" name="${name}" value="${value}">`;
  const field = isCodeless
    ? isBroadcast && html`<p>${w.prepare.none}</p>`
    : html`<p>${w.code.text}</p>
${passkeyField(w.code.label, w.code.optional)}`;
  return shell(
    frame,
    isCodeless ? (heard.model ?? heard.name ?? w.prepare.title) : w.code.title,
    html`${refusalNote(refusal, frame.words.access)}${stepLine(5, frame)}${heard.oneHost && warning(w.prepare.oneHost, heard.oneHost, frame)}${heard.notYet && warning(w.prepare.notYet, NOT_YET, frame)}${formStart(frame, '/pairing/begin')}${hidden('look', choice.look ?? 'other')}${hidden('model', choice.model?.key ?? 'other')}${hidden('heard', handle)}${field}
<p><button>${w.code.begin}</button></p></form>
${backLink(`${pathOf(choice)}/found`, frame)}`,
  );
}

/** Six digits, with the browser's own keypad; spaces do no harm. */
export function passkeyField(label: string, hint?: string, isRequired = false): Html {
  const hinted = hint !== undefined && html` aria-describedby="passkey-hint"`;
  return html`<p class="field"><label for="passkey">${label}</label>
${
  hint !== undefined &&
  html`<span class="hint" id="passkey-hint">${hint}</span>
`
}<input class="code" id="passkey" name="passkey" inputmode="numeric" pattern="[0-9 ]{6,11}" maxlength="11" autocomplete="off"${isRequired && html` required`}${hinted}></p>
`;
}
