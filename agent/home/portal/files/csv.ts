import type { Quantity } from '../../../../adapters/measurement.ts';
import { PRINTED_UNIT } from '../../../../fhir/codes.ts';
import { statusMeaning } from '../../../../fhir/status.ts';
import { instantText } from '../../../../fhir/time.ts';
import type { Language } from '../../../pages/language.ts';
import { MEASURED } from '../../../pages/measured.ts';
import type { OwnReading } from '../own-readings.ts';
import { shownReading } from '../shown-value.ts';
import { wordsOf } from '../words/words.ts';

/** Spreadsheets take a file without it for another alphabet. */
const BOM = '\ufeff';
const NUMBER = /^-?\d+(\.\d+)?$/;
/** What a spreadsheet would run as a formula, or cut the cell by. */
const FORMULA = /^[=+\-@\t\r\n]/;

export interface FileReader {
  readonly language: Language;
  /** IANA zone of the home. */
  readonly zone: string;
}

/**
 * A person's readings as CSV (RFC 4180, UTF-8), a line for each quantity, so that every number stands
 * alone with its unit. Numbers are the device's own text with a decimal point, whatever the language:
 * programs read them. Text that a spreadsheet would run is made plain by an apostrophe.
 */
export function* csvLines(readings: Iterable<OwnReading>, reader: FileReader): Generator<string> {
  yield BOM + lineOf(Object.values(wordsOf(reader.language).readings.columns));
  for (const reading of readings) yield* linesOf(reading, reader);
}

function* linesOf(reading: OwnReading, { language, zone }: FileReader): Generator<string> {
  const { readings: words, typed } = wordsOf(language);
  const { kind, reported } = shownReading(reading, language);
  const { facts, name, simulated } = reading.device;
  const maker = [facts.manufacturer, facts.model].filter(Boolean).join(' ');
  const before = [
    reading.id,
    reading.measuredAt === undefined ? '' : instantText(reading.measuredAt, zone),
    instantText(reading.arrivedAt, zone),
    kind,
  ];
  const after = [
    reading.typedBy ? typed.byHand : [name, maker].filter(Boolean).join(', '),
    reported.join('; '),
    reading.time ? words.timeBasis[reading.time.basis] : '',
    simulated ? words.demo : '',
    reading.comment ?? '',
  ];
  for (const cells of cellsOf(reading, language)) yield lineOf([...before, ...cells, ...after]);
}

/** Quantity, value, unit, and why there is none. */
function* cellsOf(reading: OwnReading, language: Language): Generator<string[]> {
  for (const one of reading.measurements) {
    const quantities = Object.entries(one.quantities);
    for (const [name, quantity] of quantities) yield numberCells(name, quantity, reading, language);
    // A state, a press or a meal: told once, in words.
    const bare = shownReading({ ...reading, measurements: [{ ...one, quantities: {} }] }, language);
    for (const { name, figure } of bare.parts) yield [name, figure, '', ''];
  }
}

function numberCells(
  name: string,
  quantity: Quantity,
  reading: OwnReading,
  language: Language,
): string[] {
  const { absent, comparator } = statusMeaning({ ...reading, simulated: false });
  const unit = PRINTED_UNIT[quantity.unit ?? ''] ?? quantity.unit ?? '';
  const why = absent ?? ('absent' in quantity ? quantity.absent : undefined);
  const value = why || 'absent' in quantity ? '' : `${comparator ?? ''}${quantity.value}`;
  return [name, value, unit, why ? MEASURED[language].absent[why] : ''];
}

function lineOf(cells: readonly string[]): string {
  return `${cells.map(cellOf).join(',')}\r\n`;
}

function cellOf(text: string): string {
  const plain = FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
