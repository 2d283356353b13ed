import { createHash } from 'node:crypto';
import type { Kind } from '../../../adapters/measurement.ts';
import { uuidV5 } from '../../../fhir/identifiers.ts';
import type { Clock } from '../../clock.ts';
import { type ConsentDecision, decide } from '../consent/decide.ts';
import type { Permissions, Recipient } from '../consent/permissions.ts';
import type { StoredReading } from '../journal/readings.ts';
import {
  type Deliveries,
  type DeliveryAction,
  type DeliveryRow,
  MAY_HAVE_ARRIVED,
  NOT_LEFT,
} from './deliveries.ts';

/** Namespace of envelope ids: UUID v5 of reading, recipient, action and revision, so a retry is the same envelope. */
const ENVELOPE_NAMESPACE = '6f1c6a1e-2f5d-5c0b-9b57-4a7d5f0c3e11';

/** States in which the recipient may already hold the reading. */
const HELD_BY_RECIPIENT: ReadonlySet<DeliveryRow['state']> = new Set(['sent', 'received', 'read']);

/**
 * Kinds that tell what happens in the home, when it happens: they are of use at once or not at all, so
 * they do not wait behind the backlog of other devices. Nothing is judged by what they say.
 */
const URGENT: ReadonlySet<Kind> = new Set<Kind>([
  'contact',
  'motion',
  'presence',
  'button',
  'smoke',
  'water-leak',
]);

/** Withheld by a withdrawal, whose receipt named it. */
const isListed = ({ state, because }: DeliveryRow): boolean =>
  state === 'withheld' && because === 'withdrawn';

function contentHash({ content, time }: StoredReading): string {
  return createHash('sha256')
    .update(JSON.stringify([content, time]))
    .digest('hex');
}

/**
 * Who is to have a reading: asks consent before queueing (promise 4), and again whenever a
 * permission or a person changes. Run inside a commit.
 */
export function createRouting(parts: {
  readonly recipients: readonly Recipient[];
  readonly permissions: Permissions;
  readonly deliveries: Deliveries;
  readonly clock: Clock;
  /** Envelopes that are past the hand-over and not answered: they may still arrive. */
  readonly inFlight: (envelope: string) => boolean;
  /** All that was handed over and is not settled on disk. */
  readonly unsettled: () => readonly string[];
}) {
  const { recipients, permissions, deliveries, clock } = parts;

  function ask(reading: StoredReading, person: string, recipient: string): ConsentDecision {
    return gate(person, recipient, reading.kind, reading.measuredAt);
  }

  function gate(
    person: string,
    recipient: string,
    kind: Kind,
    measuredAt: number | undefined,
  ): ConsentDecision {
    const to = recipients.find(({ id }) => id === recipient);
    if (!to) return { allowed: false, because: 'none' };
    return decide(permissions.of(person, recipient), {
      kind,
      measuredAt,
      now: clock.now(),
      clockTrusted: clock.trusted(),
      recipient: to,
    });
  }

  /** A correction is another envelope for each content: the municipality answers a known one unread. */
  function envelopeId(reading: StoredReading, recipient: string, action: DeliveryAction): string {
    const name = [reading.id, recipient, action, reading.revision];
    if (action === 'correction') {
      const earlier = deliveries
        .ofReading(reading.id)
        .filter((row) => row.action === action && row.recipient === recipient);
      // Counted too: a time that goes back to what it was is a third envelope, not the first again.
      name.push(earlier.length, contentHash(reading));
    }
    return uuidV5(name.join('/'), ENVELOPE_NAMESPACE);
  }

  /** The recipient has it, or may have: past the hand-over and not answered, or tried without an answer. */
  function mayHold(row: DeliveryRow): boolean {
    if (row.state === 'rejected') return false;
    return HELD_BY_RECIPIENT.has(row.state) || row.reach > NOT_LEFT || parts.inFlight(row.id);
  }

  function add(reading: StoredReading, person: string, recipient: string, action: DeliveryAction) {
    // Taking back, without values, goes to who holds the reading, whatever the permission says now.
    const decision: ConsentDecision =
      action === 'retraction'
        ? { allowed: true, consent: 'taking-back' }
        : ask(reading, person, recipient);
    deliveries.add({
      id: envelopeId(reading, recipient, action),
      reading: reading.id,
      recipient,
      action,
      revision: reading.revision,
      person,
      recordedAt: clock.now(),
      state: decision.allowed ? 'queued' : 'withheld',
      because: decision.allowed ? undefined : decision.because,
      permission: decision.allowed ? decision.consent : undefined,
      device: reading.device,
      urgent: URGENT.has(reading.kind),
    });
  }

  return {
    /** Of a delivery that is to leave now; `reading`: what it tells, as it is by now. */
    askOf(row: DeliveryRow, reading: StoredReading | undefined): ConsentDecision {
      if (!reading || reading.state === 'removed') return { allowed: false, because: 'none' };
      // Moved to another person meanwhile: the former one's envelope must not be sent again.
      if (reading.revision !== row.revision) return { allowed: false, because: 'none' };
      return ask(reading, row.person, row.recipient);
    },
    /** For what is no reading: events that name a person and a kind, and when they happened. */
    askAbout: (person: string, recipient: string, kind: Kind, at: number): ConsentDecision =>
      gate(person, recipient, kind, at),
    /** A recipient that is told of a reading for the first time: it was added to the configuration later. */
    routeTo: (reading: StoredReading, person: string, recipient: string): void =>
      add(reading, person, recipient, 'new'),
    /** A reading with person and time is there: one delivery for each recipient, queued or withheld. */
    route(reading: StoredReading): void {
      if (reading.person === undefined || reading.state !== 'ready') return;
      for (const recipient of recipients) add(reading, reading.person, recipient.id, 'new');
    },
    /** Withdrawn wherever nobody has it yet, taken back where somebody may. */
    takeBack(reading: StoredReading, person: string): void {
      const now = clock.now();
      for (const row of deliveries.ofReading(reading.id)) {
        if (row.action === 'retraction' || row.revision !== reading.revision) continue;
        if (mayHold(row)) add(reading, person, row.recipient, 'retraction');
        if (row.state === 'withheld' || row.state === 'queued') {
          deliveries.move(row, { state: 'withdrawn', because: 'taken-back' }, now);
        }
      }
    },
    /** Something of it is still to be told to somebody, or to be answered. */
    isOpen: (reading: string): boolean =>
      deliveries.ofReading(reading).some(({ state }) => state === 'queued' || state === 'sent'),
    /** Time or decoding changed: whoever holds it gets it as `corrected`. How many they are. */
    correct(reading: StoredReading): number {
      const { person } = reading;
      if (person === undefined) return 0;
      const holders = deliveries
        .ofReading(reading.id)
        .filter((row) => row.action === 'new' && row.revision === reading.revision && mayHold(row));
      for (const row of holders) add(reading, person, row.recipient, 'correction');
      return holders.length;
    },
    /**
     * A permission of this person for this recipient changed: what waits is asked again. Returns the
     * envelopes that were past the hand-over when consent ended: the receipt of withdrawal lists them.
     */
    reconsider(
      person: string,
      recipient: string,
      readingOf: (id: string) => StoredReading | undefined,
    ): string[] {
      const now = clock.now();
      const gone: string[] = [];
      let isReleasing = false;
      for (const row of deliveries.unfinishedOf(person, recipient)) {
        const reading = readingOf(row.reading);
        if (!reading || row.action === 'retraction') continue;
        const decision = ask(reading, person, recipient);
        if (decision.allowed) {
          if (row.state === 'withheld') {
            // From now on it stands before what was handed over: after a crash these are not the first.
            if (!isReleasing) deliveries.mayHaveArrived(parts.unsettled());
            isReleasing = true;
            deliveries.move(row, { state: 'queued', permission: decision.consent }, now);
          }
        } else if (row.state === 'sent' || parts.inFlight(row.id)) {
          gone.push(row.id);
        } else {
          // No answer told whether it arrived.
          if (row.reach === MAY_HAVE_ARRIVED && !isListed(row)) gone.push(row.id);
          if (row.state !== 'withheld' || row.because !== decision.because) {
            deliveries.move(row, { state: 'withheld', because: decision.because }, now);
          }
        }
      }
      return gone;
    },
  };
}

export type Routing = ReturnType<typeof createRouting>;
