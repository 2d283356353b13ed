import type { FastifyReply } from 'fastify';
import { CodedError } from '../../../errors.ts';
import type { Html } from '../../../pages/html.ts';
import { html } from '../../../pages/html.ts';
import type { Decisions } from '../../decisions.ts';
import type { UserCodeGiving } from '../../people/user-code-giving.ts';
import type { HouseholdDevices, ShownDevice } from '../household-devices.ts';
import { notFound, type PortalApp, route, type SignedVisit, send } from '../route.ts';
import { shell } from '../shell.ts';
import { asksForUser } from './device-users.ts';
import {
  type DevicesModel,
  DONE,
  deviceNotes,
  devicePage,
  deviceRefusal,
  devicesPage,
  removePage,
} from './devices-page.ts';
import {
  type Assignment,
  hasSlots,
  mayAssign,
  slotsForm,
  slotsOf,
  type WhoseModel,
  whoseForm,
  whoseOf,
} from './whose-form.ts';

export interface DevicesParts {
  readonly devices: HouseholdDevices;
  readonly decisions: Pick<Decisions, 'assignDevice' | 'renameDevice'>;
  readonly unpair: (actor: string, device: string) => Promise<unknown>;
  readonly giveKey: (actor: string, device: string, key: string) => Promise<unknown>;
  readonly userCodes: Pick<UserCodeGiving, 'give' | 'register' | 'list'>;
  readonly trusted: () => boolean;
}

const MAY = { may: ['devices'] } as const;
type Handle = (
  visit: SignedVisit,
  device: ShownDevice,
) => Html | FastifyReply | Promise<FastifyReply>;

/** `/devices` and below. A device that is not this person's to see is answered like none. */
export function registerDevicesPage(app: PortalApp, parts: DevicesParts): void {
  const { devices, decisions } = parts;
  const modelOf = (visit: SignedVisit, more: Partial<DevicesModel> = {}): DevicesModel => ({
    who: visit.who,
    now: parts.trusted() ? app.now() : undefined,
    zone: app.zone,
    ...more,
  });
  const usersOf = (device: ShownDevice) =>
    asksForUser(device) ? parts.userCodes.list(device.id).users : undefined;
  const said = ({ request, words }: SignedVisit): string | undefined => {
    const { done } = request.query as { done?: unknown };
    const known = DONE.find((one) => one === done);
    return known && words.devices[known];
  };
  const on = (method: 'GET' | 'POST', path: string, handle: Handle): void =>
    route(app, {
      method,
      url: `/devices/:id${path}`,
      access: MAY,
      handle(visit) {
        const { id } = visit.request.params as { id: string };
        const device = devices.find(visit.who, id);
        return device ? handle(visit, device) : notFound(visit.reply);
      },
    });
  /** Does it, and says so on the device's page; or why not, there. */
  const act = (
    path: string,
    does: (v: SignedVisit, d: ShownDevice) => Promise<unknown>,
    done: string,
  ) =>
    on('POST', path, async (visit, device) => {
      try {
        await does(visit, device);
      } catch (error) {
        const refusal = deviceRefusal(error, visit.words.devices);
        const page = devicePage(
          device,
          modelOf(visit, { refusal, users: usersOf(device) }),
          visit.frame,
        );
        return send(visit.reply.code(422), page);
      }
      return visit.reply.redirect(`/devices/${device.id}?done=${done}`, 303);
    });

  route(app, {
    method: 'GET',
    url: '/devices',
    access: MAY,
    handle: (visit) =>
      devicesPage(devices.list(visit.who), modelOf(visit, { said: said(visit) }), visit.frame),
  });
  on('GET', '', (visit, device) =>
    devicePage(device, modelOf(visit, { said: said(visit), users: usersOf(device) }), visit.frame),
  );
  act(
    '/name',
    ({ who, form }, { id }) => decisions.renameDevice(who.actor, id, form.name ?? ''),
    'renamed',
  );
  act('/key', ({ who, form }, { id }) => parts.giveKey(who.actor, id, form.key ?? ''), 'keyGiven');
  act(
    '/user',
    ({ who, form }, { id }) =>
      form.register === 'yes'
        ? parts.userCodes.register(who.actor, id)
        : parts.userCodes.give(who.actor, id, Number(form.user || Number.NaN), form.code ?? ''),
    'userGiven',
  );
  on('GET', '/remove', (visit, device) => removePage(device, visit.frame));
  on('POST', '/remove', async ({ who, reply }, { id }) => {
    await parts.unpair(who.actor, id);
    return reply.redirect('/devices', 303);
  });
  registerWhose(on, parts);
}

function registerWhose(
  on: (method: 'GET' | 'POST', path: string, handle: Handle) => void,
  { devices, decisions }: DevicesParts,
): void {
  const modelOf = ({ who, words }: SignedVisit, device: ShownDevice, path: string): WhoseModel => ({
    device,
    who,
    people: devices.people(who),
    action: `/devices/${device.id}${path}`,
    cancel: html`<p><a class="button second" href="/devices/${device.id}">${words.devices.cancel}</a></p>`,
  });
  const page = (
    visit: SignedVisit,
    device: ShownDevice,
    path: '/whose' | '/slots',
    refusal?: string,
  ): Html => {
    const { devices: w } = visit.words;
    const model = modelOf(visit, device, path);
    const [title, form] = path === '/whose' ? [w.whoseTitle, whoseForm] : [w.slotsTitle, slotsForm];
    const notes = deviceNotes({ who: visit.who, now: undefined, zone: '', refusal }, visit.frame);
    return shell(
      visit.frame,
      title.replace('{name}', device.name),
      html`${notes}${form(model, visit.frame)}`,
    );
  };
  /** The forms are not there for whom they would be refused. */
  const guarded =
    (handle: Handle): Handle =>
    (visit, device) =>
      mayAssign(visit.who, device) ? handle(visit, device) : notFound(visit.reply);
  const decide = async (visit: SignedVisit, device: ShownDevice, to: Assignment) => {
    await decisions.assignDevice(visit.who.actor, device.id, to);
    // It may be another's now, and no longer to be seen.
    const there = devices.find(visit.who, device.id) ? `/devices/${device.id}` : '/devices';
    return visit.reply.redirect(`${there}?done=assigned`, 303);
  };

  on(
    'GET',
    '/whose',
    guarded((visit, device) => page(visit, device, '/whose')),
  );
  on(
    'POST',
    '/whose',
    guarded(async (visit, device) => {
      const { form, reply, words } = visit;
      const whose = whoseOf(form, devices.people(visit.who));
      if (!whose) {
        return send(
          reply.code(422),
          page(visit, device, '/whose', words.devices.errors['choose-one']),
        );
      }
      if (whose !== 'shared') return decide(visit, device, whose);
      if (hasSlots(device)) return reply.redirect(`/devices/${device.id}/slots`, 303);
      return decide(visit, device, { slots: {} });
    }),
  );
  on(
    'GET',
    '/slots',
    guarded((visit, device) => page(visit, device, '/slots')),
  );
  on(
    'POST',
    '/slots',
    guarded(async (visit, device) => {
      const { form, reply, words } = visit;
      const to = slotsOf(form, modelOf(visit, device, '/slots'), devices);
      const refuse = (text: string) => send(reply.code(422), page(visit, device, '/slots', text));
      if ('refused' in to) return refuse(words.devices.errors[to.refused]);
      try {
        return await decide(visit, device, to);
      } catch (error) {
        if (!(error instanceof CodedError)) throw error;
        return refuse(deviceRefusal(error, words.devices));
      }
    }),
  );
}
