import { type Html, html } from '../../../pages/html.ts';
import type { PairingView } from '../../people/pairings.ts';
import type { UserCodeGiving } from '../../people/user-code-giving.ts';
import { may } from '../access/rights.ts';
import type { HouseholdDevices, ShownDevice } from '../household-devices.ts';
import type { SignedVisit } from '../route.ts';
import { formStart, shell } from '../shell.ts';
import { kindName, shownReading } from '../shown-value.ts';
import { refusalNote } from './access-parts.ts';
import { asksForUser, userNeeded } from './device-users.ts';
import { stepLine } from './pairing-choose.ts';
import {
  bondingPage,
  donePage,
  type FirstMeasurement,
  failedPage,
  measurePage,
  type NowModel,
} from './pairing-now.ts';
import { slotsForm, type WhoseModel, whoseForm } from './whose-form.ts';

/** Which screen a pairing that has begun is at. */
export function createPairingScreens(parts: {
  readonly devices: HouseholdDevices;
  /** The machine's own clock, ms: by it a pairing ends. */
  readonly realNow: () => number;
  readonly userCodes: Pick<UserCodeGiving, 'list'>;
  /** What a virtual device shows on its display. */
  readonly display: (address: string) => string | undefined;
}) {
  const { devices } = parts;
  /** The pairing whose device is left nobody's for now. */
  let later: string | undefined;

  const nowModel = (view: PairingView, refusal?: string): NowModel => ({
    view,
    now: parts.realNow(),
    shows: parts.display(view.address),
    refusal,
  });
  const deviceOf = ({ who }: SignedVisit, view: PairingView): ShownDevice | undefined =>
    view.device && devices.find(who, view.device.id);

  function firstOf({ who, language }: SignedVisit, view: PairingView): FirstMeasurement {
    if (!view.device || !view.firstRecord) return { is: 'none' };
    const found = devices.firstReading(who, view.device.id, view.since);
    if (found === undefined) return { is: 'hidden' };
    if (found === 'question') return { is: may(who, 'see-values') ? 'question' : 'hidden' };
    const { kind, content } = found;
    const { parts: values } = shownReading({ kind, ...content }, language);
    return { is: 'shown', kind: kindName(kind, language), values };
  }

  function whoseModel(
    { who, words, frame }: SignedVisit,
    device: ShownDevice,
    what: 'whose' | 'slots',
  ): WhoseModel {
    return {
      device,
      who,
      people: devices.people(who),
      isNew: true,
      action: `/pairing/${what}`,
      cancel: html`${formStart(frame, '/pairing/later')}<p><button class="second">${words.pairing.whoseLater}</button></p></form>`,
    };
  }

  function whosePage(
    visit: SignedVisit,
    device: ShownDevice,
    what: 'whose' | 'slots',
    refusal?: string,
  ): Html {
    const { frame, words } = visit;
    const title = what === 'whose' ? words.pairing.whoseTitle : words.devices.slotsTitle;
    const form = what === 'whose' ? whoseForm : slotsForm;
    return shell(
      frame,
      title.replace('{name}', device.name),
      html`${refusalNote(refusal, words.access)}${stepLine(6, frame)}${form(whoseModel(visit, device, what), frame)}`,
    );
  }

  return {
    deviceOf,
    whoseModel,
    whosePage,
    /** Whose it is, is left open: each of its measurements is a question until somebody says. */
    decideLater(view: PairingView): void {
      later = view.id;
    },
    /** The one screen for where the pairing is now. */
    screen(visit: SignedVisit, view: PairingView, refusal?: string): Html {
      const { frame } = visit;
      if (view.state === 'failed') return failedPage(view, frame);
      const isBonding = view.state === 'running' && view.device === undefined;
      if (isBonding) return bondingPage(nowModel(view, refusal), frame);
      const device = deviceOf(visit, view);
      if (device?.ownership === 'unassigned' && later !== view.id) {
        return whosePage(visit, device, 'whose');
      }
      const look = device?.look ?? view.look;
      if (view.state === 'running') {
        const isNeeded =
          device && asksForUser(device) && !parts.userCodes.list(device.id).users.length;
        return measurePage(
          nowModel(view),
          look,
          isNeeded === true && userNeeded(device, frame),
          frame,
        );
      }
      return donePage(view, device, firstOf(visit, view), frame);
    },
  };
}

export type PairingScreens = ReturnType<typeof createPairingScreens>;
