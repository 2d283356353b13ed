import type { Check } from '../../../http.ts';
import { html } from '../../../pages/html.ts';
import type { Recipient } from '../../consent/permissions.ts';
import type { Views } from '../../views.ts';
import { may } from '../access/rights.ts';
import type { HouseholdDevices } from '../household-devices.ts';
import { type PortalApp, route, send } from '../route.ts';
import { shell } from '../shell.ts';
import { endTime } from '../times.ts';
import { boxPage, HELP_HOURS } from './box-page.ts';
import { countsPage } from './box-technical.ts';
import { type CardSide, codePage } from './code-page.ts';
import { refusalOf } from './others-routes.ts';

export interface BoxParts {
  readonly views: Pick<Views, 'counts'>;
  readonly devices: Pick<HouseholdDevices, 'list'>;
  readonly checks: () => readonly Check[];
  readonly recipients: readonly Recipient[];
  /** When a recipient last confirmed something, ms. */
  readonly reachedAt: () => number | undefined;
  readonly trusted: () => boolean;
  readonly card: CardSide;
  readonly reminder: (person: string) => string | undefined;
}

const HOUR_MS = 3_600_000;
const MAY = { may: ['box'] } as const;

/** `/box`: how the box is. Its first view asks for nothing that grows with the readings. */
export function registerBoxPage(app: PortalApp, parts: BoxParts): void {
  const { access, zone } = app;
  route(app, {
    method: 'GET',
    url: '/box',
    access: MAY,
    handle({ frame, who }) {
      const helpers = access.accounts
        .given(who.person.id)
        .filter(({ role, endedAt }) => role === 'helper' && endedAt === undefined);
      const box = {
        checks: parts.checks(),
        devices: parts.devices.list(who),
        recipients: parts.recipients,
        reachedAt: parts.reachedAt(),
        helpers,
        now: parts.trusted() ? app.now() : undefined,
        zone,
        reminder: may(who, 'see-values') ? parts.reminder(who.person.id) : undefined,
      };
      return boxPage(box, frame);
    },
  });
  route(app, {
    method: 'GET',
    url: '/box/counts',
    access: MAY,
    handle: ({ frame }) => countsPage(parts.views.counts(), frame),
  });
  route(app, {
    method: 'POST',
    url: '/box/help',
    access: { may: ['give-access'] },
    async handle({ who, form, frame, words, language, reply }) {
      const hours = HELP_HOURS.find((one) => String(one) === form.hours);
      if (hours === undefined) return reply.redirect('/box', 303);
      const end = access.realNow() + hours * HOUR_MS;
      const grant = { role: 'helper', person: who.person.id, until: end, mayReset: false } as const;
      const w = words.health;
      try {
        const made = await access.makeCode(who.actor, grant);
        const text = w.help.codeText.replace('{end}', endTime(end, zone, language));
        const warn = words.roles.code.warn;
        const says = { title: w.help.codeTitle, text, warn, back: w.back };
        return codePage({ ...made, zone, card: parts.card, says, backTo: '/box' }, frame, '/box');
      } catch (error) {
        const text = refusalOf(error, words.roles);
        const back = html`<p><a class="more" href="/box">${w.back}</a></p>`;
        const main = html`<p class="notice bad" role="alert">${text}</p>${back}`;
        return send(reply.code(422), shell({ ...frame, path: '/box' }, w.help.title, main));
      }
    },
  });
}
