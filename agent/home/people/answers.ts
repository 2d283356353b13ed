import { instantText } from '../../../fhir/time.ts';
import type { Clock } from '../../clock.ts';
import { CodedError } from '../../errors.ts';
import type { Deciding } from '../deciding.ts';
import { stated } from '../journal/dating.ts';
import type { Readings, StoredReading } from '../journal/readings.ts';
import { isSameWeighing } from '../journal/weighing.ts';
import type { Routing } from '../outbox/routing.ts';
import type { Pipeline } from '../pipeline.ts';
import { statedInstant } from '../stated-instant.ts';
import type { People } from './people.ts';

export interface AnswerParts {
  readonly decide: Deciding['decide'];
  readonly people: People;
  readonly readings: Readings;
  readonly routing: Routing;
  readonly pipeline: Pipeline;
  readonly clock: Clock;
  readonly zone: string;
}

/** What people answer about a reading (promise 3): whose it is, when it was, or that it is nobody's here. */
export function createAnswers(parts: AnswerParts) {
  const { decide, people, readings, routing, clock } = parts;

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

  return {
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
  };
}

/** Asked in the commit itself: another's answer may have come since the page was made. */
export type StillMay = (reading: StoredReading) => boolean;

/** For the trail: the readings that were answered with another. */
const alsoOf = (more: readonly StoredReading[]) =>
  more.length === 0 ? {} : { also: more.map(({ id }) => id) };
