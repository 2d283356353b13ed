import { CodedError } from '../../../errors.ts';
import { type Html, html } from '../../../pages/html.ts';
import type { OwnActs } from '../../own-acts.ts';
import { type PortalApp, route, send } from '../route.ts';
import { type Frame, formStart, shell } from '../shell.ts';
import { put } from '../words/words.ts';
import { queryOf, SEES } from './reading-parts.ts';

/** `/me/reminder`: when one wants to be reminded to measure. */
export function registerReminderPage(
  app: PortalApp,
  { ownActs }: { readonly ownActs: OwnActs },
): void {
  route(app, {
    method: 'GET',
    url: '/me/reminder',
    access: SEES,
    handle(visit) {
      const time = ownActs.reminder(visit.who.person.id);
      const isSaved = queryOf(visit, 'said') === 'saved';
      return reminderPage({ time, isSaved, isRefused: false }, visit.frame);
    },
  });
  route(app, {
    method: 'POST',
    url: '/me/reminder',
    access: SEES,
    async handle({ who, form, frame, reply }) {
      const { time = '', act } = form;
      try {
        await ownActs.remind(who.actor, who.person.id, act === 'none' ? '' : time.trim());
      } catch (error) {
        if (!(error instanceof CodedError) || error.code !== 'reminder-invalid') throw error;
        return send(
          reply.code(422),
          reminderPage({ time, isSaved: false, isRefused: true }, frame),
        );
      }
      return reply.redirect('/me/reminder?said=saved', 303);
    },
  });
}

interface ReminderModel {
  readonly time: string | undefined;
  readonly isSaved: boolean;
  readonly isRefused: boolean;
}

/** The page. */
export function reminderPage({ time, isSaved, isRefused }: ReminderModel, frame: Frame): Html {
  const { reminding: w } = frame.words.readings;
  const note = isRefused
    ? html`<div class="notice bad" role="alert"><p>${w.wrong}</p></div>
`
    : isSaved &&
      html`<p class="notice" role="status">${time === undefined ? w.cleared : put(w.saved, { time })}</p>
`;
  return shell(
    frame,
    w.title,
    html`${note}<p>${w.text}</p>
${formStart(frame, '/me/reminder')}
<p class="field"><label for="time">${w.time}</label>
<span class="hint" id="time-hint">${w.hint}</span>
<input id="time" name="time" type="time" value="${time ?? ''}" aria-describedby="time-hint"></p>
<p class="acts"><button>${w.save}</button> <button class="second" name="act" value="none">${w.none}</button></p></form>
<p><a class="more" href="/me">${w.back}</a></p>`,
  );
}

/** The reminder where it is looked at; nothing where there is none. */
export const reminderNote = (time: string | undefined, { words }: Frame) =>
  time !== undefined &&
  html`<p class="notice">${put(words.readings.reminder, { time })}</p>
`;
