import type { FastifyReply } from 'fastify';
import { LOOKS } from '../../../../adapters/bluetooth/models/looks.ts';
import { codeOf } from '../../../errors.ts';
import type { Html } from '../../../pages/html.ts';
import type { Decisions } from '../../decisions.ts';
import type { Pairings, PairingView } from '../../people/pairings.ts';
import type { Recognised } from '../../people/recognised.ts';
import type { UserCodeGiving } from '../../people/user-code-giving.ts';
import type { Finder, Found } from '../found.ts';
import type { HouseholdDevices, ShownDevice } from '../household-devices.ts';
import { notFound, type PortalApp, route, type SignedVisit, send } from '../route.ts';
import type { PairingWords } from '../words/pairing.en.ts';
import { refusalNote } from './access-parts.ts';
import {
  type Choice,
  choiceOf,
  codePage,
  foundPage,
  kindPage,
  modelPage,
  pathOf,
  preparePage,
} from './pairing-choose.ts';
import { failedPage } from './pairing-now.ts';
import { createPairingScreens, type PairingScreens } from './pairing-screens.ts';
import { type Assignment, hasSlots, slotsOf, whoseOf } from './whose-form.ts';

export interface PairingParts {
  readonly devices: HouseholdDevices;
  readonly finder: Finder;
  readonly pairings: Pairings;
  readonly decisions: Pick<Decisions, 'assignDevice'>;
  readonly userCodes: Pick<UserCodeGiving, 'list'>;
  readonly isRadioOff: () => boolean;
  /** The machine's own clock, ms: by it a pairing ends. */
  readonly realNow: () => number;
  /** What a virtual device shows on its display. */
  readonly display: (address: string) => string | undefined;
}

const MAY = { may: ['devices'] } as const;
const NOW = '/pairing/now';
type Answer = Html | FastifyReply;
type Refusal = keyof PairingWords['errors'];

/** `/pairing` and below: one thing per screen, each a plain page with forms. */
export function registerPairingPages(app: PortalApp, parts: PairingParts): void {
  registerChoosing(app, parts);
  registerBeginning(app, parts);
  const screens = createPairingScreens(parts);
  registerFollowing(app, parts, screens);
  registerWhose(app, parts, screens);
}

/** A page of a choice: its look and model stand in the address. */
function onChoice(
  app: PortalApp,
  below: string,
  handle: (visit: SignedVisit, choice: Choice, handle: string) => Answer,
): void {
  route(app, {
    method: 'GET',
    url: `/pairing/:look/:model${below}`,
    access: MAY,
    handle(visit) {
      const { look = '', model = '', heard = '' } = visit.request.params as Record<string, string>;
      const choice = choiceOf(look, model);
      return choice ? handle(visit, choice, heard) : notFound(visit.reply);
    },
  });
}

function registerChoosing(app: PortalApp, parts: PairingParts): void {
  const { devices, finder, pairings } = parts;
  route(app, {
    method: 'GET',
    url: '/pairing',
    access: MAY,
    handle({ who, frame }) {
      const isGoing = pairings.view(who.actor)?.state === 'running';
      return kindPage({ isBusy: pairings.isBusyFor(who.actor), isGoing }, frame);
    },
  });
  route(app, {
    method: 'GET',
    url: '/pairing/:look',
    access: MAY,
    handle({ request, reply, frame }) {
      const { look: asked } = request.params as { look: string };
      const look = LOOKS.find((one) => one === asked);
      return look ? modelPage(look, frame) : notFound(reply);
    },
  });
  onChoice(app, '', ({ frame }, choice) => preparePage(choice, frame));
  onChoice(app, '/found', ({ who, frame }, choice) => {
    const { isRadioOff } = parts;
    const list = finder.list(
      choice.look,
      (address) => devices.byAddress(who, address) === 'others',
    );
    const known = new Map(
      [...list.fitting, ...list.others].flatMap(({ handle }: Found) => {
        const own = devices.byAddress(who, finder.resolve(handle)?.address ?? '');
        return own && own !== 'others' ? [[handle, own.name] as const] : [];
      }),
    );
    return foundPage(choice, list, { isRadioOff: isRadioOff(), known }, frame);
  });
  onChoice(app, '/found/:heard', ({ who, frame, reply }, choice, handle) => {
    const heard = heardOf(parts, who, handle);
    if (!heard) return reply.redirect(`${pathOf(choice)}/found`, 303);
    return codePage(choice, heard, handle, frame);
  });
}

/** What a handle stands for; another's device is not there. */
function heardOf(
  { finder, devices }: PairingParts,
  who: SignedVisit['who'],
  handle: string,
): Recognised | undefined {
  const heard = finder.resolve(handle);
  return heard && devices.byAddress(who, heard.address) !== 'others' ? heard : undefined;
}

/** Six digits as people type them; undefined for nothing, null for what is no code. */
function passkeyOf(text: string | undefined): number | undefined | null {
  const digits = (text ?? '').replaceAll(/[\s-]/g, '');
  if (digits === '') return undefined;
  return /^\d{6}$/.test(digits) ? Number(digits) : null;
}

/** `Scale`, or `Scale 2` where there is one already. */
function freeName(wanted: string, devices: readonly ShownDevice[]): string {
  const taken = new Set(devices.map(({ name }) => name));
  const name = (n: number) => (n === 1 ? wanted : `${wanted} ${n}`);
  let n = 1;
  while (taken.has(name(n))) n += 1;
  return name(n);
}

function registerBeginning(app: PortalApp, parts: PairingParts): void {
  const { devices, pairings } = parts;

  async function begin(
    visit: SignedVisit,
    what: { readonly address: string; readonly name: string; readonly look: Choice['look'] },
    refuse: (code: Refusal) => FastifyReply,
  ): Promise<FastifyReply> {
    const passkey = passkeyOf(visit.form.passkey);
    if (passkey === null) return refuse('passkey-form');
    try {
      await pairings.begin(visit.who.actor, { ...what, passkey });
    } catch (error) {
      if (codeOf(error) !== 'radio-busy') throw error;
      return refuse('radio-busy');
    }
    return visit.reply.redirect(NOW, 303);
  }

  route(app, {
    method: 'POST',
    url: '/pairing/begin',
    access: MAY,
    handle(visit) {
      const { form, who, frame, words, reply } = visit;
      const { look = '', model = '', heard: handle = '' } = form;
      const choice = choiceOf(look, model);
      if (!choice) return notFound(reply);
      const heard = heardOf(parts, who, handle);
      if (!heard) return reply.redirect(`${pathOf(choice)}/found`, 303);
      const { devices: w, pairing } = words;
      const name = freeName(w.looks[choice.look ?? 'other'], devices.list(who));
      return begin(visit, { address: heard.address, name, look: choice.look }, (code) =>
        send(reply.code(422), codePage(choice, heard, handle, frame, pairing.errors[code])),
      );
    },
  });
  route(app, {
    method: 'POST',
    url: '/pairing/again',
    access: MAY,
    handle(visit) {
      const { who, reply, frame, words } = visit;
      const view = pairings.view(who.actor);
      if (view?.state !== 'failed') return reply.redirect(view ? NOW : '/pairing', 303);
      const { address, name, look } = view;
      return begin(visit, { address, name, look }, (code) => {
        const note = refusalNote(words.pairing.errors[code], words.access);
        return send(reply.code(422), failedPage(view, frame, note || undefined));
      });
    },
  });
}

/** An act on the pairing that somebody began; another's is answered like none. */
function onPairing(
  app: PortalApp,
  { pairings }: PairingParts,
  method: 'GET' | 'POST',
  url: string,
  handle: (visit: SignedVisit, view: PairingView) => Answer | Promise<Answer>,
): void {
  route(app, {
    method,
    url,
    access: MAY,
    handle(visit) {
      const view = pairings.view(visit.who.actor);
      return view ? handle(visit, view) : visit.reply.redirect('/pairing', 303);
    },
  });
}

function registerFollowing(app: PortalApp, parts: PairingParts, screens: PairingScreens): void {
  const { pairings } = parts;
  onPairing(app, parts, 'GET', NOW, screens.screen);
  onPairing(app, parts, 'POST', '/pairing/answer', (visit, view) => {
    const { form, reply, words, who } = visit;
    const { question } = view;
    // Of a question that is over nothing is answered; another may stand now.
    if (!question || String(question.number) !== form.number) return reply.redirect(NOW, 303);
    const passkey = passkeyOf(form.passkey);
    if (question.ask === 'passkey' && typeof passkey !== 'number') {
      const refusal = words.pairing.errors['passkey-form'];
      return send(reply.code(422), screens.screen(visit, view, refusal));
    }
    try {
      const isPasskey = question.ask === 'passkey' && typeof passkey === 'number';
      pairings.answer(isPasskey ? { passkey } : { same: form.same === 'yes' }, who.actor);
    } catch (error) {
      if (codeOf(error) !== 'pairing-no-question') throw error;
    }
    return reply.redirect(NOW, 303);
  });
  onPairing(app, parts, 'POST', '/pairing/cancel', async ({ who, reply }) => {
    await pairings.cancel(who.actor);
    return reply.redirect(NOW, 303);
  });
  onPairing(app, parts, 'POST', '/pairing/later', ({ reply }, view) => {
    screens.decideLater(view);
    return reply.redirect(NOW, 303);
  });
}

/** Whose the new device is. */
function registerWhose(app: PortalApp, parts: PairingParts, screens: PairingScreens): void {
  const { devices, decisions } = parts;
  const onDevice = (
    method: 'GET' | 'POST',
    url: string,
    handle: (visit: SignedVisit, device: ShownDevice) => Answer | Promise<Answer>,
  ) =>
    onPairing(app, parts, method, url, (visit, view) => {
      const device = screens.deviceOf(visit, view);
      const isOpen = device?.ownership === 'unassigned';
      return isOpen ? handle(visit, device) : visit.reply.redirect(NOW, 303);
    });
  const decide = async (visit: SignedVisit, device: ShownDevice, to: Assignment) => {
    await decisions.assignDevice(visit.who.actor, device.id, to);
    return visit.reply.redirect(NOW, 303);
  };
  onDevice('POST', '/pairing/whose', (visit, device) => {
    const { form, reply, words } = visit;
    const whose = whoseOf(form, devices.people(visit.who));
    if (!whose) {
      const refusal = words.devices.errors['choose-one'];
      return send(reply.code(422), screens.whosePage(visit, device, 'whose', refusal));
    }
    if (whose !== 'shared') return decide(visit, device, whose);
    if (hasSlots(device)) return reply.redirect('/pairing/slots', 303);
    return decide(visit, device, { slots: {} });
  });
  onDevice('GET', '/pairing/slots', (visit, device) => screens.whosePage(visit, device, 'slots'));
  onDevice('POST', '/pairing/slots', (visit, device) => {
    const { form, reply, words } = visit;
    const to = slotsOf(form, screens.whoseModel(visit, device, 'slots'), devices);
    if (!('refused' in to)) return decide(visit, device, to);
    const refusal = words.devices.errors[to.refused];
    return send(reply.code(422), screens.whosePage(visit, device, 'slots', refusal));
  });
}
