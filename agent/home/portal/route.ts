import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Html, html } from '../../pages/html.ts';
import type { Language } from '../../pages/language.ts';
import type { Access } from './access/access.ts';
import type { RelyingPartyAt } from './access/relying-party.ts';
import { firstPage, may, type Right, type Who } from './access/rights.ts';
import type { Session } from './access/sessions.ts';
import { formTokenOf, isSame, newToken } from './access/tokens.ts';
import { cookiesOf, setCookie } from './cookies.ts';
import { languageOf } from './languages.ts';
import { type Frame, shell } from './shell.ts';
import { type Words, wordsOf } from './words/words.ts';

/** Who may ask for a page or act: nobody gets in by a rule that was forgotten. */
export type AccessRule = 'public' | 'signed-in' | { readonly may: readonly Right[] };

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The access rule of a portal's route. */
    access?: AccessRule;
  }
}

/** Largest body of a form, bytes: no page asks for more than a few lines. */
const FORM_BYTES_MAX = 16 * 1024;

/** The portal as its pages see it. */
export interface PortalApp {
  readonly http: FastifyInstance;
  readonly access: Access;
  /** IANA zone of the home. */
  readonly zone: string;
  /** The gateway's clock, ms. */
  readonly now: () => number;
  /** Questions that wait for this person. */
  readonly questions: (person: string) => number;
  /** Where signing in by passkey is possible. */
  readonly relyingParty: RelyingPartyAt;
  /** Some devices here are virtual. */
  readonly isDemo: () => boolean;
}

/** A request for a page, with all that it may know of who asks. */
export interface Visit {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly who: Who | undefined;
  readonly session: Session | undefined;
  readonly words: Words;
  readonly language: Language;
  readonly zone: string;
  /** For {@link shell}. */
  readonly frame: Frame;
  /** Fields of the form that was sent; of one that came twice, the first. */
  readonly form: Readonly<Record<string, string>>;
  /** The session lasts, asked later. */
  readonly isSignedIn: () => boolean;
}

export interface SignedVisit extends Visit {
  readonly who: Who;
  readonly session: Session;
}

type VisitOf<Rule extends AccessRule> = Rule extends 'public' ? Visit : SignedVisit;
type Answer = Html | FastifyReply | object;

const visits = new WeakMap<FastifyRequest, Visit>();

/** A machine's address: it is answered with a code, not led to a page. */
const isApi = (url: string) => url.startsWith('/api/') || url === '/live';

/**
 * The one way to register a page or act. The rule is asked before a body is read; a change besides
 * needs the form's token. A page (`Html`) is framed by its handler with {@link shell}.
 */
export function route<const Rule extends AccessRule>(
  app: PortalApp,
  options: {
    readonly method: 'GET' | 'POST';
    readonly url: string;
    readonly access: Rule;
    readonly handle: (visit: VisitOf<Rule>) => Answer | Promise<Answer>;
  },
): void {
  const { method, url, access, handle } = options;
  app.http.route({
    method,
    url,
    bodyLimit: FORM_BYTES_MAX,
    config: { access },
    onRequest: (request, reply) => admit(app, access, request, reply),
    preHandler: checkToken,
    async handler(request, reply) {
      const visit = visits.get(request) as VisitOf<Rule>;
      const answer = await handle({ ...visit, form: formOf(request.body) });
      return answer === reply ? reply : send(reply, answer);
    },
  });
}

/** Call before the first route: one without an access rule is refused when it is registered. */
export function refuseRulelessRoutes(http: FastifyInstance): void {
  http.addHook('onRoute', ({ url, config }) => {
    if (config?.access === undefined) throw new TypeError(`${url} has no access rule`);
  });
}

async function admit(
  app: PortalApp,
  rule: AccessRule,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const visit = visitOf(app, request, reply);
  visits.set(request, visit);
  if (rule === 'public') return undefined;
  const { who, session } = visit;
  const url = request.routeOptions.url ?? '';
  if (!who || !session) {
    if (isApi(url)) return reply.code(401).send({ code: 'not-signed-in' });
    const back = request.method === 'GET' && isOwnPath(request.url) ? request.url : '/';
    return reply.redirect(`/sign-in${back === '/' ? '' : `?to=${encodeURIComponent(back)}`}`, 303);
  }
  if (typeof rule === 'object' && !rule.may.every((right) => may(who, right))) {
    if (isApi(url)) return reply.code(403).send({ code: 'not-allowed' });
    return send(reply.code(403), refusalPage(visit));
  }
  // The first page of who sees no value is what they are let in for.
  if (url === '/' && !may(who, 'see-values')) return reply.redirect(firstPage(who), 303);
  app.access.touch(session);
  return undefined;
}

/** A path of ours to come back to, and nothing else: `//elsewhere` is not one. */
export const isOwnPath = (text: string): boolean => /^\/([a-z0-9-]+(\/[a-z0-9-]+)*)?$/i.test(text);

const pathOf = (url: string): string => {
  const [path = '/'] = url.split('?');
  return isOwnPath(path) ? path : '/';
};

/** Who asks, and what their page is framed with. */
export function visitOf(app: PortalApp, request: FastifyRequest, reply: FastifyReply): Visit {
  const cookies = cookiesOf(request);
  const found = app.access.sessions.find(cookies.session);
  const language = languageOf(request, reply, cookies.language);
  const words = wordsOf(language);
  const who = found?.who;
  // Files and machines have no forms.
  const url = request.routeOptions.url ?? '/';
  const hasForms = !isApi(url) && !/\.\w+$/.test(url);
  const visit = () => cookies.visit ?? (hasForms ? newVisit(reply) : '');
  const secret = found ? cookies.session : visit();
  const frame: Frame = {
    words,
    language,
    who,
    path: pathOf(request.url),
    isAnswer: request.method === 'POST',
    token: formTokenOf(secret ?? ''),
    isDemo: app.isDemo(),
    others: found
      ? app.access.actsFor(found.who.account).filter(({ grant }) => grant !== found.grant)
      : [],
    questions: who && may(who, 'answer') ? app.questions(who.person.id) : 0,
  };
  const isSignedIn = () => app.access.sessions.find(cookies.session) !== undefined;
  const common = { request, reply, words, language, zone: app.zone, frame, form: {}, isSignedIn };
  return { ...common, who, session: found };
}

/** A cookie for who is not signed in: a code that is typed and the forms belong to it. */
export function newVisit(reply: FastifyReply): string {
  const token = newToken();
  setCookie(reply, 'visit', token);
  return token;
}

/** Every change bears its page's token, besides being no other site's ({@link guardWith}). */
async function checkToken(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  if (request.method === 'GET' || request.method === 'HEAD') return undefined;
  const visit = visits.get(request);
  const header = request.headers['x-form-token'];
  const sent = formOf(request.body).token ?? (typeof header === 'string' ? header : '');
  if (visit && isSame(sent, visit.frame.token)) return undefined;
  if (!visit || isApi(request.routeOptions.url ?? '')) {
    return reply.code(403).send({ code: 'form-token' });
  }
  const { title, text, back } = visit.words.frame.stale;
  const path = visit.frame.who ? '/' : '/sign-in';
  return send(
    reply.code(403),
    shell(
      visit.frame,
      title,
      html`<p>${text}</p><p><a class="button" href="${path}">${back}</a></p>`,
    ),
  );
}

function refusalPage({ frame, words }: Visit): Html {
  return shell(frame, words.frame.forbidden.title, html`<p>${words.frame.forbidden.text}</p>`);
}

function formOf(body: unknown): Record<string, string> {
  if (typeof body !== 'object' || body === null) return {};
  return Object.fromEntries(
    Object.entries(body).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
  );
}

/** Of an id that is nobody's, and of one that is another's: the same. */
export function notFound(reply: FastifyReply): FastifyReply {
  reply.callNotFound();
  return reply;
}

/** A page, or what a machine is told. */
export function send(reply: FastifyReply, answer: Answer): FastifyReply {
  if (!('html' in answer)) return reply.send(answer);
  return reply
    .type('text/html; charset=utf-8')
    .header('vary', 'accept-language, cookie')
    .send(answer.html);
}
