import type { RelyingParty } from '../access/relying-party.ts';
import { BROWSER_MS } from '../access/sessions.ts';
import { cookiesOf, dropCookie, setCookie } from '../cookies.ts';
import {
  isOwnPath,
  notFound,
  type PortalApp,
  route,
  type SignedVisit,
  send,
  type Visit,
} from '../route.ts';
import { refusalText } from './access-parts.ts';
import { passkeysPage } from './passkeys-page.ts';
import { queryOf } from './reading-parts.ts';
import { refusedPage } from './sign-in-page.ts';
import { labelOf } from './welcome-page.ts';

/** Signing in by passkey: made and removed under `/me/passkeys`, used on `/sign-in` and `/welcome`. */
export function registerPasskeys(app: PortalApp): void {
  registerOwn(app);
  registerSigningIn(app);
}

const siteOf = (app: PortalApp, { request }: Visit): RelyingParty | undefined =>
  app.relyingParty(request.headers.host);

/** What is to be signed, for the script; or why not, in words. */
async function asked(visit: Visit, ask: () => Promise<object>) {
  try {
    return await ask();
  } catch (error) {
    return visit.reply.code(422).send({ text: refusalText(error, visit.words.access) });
  }
}

function registerOwn(app: PortalApp): void {
  const { passkeys } = app.access;
  const page = (
    visit: SignedVisit,
    over: { refusal?: string; done?: 'added' | 'removed' } = {},
  ) => {
    const { who, session, request, words, frame } = visit;
    const label = labelOf(request.headers['user-agent']);
    const model = {
      passkeys: passkeys.of(who.account),
      site: siteOf(app, visit)?.id,
      own: session.browser,
      isShared: !passkeys.isOwn(session),
      name: words.access.labels[label],
      zone: app.zone,
    };
    return passkeysPage({ ...model, ...over }, frame);
  };

  route(app, {
    method: 'GET',
    url: '/me/passkeys',
    access: 'signed-in',
    handle(visit) {
      const done = queryOf(visit, 'done');
      return page(visit, done === 'added' || done === 'removed' ? { done } : {});
    },
  });
  route(app, {
    method: 'POST',
    url: '/api/passkey/make',
    access: 'signed-in',
    handle(visit) {
      const site = siteOf(app, visit);
      if (!site) return notFound(visit.reply);
      const { name = '', pin = '' } = visit.form;
      const { product } = visit.words.frame;
      return asked(visit, () => passkeys.askToMake(visit.session, site, { name, pin, product }));
    },
  });
  route(app, {
    method: 'POST',
    url: '/me/passkeys',
    access: 'signed-in',
    async handle(visit) {
      const { reply, session, words, form } = visit;
      const site = siteOf(app, visit);
      if (!site) return notFound(reply);
      try {
        await passkeys.make(session, site, form.response ?? '');
      } catch (error) {
        const refusal = refusalText(error, words.access);
        return send(reply.code(422), page(visit, { refusal }));
      }
      return reply.redirect('/me/passkeys?done=added', 303);
    },
  });
  route(app, {
    method: 'POST',
    url: '/me/passkeys/:id/remove',
    access: 'signed-in',
    async handle({ request, reply, who }) {
      const { id } = request.params as { id: string };
      if (!(await passkeys.remove(who, id))) return notFound(reply);
      return reply.redirect('/me/passkeys?done=removed', 303);
    },
  });
}

function registerSigningIn(app: PortalApp): void {
  const { access } = app;
  route(app, {
    method: 'POST',
    url: '/api/passkey/sign-in',
    access: 'public',
    handle(asking) {
      const { visit } = cookiesOf(asking.request);
      const site = siteOf(app, asking);
      // Without a visit it would be nobody's answer.
      if (!site || visit === undefined) return notFound(asking.reply);
      return asked(asking, () => access.passkeys.askToSignIn(site, visit));
    },
  });
  route(app, {
    method: 'POST',
    url: '/sign-in/passkey',
    access: 'public',
    async handle(asking) {
      const { request, reply, words, form } = asking;
      const { visit, browser } = cookiesOf(request);
      const site = siteOf(app, asking);
      if (!site) return notFound(reply);
      if (visit === undefined) return reply.redirect('/sign-in', 303);
      const { response = '', to = '/' } = form;
      const label = labelOf(request.headers['user-agent']);
      const shared = form.shared === 'yes';
      const at = { visit, browser, response, label, shared };
      try {
        const given = await access.passkeys.signIn(site, at);
        setCookie(reply, 'session', given.session);
        const known = given.browser ?? browser;
        if (known) setCookie(reply, 'browser', known, BROWSER_MS);
        dropCookie(reply, 'visit');
        // Who may act for several says for whom, before anything is done.
        const isOne = access.actsFor(given.account).length < 2;
        return reply.redirect(isOne ? (isOwnPath(to) ? to : '/') : '/acting', 303);
      } catch (error) {
        const refusal = refusalText(error, words.access);
        return send(reply.code(422), refusedPage(app, asking, refusal));
      }
    },
  });
}
