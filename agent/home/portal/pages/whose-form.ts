import { modelOf } from '../../../../adapters/bluetooth/models/index.ts';
import { type Html, html } from '../../../pages/html.ts';
import type { SlotKind } from '../../people/devices.ts';
import type { Person } from '../../people/people.ts';
import { may, type Who } from '../access/rights.ts';
import type { HouseholdDevices, ShownDevice, SlotRefusal } from '../household-devices.ts';
import { type Frame, formStart } from '../shell.ts';

/** Highest user number of a device: scales have eight, and some ten. */
const SLOT_MAX = 10;

/** Who a device could belong to. */
export interface WhoseModel {
  readonly device: ShownDevice;
  readonly who: Who;
  /** The one who asks first. */
  readonly people: readonly Person[];
  /** Where the form goes, and back. */
  readonly action: string;
  readonly cancel: Html;
  /** It has measured nothing here yet. */
  readonly isNew?: boolean;
}

/** An answer in a form: to whom, or that its slots are asked for next. */
export type Whose = { readonly owner: string } | 'shared';

/** What a decision is told. */
export type Assignment =
  | { readonly owner: string }
  | { readonly slots: Record<number, string>; readonly slotKind?: SlotKind };

/** A helper may say whose a new device is, and move none: that would move readings. */
export const mayAssign = (who: Who, { ownership }: ShownDevice): boolean =>
  may(who, 'answer') || ownership === 'unassigned';

/** Whether people press a button is asked where the model does not say. */
const isSlotKindKnown = ({ modelKey }: ShownDevice): boolean => {
  const { slots = 'unknown' } = modelOf(modelKey) ?? {};
  return slots !== 'unknown';
};

/** It has users at all. */
export const hasSlots = ({ slotKind }: ShownDevice): boolean => slotKind !== 'none';

export const isOwnPerson = (who: Who, { id }: Person): boolean =>
  who.role === 'citizen' && id === who.person.id;

/** One choice of several, with its hint. */
function choice(name: string, value: string, label: string, hint?: string, isOn = false): Html {
  const id = `${name}-${value}`;
  const described = hint !== undefined && html` aria-describedby="${id}-hint"`;
  return html`<div class="choice"><input type="radio" name="${name}" id="${id}" value="${value}" required${isOn && html` checked`}${described}><label for="${id}">${label}</label>${hint !== undefined && html`<span class="hint" id="${id}-hint">${hint}</span>`}</div>
`;
}

/** The form that asks whose a device is. */
export function whoseForm(model: WhoseModel, frame: Frame): Html {
  const { who, people, action, cancel, isNew } = model;
  const { devices: w } = frame.words;
  const choices = people.map((person) =>
    isOwnPerson(who, person)
      ? choice('whose', person.id, w.whoseMine, w.whoseMineHint)
      : choice(
          'whose',
          person.id,
          w.whosePerson.replace('{name}', person.name),
          w.whosePersonHint.replace('{name}', person.name),
        ),
  );
  return html`${formStart(frame, action)}<fieldset><legend class="unseen">${w.whose}</legend>
${choices}${choice('whose', 'shared', w.whoseShared, w.whoseSharedHint)}</fieldset>
${
  !isNew &&
  html`<p>${w.whosePast}</p>
`
}<p><button>${w.next}</button></p></form>
${cancel}`;
}

/** What was chosen there; undefined when it is nothing that was offered. */
export function whoseOf(
  form: Readonly<Record<string, string>>,
  people: readonly Person[],
): Whose | undefined {
  if (form.whose === 'shared') return 'shared';
  const person = people.find(({ id }) => id === form.whose);
  return person && { owner: person.id };
}

/** The form that asks who is which user on a shared device. */
export function slotsForm(model: WhoseModel, frame: Frame): Html {
  const { device, who, people, action, cancel } = model;
  const { devices: w } = frame.words;
  const numbers = Array.from({ length: SLOT_MAX }, (_, at) => at + 1);
  const fields = people.map((person) => {
    const own = device.slots.find((one) => one.person?.id === person.id)?.slot;
    const label = isOwnPerson(who, person) ? w.slotOfYou : w.slotOf.replace('{name}', person.name);
    const options = numbers.map(
      (n) => html`<option value="${n}"${n === own && html` selected`}>${n}</option>`,
    );
    return html`<p class="field"><label for="slot-${person.id}">${label}</label><select id="slot-${person.id}" name="slot-${person.id}"><option value="">${w.slotNone}</option>${options}</select></p>
`;
  });
  const isChosen = device.slotKind === 'chosen';
  const how = isSlotKindKnown(device)
    ? device.slotKind === 'guessed' && html`<p class="notice">${w.slotsGuessed}</p>`
    : html`<fieldset><legend>${w.chosenTitle}</legend><p class="hint">${w.chosenHint}</p>
${choice('chosen', 'yes', w.chosenYes, undefined, isChosen)}${choice('chosen', 'no', w.chosenNo, undefined, !isChosen)}</fieldset>`;
  return html`<p>${w.slotsText}</p>
<p class="small">${w.slotsWho}</p>
${formStart(frame, action)}${fields}${how}
<p><button>${w.done}</button></p></form>
${cancel}`;
}

/** What was filled in there, as the decision needs it; else why not. */
export function slotsOf(
  form: Readonly<Record<string, string>>,
  { device, who, people }: Pick<WhoseModel, 'device' | 'who' | 'people'>,
  devices: Pick<HouseholdDevices, 'slotsWith'>,
): Assignment | SlotRefusal {
  const chosen = new Map<string, number>();
  for (const { id } of people) {
    const slot = Number(form[`slot-${id}`] ?? '');
    if (Number.isInteger(slot) && slot >= 1 && slot <= SLOT_MAX) chosen.set(id, slot);
  }
  const found = devices.slotsWith(who, device, chosen);
  if ('refused' in found || isSlotKindKnown(device)) return found;
  return { ...found, slotKind: form.chosen === 'yes' ? 'chosen' : 'unknown' };
}
