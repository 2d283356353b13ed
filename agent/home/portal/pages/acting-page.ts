import { type Html, html } from '../../../pages/html.ts';
import { type ActingFor, refusal } from '../access/giving.ts';
import { firstPage } from '../access/rights.ts';
import { setCookie } from '../cookies.ts';
import { notFound, type PortalApp, route, type SignedVisit, send } from '../route.ts';
import { type Frame, formStart, shell } from '../shell.ts';
import { refusalOf } from './others-routes.ts';

/** `/acting`: for whom one goes on. `/me/capacity`: when somebody else has to decide. */
export function registerActing(app: PortalApp): void {
  const { access } = app;
  route(app, {
    method: 'GET',
    url: '/acting',
    access: 'signed-in',
    handle: ({ who, frame }) => actingPage(access.actsFor(who.account), frame),
  });
  route(app, {
    method: 'POST',
    url: '/acting',
    access: 'signed-in',
    async handle({ form, reply, session }) {
      const token = await access.actFor(session, form.grant ?? '');
      if (token === undefined) return notFound(reply);
      setCookie(reply, 'session', token);
      const now = access.sessions.find(token);
      return reply.redirect(now ? firstPage(now.who) : '/sign-in', 303);
    },
  });
  const capacity = (visit: SignedVisit, text?: string) => {
    const why = access.needsRepresentative(visit.who.person.id);
    const age = access.decidesFromAge;
    return capacityPage(
      { why, age, ...(text === undefined ? {} : { refusal: text }) },
      visit.frame,
    );
  };
  route(app, {
    method: 'GET',
    url: '/me/capacity',
    access: { may: ['share'] },
    handle: (visit) => capacity(visit),
  });
  route(app, {
    method: 'POST',
    url: '/me/capacity',
    access: { may: ['share'] },
    async handle(visit) {
      const { who, form, reply, words } = visit;
      try {
        // A parent's access has an age for its end, and says nothing of capacity.
        if (who.basis === 'parent') throw refusal('needs-representative');
        await access.setLacksCapacity(who, form.lacks === 'yes');
      } catch (error) {
        return send(reply.code(422), capacity(visit, refusalOf(error, words.roles)));
      }
      return reply.redirect('/me/capacity', 303);
    },
  });
}

/** One button for each. */
export function actingPage(all: readonly ActingFor[], frame: Frame): Html {
  const { acting: w } = frame.words.roles;
  const text = { citizen: w.self, helper: w.helper, representative: w.representative };
  return shell(
    frame,
    w.title,
    html`<p>${w.text}</p>
<ul class="rows">
${all.map(({ grant, role, person }) => html`<li>${formStart(frame, '/acting')}<input type="hidden" name="grant" value="${grant}"><button class="second">${text[role].replace('{person}', person)}</button></form></li>\n`)}</ul>`,
  );
}

/** What holds, and the one change that is allowed. */
export function capacityPage(
  model: {
    readonly why: 'age' | 'capacity' | undefined;
    readonly age: number;
    readonly refusal?: string;
  },
  around: Frame,
): Html {
  const frame = { ...around, path: '/me/capacity' };
  const { roles, access } = frame.words;
  const { capacity: w } = roles;
  const { who } = frame;
  const button = (lacks: 'yes' | 'no', text: string) =>
    html`${formStart(frame, '/me/capacity')}<input type="hidden" name="lacks" value="${lacks}"><p><button>${text}</button></p></form>
`;
  const isRepresented = who?.role === 'representative' && who.basis !== 'parent';
  const act =
    model.why === 'capacity'
      ? isRepresented && button('no', w.unmark.replace('{person}', who.person.name))
      : who?.basis !== 'parent' && button('yes', w.mark);
  const holds =
    model.why === undefined
      ? html`<p>${w.text}</p>`
      : html`<p class="notice">${model.why === 'capacity' ? w.marked : w.child.replace('{age}', String(model.age))}</p>`;
  return shell(
    frame,
    w.title,
    html`${model.refusal !== undefined && html`<div class="notice bad" role="alert"><h2>${roles.errorTitle}</h2><p>${model.refusal}</p></div>\n`}${holds}
<p>${w.stops}</p>
<p>${w.back}</p>
${act}<p><a class="more" href="/me">${access.me.back}</a></p>`,
  );
}
