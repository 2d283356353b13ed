import type { Kind } from '../../../../adapters/measurement.ts';
import { type Html, html } from '../../../pages/html.ts';
import { capital, type Language } from '../../../pages/language.ts';
import { measuredText, type Reader } from '../../../pages/when.ts';
import type { Permissions, Recipient } from '../../consent/permissions.ts';
import type { OwnActs } from '../../own-acts.ts';
import type { OwnReading, OwnReadings } from '../own-readings.ts';
import type { PortalApp, SignedVisit } from '../route.ts';
import type { Frame } from '../shell.ts';
import { type ShownPart, shownReading } from '../shown-value.ts';
import { ageText } from '../times.ts';
import type { WayTo } from '../way.ts';
import { put } from '../words/words.ts';

/** Who may receive, and when people there look at it. */
export interface KnownRecipient extends Recipient {
  readonly lookedAt?: Readonly<Partial<Record<Language, string | undefined>>> | undefined;
}

/** What the pages of a person's own readings are made of. */
export interface ReadingsParts {
  readonly own: OwnReadings;
  readonly ways: (person: string, id: string) => readonly WayTo[];
  readonly ownActs: OwnActs;
  readonly recipients: readonly KnownRecipient[];
  readonly permissions: Pick<Permissions, 'of'>;
  /** The gateway's clock is to be trusted. */
  readonly trusted: () => boolean;
}

/** For who signs in for a person: a helper sees no value. */
export const SEES = { may: ['see-values'] } as const;

/** Two days ago and more its age is said too: "yesterday" and "today" say it themselves, ms. */
const AGE_SAID_MS = 2 * 86_400_000;

/** Whose clock and language a page is read by. */
export function readerOf(
  app: PortalApp,
  { trusted }: Pick<ReadingsParts, 'trusted'>,
  { language }: { readonly language: Language },
): Reader {
  return { now: trusted() ? app.now() : undefined, zone: app.zone, language };
}

/** What a recipient is called, also one that is not set up any more. */
export function recipientName(
  { recipients, permissions }: Pick<ReadingsParts, 'recipients' | 'permissions'>,
  person: string,
): (id: string) => string {
  return (id) =>
    recipients.find((one) => one.id === id)?.name ??
    permissions.of(person, id).at(0)?.recipient.name ??
    id;
}

export const idOf = ({ request }: SignedVisit): string => (request.params as { id: string }).id;

/** What came after the `?`, if it is a text. */
export function queryOf({ request }: SignedVisit, name: string): string | undefined {
  const value = (request.query as Readonly<Record<string, unknown>>)[name];
  return typeof value === 'string' ? value : undefined;
}

/** One value in a line, with its name where the kind does not say it. */
export const valueLine = (part: ShownPart): Html =>
  html`<p class="also">${nameOf(part)}<b>${part.figure}</b>${unitOf(part)}</p>
`;

/** The values of a reading, the first in a large figure. */
export function valueLines(parts: readonly ShownPart[]): Html {
  const [first, ...others] = parts;
  return html`${
    first &&
    html`<p class="value">${nameOf(first)}<b class="number">${first.figure}</b>${unitOf(first)}</p>
`
  }${others.map(valueLine)}`;
}

const nameOf = ({ name, isMain }: ShownPart) =>
  !isMain && name !== '' && html`<span class="of">${name}</span> `;

const unitOf = ({ unit }: ShownPart) => unit !== '' && html`\u00a0${unit}`;

/** Values, what the device reported, when, and from what. */
export function readingLines(reading: OwnReading, reader: Reader, { words }: Frame): Html {
  const { readings: w } = words;
  const { device, measuredAt, comment, typedBy } = reading;
  const from = typedBy
    ? words.typed.byHand
    : put(w.from, { device: device.name || w.unknownDevice });
  const isStated = !typedBy && reading.time?.basis === 'stated';
  const { parts, reportedText } = shownReading(reading, reader.language);
  const when = measuredText(reading, reader);
  const age =
    reader.now !== undefined && measuredAt !== undefined && reader.now - measuredAt >= AGE_SAID_MS
      ? ageText(measuredAt, reader.now, reader.zone, reader.language, '')
      : undefined;
  return html`${valueLines(parts)}${
    reportedText &&
    html`<p class="reported">${capital(reportedText)}</p>
`
  }<p class="when"><time datetime="${new Date(measuredAt ?? reading.arrivedAt).toISOString()}">${capital(when)}</time>${age && html` (${age})`}${isStated && html`<br>${capital(w.stated)}`}</p>
${
  comment &&
  html`<p class="comment">«${comment}»</p>
`
}<p class="small">${from}</p>
`;
}

/** At the beginning of a line. */

/** DEMO beside a name. */
export const demoMark = (reading: OwnReading, { words }: Frame) =>
  reading.device.simulated && html` <span class="demo">${words.readings.demo}</span>`;

/** Wherever "sent" stands: nobody watches, when it is looked at, and whom to call. */
export function unwatched(
  recipients: readonly string[],
  parts: Pick<ReadingsParts, 'recipients' | 'permissions'>,
  person: string,
  { words, language }: Frame,
): Html {
  const { unwatched: w } = words.readings;
  const nameOfIt = recipientName(parts, person);
  const lines = recipients.map((id) => {
    const looked = parts.recipients.find((one) => one.id === id)?.lookedAt;
    const spoken = looked?.[language] === undefined ? 'nb' : language;
    const when = looked?.[spoken];
    if (when === undefined)
      return html`<p>${put(w.notSaid, { recipient: nameOfIt(id) })}</p>
`;
    const [before = '', after = ''] = put(w.lookedAt, { recipient: nameOfIt(id) }).split('{when}');
    const said = spoken === language ? when : html`<span lang="${spoken}">${when}</span>`;
    return html`<p>${before}${said}${after}</p>
`;
  });
  return html`<section class="notice" aria-labelledby="unwatched"><h2 id="unwatched">${w.title}</h2>
<p>${w.text}</p>
${lines}<p><strong>${w.call}</strong></p>
</section>
`;
}

/** A reading's own pages. */
export const readingUrl = (id: string): string => `/readings/of/${id}`;
export const kindUrl = (kind: Kind): string => `/readings/${kind}`;
