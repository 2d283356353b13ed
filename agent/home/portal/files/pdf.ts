import { createRequire } from 'node:module';
import type { Readable } from 'node:stream';
import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises';
import type { Reader } from '../../../pages/when.ts';
import { whenText } from '../../../pages/when.ts';
import type { OwnReading } from '../own-readings.ts';
import { shownReading } from '../shown-value.ts';
import type { ReadingsWords } from '../words/readings.en.ts';
import { put, wordsOf } from '../words/words.ts';

/** Points (1/72 inch) of an A4 page. */
const MARGIN = 48;
const FOOT = 64;
const SIZE = { title: 22, text: 12, when: 12, value: 15, small: 11 } as const;
const GAP = 10;
/**
 * Some two hundred pages. Of each row the library remembers until the end where it stands, and writes all
 * of that in one go: with so many, the gateway's one thread does nothing else for some 40 ms, with five
 * times as many for 160 ms. The other files have no limit.
 */
export const PDF_READINGS_MAX = 2_000;
/** Height of a line of letters of one point. */
const LINE = 1.2;
/** Left edge and width of each column. */
const COLUMNS = { when: [0, 166], value: [176, 200], device: [386, 113] } as const;
/** Made and not fetched yet: more waits, bytes. */
const WAITING_MAX = 512 * 1024;
/** How often it is looked whether some was fetched, ms. */
const LOOK_MS = 10;
/** Rows between two looks at what else the gateway has to do. */
const ROWS_AT_ONCE = 10;

type Doc = PDFKit.PDFDocument;
type Element = PDFKit.PDFStructureElement;

type Font = 'plain' | 'bold';
const require = createRequire(import.meta.url);
const files = new Map<Font, string>();

/**
 * Where a font lies; by its path the library knows it again. It has every letter of the languages of
 * Norway, Sámi too, and goes with the file: a reader's program needs none of its own.
 */
function fontFile(font: Font): string {
  const file =
    files.get(font) ??
    (font === 'plain'
      ? require.resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf')
      : require.resolve('dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf'));
  files.set(font, file);
  return file;
}

interface Page {
  readonly doc: Doc;
  readonly words: ReadingsWords;
  readonly reader: Reader;
  readonly root: Element;
}

/** What stands in a row: each cell's lines, the first larger. */
type Cells = Readonly<Record<keyof typeof COLUMNS, readonly string[]>>;

/**
 * A person's readings as a PDF in large letters, tagged so that it can be read aloud, with a number on
 * each page. Pages are handed over as they are made: the list may be long, and the memory small. The
 * library is loaded at the first use.
 */
export async function pdfOf(
  readings: Iterable<OwnReading>,
  parts: {
    readonly name: string;
    readonly reader: Reader & { readonly now: number };
    /** How many of the newest; the file says when there are older ones. */
    readonly max?: number;
  },
): Promise<Readable> {
  const { default: PDFDocument } = await import('pdfkit');
  const { reader, name, max = PDF_READINGS_MAX } = parts;
  const words = wordsOf(reader.language).readings;
  const doc = new PDFDocument({
    ...{ size: 'A4', autoFirstPage: false, tagged: true, displayTitle: true },
    pdfVersion: '1.7',
    // Known to the library, not yet to its types.
    ...({ subset: 'PDF/UA' } as object),
    // The foot is ours: a page that is full is ended by us.
    margins: { top: MARGIN, left: MARGIN, right: MARGIN, bottom: 0 },
    font: fontFile('plain'),
    lang: reader.language,
    info: { Title: words.file.title, CreationDate: new Date(reader.now) },
  });
  const root = doc.struct('Document');
  doc.addStructure(root);
  const page: Page = { doc, words, root, reader: { ...reader, length: 'short' } };
  const title = put(words.file.of, { name });
  // Whoever fetches it hears of a fault by the stream, and must be listening by then.
  void turn()
    .then(() => write(page, readings, { title, now: reader.now, max }))
    .catch((error: Error) => doc.destroy(error));
  return doc;
}

async function write(
  page: Page,
  readings: Iterable<OwnReading>,
  { title, now, max }: { readonly title: string; readonly now: number; readonly max: number },
): Promise<void> {
  const { doc, root, words } = page;
  let isMore = false;
  let number = 1;
  addPage(page, number);
  root.add(
    doc.struct(
      'H1',
      {},
      () => void doc.font(fontFile('bold')).fontSize(SIZE.title).text(title).moveDown(0.3),
    ),
  );
  const made = put(words.file.made, { when: whenText(now, { ...page.reader, now: undefined }) });
  for (const line of [made, words.file.unwatched]) paragraph(line, page);
  let table: Element | undefined;
  let rows = 0;
  let isDemo = false;
  for (const reading of readings) {
    isMore = rows === max;
    if (isMore) break;
    const cells = cellsOf(reading, page);
    const height = heightOf(cells, doc);
    if (doc.y + height > doc.page.height - FOOT) {
      // A table for each page: what is written is forgotten.
      table?.end();
      table = undefined;
      number += 1;
      addPage(page, number);
    }
    table ??= startTable(page);
    row(cells, height, table, doc);
    rows += 1;
    isDemo ||= reading.device.simulated;
    if (rows % ROWS_AT_ONCE === 0) await pause(doc);
    if (doc.destroyed) return;
  }
  table?.end();
  if (rows === 0) paragraph(words.file.none, page);
  if (isMore) paragraph(put(words.file.older, { n: max }), page);
  if (isDemo) paragraph(words.file.demo, page);
  root.end();
  doc.end();
}

/** Captures come first; and what nobody fetches is not made. */
async function pause(doc: Doc): Promise<void> {
  await turn();
  while (doc.readableLength > WAITING_MAX && !doc.destroyed) await wait(LOOK_MS);
}

function addPage({ doc, words }: Page, number: number): void {
  doc.addPage();
  doc.markContent('Artifact', { type: 'Pagination' });
  const foot = doc.page.height - FOOT + 24;
  const options = {
    width: doc.page.width - 2 * MARGIN,
    align: 'center',
    lineBreak: false,
  } as const;
  doc
    .font(fontFile('plain'))
    .fontSize(SIZE.small)
    .text(put(words.file.page, { n: number }), MARGIN, foot, options);
  doc.endMarkedContent();
  doc.x = MARGIN;
  doc.y = MARGIN;
}

function paragraph(text: string, { doc, root }: Page): void {
  const say = () => void doc.font(fontFile('plain')).fontSize(SIZE.text).text(text).moveDown(0.5);
  root.add(doc.struct('P', {}, say));
}

function startTable({ doc, root, words }: Page): Element {
  const table = doc.struct('Table');
  root.add(table);
  const top = doc.y + GAP / 2;
  const line = doc.struct('TR');
  table.add(line);
  for (const column of ['when', 'value', 'device'] as const) {
    const say = () => place(words.file[column], column, top, SIZE.text, 'bold', doc);
    line.add(doc.struct('TH', scope('Column'), say));
  }
  line.end();
  doc.y = top + SIZE.text * LINE + GAP / 2;
  return table;
}

function row(cells: Cells, height: number, table: Element, doc: Doc): void {
  const top = doc.y;
  doc.markContent('Artifact', { type: 'Layout' });
  doc
    .lineWidth(0.5)
    .moveTo(MARGIN, top)
    .lineTo(doc.page.width - MARGIN, top)
    .stroke('#767676');
  doc.endMarkedContent();
  const line = doc.struct('TR');
  table.add(line);
  for (const column of ['when', 'value', 'device'] as const) {
    const say = () => {
      let y = top + GAP / 2;
      for (const [index, text] of cells[column].entries()) {
        const [size, font] = lookOf(column, index);
        place(text, column, y, size, font, doc);
        y = doc.y;
      }
    };
    line.add(column === 'when' ? doc.struct('TH', scope('Row'), say) : doc.struct('TD', {}, say));
  }
  line.end();
  doc.x = MARGIN;
  doc.y = top + height;
}

/** Known to the library, not yet to its types. */
const scope = (of: 'Row' | 'Column'): object => ({ scope: of });

function place(
  text: string,
  column: keyof typeof COLUMNS,
  y: number,
  size: number,
  font: Font,
  doc: Doc,
): void {
  const [left, width] = COLUMNS[column];
  doc
    .font(fontFile(font))
    .fontSize(size)
    .text(text, MARGIN + left, y, { width });
}

function lookOf(column: keyof typeof COLUMNS, index: number): [number, Font] {
  if (index > 0 || column === 'device') return [SIZE.small, 'plain'];
  return column === 'value' ? [SIZE.value, 'bold'] : [SIZE.when, 'plain'];
}

function heightOf(cells: Cells, doc: Doc): number {
  const heights = Object.entries(cells).map(([name, lines]) => {
    const column = name as keyof typeof COLUMNS;
    const width = COLUMNS[column][1];
    return lines.reduce((sum, text, index) => {
      const [size, font] = lookOf(column, index);
      return sum + doc.font(fontFile(font)).fontSize(size).heightOfString(text, { width });
    }, 0);
  });
  return Math.max(...heights) + GAP;
}

function cellsOf(reading: OwnReading, { words, reader }: Page): Cells {
  const { byHand } = wordsOf(reader.language).typed;
  const { kind, value, reportedText } = shownReading(reading, reader.language);
  const { device, measuredAt, time, comment, typedBy } = reading;
  const when = whenText(measuredAt ?? reading.arrivedAt, { ...reader, now: undefined });
  const maker = [device.facts.manufacturer, device.facts.model].filter(Boolean).join(' ');
  const told = (lines: readonly (string | false | undefined)[]) =>
    lines.filter((line): line is string => typeof line === 'string' && line !== '');
  return {
    when: told([when, !typedBy && time?.basis === 'stated' && words.stated]),
    value: told([value, kind, reportedText, comment && `«${comment}»`]),
    device: told([typedBy ? byHand : device.name, maker, device.simulated && words.demo]),
  };
}
