import type { Kind } from '../../../../adapters/measurement.ts';
import type { ReadingTime } from '../../../../fhir/reading.ts';
import type { Language } from '../../../pages/language.ts';
import { en } from './own-readings.en.ts';
import { nb } from './own-readings.nb.ts';
import { nn } from './own-readings.nn.ts';

/** What the pages about a person's own readings say, in each language. None of it judges a value. */
export interface ReadingsWords {
  readonly kinds: Readonly<Record<Kind, string>>;
  /** By a decoder's own name, where the shared words have none. */
  readonly quantities: Readonly<Record<string, string>>;
  readonly perMinute: string;
  /** Beyond what the device can show. */
  readonly over: string;
  readonly under: string;
  /** Of an oximeter that tells both. */
  readonly fast: string;
  readonly slow: string;
  readonly control: string;
  /** What a button did, by its number. */
  readonly presses: readonly string[];
  readonly reported: string;
  readonly taken: string;
  readonly stated: string;
  readonly demo: string;
  readonly chart: {
    readonly title: string;
    readonly week: string;
    readonly month: string;
    readonly year: string;
    readonly desc: string;
    readonly none: string;
    readonly thinned: string;
    readonly otherUnits: string;
    readonly noValues: string;
    readonly gap: string;
    readonly limits: string;
    readonly caption: string;
    readonly when: string;
    readonly value: string;
  };
  readonly spans: { readonly minutes: string; readonly hours: string; readonly days: string };
  readonly way: {
    readonly measured: string;
    readonly stored: string;
    readonly queued: string;
    readonly retried: string;
    readonly sent: string;
    readonly received: string;
    readonly read: string;
    readonly rejected: string;
    readonly notSent: string;
    readonly takingBack: string;
    readonly takenBack: string;
    readonly corrected: string;
    readonly correcting: string;
    readonly withheld: string;
  };
  readonly withheld: {
    readonly none: string;
    readonly outOfScope: string;
    readonly expired: string;
    readonly paused: string;
    readonly withdrawn: string;
    readonly clock: string;
    readonly other: string;
  };
  readonly file: {
    readonly older: string;
    readonly title: string;
    readonly of: string;
    readonly made: string;
    readonly unwatched: string;
    readonly page: string;
    readonly when: string;
    readonly value: string;
    readonly device: string;
    readonly none: string;
    readonly demo: string;
  };
  readonly columns: {
    readonly reading: string;
    readonly measured: string;
    readonly arrived: string;
    readonly kind: string;
    readonly quantity: string;
    readonly value: string;
    readonly unit: string;
    readonly absent: string;
    readonly device: string;
    readonly reported: string;
    readonly basis: string;
    readonly demo: string;
  };
  readonly timeBasis: Readonly<Record<ReadingTime['basis'], string>>;
}

export const READINGS: Readonly<Record<Language, ReadingsWords>> = { nb, nn, en };

/** The words with their holes filled. */
export function put(text: string, holes: Readonly<Record<string, string | number>>): string {
  return text.replaceAll(/\{(\w+)\}/g, (hole, name: string) => String(holes[name] ?? hole));
}
