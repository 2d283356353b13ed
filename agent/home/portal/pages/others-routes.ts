import type { FastifyReply } from 'fastify';
import { BASES, type Basis } from '../../../../fhir/consent-representative.ts';
import { CodedError, codeOf } from '../../../errors.ts';
import type { Html } from '../../../pages/html.ts';
import { MONTH } from '../../people/representation.ts';
import { HELPER_MS, REPRESENTATIVE_MS } from '../access/giving.ts';
import { dayEnds, dayIn } from '../form-dates.ts';
import { notFound, type PortalApp, route, type SignedVisit, send } from '../route.ts';
import type { RolesWords } from '../words/roles.en.ts';
import { type CardSide, codePage } from './code-page.ts';
import {
  type GivingChoice,
  givePage,
  OTHERS,
  type OtherRole,
  otherPage,
  othersPage,
} from './others-page.ts';

const GIVE = { may: ['give-access'] } as const;

/** Where one comes from, to be led back to. */
const FROM: readonly string[] = [OTHERS, '/box'];

/** `/me/others`: who else may act for the signed-in person. Another's is answered like an unknown one. */
export function registerOthers(app: PortalApp, parts: { readonly card: CardSide }): void {
  const { access, zone } = app;
  route(app, {
    method: 'GET',
    url: OTHERS,
    access: GIVE,
    handle: ({ who, frame }) =>
      othersPage({ given: access.accounts.given(who.person.id), zone }, frame),
  });
  registerGiving(app, parts.card);

  const show = (visit: SignedVisit, more: { refusal?: string; isSaved?: boolean } = {}) => {
    const { id } = visit.request.params as { id: string };
    const given = access.accounts.given(visit.who.person.id).find((one) => one.id === id);
    return given && otherPage({ given, done: access.done(given), zone, ...more }, visit.frame);
  };
  route(app, {
    method: 'GET',
    url: `${OTHERS}/:id`,
    access: GIVE,
    handle(visit) {
      const { saved } = visit.request.query as { saved?: unknown };
      return show(visit, { isSaved: saved === 'yes' }) ?? notFound(visit.reply);
    },
  });
  route(app, {
    method: 'POST',
    url: `${OTHERS}/:id/end`,
    access: GIVE,
    async handle({ who, form, request, reply }) {
      const { id } = request.params as { id: string };
      if (!(await access.endAccess(who, id))) return notFound(reply);
      return reply.redirect(FROM.find((from) => from === form.from) ?? OTHERS, 303);
    },
  });
  route(app, {
    method: 'POST',
    url: `${OTHERS}/:id/limit`,
    access: GIVE,
    async handle(visit) {
      const { who, form, request, reply, words } = visit;
      const { id } = request.params as { id: string };
      const until = untilIn(form.until, zone);
      try {
        const to = { until, seesValues: form.values === 'yes' };
        if (!(await access.limitAccess(who, id, to))) return notFound(reply);
      } catch (error) {
        const refusal = refusalOf(error, words.roles);
        return send(reply.code(422), show(visit, { refusal }) ?? notFound(reply));
      }
      return reply.redirect(`${OTHERS}/${id}?saved=yes`, 303);
    },
  });
}

/** The end of that day; what is no day is over already, and refused. */
const untilIn = (day: string | undefined, zone: string): number => {
  const end = dayEnds(day ?? '', zone);
  return end === undefined ? 0 : Date.parse(end) + 1000;
};

function registerGiving(app: PortalApp, card: CardSide): void {
  const { access, zone } = app;
  const age = access.decidesFromAge;
  const page = (role: OtherRole): void => {
    const url = `${OTHERS}/new/${role}`;
    route(app, {
      method: 'GET',
      url,
      access: GIVE,
      handle({ frame }) {
        const usual = access.realNow() + (role === 'helper' ? HELPER_MS : REPRESENTATIVE_MS);
        return givePage({ choice: { role, until: dayIn(usual, zone) }, age }, frame);
      },
    });
    route(app, {
      method: 'POST',
      url,
      access: GIVE,
      async handle(visit): Promise<Html | FastifyReply> {
        const { who, form, frame, words, reply } = visit;
        const choice = choiceIn(role, form);
        try {
          const made = await access.makeCode(who.actor, {
            ...{ role, person: who.person.id, mayReset: false, until: untilIn(form.until, zone) },
            ...(role === 'representative' && {
              basis: BASES.find((one): one is Basis => one === form.basis),
              born: form.basis === 'parent' ? bornIn(choice) : undefined,
              seesValues: choice.seesValues,
            }),
          });
          const w = words.roles.code;
          const title = role === 'helper' ? w.title : w.titleRepresentative;
          const says = { title, text: w.text, warn: w.warn, back: words.roles.back };
          return codePage({ ...made, zone, card, says, backTo: OTHERS }, frame);
        } catch (error) {
          const refusal = refusalOf(error, words.roles);
          return send(reply.code(422), givePage({ choice, age, refusal }, frame));
        }
      },
    });
  };
  page('helper');
  page('representative');
}

function choiceIn(role: OtherRole, form: Readonly<Record<string, string>>): GivingChoice {
  const { until = '', basis, month, year } = form;
  return { role, until, basis, month, year, seesValues: form.values === 'yes' };
}

function bornIn({ month = '', year = '' }: GivingChoice): string | undefined {
  const text = `${year.trim()}-${month.trim().padStart(2, '0')}`;
  return MONTH.test(text) ? text : undefined;
}

/** Throws what the pages have no words for. */
export function refusalOf(error: unknown, { errors }: RolesWords): string {
  const code = codeOf(error);
  if (!(error instanceof CodedError) || !Object.hasOwn(errors, code)) throw error;
  return errors[code as keyof typeof errors];
}
