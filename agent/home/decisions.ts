import { KINDS, type Kind } from '../../adapters/measurement.ts';
import type { SharingPermission } from '../../fhir/consent.ts';
import { instantText } from '../../fhir/time.ts';
import type { Clock } from '../clock.ts';
import { CodedError } from '../errors.ts';
import type { Audit } from './audit.ts';
import type { SharingNotices } from './consent/notices.ts';
import type { Permissions, Recipient } from './consent/permissions.ts';
import { permissionSentence } from './consent/sentence.ts';
import { createSharing, type Pair, type PermissionAsk } from './consent/sharing.ts';
import type { Committer } from './journal/committer.ts';
import { stated } from './journal/dating.ts';
import type { Readings, StoredReading } from './journal/readings.ts';
import { isSameWeighing } from './journal/weighing.ts';
import type { Routing } from './outbox/routing.ts';
import type { Devices, SlotKind } from './people/devices.ts';
import type { People, Person } from './people/people.ts';
import type { Representation, RepresentationRules } from './people/representation.ts';
import type { Pipeline } from './pipeline.ts';
import type { Rereading } from './reread.ts';
import { instantOf, laterOf, statedInstant } from './stated-instant.ts';

export interface DecisionParts {
  readonly committer: Committer;
  readonly audit: Audit;
  readonly people: People;
  readonly devices: Devices;
  readonly permissions: Permissions;
  readonly notices: Pick<SharingNotices, 'note'>;
  readonly readings: Readings;
  readonly routing: Routing;
  readonly pipeline: Pipeline;
  readonly reread: Rereading;
  readonly recipients: readonly Recipient[];
  readonly representation: RepresentationRules;
  readonly clock: Clock;
  readonly zone: string;
  /** Wakes the outbox. */
  readonly wake: () => void;
}

/**
 * What people decide. Each decision, its consequences and its audit entry are one commit: it counts
 * when it is on disk, and only then is it answered. Errors are coded; nothing half-done remains.
 */
export function createDecisions(parts: DecisionParts) {
  const { people, devices, readings, routing, clock, representation } = parts;
  /** Who decides for another, in the commit that runs. */
  let acting: Representation | undefined;
  const mustMayShare = (person: string) => representation.mustMayShare(person, acting);
  /** Whose sharing the commit that runs has changed. */
  const changed = new Map<string, Pair>();
  const noteChanged = (person: string, recipient: string) =>
    void changed.set(`${person}/${recipient}`, { person, recipient });
  /** Every version says who agreed to it. */
  const permissions: Permissions = {
    ...parts.permissions,
    give(person, options) {
      noteChanged(person, options.recipient.id);
      return parts.permissions.give(person, options);
    },
    change(id, to, at) {
      const { person, permission } = parts.permissions.get(id);
      noteChanged(person, permission.recipient.id);
      return parts.permissions.change(id, { ...to, representative: agreedBy(acting) }, at);
    },
  };

  /** Tells the recipients whose sharing changed; of one alone the trail has what it is told. */
  function tellRecipients(): Record<string, unknown> {
    const told = [...changed.values()].map((pair) => parts.notices.note(pair, 'act'));
    const [only] = told;
    return told.length === 1 && only !== undefined ? { told: only } : {};
  }

  /**
   * The answer to an act that ends sharing bears the mark of its line: against it the trail can be
   * checked. Without `detail` nothing was different afterwards, and there is no line.
   */
  async function decide<T extends object>(
    actor: string,
    action: string,
    work: () => { result: T; detail: Record<string, unknown> | undefined },
  ): Promise<T & { readonly trail?: string }> {
    const done = await parts.committer.commit(() => {
      acting = representation.of(actor);
      changed.clear();
      const { result, detail } = work();
      const told = tellRecipients();
      if (!detail) return result;
      const line = { ...detail, ...told, ...(acting ? { basis: acting.basis } : {}) };
      const trail = parts.audit.append({ at: clock.now(), actor, action, detail: line });
      return 'alreadyPast' in result ? { ...result, trail } : result;
    });
    parts.wake();
    return done;
  }

  /** A withdrawn permission pauses nothing any more; what was measured in its pauses stays home. */
  function endOf(id: string) {
    const pauses = pausesEndedAt(permissions.get(id).permission.pauses, clock.now());
    return permissions.change(id, { state: 'withdrawn', pauses }, clock.now());
  }

  /** Open pauses end now; not before they began, should the clock have been set back. */
  function pausesEndedAt(pauses: SharingPermission['pauses'], now: number) {
    return pauses.map((pause) =>
      pause.until === undefined || Date.parse(pause.until) > now
        ? { ...pause, until: instantText(Math.max(now, Date.parse(pause.from)), parts.zone) }
        : pause,
    );
  }

  function recipient(id: string): Recipient {
    const found = parts.recipients.find((one) => one.id === id);
    if (found) return found;
    throw new CodedError(
      'recipient-unknown',
      'There is no such recipient',
      'See `recipients` in the configuration.',
    );
  }

  function reconsider(person: string, to: string): string[] {
    return routing.reconsider(person, to, (id) => readings.get(id));
  }

  /** `may`: what must still be true of it; one of which it is not is as good as none. */
  function reading(id: string, may: StillMay = () => true): StoredReading {
    const found = readings.get(id);
    if (found && found.state !== 'removed' && may(found)) return found;
    throw new CodedError(
      'reading-unknown',
      'There is no such reading',
      'See `iomt readings list`.',
    );
  }

  /** What else was held of the same weighing, for the same reason. */
  function heldWith(of: StoredReading, held: 'person' | 'clock'): StoredReading[] {
    return readings.held().filter((one) => one.held === held && isSameWeighing(one, of));
  }

  function answer(before: StoredReading, person: string, moved = false): StoredReading {
    const after: StoredReading = {
      ...before,
      state: 'ready',
      held: undefined,
      heldBecause: undefined,
      person,
      basis: 'answered',
      revision: before.revision + (moved ? 1 : 0),
    };
    readings.save(after);
    routing.route(after);
    return after;
  }

  function kindsOf(names: readonly string[]): Kind[] {
    const unknown = names.filter((name) => !(name in KINDS));
    if (names.length === 0 || unknown.length > 0) {
      throw new CodedError(
        'kind-unknown',
        `Not a kind of measurement: ${unknown.join(', ') || 'none given'}`,
        `Kinds: ${Object.keys(KINDS).join(', ')}.`,
      );
    }
    return names as Kind[];
  }

  /** Before it counts, what waits is to be asked again: {@link reconsider}. */
  function give(ask: PermissionAsk): SharingPermission {
    const person: Person = people.find(ask.person);
    mustMayShare(person.id);
    const to = recipient(ask.recipient);
    const kinds = kindsOf(ask.kinds);
    const now = instantText(clock.now(), parts.zone);
    const language = ask.language ?? 'nb';
    const from = instantOf(ask.from, 'from') ?? now;
    const until = laterOf(ask.until, Math.max(clock.now(), Date.parse(from)));
    const permission = permissions.give(person.id, {
      pseudonym: people.pseudonym(person.id, to.id),
      recipient: to,
      kinds,
      givenAt: now,
      from,
      ...(until === undefined ? {} : { until }),
      sentence: permissionSentence({ recipient: to.name, kinds, from, until, language }),
      language,
      representative: agreedBy(acting),
      at: clock.now(),
    });
    for (const missed of readings.unrouted(person.id, to.id, Date.parse(from))) {
      routing.routeTo(missed, person.id, to.id);
    }
    return permission;
  }

  const { shareKinds, pauseSharing, resumeSharing, endSharing } = createSharing({
    ...parts,
    permissions,
    mustMayShare,
    decide,
    give,
    endOf,
    pausesEndedAt,
    reconsider,
    kindsOf,
  });

  return {
    shareKinds,
    pauseSharing,
    resumeSharing,
    endSharing,
    /** Who is meant by an id or a name; throws when that is nobody, or more than one. */
    person: (who: string) => people.find(who),

    addPerson: (actor: string, name: string) =>
      decide(actor, 'person-added', () => {
        const person = people.add(name);
        return { result: person, detail: { person: person.id } };
      }),

    /** Whether the others of the household may name them. */
    setVisible: (actor: string, who: string, visible: boolean) =>
      decide(actor, 'person-visibility', () => {
        const person = people.find(who);
        const isNew = people.setVisible(person.id, visible);
        return { result: person, detail: isNew ? { person: person.id, visible } : undefined };
      }),

    /** Ends all their permissions. The answer lists the envelopes that were past the hand-over. */
    removePerson: (actor: string, who: string) =>
      decide(actor, 'person-removed', () => {
        const person = people.find(who);
        const ended = permissions
          .list()
          .filter((row) => row.person === person.id && row.permission.state !== 'withdrawn');
        const alreadyPast = ended.flatMap(({ permission }) => {
          endOf(permission.id);
          return reconsider(person.id, permission.recipient.id);
        });
        devices.release(person.id);
        people.remove(person.id);
        return { result: { ...person, alreadyPast }, detail: { person: person.id, alreadyPast } };
      }),

    /** Whose a device is. Held readings of it are asked again; those from before the pairing stay held. */
    assignDevice: (
      actor: string,
      what: string,
      to: { owner: string } | { slots: Record<number, string>; slotKind?: SlotKind },
    ) =>
      decide(actor, 'device-assigned', () => {
        const device = devices.find(what);
        const whose =
          'owner' in to
            ? { owner: people.find(to.owner).id }
            : {
                slots: Object.fromEntries(
                  Object.entries(to.slots).map(([slot, who]) => [slot, people.find(who).id]),
                ),
                ...(to.slotKind === undefined ? {} : { slotKind: to.slotKind }),
              };
        devices.assign(device.id, whose);
        for (const held of readings.held().filter((one) => one.device === device.id)) {
          parts.pipeline.settle(held);
        }
        return { result: devices.find(device.id), detail: { device: device.id, ...whose } };
      }),

    /** What the household calls a device. The trail names the device, not its name. */
    renameDevice: (actor: string, what: string, name: string) =>
      decide(actor, 'device-renamed', () => {
        const { id } = devices.find(what);
        devices.rename(id, name);
        return { result: devices.find(id), detail: { device: id } };
      }),

    /** Default is nothing: a permission names one person, one recipient, kinds, and from when. */
    givePermission: (actor: string, ask: PermissionAsk) =>
      decide(actor, 'permission-given', () => {
        const permission = give(ask);
        const { id: person } = people.find(ask.person);
        const to = permission.recipient.id;
        reconsider(person, to);
        return {
          result: permission,
          detail: { person, recipient: to, permission: permission.id, kinds: permission.kinds },
        };
      }),

    /** Nothing leaves from now, and what is measured meanwhile stays home, until the pause ends. */
    pausePermission: (actor: string, id: string, until?: string) =>
      decide(actor, 'permission-paused', () => {
        const { person, permission } = permissions.get(id);
        if (permission.state === 'withdrawn') {
          // A pause that nothing ends would keep home what a later permission asks for.
          throw new CodedError(
            'permission-withdrawn',
            'This permission is withdrawn',
            'Nothing leaves under it. Give a new one to share again.',
          );
        }
        const end = laterOf(until, clock.now());
        const pause = {
          from: instantText(clock.now(), parts.zone),
          ...(end === undefined ? {} : { until: end }),
        };
        const changed = permissions.change(
          id,
          { pauses: [...permission.pauses, pause] },
          clock.now(),
        );
        const alreadyPast = reconsider(person, permission.recipient.id);
        return {
          result: { permission: changed, alreadyPast },
          detail: { permission: id, alreadyPast },
        };
      }),

    /** Ends every open pause now. */
    resumePermission: (actor: string, id: string) =>
      decide(actor, 'permission-resumed', () => {
        const { person, permission } = permissions.get(id);
        mustMayShare(person);
        const now = clock.now();
        const pauses = pausesEndedAt(permission.pauses, now);
        const changed = permissions.change(id, { pauses }, now);
        reconsider(person, permission.recipient.id);
        return { result: { permission: changed, alreadyPast: [] }, detail: { permission: id } };
      }),

    /** Ends a permission. The answer lists the envelopes that were past the hand-over. */
    withdrawPermission: (actor: string, id: string) =>
      decide(actor, 'permission-withdrawn', () => {
        const { person, permission } = permissions.get(id);
        const changed = endOf(id);
        const alreadyPast = reconsider(person, permission.recipient.id);
        return {
          result: { permission: changed, alreadyPast },
          detail: { permission: id, alreadyPast },
        };
      }),

    /** A person answers whose it is; the measured time stays. A reading that had gone out under another name is taken back there. */
    assignReading: (actor: string, id: string, who: string, may?: StillMay) =>
      decide(actor, 'reading-assigned', () => {
        const person = people.find(who);
        const before = reading(id, may);
        if (before.held === 'clock') {
          throw new CodedError(
            'reading-undated',
            'This reading has no time yet',
            "It is dated when the device's clock has been read, or by you: `iomt readings date`.",
          );
        }
        if (before.person === person.id) return { result: before, detail: { reading: id } };
        const moved = before.person !== undefined;
        if (before.person !== undefined) routing.takeBack(before, before.person);
        // Who stood on the scale is one question, though a weight and a composition were told.
        const more = moved ? [] : heldWith(before, 'person').map((one) => answer(one, person.id));
        return {
          result: answer(before, person.id, moved),
          detail: { reading: id, person: person.id, moved, ...alsoOf(more) },
        };
      }),

    /**
     * A person says when it was, as the clock on the wall shows it or with an offset: the answer to a
     * reading that no clock dates. Its person is asked for as of any other.
     */
    stateTime: (actor: string, id: string, at: string, may?: StillMay) =>
      decide(actor, 'reading-dated', () => {
        const before = reading(id, may);
        if (before.held !== 'clock') {
          throw new CodedError(
            'reading-has-time',
            'This reading has a time already',
            'Only a reading that is held for its clock needs one: `iomt readings list --held`.',
          );
        }
        if (!clock.trusted()) {
          throw new CodedError(
            'clock-untrusted',
            'The gateway does not know what time it is now',
            'Wait until it is connected again, then say when it was.',
          );
        }
        const effective = instantText(statedInstant(at, clock.now(), parts.zone), parts.zone);
        const { time, measuredAt } = stated(effective, clock.now(), parts.zone);
        const more = heldWith(before, 'clock');
        for (const one of [before, ...more]) parts.pipeline.settle({ ...one, time, measuredAt });
        return { result: reading(id), detail: { reading: id, ...alsoOf(more) } };
      }),

    /** "Not mine", "not one of us": taken back wherever it went, and never sent. */
    removeReading: (actor: string, id: string, may?: StillMay) =>
      decide(actor, 'reading-removed', () => {
        const before = reading(id, may);
        if (before.person !== undefined) routing.takeBack(before, before.person);
        readings.save({ ...before, state: 'removed', held: undefined, heldBecause: undefined });
        // Taking back needs to know what was told, also before it moved here; else nothing is kept of it.
        if (!routing.isOpen(id)) readings.erase(id);
        return { result: { id }, detail: { reading: id } };
      }),

    /** Derives all stored captures again; what changed goes out as `corrected`. */
    async rereadAll(actor: string) {
      const counts = await parts.reread.run();
      // A changed time may lie on the other side of a permission's beginning or pause.
      return decide(actor, 'captures-reread', () => {
        for (const { person, permission } of permissions.list()) {
          reconsider(person, permission.recipient.id);
        }
        return { result: counts, detail: { ...counts } };
      });
    },
  };
}

export type Decisions = ReturnType<typeof createDecisions>;

/** Asked in the commit itself: another's answer may have come since the page was made. */
export type StillMay = (reading: StoredReading) => boolean;

const agreedBy = (acting: Representation | undefined): SharingPermission['representative'] =>
  acting && { id: acting.id, basis: acting.basis };

/** For the trail: the readings that were answered with another. */
const alsoOf = (more: readonly StoredReading[]) =>
  more.length === 0 ? {} : { also: more.map(({ id }) => id) };
