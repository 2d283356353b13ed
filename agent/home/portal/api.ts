import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { isTypedKind } from '../../../adapters/typed/form.ts';
import { CodedError } from '../../errors.ts';
import type { Check } from '../../http.ts';
import { LANGUAGE_TAGS } from '../../pages/language.ts';
import type { Recipient } from '../consent/permissions.ts';
import type { Decisions } from '../decisions.ts';
import type { Events } from '../events.ts';
import type { Links } from '../links.ts';
import type { Adoption } from '../people/adoption.ts';
import type { ErasurePart } from '../people/erasure.ts';
import type { Pairings } from '../people/pairings.ts';
import type { TypedReadings } from '../typed-readings.ts';
import type { Views } from '../views.ts';

/** Who acts through the control socket: only the machine's own administrator can open it. */
export const ACTOR = 'command-line';
const EVENTS_SHOWN_MAX = 200;

const name = z.string().trim().min(1).max(80);
export const address = z
  .string()
  .transform((text) => text.replaceAll(':', '').toLowerCase())
  .pipe(z.string().regex(/^[0-9a-f]{12}$/, 'an address like 00:00:5E:00:53:01'));
const whose = z.union([
  z.strictObject({ owner: name }),
  z.strictObject({
    slots: z.record(z.string().regex(/^\d{1,3}$/), name),
    slotKind: z.enum(['chosen', 'guessed']).optional(),
  }),
]);
const passkey = z
  .string()
  .regex(/^\d{6}$/, 'six digits')
  .transform(Number);
const pairing = z.strictObject({
  address,
  name,
  whose: whose.optional(),
  passkey: passkey.optional(),
});
const pairingAnswer = z.union([z.strictObject({ passkey }), z.strictObject({ same: z.boolean() })]);
const permission = z.strictObject({
  person: name,
  recipient: name,
  kinds: z.array(z.string()).min(1),
  from: z.string().optional(),
  until: z.string().optional(),
  language: z.enum(LANGUAGE_TAGS).optional(),
});

const typed = z.strictObject({
  /** The same one sent again is the same reading. */
  form: z.uuid(),
  person: name,
  kind: z.string().refine(isTypedKind, 'a kind that can be typed in'),
  values: z.record(z.string(), z.string()),
  at: z.string().max(40),
  comment: z.string().default(''),
});

/** What was asked for, in the form it must have; throws `request-invalid`, which names the fields. */
export function parse<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const where = result.error.issues.map(
    (issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`,
  );
  throw new CodedError('request-invalid', where.join('; '), 'Correct what is named and try again.');
}

export interface ApiParts {
  readonly views: Views;
  readonly decisions: Decisions;
  readonly typing: TypedReadings;
  readonly erasure: ErasurePart;
  readonly adoption: Adoption;
  readonly pairings: Pairings;
  readonly events: Events;
  readonly checks: () => readonly Check[];
  readonly links: Links['states'];
  readonly recipients: readonly Recipient[];
  readonly identity: { readonly id: string };
}

/** `/api/`: the command line's handlers now, the pages' later. Every change is a decision with its audit entry. */
export function registerApi(app: FastifyInstance, parts: ApiParts): void {
  const { views, decisions, adoption } = parts;
  type Id = { Params: { id: string } };

  app.get('/api/status', async () => ({
    gateway: parts.identity.id,
    checks: parts.checks(),
    links: parts.links(),
    recipients: parts.recipients.map(({ id, name: title }) => ({ id, name: title })),
    outcomes: views.outcomes(),
    summary: views.summary(),
    captures: views.captures(),
    trail: views.trail(),
  }));
  app.get('/api/people', async () => views.people());
  app.post('/api/people', async (request) =>
    decisions.addPerson(ACTOR, parse(z.strictObject({ name }), request.body).name),
  );
  app.delete<Id>('/api/people/:id', async (request) =>
    decisions.removePerson(ACTOR, request.params.id),
  );
  app.post<Id>('/api/people/:id/erase', async (request) =>
    parts.erasure.erase(ACTOR, request.params.id),
  );

  app.get('/api/devices', async () => views.devices());
  app.get('/api/devices/seen', async () => adoption.seen());
  app.post<Id>('/api/devices/:id/assign', async (request) =>
    decisions.assignDevice(ACTOR, request.params.id, clean(parse(whose, request.body))),
  );
  app.delete<Id>('/api/devices/:id', async (request) => adoption.unpair(ACTOR, request.params.id));

  registerPairing(app, parts);

  app.get('/api/consents', async () => views.permissions());
  app.post('/api/consents', async (request) => {
    const { from, until, language, ...rest } = parse(permission, request.body);
    return decisions.givePermission(ACTOR, {
      ...rest,
      ...(from === undefined ? {} : { from }),
      ...(until === undefined ? {} : { until }),
      ...(language === undefined ? {} : { language }),
    });
  });
  app.post<Id>('/api/consents/:id/pause', async (request) => {
    const { until } = parse(z.strictObject({ until: z.string().optional() }), request.body ?? {});
    return decisions.pausePermission(ACTOR, request.params.id, until);
  });
  app.post<Id>('/api/consents/:id/resume', async (request) =>
    decisions.resumePermission(ACTOR, request.params.id),
  );
  app.post<Id>('/api/consents/:id/withdraw', async (request) =>
    decisions.withdrawPermission(ACTOR, request.params.id),
  );

  app.get<{ Querystring: { state?: string } }>('/api/readings', async (request) =>
    views.readings(request.query.state === 'held' ? 'held' : 'all'),
  );
  app.post('/api/readings', async (request) => {
    const { person, ...entry } = parse(typed, request.body);
    return parts.typing.add(ACTOR, decisions.person(person).id, entry);
  });
  app.post<Id>('/api/readings/:id/assign', async (request) => {
    const { person } = parse(z.strictObject({ person: name }), request.body);
    return decisions.assignReading(ACTOR, request.params.id, person);
  });
  app.post<Id>('/api/readings/:id/date', async (request) => {
    const { at } = parse(z.strictObject({ at: z.string().max(40) }), request.body);
    return decisions.stateTime(ACTOR, request.params.id, at);
  });
  app.delete<Id>('/api/readings/:id', async (request) =>
    decisions.removeReading(ACTOR, request.params.id),
  );
  app.post('/api/readings/reread', async () => decisions.rereadAll(ACTOR));
  app.get<{ Querystring: { state?: string } }>('/api/outbox', async (request) =>
    request.query.state === 'open' ? views.openOutbox() : views.outbox(),
  );
  app.get('/api/events', async () => parts.events.recent(EVENTS_SHOWN_MAX));
  app.get('/api/audit', async () => views.audit());
  app.get<{ Querystring: { person?: string } }>('/api/export', async (request) =>
    views.export(request.query.person ?? ''),
  );
}

/** One pairing at a time: begin it, follow it, answer what the device asks, or cancel it. */
function registerPairing(app: FastifyInstance, { pairings, decisions }: ApiParts): void {
  app.post('/api/pairing', async (request) => {
    const { whose: to, ...body } = parse(pairing, request.body);
    // Before the device is fetched: it would be paired, and then nobody's.
    for (const who of to ? ('owner' in to ? [to.owner] : Object.values(to.slots)) : []) {
      decisions.person(who);
    }
    const assign =
      to && ((device: { id: string }) => decisions.assignDevice(ACTOR, device.id, clean(to)));
    return await pairings.begin(ACTOR, { ...body, assign });
  });
  app.get('/api/pairing', async () => pairings.view() ?? null);
  app.post('/api/pairing/answer', async (request) =>
    pairings.answer(parse(pairingAnswer, request.body)),
  );
  app.delete('/api/pairing', async () => (await pairings.cancel()) ?? null);
}

/** exactOptionalPropertyTypes: an absent slot kind is left out, not undefined. */
function clean(to: z.output<typeof whose>) {
  if ('owner' in to) return to;
  return to.slotKind === undefined
    ? { slots: to.slots }
    : { slots: to.slots, slotKind: to.slotKind };
}
