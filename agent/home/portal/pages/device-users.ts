import { modelOf } from '../../../../adapters/bluetooth/models/index.ts';
import { type Html, html } from '../../../pages/html.ts';
import type { UserCodeState } from '../../people/user-codes.ts';
import type { ShownDevice } from '../household-devices.ts';
import { type Frame, formStart } from '../shell.ts';

/** It hands nothing over before it is told who uses it. */
export const asksForUser = ({ modelKey }: Pick<ShownDevice, 'modelKey'>): boolean =>
  modelOf(modelKey)?.quirks.includes('user-code') ?? false;

/** The users that a device was told of, and the way to tell it of one. Codes go in, never out. */
export function usersSection(
  { id }: ShownDevice,
  users: readonly UserCodeState[],
  frame: Frame,
): Html {
  const { users: w } = frame.words.devices;
  const answers: Readonly<Record<string, string>> = w.answers;
  const rows = users.map(({ user, answer }) => {
    const name = user === undefined ? w.newUser : w.user.replace('{n}', String(user));
    const known = answer !== undefined && Object.hasOwn(answers, answer);
    const told = answer === undefined ? w.waits : known ? answers[answer] : w.otherAnswer;
    return html`<li>${name}: ${told}</li>
`;
  });
  const start = () => formStart(frame, `/devices/${id}/user`);
  const field = (name: string, label: string, length: number) =>
    html`<p class="field"><label for="${name}">${label}</label><input id="${name}" name="${name}" inputmode="numeric" pattern="[0-9]{1,${length}}" maxlength="${length}" autocomplete="off" required></p>
`;
  return html`<section id="users"><h2>${w.title}</h2><p>${w.text}</p>
${rows.length > 0 && html`<ul class="plain">${rows}</ul>`}
${start()}${field('user', w.number, 3)}${field('code', w.code, 4)}<p><button class="second">${w.give}</button></p></form>
<p>${w.registerText}</p>
${start()}<input type="hidden" name="register" value="yes"><p><button class="second">${w.register}</button></p></form></section>
`;
}

/** Before the first measurement: it would be waited for in vain. */
export const userNeeded = ({ id }: ShownDevice, { words }: Frame): Html =>
  html`<div class="notice bad"><p>${words.devices.users.needed}</p><p><a class="button" href="/devices/${id}#users">${words.devices.users.go}</a></p></div>
`;
