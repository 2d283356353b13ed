import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { GatewayFacts } from '../../../fhir/reading.ts';
import { CodedError, codeOf } from '../../errors.ts';
import type { Check } from '../../http.ts';
import type { Log } from '../../log.ts';
import { guardWith, POLICY_WITH_SCRIPT } from '../../pages/guard.ts';
import { type Html, html } from '../../pages/html.ts';
import type { Database } from '../../store.ts';
import type { Decisions } from '../decisions.ts';
import type { Routing } from '../outbox/routing.ts';
import type { OwnActs } from '../own-acts.ts';
import type { Adoption } from '../people/adoption.ts';
import type { Devices } from '../people/devices.ts';
import type { ErasurePart } from '../people/erasure.ts';
import type { KeyGiving } from '../people/key-giving.ts';
import type { Pairings } from '../people/pairings.ts';
import type { People } from '../people/people.ts';
import type { UserCodeGiving } from '../people/user-code-giving.ts';
import type { TypedReadings } from '../typed-readings.ts';
import type { Views } from '../views.ts';
import type { Access } from './access/access.ts';
import type { RelyingPartyAt } from './access/relying-party.ts';
import { createFinder } from './found.ts';
import { createHouseholdDevices, type HouseholdDevices } from './household-devices.ts';
import { createLive, registerLive } from './live.ts';
import { registerActing } from './pages/acting-page.ts';
import { registerBoxPage } from './pages/box-routes.ts';
import type { CardSide } from './pages/code-page.ts';
import { registerDevicesPage } from './pages/devices-routes.ts';
import { registerMePage } from './pages/me-page.ts';
import { registerOthers } from './pages/others-routes.ts';
import { registerOwnPages } from './pages/own-pages.ts';
import { registerPairingPages } from './pages/pairing-routes.ts';
import { registerPasskeys } from './pages/passkeys-routes.ts';
import { type QuestionsParts, registerQuestions } from './pages/questions-routes.ts';
import type { KnownRecipient } from './pages/reading-parts.ts';
import { SETUP_CARD_STYLE } from './pages/setup-card.ts';
import { registerShares, type SharesParts } from './pages/shares-routes.ts';
import { registerSignInPage } from './pages/sign-in-page.ts';
import { registerWelcomePage } from './pages/welcome-page.ts';
import { createQuestions } from './questions.ts';
import { createReached } from './reached.ts';
import { READINGS_STYLE } from './readings-style.ts';
import { type PortalApp, refuseRulelessRoutes, route, send, visitOf } from './route.ts';
import { PORTAL_SCRIPT } from './script.ts';
import { SHARES_STYLE } from './shares-style.ts';
import { createSharingRecord } from './sharing-record.ts';
import { shell } from './shell.ts';
import { PORTAL_STYLE } from './style.ts';

export interface PortalParts {
  readonly db: Database;
  readonly access: Access;
  readonly relyingParty: RelyingPartyAt;
  readonly devices: Pick<Devices, 'byId'>;
  readonly views: Pick<Views, 'counts' | 'devices'>;
  readonly checks: () => readonly Check[];
  readonly decisions: SharesParts['decisions'] & QuestionsParts['decisions'];
  readonly ownActs: OwnActs;
  readonly typing: TypedReadings;
  readonly askAbout: Routing['askAbout'];
  readonly erasure: ErasurePart;
  readonly gateway: GatewayFacts;
  readonly people: QuestionsParts['people'];
  readonly permissions: SharesParts['permissions'];
  readonly recipients: readonly KnownRecipient[];
  readonly isTold: SharesParts['isTold'];
  /** The gateway's clock, and whether it is to be trusted. */
  readonly now: () => number;
  readonly trusted: () => boolean;
  readonly zone: string;
  readonly log: Log;
  readonly card: CardSide;
  readonly pairing: PairingSide;
}

/** What the pages of devices need of the home. */
export interface PairingSide {
  readonly pairings: Pairings;
  readonly adoption: Pick<Adoption, 'seen' | 'unpair'>;
  readonly decisions: Pick<Decisions, 'assignDevice' | 'renameDevice'>;
  readonly keyGiving: Pick<KeyGiving, 'give'>;
  readonly codeGiving: Pick<UserCodeGiving, 'give' | 'register' | 'list'>;
  readonly people: Pick<People, 'visible'>;
  /** What a virtual device shows on its display; real ones have their own. */
  readonly display?: ((address: string) => string | undefined) | undefined;
  readonly random: (bytes: number) => Uint8Array;
}

/** The citizen's pages. Every route has its access rule: see {@link route}. */
export function registerPortal(root: FastifyInstance, parts: PortalParts): void {
  root.addHook('onRequest', guardWith(POLICY_WITH_SCRIPT));
  // In a scope of its own, whose failures are answered with pages.
  root.register((http, _options, done) => {
    registerPages(root, http, parts);
    done();
  });
}

function registerPages(root: FastifyInstance, http: FastifyInstance, parts: PortalParts): void {
  const { access, relyingParty, zone, now, views } = parts;
  const questions = createQuestions(parts.db);
  const app: PortalApp = {
    http,
    access,
    relyingParty,
    zone,
    now,
    questions: questions.count,
    isDemo: () => views.devices().some(({ simulated }) => simulated),
  };
  refuseRulelessRoutes(http);
  http.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    async (_request: FastifyRequest, body: string) => formFields(body),
  );
  answerFailures(app, root, parts.log);

  registerFile(
    app,
    '/style.css',
    'text/css; charset=utf-8',
    PORTAL_STYLE + SHARES_STYLE + READINGS_STYLE + SETUP_CARD_STYLE,
  );
  registerFile(app, '/portal.js', 'text/javascript; charset=utf-8', PORTAL_SCRIPT);
  registerWelcomePage(app);
  registerSignInPage(app);
  registerMePage(app, parts);
  registerPasskeys(app);
  registerOthers(app, parts);
  registerActing(app);
  registerOwnPages(app, parts);
  registerQuestions(app, { ...parts, questions });
  registerShares(app, { ...parts, record: createSharingRecord(parts.db) });
  const devices = registerDevices(app, parts);
  const reachedAt = createReached(parts.db, parts.recipients);
  const { reminder } = parts.ownActs;
  registerBoxPage(app, { ...parts, devices, reachedAt, reminder });
  const live = createLive(parts.db, parts.devices);
  registerLive(app, live);
  http.addHook('onClose', async () => live.close());
}

/** Of a handle's key, bytes. */
const SECRET_BYTES = 32;

function registerDevices(app: PortalApp, parts: PortalParts): HouseholdDevices {
  const { pairing, views, zone, now, checks, trusted } = parts;
  const { pairings, decisions, adoption, keyGiving, codeGiving, people } = pairing;
  const realNow = Date.now;
  const housemates = (own: string) => people.visible().filter(({ id }) => id !== own);
  const devices = createHouseholdDevices(parts.db, { views, zone, now, housemates });
  const secret = pairing.random(SECRET_BYTES);
  const finder = createFinder({ seen: adoption.seen, secret, now, realNow });
  const isRadioOff = () => checks().some(({ name, ok }) => name === 'radio' && !ok);
  const display = pairing.display ?? (() => undefined);
  const { unpair } = adoption;
  const giveKey = keyGiving.give;
  const common = { devices, decisions, userCodes: codeGiving };
  registerDevicesPage(app, { ...common, unpair, giveKey, trusted });
  registerPairingPages(app, { ...common, pairings, finder, isRadioOff, realNow, display });
  return devices;
}

/** Of a field that came twice, the first. */
function formFields(body: string): Record<string, string> {
  const fields: Record<string, string> = Object.create(null);
  for (const [name, value] of new URLSearchParams(body)) fields[name] ??= value;
  return fields;
}

function registerFile(app: PortalApp, url: string, type: string, text: string): void {
  route(app, {
    method: 'GET',
    url,
    access: 'public',
    handle: ({ reply }) => reply.type(type).send(text),
  });
}

/** What a person gets instead of a page; a machine gets its code. Neither holds what was asked. */
function answerFailures(app: PortalApp, root: FastifyInstance, log: Log): void {
  root.setNotFoundHandler((request, reply) =>
    isMachine(request)
      ? reply.code(404).send({ code: 'not-found' })
      : page(app, request, reply.code(404), 'notFound'),
  );
  app.http.setErrorHandler((error: FastifyError, request, reply) => {
    const status = error instanceof CodedError ? 422 : (error.statusCode ?? 500);
    if (status >= 500) log.warn({ event: 'http-failed', code: codeOf(error) });
    const answer = reply.code(status);
    return isMachine(request)
      ? answer.send({ code: codeOf(error) })
      : page(app, request, answer, 'failed');
  });
}

const isMachine = ({ url }: FastifyRequest): boolean =>
  /^\/(api\/|live|healthz|readyz|metrics)/.test(url);

function page(
  app: PortalApp,
  request: FastifyRequest,
  reply: FastifyReply,
  what: 'notFound' | 'failed',
): FastifyReply {
  const { frame, words } = visitOf(app, request, reply);
  const { title, text } = words.frame[what];
  const main: Html = html`<p>${text}</p><p><a href="/">${words.frame.toStart}</a></p>`;
  return send(reply, shell({ ...frame, path: '/' }, title, main));
}
