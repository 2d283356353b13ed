import type { SharingPermission } from '../../fhir/consent.ts';
import type { FedKind } from './devices.ts';

/** What may leave, as it stood from some instant on. */
interface Standing {
  /** Whose each permission is. */
  readonly permissions: ReadonlyMap<string, { person: number; permission: SharingPermission }>;
  /** The gateway knows the time. */
  readonly trusted: boolean;
}

/** A change of it: asked for at `from`, in force at `to` at the latest; instants of one monotonic clock, ms. */
interface Change extends Standing {
  /** Which life of the gateway it fell into. */
  readonly life: number;
  readonly from: number;
  /** Absent when the gateway died over it, and it was found done afterwards. */
  readonly to?: number;
  /** Envelopes that the receipt of the change lists: past the hand-over when it came into force. */
  readonly past: ReadonlySet<string>;
}

/** An envelope that left the gateway. */
export interface Sent {
  readonly life: number;
  readonly at: number;
  readonly envelope: string;
  readonly person: number;
  readonly kind: FedKind;
  /** Measured, by the gateway's own word, ms UTC. */
  readonly measuredAt: number;
}

type Known = Standing['permissions'];

const NOTHING: Standing = { permissions: new Map(), trusted: true };

/**
 * What the people of a home decided, as seen from outside, and whether what left was covered by it.
 * Written from the promise (4), apart from the gateway's own gate.
 */
export function createConsentHistory(now: () => number) {
  const changes: Change[] = [];
  let life = 0;
  /** Asked for, and not answered. */
  let open: { readonly life: number; readonly from: number } | undefined;
  let vanished = 0;
  const standing = (): Standing => changes.at(-1) ?? NOTHING;

  function add(change: Partial<Change> & { from: number }): void {
    const { permissions, trusted } = standing();
    changes.push({ permissions, trusted, past: new Set(), life, ...change });
  }

  /** Those that may have been in force when it left: all but the first only maybe. */
  function possible(sent: Sent): Change[] {
    const earlier = changes.filter(
      (one) => one.life < sent.life || (one.life === sent.life && (one.to ?? Infinity) < sent.at),
    );
    const about = changes.filter(
      (one) => one.life === sent.life && one.from <= sent.at && (one.to ?? Infinity) >= sent.at,
    );
    return [...earlier.slice(-1), ...about];
  }

  return {
    /** The gateway is started with such a clock. */
    begin(trusted: boolean): void {
      life += 1;
      add({ from: Number.NEGATIVE_INFINITY, to: Number.NEGATIVE_INFINITY, trusted });
    },
    life: () => life,

    /** Before a person's decision is sent to the gateway; `done` when it is answered. */
    ask() {
      const asked = { life, from: now() };
      open = asked;
      return {
        done(person: number, permission: SharingPermission, past: readonly string[]): void {
          open = undefined;
          const permissions = new Map(standing().permissions).set(permission.id, {
            person,
            permission,
          });
          add({ from: asked.from, to: now(), permissions, past: new Set(past) });
        },
        /** Refused: nothing has changed. */
        refused(): void {
          open = undefined;
        },
      };
    },

    /** Before the gateway is told another time; `done` when it has it. */
    askClock(trusted: boolean) {
      const from = now();
      const index = changes.length;
      add({ from, trusted });
      return {
        done(): void {
          const change = changes[index];
          if (change) changes[index] = { ...change, to: now() };
        },
      };
    },

    /** What the gateway says that stands: tells what became of a decision that was not answered. */
    found(permissions: Known): void {
      const before = standing().permissions;
      const same = isSame(before, permissions);
      if (same) {
        open = undefined;
        return;
      }
      if (!open) {
        // Answered, and not there any more.
        vanished += 1;
        add({ from: now(), to: now(), permissions });
        return;
      }
      // In force from some instant of that life on, and in every later one.
      const at = changes.findLastIndex((one) => one.life === open?.life) + 1;
      const { trusted } = changes[at - 1] ?? NOTHING;
      changes.splice(at, 0, { ...open, permissions, trusted, past: new Set() });
      for (let index = at + 1; index < changes.length; index += 1) {
        const later = changes[index];
        if (later) changes[index] = { ...later, permissions };
      }
      open = undefined;
    },

    /** People's decisions, those of them that were found done afterwards included. */
    decided: () =>
      changes.filter(({ from, permissions }, index) => {
        return Number.isFinite(from) && permissions !== changes[index - 1]?.permissions;
      }),
    /** For whoever looks for a fault. */
    changes: () => changes,

    /** Decisions that were answered and are gone. */
    vanished: () => vanished,

    /** Those of `all` that nothing covered, whatever is not certain taken for the gateway. */
    uncovered(all: readonly Sent[]): Sent[] {
      const seen = new Set<string>();
      return all.filter((sent) => {
        const key = `${sent.life} ${sent.envelope}`;
        const again = seen.has(key);
        seen.add(key);
        const may = possible(sent);
        if (may.some((standing) => covers(standing, sent))) return false;
        // Handed over before consent ended and seen after; but not handed over a second time.
        return (
          again || !may.some(({ life: of, past }) => of === sent.life && past.has(sent.envelope))
        );
      });
    },
  };
}

export type ConsentHistory = ReturnType<typeof createConsentHistory>;

function isSame(a: Known, b: Known): boolean {
  return (
    a.size === b.size &&
    [...a].every(([id, { permission }]) => b.get(id)?.permission.version === permission.version)
  );
}

/** In force, for this kind and the measured time, with no pause over either. */
function covers({ permissions, trusted }: Standing, { person, kind, measuredAt }: Sent): boolean {
  const own = [...permissions.values()]
    .filter((one) => one.person === person && one.permission.kinds.includes(kind))
    .map(({ permission }) => permission);
  const active = own.filter(({ state }) => state === 'active');
  if (active.some(({ pauses }) => pauses.some(({ until }) => until === undefined))) return false;
  const pauses = own.flatMap((one) => one.pauses);
  return active.some(({ from, until, givenAt }) => {
    if (measuredAt < Date.parse(from)) return false;
    if (until !== undefined && (!trusted || measuredAt > Date.parse(until))) return false;
    // Measured in a pause it stays home, unless it was asked for afterwards.
    return !pauses.some((pause) => {
      const end = Date.parse(pause.until ?? '');
      return measuredAt >= Date.parse(pause.from) && measuredAt < end && Date.parse(givenAt) < end;
    });
  });
}
