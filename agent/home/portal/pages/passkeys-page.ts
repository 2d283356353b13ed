import { type Html, html } from '../../../pages/html.ts';
import type { Passkey } from '../access/passkeys.ts';
import { type Frame, formStart, shell } from '../shell.ts';
import { longTime } from '../times.ts';
import { put } from '../words/words.ts';
import { passkeyForm, pinField, refusalNote } from './access-parts.ts';

export interface PasskeysModel {
  readonly passkeys: readonly Passkey[];
  /** Name of the site, where one may be made here. */
  readonly site: string | undefined;
  /** The browser that asks. */
  readonly own: string;
  /** Several people use it. */
  readonly isShared: boolean;
  /** What this device may be called. */
  readonly name: string;
  readonly zone: string;
  readonly refusal?: string;
  readonly done?: 'added' | 'removed';
}

/** Where one signs in by fingerprint, face or the device's lock; switched on and off. */
export function passkeysPage(model: PasskeysModel, around: Frame): Html {
  const frame = { ...around, path: '/me/passkeys' };
  const { passkeys: w, access } = frame.words;
  const { passkeys, refusal, done } = model;
  return shell(
    frame,
    w.title,
    html`${refusalNote(refusal, access)}${
      done &&
      html`<p class="notice" role="status">${w[done]}</p>
`
    }<p>${w.intro}</p>
<p>${w.stays}</p>
${
  passkeys.length > 0 &&
  html`<section><h2>${w.list}</h2>
<ul class="cards">
${passkeys.map((one) => passkeyCard(one, model, frame))}</ul>
<p class="small">${w.sharedEnds}</p>
</section>
`
}${addPart(model, frame)}<p><a class="more" href="/me">${access.me.back}</a></p>`,
  );
}

function passkeyCard(passkey: Passkey, { own, zone, site }: PasskeysModel, frame: Frame): Html {
  const { passkeys: w, access } = frame.words;
  const { id, name, madeAt, usedAt, rp, browser } = passkey;
  const at = (text: string, ms: number) => put(text, { when: longTime(ms, zone, frame.language) });
  const title = `passkey-${id}`;
  return html`<li class="card">
<h3 id="${title}">${name}${browser === own && html` (${access.me.thisOne})`}</h3>
<p>${at(w.made, madeAt)}<br>${usedAt === undefined ? w.unused : at(w.used, usedAt)}</p>
${
  rp !== site &&
  html`<p>${put(w.elsewhere, { name: rp })}</p>
`
}<div class="acts">${formStart(frame, `/me/passkeys/${id}/remove`)}<p><button class="second" aria-describedby="${title}">${w.remove}</button></p></form>
</div>
</li>
`;
}

function addPart({ passkeys, own, site, isShared, name }: PasskeysModel, frame: Frame) {
  const { passkeys: w, access } = frame.words;
  // One of this device is enough, and a second is refused by most.
  if (passkeys.some(({ browser, rp }) => browser === own && rp === site)) return false;
  const refusal = site === undefined ? w.notHere : isShared && w.sharedHere;
  if (refusal) {
    return html`<section><h2>${w.addTitle}</h2>
<p>${refusal}</p>
</section>
`;
  }
  const form = passkeyForm(frame, {
    ...{ action: '/me/passkeys', ask: '/api/passkey/make' },
    ...{ button: w.add, stopped: w.stopped },
    fields: html`<p class="field"><label for="name">${w.name}</label>
<span class="hint" id="name-hint">${w.nameHint}</span>
<input id="name" name="name" maxlength="40" autocomplete="off" required aria-describedby="name-hint" value="${name}"></p>
${pinField('pin', access.signIn.pin, w.pinHint)}`,
  });
  return html`<section><h2>${w.addTitle}</h2>
<p data-without-passkey>${w.cannot}</p>
<div data-with-passkey hidden><p class="notice">${w.warn}</p>
${form}</div>
</section>
`;
}
