import type { FastifyReply } from 'fastify';
import { CodedError, codeOf } from '../../../errors.ts';
import type { Decisions } from '../../decisions.ts';
import type { StoredReading } from '../../journal/readings.ts';
import type { Devices } from '../../people/devices.ts';
import type { People } from '../../people/people.ts';
import { may } from '../access/rights.ts';
import type { Question, Questions } from '../questions.ts';
import { type PortalApp, route, type SignedVisit, send } from '../route.ts';
import { kindName, shownReading } from '../shown-value.ts';
import { timeIn } from '../stated-time.ts';
import { longTime } from '../times.ts';
import type { QuestionsWords } from '../words/questions.en.ts';
import {
  type QuestionsModel,
  questionsPage,
  removePage,
  type ShownQuestion,
} from './questions-page.ts';

/** Questions on one page; what is older comes when these are answered. */
const SHOWN_MAX = 20;

const ACCESS = { may: ['answer'] } as const;

export interface QuestionsParts {
  readonly questions: Questions;
  readonly decisions: Pick<
    Decisions,
    'assignReading' | 'removeReading' | 'stateTime' | 'setVisible'
  >;
  readonly devices: Pick<Devices, 'byId'>;
  readonly people: Pick<People, 'list' | 'visible'>;
}

/**
 * `/questions`: whose a reading is, and when it was. What is not the signed-in person's to answer is
 * answered like what is answered already, and like what never was.
 */
export function registerQuestions(app: PortalApp, parts: QuestionsParts): void {
  const { questions, decisions, people } = parts;
  route(app, {
    method: 'GET',
    url: '/questions',
    access: ACCESS,
    handle(visit) {
      const { said } = visit.request.query as { said?: unknown };
      const known = Object.keys(visit.words.questions.said).find((one) => one === said);
      const model = modelOf(app, parts, visit);
      const text = known as keyof QuestionsWords['said'] | undefined;
      return questionsPage({ ...model, said: text }, visit.frame);
    },
  });
  route(app, {
    method: 'POST',
    url: '/questions/visible',
    access: ACCESS,
    async handle({ who, form, reply }) {
      const visible = form.visible === 'yes';
      await decisions.setVisible(who.actor, who.person.id, visible);
      return reply.redirect(`/questions?said=${visible ? 'visible' : 'hidden'}`, 303);
    },
  });
  route(app, {
    method: 'POST',
    url: '/questions/:id/answer',
    access: ACCESS,
    async handle(visit) {
      const { who, form, reply } = visit;
      const id = idOf(visit);
      if (form.answer === 'mine' && questions.own(who.person.id, id)) {
        return reply.redirect('/questions?said=mine', 303);
      }
      if (!questions.get(who.person.id, id)) return gone(app, parts, visit);
      if (form.answer === 'unknown') return reply.redirect('/questions?said=unknown', 303);
      const named = othersOf(people, who.person.id).find(
        (one) => form.answer === `person:${one.id}`,
      );
      const person = form.answer === 'mine' ? who.person.id : named?.id;
      if (person === undefined) return gone(app, parts, visit);
      const may = stillAsks(questions, who.person.id);
      const said = form.answer === 'mine' ? 'mine' : 'someone';
      return orGone(app, parts, visit, async () => {
        await decisions.assignReading(who.actor, id, person, may);
        return reply.redirect(`/questions?said=${said}`, 303);
      });
    },
  });
  registerTime(app, parts);
  registerRemoving(app, parts);
}

const idOf = ({ request }: SignedVisit): string => (request.params as { id: string }).id;

const othersOf = (people: QuestionsParts['people'], own: string) =>
  people.visible().filter(({ id }) => id !== own);

/** Asked in the commit itself: somebody else may have answered since. */
const stillAsks =
  (questions: Questions, person: string) =>
  ({ id }: StoredReading): boolean =>
    questions.get(person, id) !== undefined;

function registerTime(app: PortalApp, parts: QuestionsParts): void {
  const { questions, decisions } = parts;
  route(app, {
    method: 'POST',
    url: '/questions/:id/time',
    access: ACCESS,
    handle(visit) {
      const { who, form, reply } = visit;
      const id = idOf(visit);
      const question = questions.get(who.person.id, id);
      if (question?.reading.held !== 'clock') return gone(app, parts, visit);
      const { date = '', time = '', which } = form;
      const given = timeIn({ date, time, which }, question.reading, app.now(), app.zone);
      const refused = (refusal: NonNullable<QuestionsModel['again']>['refusal']) => {
        const again = { id, date, time, refusal };
        const frame = { ...visit.frame, path: '/questions' };
        return send(
          reply.code(422),
          questionsPage({ ...modelOf(app, parts, visit), again }, frame),
        );
      };
      if ('refusal' in given) return refused(given.refusal);
      return orGone(app, parts, visit, async () => {
        try {
          await decisions.stateTime(who.actor, id, given.at, stillAsks(questions, who.person.id));
        } catch (error) {
          if (codeOf(error) === 'clock-untrusted') return refused('clock-untrusted');
          throw error;
        }
        return reply.redirect('/questions?said=dated', 303);
      });
    },
  });
}

function registerRemoving(app: PortalApp, parts: QuestionsParts): void {
  const { questions, decisions } = parts;
  function page(
    what: 'remove' | 'notMine',
    url: string,
    back: string,
    find: (person: string, id: string) => StoredReading | undefined,
  ): void {
    route(app, {
      method: 'GET',
      url,
      access: ACCESS,
      handle(visit) {
        const id = idOf(visit);
        const reading = find(visit.who.person.id, id);
        if (!reading) return gone(app, parts, visit);
        const action = url.replace(':id', id);
        return removePage({ what, action, back }, shownText(reading, app, visit), visit.frame);
      },
    });
    route(app, {
      method: 'POST',
      url,
      access: ACCESS,
      handle(visit) {
        const { who, reply } = visit;
        const id = idOf(visit);
        if (!find(who.person.id, id)) return gone(app, parts, visit);
        const may = (reading: StoredReading) => find(who.person.id, reading.id) !== undefined;
        return orGone(app, parts, visit, async () => {
          await decisions.removeReading(who.actor, id, may);
          const said = what === 'remove' ? 'nobody' : 'notMine';
          return reply.redirect(`/questions?said=${said}`, 303);
        });
      },
    });
  }
  page(
    'remove',
    '/questions/:id/remove',
    '/questions',
    (person, id) => questions.get(person, id)?.reading,
  );
  page('notMine', '/readings/:id/not-mine', '/', questions.own);
}

function shownText(reading: StoredReading, app: PortalApp, { words, language }: SignedVisit) {
  const { measured, arrived } = words.questions;
  const { measuredAt, capturedAt, kind } = reading;
  const time = longTime(measuredAt ?? capturedAt, app.zone, language);
  const when = (measuredAt === undefined ? arrived : measured).replace('{time}', time);
  return `${kindName(kind, language)}. ${when}`;
}

/** The page, and that there is no such question. */
function gone(app: PortalApp, parts: QuestionsParts, visit: SignedVisit): FastifyReply {
  const frame = { ...visit.frame, path: '/questions' };
  const model = { ...modelOf(app, parts, visit), isGone: true };
  return send(visit.reply.code(404), questionsPage(model, frame));
}

/** What was answered between the page and the commit is gone too. */
async function orGone(
  app: PortalApp,
  parts: QuestionsParts,
  visit: SignedVisit,
  does: () => Promise<FastifyReply>,
): Promise<FastifyReply> {
  try {
    return await does();
  } catch (error) {
    const isGone = ['reading-unknown', 'reading-has-time'].includes(codeOf(error));
    if (error instanceof CodedError && isGone) return gone(app, parts, visit);
    throw error;
  }
}

function modelOf(app: PortalApp, parts: QuestionsParts, visit: SignedVisit): QuestionsModel {
  const { who } = visit;
  const { people } = parts;
  const own = who.person.id;
  const all = parts.questions.list(own);
  const isAlone = people.list().length < 2;
  return {
    questions: all.slice(0, SHOWN_MAX).map((one) => shownOf(one, parts, visit)),
    isCut: all.length > SHOWN_MAX,
    others: othersOf(people, own),
    answersFor: who.role === 'representative' ? who.person.name : undefined,
    isVisible: isAlone ? undefined : people.visible().some(({ id }) => id === own),
    zone: app.zone,
  };
}

function shownOf(question: Question, parts: QuestionsParts, visit: SignedVisit): ShownQuestion {
  const { reading, more, isOwn } = question;
  const { language } = visit;
  const device = parts.devices.byId(reading.device);
  const told = [reading, ...more];
  return {
    id: reading.id,
    asks: reading.held === 'clock' ? 'clock' : 'person',
    because: reading.heldBecause,
    kinds: told.map(({ kind }) => kind),
    device: device?.name,
    simulated: device?.simulated ?? false,
    measuredAt: reading.measuredAt,
    arrivedAt: reading.capturedAt,
    values:
      isOwn && may(visit.who, 'see-values')
        ? told.flatMap(({ kind, content }) => shownReading({ kind, ...content }, language).parts)
        : undefined,
  };
}
