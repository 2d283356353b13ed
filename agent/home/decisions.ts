import { KINDS, type Kind } from '../../adapters/measurement.ts';
import type { SharingPermission } from '../../fhir/consent.ts';
import { instantText } from '../../fhir/time.ts';
import { CodedError } from '../errors.ts';
import type { Recipient } from './consent/permissions.ts';
import { permissionSentence } from './consent/sentence.ts';
import { createSharing, type PermissionAsk } from './consent/sharing.ts';
import { createDeciding, type DecidingParts } from './deciding.ts';
import type { Readings } from './journal/readings.ts';
import type { Routing } from './outbox/routing.ts';
import { createAnswers } from './people/answers.ts';
import type { Devices, SlotKind } from './people/devices.ts';
import type { People, Person } from './people/people.ts';
import type { Pipeline } from './pipeline.ts';
import type { Rereading } from './reread.ts';
import { instantOf, laterOf } from './stated-instant.ts';

export interface DecisionParts extends DecidingParts {
  readonly people: People;
  readonly devices: Devices;
  readonly readings: Readings;
  readonly routing: Routing;
  readonly pipeline: Pipeline;
  readonly reread: Rereading;
  readonly recipients: readonly Recipient[];
  readonly zone: string;
}

/**
 * What people decide. Each decision, its consequences and its audit entry are one commit: it counts
 * when it is on disk, and only then is it answered. Errors are coded; nothing half-done remains.
 */
export function createDecisions(parts: DecisionParts) {
  const { people, devices, readings, routing, clock } = parts;
  const deciding = createDeciding(parts);
  const { decide, permissions, mustMayShare } = deciding;

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
      representative: deciding.agreed(),
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
    ...createAnswers({ ...parts, decide }),
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
