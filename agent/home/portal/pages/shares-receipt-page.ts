import type { FastifyReply } from 'fastify';
import { type Html, html } from '../../../pages/html.ts';
import { capital } from '../../../pages/language.ts';
import { kindName } from '../../consent/sentence.ts';
import { dayIn } from '../form-dates.ts';
import type { AccessRule, PortalApp, SignedVisit } from '../route.ts';
import { route } from '../route.ts';
import type { OnTheWay, RecordedAct, SharingRecord } from '../sharing-record.ts';
import { type Frame, shell } from '../shell.ts';
import { longTime } from '../times.ts';
import { foremost } from './shares-page.ts';

/** A decision, and who made it, as it is shown. */
export interface ReceiptModel {
  readonly act: RecordedAct;
  readonly by: string;
  readonly zone: string;
}

/** `/shares/history` and the receipt of each decision; another's is answered like an unknown one. */
export function registerReceipts(
  app: PortalApp,
  record: SharingRecord,
  access: Exclude<AccessRule, 'public'>,
): void {
  const modelOf = (act: RecordedAct, visit: SignedVisit): ReceiptModel => ({
    act,
    by: byText(act, visit, app.access.accounts.nameOf),
    zone: app.zone,
  });
  const asked = (visit: SignedVisit): ReceiptModel | undefined => {
    const { seq } = visit.request.params as { seq: string };
    const act = /^\d{1,9}$/.test(seq) && record.act(visit.who.person.id, Number(seq));
    return act ? modelOf(act, visit) : undefined;
  };
  route(app, {
    method: 'GET',
    url: '/shares/history',
    access,
    handle: (visit) =>
      historyPage(
        record.acts(visit.who.person.id).map((act) => modelOf(act, visit)),
        visit.frame,
      ),
  });
  route(app, {
    method: 'GET',
    url: '/shares/receipts/:seq',
    access,
    handle(visit) {
      const model = asked(visit);
      return model ? receiptPage(model, visit.frame) : notFound(visit);
    },
  });
  route(app, {
    method: 'GET',
    url: '/shares/receipts/:seq/file',
    access,
    handle(visit) {
      const model = asked(visit);
      if (!model) return notFound(visit);
      const day = dayIn(model.act.at, app.zone);
      const name = `${visit.words.shares.receipt.file}-${day}-${model.act.seq}.html`;
      // A header takes no letter beyond those of English, but for this form (RFC 6266).
      const named = /^[ -~]*$/.test(name)
        ? `filename="${name}"`
        : `filename*=UTF-8''${encodeURIComponent(name)}`;
      visit.reply.header('content-disposition', `attachment; ${named}`);
      return receiptFile(model, visit.frame);
    },
  });
}

function notFound({ reply }: SignedVisit): FastifyReply {
  reply.callNotFound();
  return reply;
}

/** Who decided; of a representative, also on what basis. */
function byText(
  { actor, permissions }: RecordedAct,
  visit: SignedVisit,
  nameOf: (access: string) => string | undefined,
): string {
  const text = actorText(actor, visit, nameOf);
  const decided = permissions.find(
    ({ representative }) => representative && actor === `representative ${representative.id}`,
  );
  const { basis } = decided?.representative ?? {};
  return basis === undefined ? text : `${text} (${visit.words.roles.bases[basis]})`;
}

/** Who decided, without a name of anybody but who signed in, or acts for them. */
function actorText(
  actor: string,
  { who, words }: SignedVisit,
  nameOf: (access: string) => string | undefined,
): string {
  const { actors: w } = words.shares;
  const { id, name } = who.person;
  if (actor === `person ${id}`) return w.self.replace('{name}', name);
  const [role = '', access = ''] = actor.split(' ');
  if (role !== 'representative') return w.operator;
  const known = nameOf(access);
  const text = known === undefined ? w.someRepresentative : w.representative;
  return text.replace('{name}', known ?? '').replace('{person}', name);
}

/** The decisions about sharing, latest first. */
export function historyPage(acts: readonly ReceiptModel[], frame: Frame): Html {
  const { shares: w } = frame.words;
  const rows = acts.map(({ act, by, zone }) => {
    const when = longTime(act.at, zone, frame.language);
    const open = w.receipt.openFor.replace('{act}', w.acts[act.action]).replace('{when}', when);
    return html`<li class="card">
<h2>${w.acts[act.action]}</h2>
<p>${act.recipient.name}</p>
<p class="small">${when}<br>${w.receipt.who}: ${by}</p>
<p><a class="more" href="/shares/receipts/${act.seq}" aria-label="${open}">${w.receipt.open}</a></p>
</li>
`;
  });
  const list = html`<ul class="cards">
${rows}</ul>
`;
  return shell(
    frame,
    w.historyTitle,
    html`${acts.length === 0 ? html`<p>${w.noHistory}</p>\n` : list}<p><a class="more" href="/shares">${w.back}</a></p>`,
  );
}

/** The page after a decision, to be kept. */
export function receiptPage(model: ReceiptModel, frame: Frame): Html {
  const { shares: w } = frame.words;
  const { seq } = model.act;
  return shell(
    frame,
    w.receipt.title,
    html`<div class="receipt">
${receiptBody(model, frame)}</div>
<p class="acts"><a class="button second" href="/shares/receipts/${seq}/file" download>${w.receipt.save}</a> <button class="second" type="button" data-print hidden>${w.receipt.print}</button></p>
<p><a class="more" href="/shares">${w.back}</a></p>`,
  );
}

/** The same as a file that stands alone. */
export function receiptFile(model: ReceiptModel, frame: Frame): Html {
  const { shares: w } = frame.words;
  return html`<!doctype html>
<html lang="${frame.language}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${w.receipt.title}</title>
<style>body { font: 1rem/1.5 sans-serif; max-width: 40rem; margin: 2rem auto; padding: 0 1rem; } dt { font-weight: 700; margin-top: .75rem; } dd { margin: 0; overflow-wrap: anywhere; }</style>
</head>
<body>
<h1>${w.receipt.title}</h1>
${receiptBody(model, frame)}</body>
</html>
`;
}

function receiptBody({ act, by, zone }: ReceiptModel, frame: Frame): Html {
  const { shares: w } = frame.words;
  const { language } = frame;
  const mayStop =
    act.onTheWay.length > 0 || ['permission-paused', 'permission-withdrawn'].includes(act.action);
  const line = (name: string, value: string | Html) => html`<dt>${name}</dt><dd>${value}</dd>
`;
  return html`${[...consequences(act, zone, frame), ...toldText(act, frame)].map(
    (text) => html`<p class="sentence"><strong>${text}</strong></p>
`,
  )}<dl>
${line(w.receipt.what, w.acts[act.action])}${line(w.receipt.to, act.recipient.name)}${line(w.receipt.when, longTime(act.at, zone, language))}${line(w.receipt.who, by)}${line(w.receipt.basis, capital(`${w.bases[act.legalBasis]}.`))}${decided(
  act,
  frame,
).map(([title, sentences]) =>
  line(
    title,
    html`${sentences.map((one) => html`<p class="sentence"${one.language !== language && html` lang="${one.language}"`}>${one.text}</p>\n`)}`,
  ),
)}${mayStop && line(w.receipt.onTheWay, onTheWay(act.onTheWay, zone, frame))}${line(w.receipt.mark, html`<span class="mono">${act.mark}</span><span class="small">${w.receipt.markText}</span>`)}</dl>
`;
}

type Sentences = readonly { readonly text: string; readonly language: string }[];

/** The very words that were agreed to, under what holds of them. */
function decided({ action, permissions }: RecordedAct, frame: Frame): [string, Sentences][] {
  const { receipt: w } = frame.words.shares;
  const textsOf = (state: 'active' | 'withdrawn') =>
    foremost(permissions.filter((one) => one.state === state)).map(
      ({ sentence: text, language }) => ({ text, language }),
    );
  const active = textsOf('active');
  const title = action === 'permission-paused' ? w.pausedSentences : w.sentences;
  const ended = textsOf('withdrawn');
  return [
    ...(active.length > 0 ? [[title, active] as [string, Sentences]] : []),
    ...(ended.length > 0 ? [[w.endedSentences, ended] as [string, Sentences]] : []),
  ];
}

function consequences(act: RecordedAct, zone: string, frame: Frame): string[] {
  const { receipt: w } = frame.words.shares;
  if (act.action === 'permission-withdrawn') return [w.nothingSent];
  if (act.action === 'permission-paused') {
    const until = act.until === undefined ? undefined : Date.parse(act.until);
    const lasts =
      until === undefined
        ? w.pauseOpen
        : w.pauseUntil.replace('{until}', longTime(until, zone, frame.language));
    return [w.nothingSent, lasts];
  }
  if (act.action === 'permission-resumed' && act.alsoPaused !== undefined) {
    return [act.alsoPaused ? w.alsoPaused : w.notPaused];
  }
  return [];
}

/** Whether the recipient is told of it. */
function toldText({ told }: RecordedAct, { words }: Frame): string[] {
  const { receipt: w } = words.shares;
  if (told === undefined) return [];
  return [told === false ? w.notTold : w.told[told]];
}

function onTheWay(gone: readonly OnTheWay[], zone: string, frame: Frame): Html {
  const { receipt: w } = frame.words.shares;
  const { language } = frame;
  if (gone.length === 0) return html`${w.onTheWayNone}`;
  const item = ({ envelope, kind, measuredAt }: OnTheWay) => {
    const name = kind === undefined ? w.unknownKind : kindName(kind, language);
    const time = measuredAt === undefined ? undefined : longTime(measuredAt, zone, language);
    return html`<li>${name}${time !== undefined && `, ${w.measured.replace('{time}', time)}`}<span class="small mono">${envelope}</span></li>
`;
  };
  return html`${w.onTheWayText}<ul>
${gone.map(item)}</ul>`;
}
