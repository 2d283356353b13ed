import { type Html, html } from '../../../pages/html.ts';
import { may } from '../access/rights.ts';
import type { ListedBrowser } from '../access/sessions.ts';
import { type PortalApp, route, type SignedVisit, send } from '../route.ts';
import { type Frame, formStart, shell } from '../shell.ts';
import { longTime } from '../times.ts';
import { pinField, refusalNote, refusalText } from './access-parts.ts';
import { type CardSide, codePage } from './code-page.ts';

export interface MeModel {
  readonly browsers: readonly ListedBrowser[];
  /** The one that asks. */
  readonly own: string;
  /** Others, or a code for another browser of one's own, may be let in. */
  readonly mayGive: boolean;
  readonly maySee: boolean;
  readonly mayWipe: boolean;
  /** Signing in by passkey is possible at this address, or was switched on somewhere. */
  readonly offersPasskeys: boolean;
  readonly hasPasskeys: boolean;
  /** When guessing at one's PIN last had to be slowed, ms. */
  readonly guessedAt: number | undefined;
  readonly zone: string;
  readonly refusal?: string;
  readonly isPinChanged?: boolean;
}

/** `/me`: where one is signed in, and the PIN. */
export function registerMePage(app: PortalApp, parts: { readonly card: CardSide }): void {
  const { access } = app;

  const modelOf = ({ who, session, request }: SignedVisit): MeModel => {
    const hasPasskeys = access.passkeys.of(who.account).length > 0;
    return {
      browsers: access.sessions.browsers(who.account),
      own: session.browser,
      mayGive: may(who, 'give-access'),
      maySee: may(who, 'see-values'),
      mayWipe: may(who, 'wipe'),
      offersPasskeys: hasPasskeys || app.relyingParty(request.headers.host) !== undefined,
      hasPasskeys,
      guessedAt: access.guessing(who.account)[0],
      zone: app.zone,
    };
  };
  const refused = (visit: SignedVisit, error: unknown) =>
    send(
      visit.reply.code(422),
      mePage({ ...modelOf(visit), refusal: refusalText(error, visit.words.access) }, visit.frame),
    );

  route(app, {
    method: 'GET',
    url: '/me',
    access: 'signed-in',
    handle: (visit) => {
      const isPinChanged = (visit.request.query as { pin?: unknown }).pin === 'changed';
      return mePage({ ...modelOf(visit), isPinChanged }, visit.frame);
    },
  });
  route(app, {
    method: 'POST',
    url: '/me/pin',
    access: 'signed-in',
    async handle(visit) {
      const { old = '', pin = '', again = '' } = visit.form;
      try {
        await access.changePin(visit.session, { old, pin, again });
      } catch (error) {
        return refused(visit, error);
      }
      return visit.reply.redirect('/me?pin=changed', 303);
    },
  });
  route(app, {
    method: 'POST',
    url: '/me/code',
    access: { may: ['give-access'] },
    async handle(visit) {
      const { who, frame, words } = visit;
      try {
        const person = who.person.id;
        const made = await access.makeCode(who.actor, { role: 'citizen', person, mayReset: false });
        const { codeTitle: title, codeText: text, codeWarn: warn, back } = words.access.me;
        const says = { title, text, warn, back };
        return codePage({ ...made, zone: app.zone, card: parts.card, says, backTo: '/me' }, frame);
      } catch (error) {
        return refused(visit, error);
      }
    },
  });
  registerBrowsers(app);
}

/** Ids of others' browsers and sessions are answered like unknown ones. */
function registerBrowsers(app: PortalApp): void {
  const { access } = app;
  const act = (url: string, does: (visit: SignedVisit, id: string) => Promise<boolean>) =>
    route(app, {
      method: 'POST',
      url,
      access: 'signed-in',
      async handle(visit) {
        const { id } = visit.request.params as { id: string };
        if (await does(visit, id)) return visit.reply.redirect('/me', 303);
        return visit.reply.callNotFound();
      },
    });
  act('/me/sessions/:id/end', ({ who }, id) => access.endSession(who, id));
  act('/me/browsers/:id/forget', ({ who }, id) => access.forgetBrowser(who, id));
  act('/me/browsers/:id/shared', ({ who, form }, id) =>
    access.setShared(who, id, form.shared === 'yes'),
  );
}

/** The page, also as the answer to a form on it. */
export function mePage(model: MeModel, around: Frame): Html {
  const frame = { ...around, path: '/me' };
  const { access } = frame.words;
  const { me: w } = access;
  const { guessedAt, zone } = model;
  const guessed =
    guessedAt !== undefined &&
    html`<p class="notice">${w.guessed.replace('{when}', longTime(guessedAt, zone, frame.language))}</p>
`;
  const add =
    model.mayGive &&
    html`<section><h2>${w.addTitle}</h2>
<p>${w.addText}</p>
${formStart(frame, '/me/code')}<p><button class="second">${w.add}</button></p></form>
</section>
`;
  const { who } = frame;
  const { roles } = frame.words;
  const others = html`${
    model.mayGive &&
    html`<section><h2>${roles.title}</h2>
<p>${roles.intro}</p>
<p><a class="button second" href="/me/others">${roles.title}</a></p>
</section>
`
  }${
    who &&
    may(who, 'share') &&
    html`<p><a class="more" href="/me/capacity">${roles.capacity.link}</a></p>
`
  }`;
  return shell(
    frame,
    w.title,
    html`${refusalNote(model.refusal, access)}${
      model.isPinChanged &&
      html`<p class="notice" role="status">${w.changed}</p>
`
    }${guessed}${formStart(frame, '/sign-out')}<p><button class="second">${w.signOut}</button></p></form>
<section><h2>${w.browsers}</h2>
<p>${w.browsersText}</p>
<ul class="cards">
${model.browsers.map((one) => browserCard(one, model, frame))}</ul>
</section>
${passkeysPart(model, frame)}${yours(model, frame)}${add}${others}<section><h2>${w.pinTitle}</h2>
<p>${w.pinText}${model.hasPasskeys && html` ${frame.words.passkeys.pinText}`}</p>
${formStart(frame, '/me/pin')}
${pinField('old', w.oldPin)}${pinField('pin', w.newPin, access.begin.pinHint)}${pinField('again', w.again)}<p><button class="second">${w.change}</button></p>
</form></section>`,
  );
}

/** Another way to sign in, where there is one. */
function passkeysPart({ offersPasskeys }: MeModel, { words }: Frame) {
  const { passkeys: w } = words;
  return (
    offersPasskeys &&
    html`<section><h2 id="passkeys">${w.title}</h2>
<p>${w.me}</p>
<p><a class="button second" href="/me/passkeys" aria-describedby="passkeys">${w.toPage}</a></p>
</section>
`
  );
}

/** What one may do with one's own measurements. */
function yours({ maySee, mayWipe }: MeModel, { words: { readings } }: Frame) {
  const { yours: w, files } = readings;
  const links = [
    ['/files', files.title],
    ['/me/reminder', w.reminder],
    ['/me/delete', w.delete],
    ...(mayWipe ? [['/me/wipe', w.wipe] as const] : []),
  ] as const;
  return (
    maySee &&
    html`<section><h2>${w.title}</h2>
<ul class="rows">
${links.map(
  ([url, text]) => html`<li><a class="row" href="${url}">${text}</a></li>
`,
)}</ul>
</section>
`
  );
}

function browserCard(browser: ListedBrowser, { own, zone }: MeModel, frame: Frame): Html {
  const { access } = frame.words;
  const { me: w } = access;
  const isOwn = browser.id === own;
  const label = access.labels[browser.label as keyof typeof access.labels] ?? access.labels.unknown;
  const title = `browser-${browser.id}`;
  const button = (action: string, text: string, field?: Html) =>
    html`${formStart(frame, action)}${field}<p><button class="second" aria-describedby="${title}">${text}</button></p></form>
`;
  const shared = (value: 'yes' | 'no') =>
    html`<input type="hidden" name="shared" value="${value}">`;
  const path = `/me/browsers/${browser.id}`;
  return html`<li class="card">
<h3 id="${title}">${label}${isOwn && html` (${w.thisOne})`}</h3>
<p>${w.lastUsed.replace('{when}', longTime(browser.seenAt, zone, frame.language))}</p>
${
  browser.session !== undefined &&
  !isOwn &&
  html`<p><strong>${w.signedInThere}</strong></p>
`
}${
  browser.shared &&
  html`<p>${w.shared}</p>
`
}<div class="acts">${button(`${path}/shared`, browser.shared ? w.notShared : w.makeShared, shared(browser.shared ? 'no' : 'yes'))}${browser.session !== undefined && !isOwn && button(`/me/sessions/${browser.session}/end`, w.end)}${button(`${path}/forget`, w.forget)}</div>
</li>
`;
}
