import { isIP } from 'node:net';
import type { Basis } from '../../../../fhir/consent-representative.ts';
import { type Html, html } from '../../../pages/html.ts';
import { withoutNames } from '../access/initials.ts';
import { BROWSER_MS } from '../access/sessions.ts';
import { cookiesOf, dropCookie, setCookie } from '../cookies.ts';
import { newVisit, type PortalApp, route, send, type Visit } from '../route.ts';
import { type Frame, formStart, shell } from '../shell.ts';
import { endTime } from '../times.ts';
import type { AccessWords } from '../words/access.en.ts';
import { passkeyForm, pinField, refusalNote, refusalText } from './access-parts.ts';

const LOOPBACK = /^(::ffff:)?127\.|^::1$/;

/** What follows a code. */
export interface BeginModel {
  /** Whom the code names; undefined is somebody new. */
  readonly person: string | undefined;
  /** Has a PIN already, which is asked for. */
  readonly isKnown: boolean;
  /** The code allows another PIN instead. */
  readonly mayReset: boolean;
  /** Another PIN is being chosen. */
  readonly reset: boolean;
  /** A helper or representative gives a name of their own. */
  readonly asksName: boolean;
  /** What somebody is let in for who is not the person themselves. */
  readonly joins?: {
    readonly role: 'helper' | 'representative';
    readonly person: string;
    readonly until: number | undefined;
    readonly basis: Basis | undefined;
    readonly zone: string;
    /** Whom this browser knows: they go on with the PIN that they have. */
    readonly known: readonly { readonly id: string; readonly name: string }[];
  };
}

/** `/welcome`: a browser that is new here. A code first, then a name and a PIN. */
export function registerWelcomePage(app: PortalApp): void {
  const { access } = app;
  route(app, {
    method: 'GET',
    url: '/welcome',
    access: 'public',
    handle(asked) {
      const { request, reply, who } = asked;
      // Who is signed in has none: another of the household wants to use this browser too.
      if (who && cookiesOf(request).visit === undefined) newVisit(reply);
      return welcomeFor(app, asked);
    },
  });
  route(app, {
    method: 'POST',
    url: '/welcome',
    access: 'public',
    async handle(asked) {
      const { request, reply, words, form } = asked;
      const { visit } = cookiesOf(request);
      if (visit === undefined) return reply.redirect('/welcome', 303);
      try {
        await access.claim(form.code ?? '', visit, isLoopback(request.socket.remoteAddress));
      } catch (error) {
        return send(reply.code(422), welcomeFor(app, asked, refusalText(error, words.access)));
      }
      return reply.redirect('/welcome/begin', 303);
    },
  });
  route(app, {
    method: 'GET',
    url: '/welcome/begin',
    access: 'public',
    handle(visit) {
      const model = beginModel(
        app,
        visit,
        (visit.request.query as { pin?: unknown }).pin === 'new',
      );
      return model ? beginPage(model, visit.frame) : visit.reply.redirect('/welcome', 303);
    },
  });
  route(app, {
    method: 'POST',
    url: '/welcome/begin',
    access: 'public',
    async handle(visit) {
      const { request, reply, frame, words, form } = visit;
      const cookies = cookiesOf(request);
      const reset = form.reset === 'yes';
      const model = beginModel(app, visit, reset);
      if (!model || cookies.visit === undefined) return reply.redirect('/welcome', 303);
      const { name = '', pin = '', again = '', account } = form;
      const { visit: own, browser } = cookies;
      const shared = form.shared === 'yes';
      const label = labelOf(request.headers['user-agent']);
      try {
        const given = await access.enrol({
          visit: own,
          browser,
          name,
          pin,
          again,
          reset,
          shared,
          label,
          account,
        });
        setCookie(reply, 'session', given.session);
        if (given.browser) setCookie(reply, 'browser', given.browser, BROWSER_MS);
        dropCookie(reply, 'visit');
        return reply.redirect('/', 303);
      } catch (error) {
        const refusal = refusalText(error, words.access);
        return send(reply.code(422), beginPage({ ...model, refusal, name, account }, frame));
      }
    },
  });
}

const isLoopback = (address: string | undefined): boolean =>
  address !== undefined && isIP(address) > 0 && LOOPBACK.test(address);

function beginModel(app: PortalApp, { request }: Visit, reset: boolean): BeginModel | undefined {
  const claimed = app.access.claimed(cookiesOf(request).visit);
  if (!claimed) return undefined;
  const { person, role, isKnown, mayReset, until, basis } = claimed;
  const isCitizen = role === 'citizen';
  const browser = app.access.sessions.browser(cookiesOf(request).browser);
  const here = browser ? app.access.accounts.ofBrowser(browser.id) : [];
  const known = withoutNames(here).filter((one) => one.person !== person?.id);
  const joins =
    role === 'citizen' || !person
      ? {}
      : { joins: { role, person: person.name, until, basis, zone: app.zone, known } };
  return {
    ...joins,
    person: isCitizen ? person?.name : undefined,
    isKnown,
    mayReset,
    reset: reset && mayReset && isKnown,
    asksName: !isCitizen || person === undefined,
  };
}

/** What kind of thing it is, by which its owner knows it; nothing more of it is kept. */
export function labelOf(agent: string | undefined): keyof AccessWords['labels'] {
  if (agent === undefined) return 'unknown';
  if (/iPad|Tablet|Android(?!.*Mobile)/.test(agent)) return 'tablet';
  if (/iPhone|Mobile/.test(agent)) return 'phone';
  return /Windows|Macintosh|X11|CrOS/.test(agent) ? 'computer' : 'unknown';
}

/** The page that asks for a code, as this visit sees it. */
export function welcomeFor(app: PortalApp, visit: Visit, refusal?: string): Html {
  const { request, who, frame } = visit;
  const site = app.relyingParty(request.headers.host);
  const hasPasskey = !who && site !== undefined && app.access.passkeys.isUsed(site);
  const model = { hasPasskey, ...(refusal === undefined ? {} : { refusal }) };
  return welcomePage(model, { ...frame, path: '/welcome' });
}

/** The page that asks for a code. */
export function welcomePage(
  model: {
    readonly refusal?: string;
    /** Somebody here may sign in by passkey. */
    readonly hasPasskey: boolean;
  },
  frame: Frame,
): Html {
  const { access } = frame.words;
  const { welcome: w } = access;
  return shell(
    frame,
    w.title,
    html`${refusalNote(model.refusal, access)}<p>${w.text}</p>
${formStart(frame, '/welcome')}
<p class="field"><label for="code">${w.code}</label>
<span class="hint" id="code-hint">${w.codeHint}</span>
<input id="code" name="code" class="code" inputmode="numeric" autocomplete="one-time-code" maxlength="12" required aria-describedby="code-hint"></p>
<p><button>${w.next}</button></p>
</form>
<p class="small">${w.where}</p>
${model.hasPasskey && passkeyPart(frame)}`,
  );
}

/** A passkey lets somebody in on a browser that is new here, too; they say whether it is theirs alone. */
function passkeyPart(frame: Frame): Html {
  const { passkeys: w, access } = frame.words;
  const { shared, sharedHint } = access.begin;
  const form = passkeyForm(frame, {
    ...{ action: '/sign-in/passkey', ask: '/api/passkey/sign-in' },
    ...{ button: w.signIn, stopped: w.stoppedNew, isSecond: true },
    fields: html`<p class="choice"><input id="shared" name="shared" type="checkbox" value="yes" aria-describedby="shared-hint"><label for="shared">${shared}</label>
<span class="hint" id="shared-hint">${sharedHint}</span></p>
`,
  });
  return html`<section data-with-passkey hidden><h2>${w.welcomeTitle}</h2>
<p>${w.welcomeText}</p>
${form}</section>
`;
}

/** The page after the code: name and PIN. */
export function beginPage(
  model: BeginModel & {
    readonly refusal?: string;
    readonly name?: string;
    readonly account?: string | undefined;
  },
  frame: Frame,
): Html {
  const { access } = frame.words;
  const { begin: w } = access;
  const asksKnown = model.isKnown && !model.reset;
  const title = asksKnown ? w.knownTitle : model.reset ? w.resetTitle : w.title;
  const name =
    model.asksName &&
    html`<p class="field"><label for="name">${w.name}</label>
<span class="hint" id="name-hint">${w.nameHint}</span>
<input id="name" name="name" autocomplete="name" maxlength="80" required aria-describedby="name-hint" value="${model.name ?? ''}"></p>
`;
  return shell(
    frame,
    title,
    html`${refusalNote(model.refusal, access)}${
      model.person !== undefined &&
      html`<p>${w.hello.replace('{name}', model.person)}</p>
`
    }${
      asksKnown &&
      html`<p>${w.known}</p>
`
    }${
      model.reset &&
      html`<p>${w.reset}</p>
`
    }${joinText(model, frame)}${knownForm(model, frame)}${formStart(frame, '/welcome/begin')}
${name}${model.reset && html`<input type="hidden" name="reset" value="yes">`}${
  asksKnown
    ? pinField('pin', w.pin)
    : html`${pinField('pin', w.pin, w.pinHint)}${pinField('again', w.again)}`
}<p class="choice"><input id="shared" name="shared" type="checkbox" value="yes" aria-describedby="shared-hint"><label for="shared">${w.shared}</label>
<span class="hint" id="shared-hint">${w.sharedHint}</span></p>
<p><button>${w.done}</button></p>
</form>
${asksKnown && model.mayReset && html`<p><a href="/welcome/begin?pin=new">${w.forgotten}</a></p>`}`,
  );
}

/** Whom one is let in for, as what, and until when. */
function joinText({ joins }: BeginModel, { words, language }: Frame): Html | false {
  if (!joins) return false;
  const { roles: w } = words;
  const { role, basis, until } = joins;
  const when = until === undefined ? '' : endTime(until, joins.zone, language);
  const text = w.joining[role].replace('{person}', joins.person).replace('{until}', when);
  return html`<p class="notice">${text}${basis !== undefined && html`<br>${w.basis.replace('{basis}', w.bases[basis])}`}</p>
`;
}

/** Who has a PIN here goes on with it: one person is one account, however many let them in. */
function knownForm(
  model: BeginModel & { readonly account?: string | undefined },
  frame: Frame,
): Html | false {
  const known = model.joins?.known ?? [];
  if (known.length === 0) return false;
  const { roles, access } = frame.words;
  const { joining: w } = roles;
  const choices = known.map(
    ({ id, name }) =>
      html`<p class="choice"><input type="radio" id="as-${id}" name="account" value="${id}" required${(id === model.account || known.length === 1) && html` checked`}><label for="as-${id}">${name}</label></p>
`,
  );
  return html`<section><h2>${w.known}</h2>
${formStart(frame, '/welcome/begin')}
<fieldset><legend>${w.who}</legend>
${choices}</fieldset>
<p class="field"><label for="own-pin">${access.begin.pin}</label>
<input id="own-pin" name="pin" type="password" inputmode="numeric" pattern="[0-9]{6}" maxlength="6" autocomplete="off" required></p>
<p><button>${w.knownDone}</button></p>
</form></section>
<h2>${w.new}</h2>
`;
}
