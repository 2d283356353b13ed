import type { Clock } from '../clock.ts';
import { CodedError } from '../errors.ts';
import type { Database } from '../store.ts';
import type { Audit } from './audit.ts';
import { noteChange } from './journal/changes.ts';
import type { Committer } from './journal/committer.ts';

/** Longest comment, characters: some lines, not a diary. */
export const COMMENT_MAX = 200;
/** Time of day on the wall. */
const CLOCK = /^([01]\d|2[0-3]):[0-5]\d$/;

/** Somebody's words as they are kept, on one line. Throws `comment-long`. */
export function commentOf(words: string): string {
  const text = words.replaceAll(/\s+/g, ' ').trim();
  if (text.length <= COMMENT_MAX) return text;
  throw new CodedError('comment-long', 'The comment is too long', 'Write a shorter one.');
}

/**
 * What people keep for themselves: words to a reading of theirs, and when to be reminded to measure.
 * Both stay at home. An answer says that it is on disk; the trail has who and when, never the words.
 */
export function createOwnActs(
  db: Database,
  parts: { readonly committer: Committer; readonly audit: Audit; readonly clock: Clock },
) {
  const { committer, audit, clock } = parts;
  const comment = db.prepare(
    "UPDATE reading SET comment = @text WHERE id = @id AND person = @person AND state <> 'removed'",
  );
  const remind = db.prepare('UPDATE person SET reminder = @time WHERE id = @person');
  const reminder = db
    .prepare<[string], string | null>('SELECT reminder FROM person WHERE id = ?')
    .pluck();

  return {
    /** Empty takes it away. False when the person has no such reading. Throws `comment-long`. */
    async comment(actor: string, person: string, id: string, words: string): Promise<boolean> {
      const text = commentOf(words);
      return committer.commit(() => {
        if (comment.run({ id, person, text: text || null }).changes === 0) return false;
        const detail = { reading: id };
        audit.append({ at: clock.now(), actor, action: 'reading-commented', detail });
        noteChange(db, { what: 'reading', person });
        return true;
      });
    },
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
