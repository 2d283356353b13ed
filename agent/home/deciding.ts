import type { SharingPermission } from '../../fhir/consent.ts';
import type { Clock } from '../clock.ts';
import type { Audit } from './audit.ts';
import type { SharingNotices } from './consent/notices.ts';
import type { Permissions } from './consent/permissions.ts';
import type { Pair } from './consent/sharing.ts';
import type { Committer } from './journal/committer.ts';
import type { Representation, RepresentationRules } from './people/representation.ts';

export interface DecidingParts {
  readonly committer: Committer;
  readonly audit: Audit;
  readonly permissions: Permissions;
  readonly notices: Pick<SharingNotices, 'note'>;
  readonly representation: RepresentationRules;
  readonly clock: Clock;
  /** Wakes the outbox. */
  readonly wake: () => void;
}

/**
 * How a decision is taken: with its consequences, its audit entry and what recipients are told of it in
 * one commit, on the word of who may.
 */
export function createDeciding(parts: DecidingParts) {
  const { clock, representation } = parts;
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

  return {
    decide,
    permissions,
    mustMayShare,
    /** Who agrees to it for another, in the commit that runs. */
    agreed: () => agreedBy(acting),
  };
}

export type Deciding = ReturnType<typeof createDeciding>;

const agreedBy = (acting: Representation | undefined): SharingPermission['representative'] =>
  acting && { id: acting.id, basis: acting.basis };
