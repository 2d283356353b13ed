import { type Html, html } from '../../../pages/html.ts';
import { CODE_MS } from '../access/codes.ts';
import { type Frame, shell } from '../shell.ts';
import { clockTime } from '../times.ts';
import { setupCard } from './setup-card.ts';

/** Where the pages are on the home network; undefined when only this machine can ask. */
export type CardSide = () =>
  | {
      readonly url: string;
      readonly numberUrls: readonly string[];
      readonly isTrusted: boolean;
    }
  | undefined;

export interface CodeModel {
  readonly code: string;
  readonly until: number;
  readonly zone: string;
  readonly card: CardSide;
  readonly says: {
    readonly title: string;
    readonly text: string;
    readonly warn: string;
    readonly back: string;
  };
  readonly backTo: string;
}

/** The page that shows a code, once; on the home network with the card, to be shown or printed. */
export function codePage(model: CodeModel, around: Frame, path = '/me'): Html {
  const frame = { ...around, path };
  const { says, code, backTo } = model;
  const where = model.card();
  const card = where && { ...where, code, codeMinutes: CODE_MS / 60_000 };
  const { print } = frame.words.access.me;
  return shell(
    frame,
    says.title,
    html`<p>${says.text.replace('{until}', clockTime(model.until, model.zone, frame.language))}</p>
<p class="big-code">${code.slice(0, 4)} ${code.slice(4)}</p>
<p>${says.warn}</p>
${card && html`<p><button class="second" type="button" data-print hidden>${print}</button></p>\n${setupCard(card, frame.language)}`}<p class="acts"><a class="more" href="${backTo}">${says.back}</a></p>`,
  );
}
