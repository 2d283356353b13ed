import { CodedError, codeOf } from '../../../errors.ts';
import { type Html, html } from '../../../pages/html.ts';
import { TooManyGuesses } from '../access/guesses.ts';
import { type Frame, formStart } from '../shell.ts';
import type { AccessWords } from '../words/access.en.ts';

/** Why something was refused, in words; throws what the pages have no words for. */
export function refusalText(error: unknown, words: AccessWords): string {
  const code = codeOf(error);
  if (!(error instanceof CodedError) || !Object.hasOwn(words.errors, code)) throw error;
  const text = words.errors[code as keyof AccessWords['errors']];
  return error instanceof TooManyGuesses ? text.replace('{wait}', waitText(error, words)) : text;
}

function waitText({ waitMs }: TooManyGuesses, words: AccessWords): string {
  const seconds = Math.max(1, Math.ceil(waitMs / 1000));
  const minutes = Math.ceil(seconds / 60);
  const [n, [one = '', many = '']] =
    seconds < 60 ? [seconds, words.waitSeconds] : [minutes, words.waitMinutes];
  return n === 1 ? one : many.replace('{n}', String(n));
}

/** The refusal above a form, where a screen reader hears it first. */
export const refusalNote = (text: string | undefined, words: AccessWords): Html | false =>
  text !== undefined &&
  html`<div class="notice bad" role="alert"><h2>${words.errorTitle}</h2><p>${text}</p></div>
`;

/** A field for six digits; the browser's own keypad comes up, and no password is offered to be kept. */
export function pinField(name: string, label: string, hint?: string): Html {
  const hinted = hint !== undefined && html` aria-describedby="${name}-hint"`;
  return html`<p class="field"><label for="${name}">${label}</label>
${
  hint !== undefined &&
  html`<span class="hint" id="${name}-hint">${hint}</span>
`
}<input id="${name}" name="${name}" type="password" inputmode="numeric" pattern="[0-9]{6}" maxlength="6" autocomplete="off" required${hinted}></p>
`;
}

/**
 * A form that a passkey answers: the script asks at `ask` for what is to be signed, and puts the answer
 * in. It belongs into something that is hidden with `data-with-passkey`, which browsers that can show.
 */
export function passkeyForm(
  frame: Frame,
  form: {
    readonly action: string;
    readonly ask: string;
    readonly button: string;
    /** What is said when nothing came of it. */
    readonly stopped: string;
    readonly fields?: Html;
    /** Another button is the first of the page. */
    readonly isSecond?: boolean;
  },
): Html {
  const { passkeys: w } = frame.words;
  const { action, ask, button, stopped, fields, isSecond = false } = form;
  return html`${formStart(frame, action, html` data-passkey="${ask}"`)}<input type="hidden" name="response">
<p class="notice bad" role="alert" hidden data-stopped="${stopped}" data-known="${w.known}"></p>
${fields}<p><button${isSecond && html` class="second"`}>${button}</button></p></form>
`;
}
