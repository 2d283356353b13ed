import { encodeTyped, TYPED_SOURCE, type TypedEntry } from '../../adapters/typed/entry.ts';
import { checkTyped, type TypedKind } from '../../adapters/typed/form.ts';
import { typedReadingId } from '../../fhir/identifiers.ts';
import { instantText } from '../../fhir/time.ts';
import type { Clock } from '../clock.ts';
import { CodedError } from '../errors.ts';
import type { Database } from '../store.ts';
import type { Audit } from './audit.ts';
import type { Captures } from './journal/captures.ts';
import type { Committer } from './journal/committer.ts';
import type { Readings } from './journal/readings.ts';
import { commentOf } from './own-acts.ts';
import { type Devices, ENTRIES } from './people/devices.ts';
import type { People } from './people/people.ts';
import type { RepresentationRules } from './people/representation.ts';
import type { Pipeline } from './pipeline.ts';
import { statedInstant } from './stated-instant.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What a person filled in. */
export interface Typed {
  /** UUID of the form: the same one sent again is the same reading. */
  readonly form: string;
  readonly kind: TypedKind;
  /** By quantity, as it was typed. */
  readonly values: Readonly<Record<string, unknown>>;
  /** When it was measured: an instant with its offset. */
  readonly at: string;
  readonly comment: string;
}

/**
 * Readings that people type in. Each is a capture in the journal, like what a device sends, with what
 * is derived of it, its comment and its line in the trail in one commit: an answer says that it is on
 * disk. Killed before the answer, the same form sent again finds the reading that there is.
 */
export function createTypedReadings(
  db: Database,
  parts: {
    readonly committer: Committer;
    readonly audit: Audit;
    readonly people: Pick<People, 'get'>;
    readonly devices: Pick<Devices, 'entriesOf'>;
    readonly captures: Pick<Captures, 'add'>;
    readonly readings: Pick<Readings, 'get'>;
    readonly pipeline: Pick<Pipeline, 'take'>;
    readonly representation: Pick<RepresentationRules, 'of'>;
    readonly clock: Clock;
    readonly zone: string;
    /** The home is a simulation: nothing of it is anybody's. */
    readonly simulated: boolean;
    /** Wakes the outbox. */
    readonly wake: () => void;
  },
) {
  const { committer, audit, devices, captures, readings, clock, zone } = parts;
  const comment = db.prepare('UPDATE reading SET comment = ? WHERE id = ? AND person = ?');

  /** Who types, in the commit that runs. Throws `access-ended`. */
  function byOf(actor: string, person: string): TypedEntry['by'] {
    const acting = parts.representation.of(actor);
    if (acting && acting.person !== person) {
      throw new CodedError('access-ended', 'This access is for another', 'Choose for whom to act.');
    }
    if (acting) return 'representative';
    // Whoever has the command line writes what somebody told them.
    return actor === `person ${person}` ? 'person' : 'operator';
  }

  function entryOf(typed: Typed, by: TypedEntry['by']): TypedEntry {
    const { kind, values } = typed;
    const checked = checkTyped(kind, values);
    if (!checked.ok || !UUID.test(typed.form)) {
      throw new CodedError(
        'typed-invalid',
        'This cannot be what a device showed',
        'Look at the numbers once more.',
      );
    }
    if (!clock.trusted()) {
      throw new CodedError(
        'clock-untrusted',
        'The gateway does not know what time it is now',
        'Wait until it is connected again.',
      );
    }
    const at = instantText(statedInstant(typed.at, clock.now(), zone), zone);
    return { kind, quantities: checked.quantities, at, by };
  }

  function store(typed: Typed, person: string, entry: TypedEntry) {
    const bytes = encodeTyped(entry);
    const { form } = typed;
    const rawBytes = Buffer.from(bytes).toString('hex');
    const id = typedReadingId({ deviceKey: `${ENTRIES}${person}`, form, rawBytes });
    if (readings.get(id)) return { id, isNew: false };
    const { id: device } = devices.entriesOf(person, parts.simulated);
    const capture = { peripheral: '', at: clock.now(), session: form, source: TYPED_SOURCE, bytes };
    parts.pipeline.take(captures.add(capture, device, true));
    if (readings.get(id)?.state !== 'ready') {
      // Thrown in the commit: nothing of it remains, and whoever typed still has it on the page.
      throw new CodedError('typed-not-stored', 'It could not be stored', 'Try again.');
    }
    return { id, isNew: true };
  }

  return {
    /**
     * Stores what `person` typed, or who acts for them; the reading's id. Throws `typed-invalid`,
     * `comment-long`, `clock-untrusted`, those of {@link statedInstant}, `access-ended`, and the store's.
     */
    async add(actor: string, person: string, typed: Typed): Promise<{ readonly id: string }> {
      const words = commentOf(typed.comment);
      const done = await committer.commit(() => {
        const by = byOf(actor, parts.people.get(person).id);
        const { id, isNew } = store(typed, person, entryOf(typed, by));
        if (!isNew) return { id };
        if (words !== '') comment.run(words, id, person);
        const detail = { reading: id, person, by };
        audit.append({ at: clock.now(), actor, action: 'reading-typed', detail });
        return { id };
      });
      parts.wake();
      return done;
    },
  };
}

export type TypedReadings = ReturnType<typeof createTypedReadings>;
