import { localMeaning } from '../../fhir/time.ts';
import { CodedError } from '../errors.ts';

/**
 * An end that lies after an instant: a period that ends before it begins covers
 * nothing. Throws `period-empty`, `instant-invalid`.
 */
export function laterOf(text: string | undefined, after: number): string | undefined {
  const until = instantOf(text, 'until');
  if (until === undefined || Date.parse(until) > after) return until;
  throw new CodedError(
    'period-empty',
    '`until` is not after the beginning',
    'Give a later instant, or leave it out.',
  );
}

/** An instant with its offset, as it was written; undefined when there is none. Throws `instant-invalid`. */
export function instantOf(text: string | undefined, what: string): string | undefined {
  if (text === undefined) return undefined;
  if (
    /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/.test(text) &&
    !Number.isNaN(Date.parse(text))
  ) {
    return text;
  }
  throw new CodedError(
    'instant-invalid',
    `\`${what}\` is not an instant`,
    'Write it like 2026-11-20T00:00:00+01:00.',
  );
}

/**
 * What a person said, ms UTC. Throws for what never was, was twice, or has not been yet:
 * `instant-invalid`, `instant-ambiguous`, `instant-in-future`.
 */
export function statedInstant(text: string, now: number, zone: string): number {
  const local = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2})(:\d{2})?$/.exec(text.trim().replace(' ', 'T'));
  if (!local) return past(Date.parse(instantOf(text, 'at') ?? ''), now);
  const meaning = localMeaning(`${local[1]}${local[2] ?? ':00'}`, zone);
  if (meaning.kind === 'one') return past(meaning.ms, now);
  throw new CodedError(
    'instant-ambiguous',
    meaning.kind === 'two'
      ? 'It was that time twice in the night when the clocks were set back'
      : 'There was no such time',
    'Write it with its offset, like 2026-10-25T02:30:00+02:00.',
  );
}

function past(ms: number, now: number): number {
  if (ms <= now) return ms;
  throw new CodedError(
    'instant-in-future',
    'That time has not been yet',
    'Say when it was measured.',
  );
}
