import { codeOf } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { DeliveryRow, DeliveryState } from './deliveries.ts';
import type { JoinedBody } from './route.ts';

/** Why there is no text; `later`: the disk does not answer now. */
type WithoutText = { readonly state: DeliveryState; readonly because: string } | 'later';

/** Makes the texts of envelopes for the hand-over; what cannot be made is logged and stops no other. */
export function createTexts(parts: {
  readonly log: Log;
  /** The envelope's text; undefined when its reading is gone. */
  readonly body: (row: DeliveryRow) => string | undefined;
  /** As many of the first as fit into one envelope, joined; undefined when fewer than two do. */
  readonly join?: (rows: readonly DeliveryRow[]) => JoinedBody | undefined;
}) {
  const { log } = parts;
  return {
    one(row: DeliveryRow): string | WithoutText {
      try {
        return parts.body(row) ?? { state: 'withdrawn', because: 'removed' };
      } catch (error) {
        const code = codeOf(error);
        log.error({ event: 'envelope-not-made', recipient: row.recipient, code });
        // A disk that does not answer will; a reading that has no envelope is shown.
        return code.startsWith('SQLITE_') ? 'later' : { state: 'rejected', because: 'not-made' };
      }
    },
    /** A reading that spoils the text is found when each goes alone. */
    joined(rows: readonly DeliveryRow[]): JoinedBody | undefined {
      try {
        return parts.join?.(rows);
      } catch (error) {
        log.error({ event: 'envelopes-not-joined', code: codeOf(error) });
        return undefined;
      }
    },
  };
}
