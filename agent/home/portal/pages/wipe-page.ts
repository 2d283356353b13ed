import { type Html, html } from '../../../pages/html.ts';
import type { Erasure, ErasurePart, Reach } from '../../people/erasure.ts';
import { dropCookie } from '../cookies.ts';
import { type PortalApp, route, type SignedVisit, send } from '../route.ts';
import { type Frame, formStart, shell } from '../shell.ts';
import { put, putCount } from '../words/words.ts';
import { pinField, refusalNote, refusalText } from './access-parts.ts';
import { type ReadingsParts, recipientName } from './reading-parts.ts';

/** Who signs in for another, or helps, does not wipe that person. */
const ACCESS = { may: ['wipe'] } as const;

/** `/me/wipe`: everything of the signed-in person goes, after the PIN; what it cannot reach is said. */
export function registerWipePage(
  app: PortalApp,
  parts: Pick<ReadingsParts, 'recipients' | 'permissions'> & { readonly erasure: ErasurePart },
): void {
  const { erasure } = parts;
  const page = (visit: SignedVisit, refusal?: string) => {
    const person = visit.who.person.id;
    const named = recipientName(parts, person);
    return wipePage({ reach: erasure.reach(person), named, refusal }, visit.frame);
  };

  route(app, { method: 'GET', url: '/me/wipe', access: ACCESS, handle: (visit) => page(visit) });
  route(app, {
    method: 'POST',
    url: '/me/wipe',
    access: ACCESS,
    async handle(visit) {
      const { who, session, form, reply, words, frame } = visit;
      try {
        await app.access.confirm(session, form.pin ?? '');
      } catch (error) {
        return send(reply.code(422), page(visit, refusalText(error, words.access)));
      }
      // The permissions, which know former recipients' names, go too.
      const { holders, untold } = erasure.reach(who.person.id);
      const nameOf = recipientName(parts, who.person.id);
      const names = new Map(
        [...holders, ...untold].map(({ recipient }) => [recipient, nameOf(recipient)]),
      );
      const done = await erasure.erase(who.actor, who.person.id);
      dropCookie(reply, 'session');
      const named = (id: string) => names.get(id) ?? id;
      return send(reply, wipedPage(done, named, frame));
    },
  });
}

interface WipeModel {
  readonly reach: Reach;
  readonly named: (recipient: string) => string;
  readonly refusal: string | undefined;
}

/** The page that asks. */
export function wipePage({ reach, named, refusal }: WipeModel, frame: Frame): Html {
  const { readings, access } = frame.words;
  const { wipe: w } = readings;
  return shell(
    frame,
    w.title,
    html`${refusalNote(refusal, access)}<p>${w.text}</p>
<ul class="plain">
${w.goes.map(
  (line) => html`<li>${line}</li>
`,
)}</ul>
<p>${w.stays}</p>
${unreached(reach, named, frame)}<p>${w.first} <a class="more" href="/files">${readings.files.title}</a></p>
${formStart(frame, '/me/wipe')}
${pinField('pin', w.pin, w.pinHint)}<p class="acts"><button>${w.yes}</button> <a class="button second" href="/me">${w.no}</a></p></form>`,
  );
}

/** The page that says what happened: nobody is signed in any more. */
export function wipedPage(
  done: Erasure,
  named: (recipient: string) => string,
  around: Frame,
): Html {
  const { wipe: w } = around.words.readings;
  const frame: Frame = { ...around, who: undefined, questions: 0, path: '/welcome' };
  const isLater = !done.logCleared || !done.copyWritten;
  return shell(
    frame,
    w.doneTitle,
    html`<p class="notice" role="status">${put(w.done, { readings: done.erased.readings })}</p>
${
  isLater &&
  html`<p>${w.later}</p>
`
}<p>${w.stays}</p>
${unreached(done, named, frame)}<p>${w.again}</p>`,
  );
}

function unreached(reach: Reach, named: (recipient: string) => string, { words }: Frame): Html {
  const { wipe: w } = words.readings;
  const counted = (of: readonly string[], all: Reach['holders']) =>
    all.map(({ recipient, readings }) => putCount(of, readings, { recipient: named(recipient) }));
  const lines = [
    ...counted(w.holders, reach.holders),
    ...counted(w.untold, reach.untold),
    ...reach.endUntold.map((recipient) => put(w.endUntold, { recipient: named(recipient) })),
    ...(reach.keptStores.length > 0 ? [w.kept] : []),
    ...(reach.inConfiguration ? [w.configuration] : []),
    ...[w.backups, w.devices, w.files],
  ];
  return html`<h2>${w.reachTitle}</h2>
<ul class="plain">
${lines.map(
  (line) => html`<li>${line}</li>
`,
)}</ul>
`;
}
