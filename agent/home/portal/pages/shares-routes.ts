import { CodedError, codeOf } from '../../../errors.ts';
import type { Html } from '../../../pages/html.ts';
import type { Permissions, Recipient } from '../../consent/permissions.ts';
import { isCurrent, openPause, type SharingResult } from '../../consent/sharing.ts';
import type { Decisions } from '../../decisions.ts';
import { type PortalApp, route, type SignedVisit, send } from '../route.ts';
import type { SharingRecord } from '../sharing-record.ts';
import type { SharesWords } from '../words/shares.en.ts';
import { queryOf } from './reading-parts.ts';
import { choiceIn, choiceOf, daysOf } from './shares-choice.ts';
import { type Shared, sharesPage } from './shares-page.ts';
import { registerReceipts } from './shares-receipt-page.ts';
import {
  type AskModel,
  checkPage,
  choosePage,
  gonePage,
  pausePage,
  resumePage,
  withdrawPage,
} from './shares-steps.ts';

export interface SharesParts {
  readonly decisions: Pick<
    Decisions,
    'shareKinds' | 'pauseSharing' | 'resumeSharing' | 'endSharing'
  >;
  readonly permissions: Pick<Permissions, 'of' | 'recipientsOf'>;
  readonly recipients: readonly Recipient[];
  /** The recipient can be told that sharing is paused or ended. */
  readonly isTold: (recipient: string) => boolean;
  readonly record: SharingRecord;
}

/** Readings that are looked at for the page before the last tap: it must be there at once. */
const LOOK_MAX = 2_000;

/** Of about as many the page of what has gone tells at once, the last first: some milliseconds. */
const PAGE_LOOK_MAX = 6_000;

/** For who signs in for a person and may share: all of it is out of sight for a helper. */
const ACCESS = { may: ['share'] } as const;

/** `/shares`: what one shares with whom, and every decision about it. */
export function registerShares(app: PortalApp, parts: SharesParts): void {
  route(app, {
    method: 'GET',
    url: '/shares',
    access: ACCESS,
    handle: ({ who, frame }) => sharesPage(sharedWith(app, parts, who.person.id), frame),
  });
  registerReceipts(app, parts.record, ACCESS);
  registerGiving(app, parts);
  registerPausing(app, parts);
  registerEnding(app, parts);
}

/** Every recipient that is set up, and any other that something is shared with. */
function sharedWith(app: PortalApp, parts: SharesParts, person: string): Shared[] {
  const now = app.now();
  const known = new Map(parts.recipients.map((one) => [one.id, one]));
  const ids = new Set([...known.keys(), ...parts.permissions.recipientsOf(person)]);
  return [...ids].flatMap((id) => {
    const permissions = parts.permissions.of(person, id).filter((one) => isCurrent(one, now));
    const [first] = permissions;
    const recipient = known.get(id) ?? first?.recipient;
    if (!recipient) return [];
    return {
      id,
      name: recipient.name,
      legalBasis: first?.legalBasis ?? known.get(id)?.legalBasis ?? 'other',
      isKnown: known.has(id),
      isTold: parts.isTold(id),
      permissions,
      pause: permissions.map((one) => openPause(one, now)).find((pause) => pause !== undefined),
      zone: app.zone,
    };
  });
}

/** A page about one recipient; of one that is not there is said what is said of any unknown page. */
function recipientPage(
  app: PortalApp,
  parts: SharesParts,
  options: {
    readonly method: 'GET' | 'POST';
    readonly step: string;
    readonly when: (shared: Shared) => boolean;
    readonly handle: (visit: SignedVisit, model: AskModel) => Html | object | Promise<object>;
  },
): void {
  const { method, step, when, handle } = options;
  route(app, {
    method,
    url: `/shares/to/:to/${step}`,
    access: ACCESS,
    handle(visit) {
      const { to } = visit.request.params as { to: string };
      const shared = sharedWith(app, parts, visit.who.person.id).find(({ id }) => id === to);
      if (!shared) {
        visit.reply.callNotFound();
        return visit.reply;
      }
      if (!when(shared)) return visit.reply.redirect('/shares', 303);
      return handle(visit, { shared, now: app.now(), zone: app.zone });
    },
  });
}

const isShared = ({ permissions }: Shared) => permissions.length > 0;
const isPaused = ({ pause }: Shared) => pause !== undefined;
const mayChoose = (shared: Shared) => shared.isKnown && !isPaused(shared);

function registerGiving(app: PortalApp, parts: SharesParts): void {
  const page = (options: Parameters<typeof recipientPage>[2]) => recipientPage(app, parts, options);
  page({
    method: 'GET',
    step: 'choose',
    when: mayChoose,
    handle: ({ frame }, model) => choosePage(model, choiceOf(model.shared, app.zone), frame),
  });
  // Back from the next page, with what was chosen.
  page({
    method: 'POST',
    step: 'choose',
    when: mayChoose,
    handle: ({ frame, form }, model) => choosePage(model, choiceIn(form), frame),
  });
  page({
    method: 'GET',
    step: 'check',
    when: () => true,
    handle: ({ reply }, { shared }) => reply.redirect(`/shares/to/${shared.id}/choose`, 303),
  });
  page({
    method: 'POST',
    step: 'check',
    when: mayChoose,
    handle({ frame, form, reply, words }, model) {
      const choice = choiceIn(form);
      const days =
        choice.kinds.length === 0
          ? ({ refusal: 'kind-unknown' } as const)
          : daysOf(choice, app.now(), app.zone);
      if ('refusal' in days) {
        const refusal = words.shares.errors[days.refusal];
        return send(reply.code(422), choosePage({ ...model, refusal }, choice, frame));
      }
      return checkPage(model, choice, days, frame);
    },
  });
  page({
    method: 'POST',
    step: 'give',
    when: () => true,
    handle(visit, model) {
      const choice = choiceIn(visit.form);
      const days = daysOf(choice, app.now(), app.zone);
      const refused = (code: string) => {
        const refusal = refusalOf(code, visit.words.shares);
        const frame = { ...visit.frame, path: `/shares/to/${model.shared.id}/choose` };
        return send(visit.reply.code(422), choosePage({ ...model, refusal }, choice, frame));
      };
      if ('refusal' in days) return refused(days.refusal);
      const { who, language } = visit;
      const pair = { person: who.person.id, recipient: model.shared.id };
      const ask = { ...pair, kinds: choice.kinds, language, ...days };
      return answer(visit, parts.decisions.shareKinds(who.actor, ask), refused);
    },
  });
}

function registerPausing(app: PortalApp, parts: SharesParts): void {
  const { decisions } = parts;
  const page = (options: Parameters<typeof recipientPage>[2]) => recipientPage(app, parts, options);
  page({
    method: 'GET',
    step: 'pause',
    when: (shared) => isShared(shared) && !isPaused(shared),
    handle: ({ frame }, model) => pausePage(model, {}, frame),
  });
  page({
    method: 'POST',
    step: 'pause',
    when: isShared,
    handle(visit, model) {
      const { form, who, frame, words, reply } = visit;
      const choice = { kinds: [], ...(form.end === 'date' ? { until: form.until ?? '' } : {}) };
      const days = daysOf(choice, app.now(), app.zone);
      if ('refusal' in days) {
        const refusal = words.shares.errors['until-invalid'];
        return send(reply.code(422), pausePage({ ...model, refusal }, choice, frame));
      }
      const pair = { person: who.person.id, recipient: model.shared.id };
      return answer(visit, decisions.pauseSharing(who.actor, pair, days.until));
    },
  });
  page({
    method: 'GET',
    step: 'resume',
    when: isPaused,
    handle: ({ frame }, model) => resumePage(model, frame),
  });
  page({
    method: 'POST',
    step: 'resume',
    when: isShared,
    handle(visit, visited) {
      const { shared } = visited;
      const { form, who, language } = visit;
      const pair = { person: who.person.id, recipient: shared.id };
      const also = { paused: form.paused === 'send', language };
      const refused = (code: string) => {
        const refusal = refusalOf(code, visit.words.shares);
        return send(visit.reply.code(422), resumePage({ ...visited, refusal }, visit.frame));
      };
      return answer(visit, decisions.resumeSharing(who.actor, pair, also), refused);
    },
  });
}

function registerEnding(app: PortalApp, parts: SharesParts): void {
  recipientPage(app, parts, {
    method: 'GET',
    step: 'withdraw',
    when: isShared,
    async handle({ frame, who }, model) {
      const look = { lookMax: LOOK_MAX };
      const { kinds, from } = await parts.record.gone(who.person.id, model.shared.id, look);
      return withdrawPage(model, from === undefined ? kinds : undefined, frame);
    },
  });
  recipientPage(app, parts, {
    method: 'GET',
    step: 'gone',
    when: () => true,
    async handle(visit, model) {
      const { frame, who } = visit;
      const asked = queryOf(visit, 'before') ?? '';
      const before = /^\d{1,15}$/.test(asked) ? Number(asked) : undefined;
      const look = { lookMax: PAGE_LOOK_MAX, ...(before !== undefined && { before }) };
      const gone = await parts.record.gone(who.person.id, model.shared.id, look);
      return gonePage(model, { ...gone, before }, frame);
    },
  });
  recipientPage(app, parts, {
    method: 'POST',
    step: 'withdraw',
    when: () => true,
    handle(visit, { shared }) {
      const { who } = visit;
      const pair = { person: who.person.id, recipient: shared.id };
      return answer(visit, parts.decisions.endSharing(who.actor, pair));
    },
  });
}

/** To the receipt; where nothing was different afterwards, to where it stands. */
async function answer(
  { reply }: SignedVisit,
  decision: Promise<SharingResult & { readonly trail?: string }>,
  refused?: (code: string) => object,
): Promise<object> {
  try {
    const { trail } = await decision;
    const [seq] = trail?.split(':') ?? [];
    return reply.redirect(seq === undefined ? '/shares' : `/shares/receipts/${seq}`, 303);
  } catch (error) {
    if (!refused || !(error instanceof CodedError)) throw error;
    return refused(codeOf(error));
  }
}

function refusalOf(code: string, { errors }: SharesWords): string {
  if (Object.hasOwn(errors, code)) return errors[code as keyof typeof errors];
  throw new CodedError(code, 'What was chosen was refused', 'Choose again.');
}
