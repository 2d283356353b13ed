import type { SharingPermission } from '../../../../fhir/consent.ts';
import { type Html, html } from '../../../pages/html.ts';
import type { Recipient } from '../../consent/permissions.ts';
import { permissionSentence } from '../../consent/sentence.ts';
import { isWithin } from '../../consent/sharing.ts';
import { dayText } from '../form-dates.ts';
import { type Frame, shell } from '../shell.ts';

/** What one person shares with one recipient now. */
export interface Shared {
  readonly id: string;
  readonly name: string;
  readonly legalBasis: Recipient['legalBasis'];
  /** Set up in the configuration: to another nothing leaves, and nothing can be given. */
  readonly isKnown: boolean;
  /** Can be told that sharing is paused or ended. */
  readonly isTold: boolean;
  /** In force, or paused. */
  readonly permissions: readonly SharingPermission[];
  readonly pause: { readonly from: string; readonly until?: string | undefined } | undefined;
  readonly zone: string;
}

/** `/shares`. */
export function sharesPage(shared: readonly Shared[], frame: Frame): Html {
  const { shares: w } = frame.words;
  const main =
    shared.length === 0
      ? html`<p>${w.nobody}</p>
`
      : html`<ul class="wide-cards">
${shared.map((one) => card(one, frame))}</ul>
`;
  return shell(
    frame,
    w.title,
    html`<p>${w.intro}</p>
${main}<p><a class="more" href="/shares/history">${w.history}</a></p>`,
  );
}

function card(shared: Shared, frame: Frame): Html {
  const { shares: w } = frame.words;
  const { id, name, permissions, pause, legalBasis, zone } = shared;
  const link = (step: string, act: string, kind: 'button' | 'button second') =>
    html`<a class="${kind}" href="/shares/to/${id}/${step}" aria-label="${w.forRecipient
      .replace('{act}', act)
      .replace('{recipient}', name)}">${act}</a> `;
  if (permissions.length === 0) {
    return html`<li class="card">
<h2>${name}</h2>
<p>${w.nothing}</p>
<p class="acts">${link('choose', w.give, 'button')}</p>
</li>
`;
  }
  const acts = pause
    ? link('resume', w.resume, 'button')
    : html`${shared.isKnown && link('choose', w.change, 'button second')}${link('pause', w.pause, 'button second')}`;
  return html`<li class="card">
<h2>${name}</h2>
${
  pause &&
  html`<p class="notice"><strong>${pauseText(pause, zone, frame)}</strong></p>
`
}${sentencesOf(permissions, frame).map(
  (sentence) => html`<p class="sentence">${sentence}</p>
`,
)}<p class="small">${basisText(legalBasis, frame)}</p>
<p><a class="more" href="/shares/to/${id}/gone" aria-label="${w.forRecipient
    .replace('{act}', w.withdrawing.goneAll)
    .replace('{recipient}', name)}">${w.withdrawing.goneAll}</a></p>
<p class="acts">${acts}${link('withdraw', w.withdraw, 'button second')}</p>
</li>
`;
}

export const basisText = (basis: Recipient['legalBasis'], { words: { shares: w } }: Frame) =>
  `${w.basis.replace('{basis}', w.bases[basis])}.`;

function pauseText(pause: NonNullable<Shared['pause']>, zone: string, frame: Frame): string {
  const { language, words } = frame;
  const { pausedFrom, pausedUntil } = words.shares;
  const day = (text: string) => dayText(Date.parse(text), zone, language);
  const text = pause.until === undefined ? pausedFrom : pausedUntil;
  return text
    .replace('{from}', day(pause.from))
    .replace('{until}', pause.until === undefined ? '' : day(pause.until));
}

/** Those that permit something that no other of them does; of two that say the same, the first. */
export const foremost = (permissions: readonly SharingPermission[]): SharingPermission[] =>
  permissions.filter(
    (one, at) =>
      !permissions.some(
        (other, place) => isWithin(one, other) && !(isWithin(other, one) && at < place),
      ),
  );

/** In the reader's language, from the one source of the sentence that was agreed to. */
export const sentencesOf = (
  permissions: readonly SharingPermission[],
  { language }: Frame,
): string[] =>
  foremost(permissions).map(({ recipient, kinds, from, until }) =>
    permissionSentence({ recipient: recipient.name, kinds, from, until, language }),
  );
