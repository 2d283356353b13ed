import { type Reader, whenText } from '../../pages/when.ts';
import type { OwnReading } from './own-readings.ts';
import type { WayTo } from './way.ts';
import type { ReadingsWords } from './words/readings.en.ts';
import { put, wordsOf } from './words/words.ts';

/** Steps of the way in words, in their order: those that are done, and for each recipient where it is. */
export function wayText(
  reading: Pick<OwnReading, 'measuredAt' | 'arrivedAt' | 'typedBy'>,
  ways: readonly WayTo[],
  options: {
    readonly reader: Reader;
    readonly nameOf: (recipient: string) => string;
    /** Whose it is; undefined when that is who reads this. */
    readonly person?: string | undefined;
  },
): string[] {
  const { reader, nameOf, person } = options;
  const { readings, typed } = wordsOf(reader.language);
  const { way: words } = readings;
  const { measuredAt, arrivedAt, typedBy } = reading;
  const by = typedBy === 'person' && person === undefined ? 'you' : typedBy;
  const stored = by ? typed.way[by] : words.stored;
  return [
    ...(measuredAt === undefined
      ? []
      : [put(words.measured, { when: whenText(measuredAt, reader) })]),
    put(stored, { when: whenText(arrivedAt, reader), person: person ?? '' }),
    ...ways.flatMap((way) => [
      ...earlierText(way, nameOf(way.recipient), reader),
      ...stepsOf(way, nameOf(way.recipient), reader),
    ]),
  ];
}

/** Where it is with each recipient. */
export function sentText(
  ways: readonly WayTo[],
  { reader, nameOf }: { readonly reader: Reader; readonly nameOf: (recipient: string) => string },
): string[] {
  return ways.flatMap((way) => stepsOf(way, nameOf(way.recipient), reader));
}

/** The steps before the one where it is; what is taken back tells of that alone. */
function earlierText(way: WayTo, recipient: string, reader: Reader): string[] {
  const { way: words } = wordsOf(reader.language).readings;
  const { state, sentAt, receivedAt } = way;
  const said = (text: string, at: number | undefined) =>
    at === undefined ? [] : [put(text, { recipient, when: whenText(at, reader) })];
  if (state !== 'received' && state !== 'read') return [];
  return [
    ...said(words.wasSent, sentAt),
    ...(state === 'read' ? said(words.received, receivedAt) : []),
  ];
}

function stepsOf(way: WayTo, recipient: string, reader: Reader): string[] {
  const { way: words, withheld } = wordsOf(reader.language).readings;
  const when = whenText(way.at, reader);
  const why = way.state === 'withheld' ? reasonOf(way.because, withheld) : '';
  const steps = [put(sentenceOf(way, words), { recipient, when, why })];
  if (!way.correction || way.state === 'taking-back' || way.state === 'taken-back') return steps;
  return [...steps, changeText(way.correction, way.isCorrected, reader)];
}

function changeText(
  { state, because, at }: NonNullable<WayTo['correction']>,
  isCorrected: boolean,
  reader: Reader,
): string {
  const { way: words, withheld } = wordsOf(reader.language).readings;
  if (state === 'withheld') {
    return put(words.changeWithheld, { why: reasonOf(because, withheld) });
  }
  if (state !== 'received' && state !== 'read') {
    return isCorrected ? words.correcting : words.amending;
  }
  const when = whenText(at, reader);
  return put(isCorrected ? words.corrected : words.amended, { when });
}

function sentenceOf({ state, wasTried }: WayTo, words: ReadingsWords['way']): string {
  switch (state) {
    case 'withheld':
      return words.withheld;
    case 'queued':
      return wasTried ? words.retried : words.queued;
    case 'sent':
      return words.sent;
    case 'received':
      return words.received;
    case 'read':
      return words.read;
    case 'rejected':
      return words.rejected;
    case 'not-sent':
      return words.notSent;
    case 'taking-back':
      return words.takingBack;
    case 'taken-back':
      return words.takenBack;
  }
}

/** Why something stays at home, in the words of one catalogue. */
export function reasonOf(because: string | undefined, words: ReadingsWords['withheld']): string {
  const key = because === 'out-of-scope' ? 'outOfScope' : because;
  return key !== undefined && Object.hasOwn(words, key)
    ? words[key as keyof typeof words]
    : words.other;
}
