import { bondLostWords } from '../../../../adapters/bluetooth/models/bond-lost.ts';
import { modelOf } from '../../../../adapters/bluetooth/models/index.ts';
import { CodedError, codeOf } from '../../../errors.ts';
import { type Html, html } from '../../../pages/html.ts';
import { NAME_MAX } from '../../people/devices.ts';
import type { Who } from '../access/rights.ts';
import type { ClockState, ShownDevice } from '../household-devices.ts';
import { devicePicture } from '../pictures/devices.ts';
import { type Frame, formStart, shell } from '../shell.ts';
import { ageText, longTime } from '../times.ts';
import type { DevicesWords } from '../words/devices.en.ts';
import { isOwnPerson, mayAssign } from './whose-form.ts';

/** What the pages of devices show besides the devices. */
export interface DevicesModel {
  readonly who: Who;
  /** The gateway's clock, ms; undefined when it is not to be trusted. */
  readonly now: number | undefined;
  readonly zone: string;
  /** What was done just now. */
  readonly said?: string | undefined;
  readonly refusal?: string | undefined;
}

/** Said after a change, by the word in the address. */
export const DONE = ['renamed', 'assigned', 'keyGiven'] as const;

/** Why something was refused, in words; throws what the pages have no words for. */
export function deviceRefusal(error: unknown, { errors }: DevicesWords): string {
  const code = codeOf(error);
  if (error instanceof CodedError && Object.hasOwn(errors, code)) {
    return errors[code as keyof DevicesWords['errors']];
  }
  throw error;
}

/** Above a page: what was done, or why not. */
export function deviceNotes({ said, refusal }: DevicesModel, { words }: Frame): Html {
  return html`${
    refusal !== undefined &&
    html`<div class="notice bad" role="alert"><h2>${words.devices.errorTitle}</h2><p>${refusal}</p></div>
`
  }${
    said !== undefined &&
    html`<p class="notice" role="status">${said}</p>
`
  }`;
}

/** `/devices`: what there is, how each is, and the way to pair one more. */
export function devicesPage(
  devices: readonly ShownDevice[],
  model: DevicesModel,
  frame: Frame,
): Html {
  const { devices: w } = frame.words;
  const cards = devices.map((device) => {
    const id = `device-${device.id}`;
    return html`<li class="card device"><div class="pictured">${devicePicture(device.look)}<div><h2 id="${id}">${device.name}${demo(device, w)}</h2>
<p class="small">${kindText(device, w)}</p></div></div>
${facts(device, model, frame)}
<p><a class="button second" href="/devices/${device.id}" aria-describedby="${id}">${w.change}</a></p></li>
`;
  });
  const list = html`<ul class="cards">
${cards}</ul>`;
  return shell(
    frame,
    w.title,
    html`${deviceNotes(model, frame)}<p>${w.intro}</p>
<p><a class="button" href="/pairing">${w.pair}</a></p>
<div id="devices" data-live="device">${cards.length === 0 ? html`<p>${w.none}</p>` : list}</div>`,
  );
}

/** `/devices/…`: one of them, with what can be changed. */
export function devicePage(device: ShownDevice, model: DevicesModel, frame: Frame): Html {
  const { devices: w } = frame.words;
  const path = `/devices/${device.id}`;
  const whose =
    mayAssign(model.who, device) &&
    html`<p><a class="button second" href="${path}/whose">${w.changeWhose}</a></p>
`;
  const key =
    device.isKeyMissing &&
    html`<section><h2>${w.keyLabel}</h2><p>${w.keyMissing}</p>
${formStart(frame, `${path}/key`)}<p class="field"><label for="key">${w.keyLabel}</label><span class="hint" id="key-hint">${w.keyHint}</span><input id="key" name="key" maxlength="200" autocomplete="off" spellcheck="false" required aria-describedby="key-hint"></p>
<p><button class="second">${w.giveKey}</button></p></form></section>
`;
  return shell(
    frame,
    device.name,
    html`${deviceNotes(model, frame)}<div class="pictured">${devicePicture(device.look)}<p>${kindText(device, w)}${demo(device, w)}</p></div>
<div id="device" data-live="device">${facts(device, model, frame)}</div>
${key}<section>${formStart(frame, `${path}/name`)}${nameField(device.name, frame)}<p><button class="second">${w.save}</button></p></form></section>
<section class="acts">${whose}<p><a class="button second" href="${path}/remove">${w.remove}</a></p></section>
<p><a href="/devices">${w.back}</a></p>`,
  );
}

/** What the household calls a device. */
export function nameField(name: string, { words }: Frame): Html {
  const { devices: w } = words;
  return html`<p class="field"><label for="name">${w.rename}</label><span class="hint" id="name-hint">${w.renameHint}</span><input id="name" name="name" value="${name}" maxlength="${NAME_MAX}" autocomplete="off" required aria-describedby="name-hint"></p>
`;
}

/** Before a device is removed: what happens then. */
export function removePage(device: ShownDevice, frame: Frame): Html {
  const { devices: w } = frame.words;
  const path = `/devices/${device.id}`;
  return shell(
    frame,
    w.removeTitle.replace('{name}', device.name),
    html`<ul class="plain">
${w.removeText.map(
  (text) => html`<li>${text}</li>
`,
)}</ul>
${formStart(frame, `${path}/remove`)}<p><button>${w.removeYes}</button></p></form>
<p><a class="button second" href="${path}">${w.cancel}</a></p>`,
  );
}

const demo = ({ simulated }: ShownDevice, w: DevicesWords) =>
  simulated && html` <span class="demo">${w.demo}</span>`;

const kindText = ({ look, model, modelKey }: ShownDevice, w: DevicesWords): string => {
  const known = modelOf(modelKey);
  const product = known ? `${known.vendor} ${known.name}` : model;
  return `${w.looks[look ?? 'other']}, ${product || w.unknownModel}`;
};

function facts(device: ShownDevice, model: DevicesModel, frame: Frame): Html {
  const { devices: w } = frame.words;
  const fact = (name: string, text: Html | string) => html`<dt>${name}</dt><dd>${text}</dd>
`;
  const { battery } = device;
  return html`${troubleNote(device, frame)}<dl class="facts">
${fact(w.whose, whoseText(device, model.who, w))}${fact(w.battery, battery === undefined ? w.batteryUnknown : `${battery} %`)}${fact(w.lastHeard, heardText(device, model, frame))}${fact(w.clock, clockText(device.clock, w))}</dl>
`;
}

function troubleNote(device: ShownDevice, { words, language }: Frame): Html | false {
  const { devices: w } = words;
  const { trouble, look, modelKey, isKeyMissing } = device;
  if (trouble === undefined) {
    return (
      isKeyMissing &&
      html`<p class="notice bad">${w.keyMissing}</p>
`
    );
  }
  if (trouble !== 'bond-lost')
    return html`<p class="notice bad">${w.trouble[trouble]}</p>
`;
  const model = modelOf(modelKey)?.key ?? 'other';
  return html`<div class="notice bad"><p>${bondLostWords(modelKey)[language]}</p><p><a class="button" href="/pairing/${look ?? 'other'}/${model}">${w.pairAgain}</a></p></div>
`;
}

function whoseText(device: ShownDevice, who: Who, w: DevicesWords): string {
  const { ownership, slots, slotKind } = device;
  if (ownership === 'unassigned') return w.nobody;
  if (ownership === 'mine') {
    return who.role === 'citizen' ? w.mine : w.minePerson.replace('{name}', who.person.name);
  }
  const users = slots.map(({ slot, person }) => {
    const name = !person ? w.somebody : isOwnPerson(who, person) ? w.you : person.name;
    return w.slot.replace('{slot}', String(slot)).replace('{name}', name);
  });
  const shared = [w.shared, ...users].join(', ');
  if (slotKind === 'guessed') return `${shared}. ${w.guessed}`;
  return slots.length === 0 || slotKind !== 'chosen' ? `${shared}. ${w.asked}` : `${shared}.`;
}

function heardText({ lastHeardAt }: ShownDevice, model: DevicesModel, frame: Frame): Html | string {
  const { devices: w } = frame.words;
  if (lastHeardAt === undefined) return w.never;
  const { now, zone } = model;
  const time = html`<time datetime="${new Date(lastHeardAt).toISOString()}">${longTime(lastHeardAt, zone, frame.language)}</time>`;
  const age =
    now === undefined ? undefined : ageText(lastHeardAt, now, zone, frame.language, w.justNow);
  return age === undefined ? time : html`${age} <span class="small">${time}</span>`;
}

function clockText(clock: ClockState, w: DevicesWords): string {
  if (clock.is === 'unknown') return w.clockUnknown;
  if (clock.is === 'right') return w.clockRight;
  if (clock.is === 'unset') return w.clockUnset;
  const minutes = Math.abs(clock.minutes);
  const [one = '', many = ''] = clock.minutes < 0 ? w.clockSlow : w.clockFast;
  return `${(minutes === 1 ? one : many).replace('{n}', String(minutes))}. ${w.clockMended}`;
}
