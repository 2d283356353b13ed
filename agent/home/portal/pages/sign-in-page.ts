import { type Html, html } from '../../../pages/html.ts';
import { withoutNames } from '../access/initials.ts';
import { BROWSER_MS } from '../access/sessions.ts';
import { cookiesOf, dropCookie, setCookie } from '../cookies.ts';
import { isOwnPath, type PortalApp, route, send, type Visit } from '../route.ts';
import { type Frame, formStart, shell } from '../shell.ts';
import { passkeyForm, pinField, refusalNote, refusalText } from './access-parts.ts';
import { welcomeFor } from './welcome-page.ts';

export interface SignInModel {
  /** Those whom this browser is remembered for, and nobody else; several by their initials. */
  readonly accounts: readonly { readonly id: string; readonly name: string }[];
  readonly chosen: string | undefined;
  /** Where to go then: a path of ours. */
  readonly to: string;
  readonly refusal?: string;
  /** One of them may sign in by passkey here. */
  readonly hasPasskey: boolean;
}

/** `/sign-in`: the PIN, on a browser that is remembered. */
export function registerSignInPage(app: PortalApp): void {
  const { access } = app;
  route(app, {
    method: 'GET',
    url: '/sign-in',
    access: 'public',
    handle(visit) {
      const { accounts, hasPasskey } = knownTo(app, visit);
      const { to, who } = visit.request.query as { to?: unknown; who?: unknown };
      const path = typeof to === 'string' && isOwnPath(to) ? to : '/';
      if (visit.who) return visit.reply.redirect(path, 303);
      if (accounts.length === 0) return visit.reply.redirect('/welcome', 303);
      const chosen = typeof who === 'string' ? who : undefined;
      return signInPage({ accounts, hasPasskey, chosen, to: path }, visit.frame);
    },
  });
  route(app, {
    method: 'POST',
    url: '/sign-in',
    access: 'public',
    async handle(visit) {
      const { request, reply, frame, words, form } = visit;
      const { browser } = cookiesOf(request);
      const { account = '', pin = '', to = '/' } = form;
      const path = isOwnPath(to) ? to : '/';
      try {
        const given = await access.signIn(browser, account, pin);
        setCookie(reply, 'session', given.session);
        if (browser) setCookie(reply, 'browser', browser, BROWSER_MS);
        dropCookie(reply, 'visit');
        // Who may act for several says for whom, before anything is done.
        const isOne = access.actsFor(account).length < 2;
        return reply.redirect(isOne ? path : '/acting', 303);
      } catch (error) {
        const refusal = refusalText(error, words.access);
        const model = { ...knownTo(app, visit), chosen: account, to: path, refusal };
        return send(reply.code(422), signInPage(model, frame));
      }
    },
  });
  route(app, {
    method: 'POST',
    url: '/sign-out',
    access: 'signed-in',
    async handle({ reply, session }) {
      await access.signOut(session);
      dropCookie(reply, 'session');
      return reply.redirect('/sign-in', 303);
    },
  });
}

/** Whom the browser is remembered for, and whether one of them may sign in by passkey at this address. */
function knownTo(app: PortalApp, { request }: Visit) {
  const { sessions, accounts: all, passkeys } = app.access;
  const browser = sessions.browser(cookiesOf(request).browser);
  const accounts = browser ? withoutNames(all.ofBrowser(browser.id)) : [];
  const site = app.relyingParty(request.headers.host)?.id;
  const hasPasskey = accounts.some(({ id }) => passkeys.of(id).some(({ rp }) => rp === site));
  return { accounts, hasPasskey };
}

/** The page on which signing in by passkey was refused: of a browser that is new here, another. */
export function refusedPage(app: PortalApp, visit: Visit, refusal: string): Html {
  const known = knownTo(app, visit);
  if (known.accounts.length === 0) return welcomeFor(app, visit, refusal);
  const { to = '/' } = visit.form;
  const model = { ...known, chosen: undefined, to: isOwnPath(to) ? to : '/', refusal };
  return signInPage(model, { ...visit.frame, path: '/sign-in' });
}

/** The page that asks for a PIN. */
export function signInPage(model: SignInModel, frame: Frame): Html {
  const { access } = frame.words;
  const { signIn: w } = access;
  const [only, ...more] = model.accounts;
  const who =
    only && more.length === 0
      ? html`<p>${access.begin.hello.replace('{name}', only.name)}</p>
<input type="hidden" name="account" value="${only.id}">`
      : html`<fieldset><legend>${w.who}</legend>
${model.accounts.map(
  ({ id, name }) =>
    html`<p class="choice"><input type="radio" id="who-${id}" name="account" value="${id}" required${id === model.chosen && html` checked`}><label for="who-${id}">${name}</label></p>
`,
)}</fieldset>`;
  return shell(
    frame,
    w.title,
    html`${refusalNote(model.refusal, access)}${formStart(frame, '/sign-in')}
<input type="hidden" name="to" value="${model.to}">
${who}
${pinField('pin', w.pin, w.pinHint)}<p><button>${w.next}</button></p>
</form>
${model.hasPasskey && passkeyPart(model.to, frame)}<p>${w.other}<br><a href="/welcome">${w.code}</a></p>`,
  );
}

function passkeyPart(to: string, frame: Frame): Html {
  const { passkeys: w } = frame.words;
  const form = passkeyForm(frame, {
    ...{ action: '/sign-in/passkey', ask: '/api/passkey/sign-in' },
    ...{ button: w.signIn, stopped: w.stopped, isSecond: true },
    fields: html`<input type="hidden" name="to" value="${to}">`,
  });
  return html`<section data-with-passkey hidden><h2>${w.signInTitle}</h2>
${form}</section>
`;
}
