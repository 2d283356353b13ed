import { KINDS, type Kind } from '../../../../adapters/measurement.ts';
import { dayBegins, dayEnds, dayIn } from '../form-dates.ts';
import type { Shared } from './shares-page.ts';

/** What is chosen on the form, as it was typed. */
export interface Choice {
  readonly kinds: readonly Kind[];
  /** A day; undefined is from now on. */
  readonly since?: string;
  /** A day; undefined has no end. */
  readonly until?: string;
}

/** The same as instants. */
export interface Days {
  readonly from?: string;
  readonly until?: string;
}

export type DayRefusal = 'since-invalid' | 'until-invalid';

/** Of each kind whether it is ticked, by its field. */
export const fieldOf = (kind: Kind): string => `kind-${kind}`;

/** What the form says. */
export function choiceIn(form: Readonly<Record<string, string>>): Choice {
  return {
    kinds: (Object.keys(KINDS) as Kind[]).filter((kind) => form[fieldOf(kind)] === 'yes'),
    ...(form.begin === 'since' ? { since: form.since ?? '' } : {}),
    ...(form.end === 'date' ? { until: form.until ?? '' } : {}),
  };
}

/** What is shared now, as the form shows it first. */
export function choiceOf({ permissions }: Shared, zone: string): Choice {
  const kinds = new Set(permissions.flatMap((one) => one.kinds));
  const [first] = permissions;
  const until = first?.until === undefined ? undefined : dayIn(Date.parse(first.until), zone);
  return { kinds: [...kinds], ...(until === undefined ? {} : { until }) };
}

/** Whole days of the home's calendar: from the beginning of the one to the end of the other. */
export function daysOf(
  { since, until }: Pick<Choice, 'since' | 'until'>,
  now: number,
  zone: string,
): Days | { readonly refusal: DayRefusal } {
  const from = since === undefined ? undefined : dayBegins(since, zone);
  if (since !== undefined && (from === undefined || Date.parse(from) > now)) {
    return { refusal: 'since-invalid' };
  }
  const end = until === undefined ? undefined : dayEnds(until, zone);
  if (until !== undefined && (end === undefined || Date.parse(end) <= now)) {
    return { refusal: 'until-invalid' };
  }
  return { ...(from === undefined ? {} : { from }), ...(end === undefined ? {} : { until: end }) };
}
