import { modelOf } from '../../../../adapters/bluetooth/models/index.ts';
import { actionOf, LOOK_FACTS, type Look } from '../../../../adapters/bluetooth/models/looks.ts';
import { MEASURE, PAIR } from '../../../../adapters/bluetooth/models/words.ts';
import { type Html, html } from '../../../pages/html.ts';
import type { PairingQuestion, PairingView } from '../../people/pairings.ts';
import type { ShownDevice } from '../household-devices.ts';
import { actionPicture } from '../pictures/actions.ts';
import { devicePicture } from '../pictures/devices.ts';
import { type Frame, formStart, shell } from '../shell.ts';
import type { ShownPart } from '../shown-value.ts';
import { refusalNote } from './access-parts.ts';
import { nameField } from './devices-page.ts';
import { passkeyField, stepLine } from './pairing-choose.ts';
import { valueLines } from './reading-parts.ts';

/** A pairing under way is looked at this often, s: a code is waited for half a minute. */
const FOLLOW_SECONDS = 2;
const MINUTE_MS = 60_000;

/** What the page of a pairing that goes on is told. */
export interface NowModel {
  readonly view: PairingView;
  /** The machine's own clock, by which it ends, ms. */
  readonly now: number;
  /** A virtual device has no display but this. */
  readonly shows: string | undefined;
  readonly refusal?: string | undefined;
}

/** Renews itself: nothing on it is filled in. */
const following = (frame: Frame): Frame => ({ ...frame, refreshSeconds: FOLLOW_SECONDS });

const minutesLeft = ({ view, now }: Pick<NowModel, 'view' | 'now'>): string =>
  String(Math.max(1, Math.ceil((view.endsAt - now) / MINUTE_MS)));

const cancelForm = (frame: Frame): Html =>
  html`${formStart(frame, '/pairing/cancel')}<p><button class="second">${frame.words.pairing.cancel}</button></p></form>`;

/** Bonding: how far it is, or what the device wants now. */
export function bondingPage(model: NowModel, frame: Frame): Html {
  const { view } = model;
  if (view.question) return questionPage(model, view.question, frame);
  const { now: w } = frame.words.pairing;
  const steps: Readonly<Record<string, string>> = w.steps;
  const step = Object.hasOwn(steps, view.step) ? steps[view.step] : w.otherStep;
  const shown = view.show;
  const title = shown ? w.showTitle : w.title.replace('{name}', view.name);
  const pair = view.about.instructions?.pair ?? PAIR.asManual;
  const body = shown
    ? html`<p class="big-code">${grouped(shown.passkey)}</p><p>${w.entered.replace('{n}', String(shown.entered))}</p>`
    : html`<div class="pictured big">${
        view.step === 'waiting'
          ? actionPicture(actionOf(view.look ?? 'cuff', pair))
          : devicePicture(view.look)
      }<p class="now">${step}</p></div>`;
  return shell(
    following(frame),
    title,
    html`${stepLine(5, frame)}<div id="now" data-again="${FOLLOW_SECONDS}" role="status">${body}
<p class="small">${w.left.replace('{n}', minutesLeft(model))}</p></div>
${cancelForm(frame)}`,
  );
}

/** A code in two groups of three, as people read it. */
const grouped = (digits: string): string => `${digits.slice(0, 3)} ${digits.slice(3)}`;

function questionPage(model: NowModel, question: PairingQuestion, frame: Frame): Html {
  const { pairing, access } = frame.words;
  const { now: w } = pairing;
  const { shows, refusal } = model;
  const display =
    shows !== undefined &&
    html`<p class="notice"><span class="demo">${frame.words.devices.demo}</span> ${w.demoShows} <strong>${grouped(shows)}</strong></p>
`;
  const start = html`${formStart(frame, '/pairing/answer')}<input type="hidden" name="number" value="${question.number}">`;
  const body =
    question.ask === 'passkey'
      ? html`<p>${w.askText}</p>
${start}${passkeyField(pairing.code.label, undefined, true)}<p><button>${w.send}</button></p></form>`
      : html`<p class="big-code">${grouped(question.passkey)}</p>
${start}<p><button name="same" value="yes">${w.yes}</button> <button class="second" name="same" value="no">${w.no}</button></p></form>`;
  const title = question.ask === 'passkey' ? w.askTitle : w.compareTitle;
  return shell(
    frame,
    title,
    html`${refusalNote(refusal, access)}${stepLine(5, frame)}${display}${body}
${cancelForm(frame)}`,
  );
}

/** Paired, and whose it is has been said: one measurement is waited for. */
export function measurePage(
  model: NowModel,
  look: Look | undefined,
  note: Html | false,
  frame: Frame,
): Html {
  const { measure: w } = frame.words.pairing;
  const known = modelOf(model.view.device?.model)?.instructions ?? model.view.about.instructions;
  const words = (known ?? (look && LOOK_FACTS[look].instructions))?.measure ?? MEASURE.cuff;
  const picture = look ? actionPicture(LOOK_FACTS[look].use) : devicePicture(look);
  return shell(
    following(frame),
    w.title,
    html`${stepLine(6, frame)}${note}<div id="measure" data-again="${FOLLOW_SECONDS}"><p>${w.text}</p>
<div class="pictured big">${picture}<p>${words[frame.language]}</p></div>
<p class="small">${w.left.replace('{n}', minutesLeft(model))}</p></div>
${formStart(frame, '/pairing/cancel')}<p><button class="second">${w.later}</button></p></form>`,
  );
}

/** What may be shown of the first measurement. */
export type FirstMeasurement =
  | { readonly is: 'shown'; readonly kind: string; readonly values: readonly ShownPart[] }
  | { readonly is: 'hidden' | 'question' | 'none' };

/** All is done. */
export function donePage(
  view: PairingView,
  device: ShownDevice | undefined,
  first: FirstMeasurement,
  frame: Frame,
): Html {
  const { done: w } = frame.words.pairing;
  const { devices } = frame.words;
  const body =
    first.is === 'shown'
      ? html`<section class="card"><h2>${w.first}</h2><h3>${first.kind}${device?.simulated && html` <span class="demo">${devices.demo}</span>`}</h3>${valueLines(first.values)}</section>`
      : html`<p class="notice">${w[first.is]}</p>`;
  const rename =
    device &&
    html`<section><h2>${w.name}</h2>${formStart(frame, `/devices/${device.id}/name`)}${nameField(device.name, frame)}<p><button class="second">${devices.save}</button></p></form></section>
`;
  return shell(
    frame,
    w.title.replace('{name}', device?.name ?? view.name),
    html`<div class="pictured">${devicePicture(device?.look ?? view.look)}<div>${body}</div></div>
${rename}<p class="acts"><a class="button" href="/devices">${w.devices}</a> <a class="button second" href="/pairing">${w.more}</a></p>`,
  );
}

/** What happened, and the next thing to try; a retry costs nothing. */
export function failedPage(view: PairingView, frame: Frame, note?: Html): Html {
  const { pairing: w } = frame.words;
  const { failed } = w;
  const code = view.failure?.code ?? '';
  const told = Object.hasOwn(w.failures, code)
    ? w.failures[code as keyof typeof w.failures]
    : w.otherFailure;
  const [what = '', next = ''] = told;
  const model = modelOf(view.about.modelKey);
  const isCodeless = model?.bond === 'none';
  return shell(
    frame,
    failed.title,
    html`${note}<div class="notice bad" role="alert"><h2>${what}</h2><p>${next}</p></div>
<p>${failed.nothing}</p>
${formStart(frame, '/pairing/again')}${!isCodeless && passkeyField(failed.code)}<p><button>${failed.again}</button></p></form>
<p><a class="button second" href="/pairing">${failed.other}</a></p>`,
  );
}
