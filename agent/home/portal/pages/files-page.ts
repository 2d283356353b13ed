import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import type { GatewayFacts } from '../../../../fhir/reading.ts';
import { type Html, html } from '../../../pages/html.ts';
import { type Reader, whenText } from '../../../pages/when.ts';
import { csvLines } from '../files/csv.ts';
import { inTurns } from '../files/in-turns.ts';
import { ndjsonLines } from '../files/ndjson.ts';
import { PDF_READINGS_MAX, pdfOf } from '../files/pdf.ts';
import { dayIn } from '../form-dates.ts';
import type { OwnReading } from '../own-readings.ts';
import { type PortalApp, route } from '../route.ts';
import { type Frame, shell } from '../shell.ts';
import { shownReading } from '../shown-value.ts';
import { put } from '../words/words.ts';
import { demoMark, queryOf, type ReadingsParts, readerOf, SEES } from './reading-parts.ts';

/** On one sheet to print: some pages, and a page of the browser below 200 kB. */
const PRINTED_MAX = 300;

export interface FilesParts extends ReadingsParts {
  readonly gateway: GatewayFacts;
}

/** `/files`: what a person takes along. Each file and sheet holds the signed-in person's alone. */
export function registerFilesPage(app: PortalApp, parts: FilesParts): void {
  const { own, gateway } = parts;
  route(app, {
    method: 'GET',
    url: '/files',
    access: SEES,
    handle: ({ frame }) => filesPage(frame),
  });
  route(app, {
    method: 'GET',
    url: '/files/print',
    access: SEES,
    handle(visit) {
      const person = visit.who.person;
      // In halves: that many are more than one page of a list.
      const { readings, next } = own.page(person.id, { count: PRINTED_MAX / 2 });
      const rest =
        next === undefined
          ? undefined
          : own.page(person.id, { count: PRINTED_MAX / 2, after: next });
      const model: PrintModel = {
        readings: [...readings, ...(rest ? rest.readings : [])],
        isMore: rest?.next !== undefined,
        name: person.name,
        isLarge: queryOf(visit, 'size') === 'large',
        reader: { ...readerOf(app, parts, visit), length: 'short' },
        now: app.now(),
      };
      return printPage(model, visit.frame);
    },
  });
  const file = (
    kind: 'csv' | 'ndjson' | 'pdf',
    type: string,
    make: (
      person: { readonly id: string; readonly name: string },
      reader: Reader & { readonly now: number },
    ) => Readable | Promise<Readable>,
  ) =>
    route(app, {
      method: 'GET',
      url: `/files/readings.${kind}`,
      access: SEES,
      async handle({ who, language, reply }) {
        const reader = { now: app.now(), zone: app.zone, language };
        named(reply, type, `readings-${dayIn(app.now(), app.zone)}.${kind}`);
        return reply.send(await make(who.person, reader));
      },
    });
  file('csv', 'text/csv; charset=utf-8', ({ id }, reader) =>
    Readable.from(inTurns(csvLines(own.every(id), reader))),
  );
  file('ndjson', 'application/fhir+ndjson', ({ id }) =>
    Readable.from(inTurns(ndjsonLines(own.every(id), { person: id, gateway }))),
  );
  file('pdf', 'application/pdf', ({ id, name }, reader) => pdfOf(own.every(id), { name, reader }));
}

/** No person and nothing measured is in the name of a file: it stays in lists of downloads. */
function named(reply: FastifyReply, type: string, name: string): void {
  reply.type(type).header('content-disposition', `attachment; filename="${name}"`);
}

/** The page. */
export function filesPage(frame: Frame): Html {
  const { readings } = frame.words;
  const { files: w } = readings;
  const saved = (['pdf', 'csv', 'ndjson'] as const).map(
    (kind) =>
      html`<li class="card"><h3 id="file-${kind}">${w[kind]}</h3>
<p id="about-${kind}">${put(w[`${kind}Text`], { n: PDF_READINGS_MAX })}</p>
<p><a class="button" href="/files/readings.${kind}" download aria-describedby="file-${kind} about-${kind}">${w.fetch}</a></p></li>
`,
  );
  return shell(
    frame,
    w.title,
    html`<p>${w.intro}</p>
<h2>${w.save}</h2>
<ul class="cards">
${saved}</ul>
<p>${w.shared}</p>
<h2>${w.print}</h2>
<p>${put(w.printText, { n: PRINTED_MAX })}</p>
<p class="acts"><a class="button second" href="/files/print">${w.normal}</a> <a class="button second" href="/files/print?size=large">${w.large}</a></p>
<p><a class="more" href="/">${readings.title}</a></p>`,
  );
}

interface PrintModel {
  readonly readings: readonly OwnReading[];
  readonly isMore: boolean;
  readonly name: string;
  readonly isLarge: boolean;
  readonly reader: Reader;
  /** When the sheet was made, ms. */
  readonly now: number;
}

/** A sheet to print: it is looked at another day, so that no day is "today" on it. */
export function printPage(model: PrintModel, frame: Frame): Html {
  const { readings: w } = frame.words;
  const { readings, name, isLarge, isMore } = model;
  const reader = { ...model.reader, now: undefined };
  const rows = readings.map((one) => printRow(one, reader, frame));
  return shell(
    frame,
    put(w.file.of, { name }),
    html`<p class="acts"><button data-print hidden>${w.files.start}</button></p>
<p class="only-screen">${w.files.otherwise} <a class="more" href="/files">${w.files.title}</a></p>
<div class="sheet${isLarge && ' large'}">
<p>${put(w.file.made, { when: whenText(model.now, reader) })} ${w.file.unwatched}</p>
${
  rows.length === 0
    ? html`<p>${w.file.none}</p>`
    : html`<table class="chart-table">
<thead><tr><th scope="col">${w.file.when}</th><th scope="col">${w.file.value}</th><th scope="col">${w.file.device}</th></tr></thead>
<tbody>
${rows}</tbody></table>`
}
${isMore && html`<p>${put(w.file.older, { n: readings.length })}</p>`}</div>`,
  );
}

function printRow(reading: OwnReading, reader: Reader, frame: Frame): Html {
  const { readings: w } = frame.words;
  const { kind, value, reportedText } = shownReading(reading, reader.language);
  const { device, comment, measuredAt, arrivedAt, typedBy } = reading;
  const from = typedBy ? frame.words.typed.byHand : device.name;
  const more = [
    kind,
    !typedBy && reading.time?.basis === 'stated' && w.stated,
    reportedText,
    comment && `«${comment}»`,
  ].filter((one) => typeof one === 'string' && one !== '');
  return html`<tr><th scope="row">${whenText(measuredAt ?? arrivedAt, reader)}</th><td><b>${value}</b><small>${more.join(' · ')}</small></td><td>${from}${demoMark(reading, frame)}</td></tr>
`;
}
