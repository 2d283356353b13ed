import type { Clock } from '../clock.ts';
import { CodedError } from '../errors.ts';
import type { Database } from '../store.ts';
import type { Audit } from './audit.ts';
import type { Committer } from './journal/committer.ts';
import type { Readings } from './journal/readings.ts';
import type { Routing } from './outbox/routing.ts';
import type { RepresentationRules } from './people/representation.ts';

/** Longest comment, characters: some lines, not a diary. */
export const COMMENT_MAX = 200;
/** Time of day on the wall. */
const CLOCK = /^([01]\d|2[0-3]):[0-5]\d$/;

/** Somebody's words as they are kept, on one line. Throws `comment-long`. */
export function commentOf(words: string): string {
  const text = words.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim();
  if (text.length <= COMMENT_MAX) return text;
  throw new CodedError('comment-long', 'The comment is too long', 'Write a shorter one.');
}

/**
 * What people keep for themselves: words to a reading of theirs, and when to be reminded to measure.
 * Both stay at home, but for words that they want shown to those who may see the reading: these go the
 * way of a correction, through the gate. An answer says that it is on disk; the trail has who and when,
 * never the words.
 */
export function createOwnActs(
  db: Database,
  parts: {
    readonly committer: Committer;
    readonly audit: Audit;
    readonly clock: Clock;
    readonly readings: Pick<Readings, 'get' | 'comment'>;
    readonly routing: Pick<Routing, 'correct'>;
    /** Somebody who may not share anything new alone shows no new words either. */
    readonly representation: Pick<
      RepresentationRules,
      'of' | 'mustMayShare' | 'needsRepresentative'
    >;
    /** Wakes the outbox. */
    readonly wake: () => void;
  },
) {
  const { committer, audit, clock, readings, representation } = parts;
  const remind = db.prepare('UPDATE person SET reminder = @time WHERE id = @person');
  const reminder = db
    .prepare<[string], string | null>('SELECT reminder FROM person WHERE id = ?')
    .pluck();

  return {
    /**
     * Empty takes it away; `shown` also to those who may see the reading, but only what the person wrote:
     * it goes as their own words. False when the person has no such reading. Throws `comment-long`, and
     * `needs-representative` for who may show nothing new.
     */
    async comment(
      actor: string,
      person: string,
      id: string,
      words: string,
      shown = false,
    ): Promise<boolean> {
      const text = commentOf(words);
      const done = await committer.commit(() => {
        const before = readings.get(id)?.note;
        const isSame = shown && before?.text === text;
        const isOwn = actor === `person ${person}`;
        const isNew = shown && isOwn && !isSame && text !== '';
        if (isNew) representation.mustMayShare(person, undefined);
        const noteAt = isSame ? before?.at : isNew ? clock.now() : undefined;
        const written = text === '' ? undefined : { text, noteAt };
        if (!readings.comment(id, person, written)) return false;
        const after = readings.get(id);
        if (after && after.note?.text !== before?.text) parts.routing.correct(after);
        const detail = { reading: id, shown: noteAt !== undefined };
        audit.append({ at: clock.now(), actor, action: 'reading-commented', detail });
        return true;
      });
      parts.wake();
      return done;
    },
    /** False for who may share nothing new before a representative decides it. */
    mayShow: (person: string): boolean => representation.needsRepresentative(person) === undefined,
    /** `08:00`; empty is no reminder. Throws `reminder-invalid`. */
    async remind(actor: string, person: string, time: string): Promise<void> {
      if (time !== '' && !CLOCK.test(time)) {
        throw new CodedError('reminder-invalid', 'This is no time of day', 'Write it like 08:00.');
      }
      await committer.commit(() => {
        remind.run({ person, time: time || null });
        audit.append({ at: clock.now(), actor, action: 'reminder-set', detail: { person } });
      });
    },
    reminder: (person: string): string | undefined => reminder.get(person) ?? undefined,
  };
}

export type OwnActs = ReturnType<typeof createOwnActs>;
