import { randomUUID } from 'node:crypto';
import type { FastifyReply } from 'fastify';
import type { Measurement } from '../../../../adapters/measurement.ts';
import { decodeTyped, encodeTyped } from '../../../../adapters/typed/entry.ts';
import {
  checkTyped,
  fieldsOf,
  isTypedKind,
  type TypedKind,
} from '../../../../adapters/typed/form.ts';
import { localMs } from '../../../../fhir/time.ts';
import { codeOf } from '../../../errors.ts';
import type { Html } from '../../../pages/html.ts';
import type { Routing } from '../../outbox/routing.ts';
import { COMMENT_MAX } from '../../own-acts.ts';
import type { TypedReadings } from '../../typed-readings.ts';
import { notFound, type PortalApp, route, type SignedVisit, send } from '../route.ts';
import { instantIn } from '../stated-time.ts';
import { reasonOf } from '../way-text.ts';
import { CHANGES } from './reading-page.ts';
import { type ReadingsParts, readerOf, readingUrl, unwatched } from './reading-parts.ts';
import {
  type TypingForm,
  type TypingRefusals,
  typingFormPage,
  typingKindsPage,
  typingLookPage,
  typingUrl,
} from './typing-page.ts';

export interface TypingParts extends ReadingsParts {
  readonly typing: TypedReadings;
  readonly askAbout: Routing['askAbout'];
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What was typed, understood: what it would be stored as. */
interface Understood {
  readonly measurement: Measurement;
  /** Instant with its offset. */
  readonly at: string;
}

/** `/readings/add`: a reading is typed in by hand, looked at once more, and stored. */
export function registerTyping(app: PortalApp, parts: TypingParts): void {
  route(app, {
    method: 'GET',
    url: '/readings/add',
    access: CHANGES,
    handle: ({ frame }) => typingKindsPage(frame),
  });
  route(app, {
    method: 'GET',
    url: '/readings/add/:kind',
    access: CHANGES,
    handle(visit) {
      const kind = kindOf(visit);
      if (!kind) return notFound(visit.reply);
      const now = parts.trusted() ? new Date(localMs(app.now(), app.zone)).toISOString() : '';
      const [date = '', time = ''] = now.split('T');
      const empty = { values: {}, which: '', comment: '' };
      const filled = { kind, form: randomUUID(), date, time: time.slice(0, 5), ...empty };
      return typingFormPage({ filled, now: app.now(), zone: app.zone }, visit.frame);
    },
  });
  route(app, {
    method: 'POST',
    url: '/readings/add/:kind',
    access: CHANGES,
    handle(visit) {
      const kind = kindOf(visit);
      if (!kind) return notFound(visit.reply);
      const filled = filledOf(kind, visit);
      if (visit.form.act === 'change') {
        return typingFormPage({ filled, now: app.now(), zone: app.zone }, visit.frame);
      }
      const understood = understand(app, parts, filled, visit);
      return 'measurement' in understood
        ? look(app, parts, { filled, ...understood }, visit)
        : again(app, filled, understood, visit);
    },
  });
  route(app, {
    method: 'POST',
    url: '/readings/add/:kind/store',
    access: CHANGES,
    handle(visit) {
      const kind = kindOf(visit);
      if (!kind) return notFound(visit.reply);
      const { frame } = visit;
      return store(app, parts, filledOf(kind, visit), {
        ...visit,
        frame: { ...frame, path: typingUrl(kind) },
      });
    },
  });
}

function kindOf({ request }: SignedVisit): TypedKind | undefined {
  const { kind } = request.params as { kind: string };
  return isTypedKind(kind) ? kind : undefined;
}

function filledOf(kind: TypedKind, { form: sent }: SignedVisit): TypingForm {
  const { form = '', date = '', time = '', which = '', comment = '' } = sent;
  const values = fieldsOf(kind).map(({ name }) => [name, sent[name] ?? ''] as const);
  return {
    ...{ kind, date, time, which, comment },
    form: UUID.test(form) ? form : randomUUID(),
    values: Object.fromEntries(values),
  };
}

/** All that is wrong with it at once, or what it is. */
function understand(
  app: PortalApp,
  { trusted }: Pick<TypingParts, 'trusted'>,
  filled: TypingForm,
  { who }: SignedVisit,
): Understood | TypingRefusals {
  const { kind, comment } = filled;
  const checked = checkTyped(kind, filled.values);
  const when = trusted()
    ? instantIn(filled, app.now(), app.zone)
    : { refusal: 'clock-untrusted' as const };
  const isCommentLong = comment.replaceAll(/\s+/g, ' ').trim().length > COMMENT_MAX;
  const refused: TypingRefusals = {
    values: checked.ok ? {} : checked.refusals,
    time: 'refusal' in when ? when.refusal : undefined,
    isCommentLong,
  };
  if (!checked.ok || 'refusal' in when || isCommentLong) return refused;
  // Shown is what the journal's bytes will say, not what the form said.
  const by = who.role === 'representative' ? 'representative' : 'person';
  const { quantities } = checked;
  const decoded = decodeTyped(encodeTyped({ kind, quantities, at: when.at, by }));
  return decoded.ok ? { measurement: decoded.measurement, at: decoded.at } : refused;
}

function look(
  app: PortalApp,
  parts: TypingParts,
  typed: Understood & { readonly filled: TypingForm; readonly isNotStored?: boolean },
  visit: SignedVisit,
): Html {
  const { who, words, frame } = visit;
  const { kind } = typed.filled;
  const measuredAt = Date.parse(typed.at);
  const asked = parts.recipients.map(({ id, name }) => {
    const decision = parts.askAbout(who.person.id, id, kind, measuredAt);
    const why = decision.allowed ? undefined : reasonOf(decision.because, words.readings.withheld);
    return { id, name, why };
  });
  const getting = asked.filter(({ why }) => why === undefined).map(({ id }) => id);
  return typingLookPage(
    {
      ...typed,
      measuredAt,
      recipients: asked,
      reader: readerOf(app, parts, visit),
      unwatched: getting.length > 0 && unwatched(getting, parts, who.person.id, frame),
    },
    frame,
  );
}

function again(
  app: PortalApp,
  filled: TypingForm,
  refused: TypingRefusals,
  { reply, frame }: SignedVisit,
): FastifyReply {
  const model = { filled, refused, now: app.now(), zone: app.zone };
  return send(reply.code(422), typingFormPage(model, frame));
}

async function store(
  app: PortalApp,
  parts: TypingParts,
  filled: TypingForm,
  visit: SignedVisit,
): Promise<FastifyReply> {
  const { who, reply } = visit;
  const understood = understand(app, parts, filled, visit);
  if (!('measurement' in understood)) return again(app, filled, understood, visit);
  const { kind, form, values, comment } = filled;
  const entry = { kind, form, values, comment, at: understood.at };
  try {
    const { id } = await parts.typing.add(who.actor, who.person.id, entry);
    return reply.redirect(`${readingUrl(id)}?said=typed`, 303);
  } catch (error) {
    // The disk refuses: what was typed is still on the page, to be sent again.
    if (!/^(store-|typed-not-stored|SQLITE_)/.test(codeOf(error))) throw error;
    const page = look(app, parts, { filled, ...understood, isNotStored: true }, visit);
    return send(reply.code(503), page);
  }
}
