import { type Html, html } from '../../pages/html.ts';
import { LANGUAGE_NAMES, LANGUAGE_TAGS, type Language } from '../../pages/language.ts';
import type { SharingNotice } from '../relay-store.ts';
import { LANGUAGES } from './language.ts';
import type { Line } from './line.ts';
import { type Sentences, sentencesOf, sharingText } from './sentences.ts';
import type { Words } from './words/en.ts';

export interface PageContent {
  readonly lines: readonly Line[];
  /** Of whom sharing is paused or has ended. */
  readonly notSharing: readonly SharingNotice[];
  readonly language: Language;
  /** Row before which the lines stand; absent on the newest page. */
  readonly before?: number;
  /** Row before which the next page stands; absent on the last. */
  readonly older?: number;
}

/** Characters of a pseudonym that are shown; the whole stands in the title. */
const PSEUDONYM_SHOWN = 8;

/** People named above the newest readings, at most; the others' lines say it too. */
const NOT_SHARING_MAX = 50;

/** Where a line that was taken back says no more. */
const NOTHING = '–';

/** The whole page as text. It needs no script. */
export function page(content: PageContent): string {
  const { language, lines } = content;
  const words = LANGUAGES[language];
  return html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${words.title}</title>
<link rel="stylesheet" href="/desk.css">
<link rel="icon" href="data:,">
</head>
<body>
<header>
${languages(content, words)}
<h1>${words.title}</h1>
<p>${words.emergency}</p>
${lines.some((line) => line.simulated) && html`<p class="notice">${words.demoBanner}</p>`}
</header>
<main>
${content.before === undefined && notSharing(content, words)}${lines.length === 0 ? html`<p>${content.before ? words.noneOlder : words.none}</p>` : table(content, words)}
${pager(content, words)}
</main>
</body>
</html>
`.html;
}

/** Who may be missing here, and since when, because it was decided so at home. */
function notSharing({ notSharing: all, language }: PageContent, { sharing }: Words): Html | false {
  if (all.length === 0) return false;
  return html`<section class="notice" aria-labelledby="sharing">
<h2 id="sharing">${sharing.title}</h2>
<p>${sharing.intro}</p>
<ul>
${all.slice(0, NOT_SHARING_MAX).map((one) => html`<li>${shortOf(one.person)}: ${sharingText(one, language)}</li>\n`)}</ul>
</section>
`;
}

/** The first of a pseudonym, the whole in the title. */
const shortOf = (person: string): Html =>
  html`<span class="mono" title="${person}">${person.slice(0, PSEUDONYM_SHOWN)}</span>`;

function languages(content: PageContent, words: Words): Html {
  const links = LANGUAGE_TAGS.map((language) => {
    const current = language === content.language && html` aria-current="true"`;
    const href = address(language, content.before);
    return html`<li><a href="${href}" lang="${language}" hreflang="${language}"${current}>${LANGUAGE_NAMES[language]}</a></li>
`;
  });
  return html`<nav aria-label="${words.languages}"><ul>
${links}</ul></nav>`;
}

function table(content: PageContent, words: Words): Html {
  const columns = [words.person, words.kind, words.value, words.time, words.device, words.reported];
  return html`<table role="table">
<caption>${words.intro}</caption>
<thead role="rowgroup"><tr role="row">${[...columns, words.state].map((name) => html`<th scope="col" role="columnheader">${name}</th>`)}</tr></thead>
<tbody role="rowgroup">
${content.lines.map((line) => row(line, content, words))}</tbody>
</table>`;
}

function row(line: Line, content: PageContent, words: Words): Html {
  const said = sentencesOf(line, content.language);
  const demo = line.simulated && html` <span class="demo">${words.demo}</span>`;
  const notice = content.notSharing.find(({ person }) => person === line.person);
  const sharing =
    notice && html`<span class="small">${sharingText(notice, content.language)}</span>`;
  const state = html`${said.state}${line.state === 'received' && readButton(line, said, content, words)}`;
  return html`<tr role="row">
<th scope="row" role="rowheader" data-label="${words.person}"><span>${shortOf(line.person)}${said.basis && html`<span class="small">${said.basis}</span>`}${sharing}</span></th>
${cell(words.kind, html`${said.kind}${demo}`)}
${cell(words.value, html`<span class="value">${quantities(said)}</span>${ownWords(line, words)}`)}
${cell(words.time, when(line, said, words))}
${cell(words.device, html`${said.device}${said.clock !== '' && html`<span class="small">${said.clock}</span>`}`)}
${cell(words.reported, reported(line, said, words))}
${cell(words.state, state)}
</tr>
`;
}

/** Each quantity stays on one line where it fits: no number is parted from its unit. */
function quantities(said: Sentences): Html {
  const parts = (said.value || NOTHING).split(', ');
  return html`${parts.map((part, at) => html`<span class="part">${part}${at < parts.length - 1 && ','}</span> `)}`;
}

/** As the person wrote it, and marked so. */
const ownWords = (line: Line, words: Words): readonly Html[] =>
  line.ownWords.map((text) => html`<span class="small">${words.ownWords}: «${text}»</span>`);

function reported(line: Line, said: Sentences, words: Words): string {
  if (line.state === 'retracted' || line.typedBy) return NOTHING;
  return said.reported.length > 0 ? said.reported.join(', ') : words.nothing;
}

function cell(label: string, content: Html | string): Html {
  return html`<td role="cell" data-label="${label}"><span>${content}</span></td>`;
}

function when(line: Line, said: Sentences, words: Words): Html {
  const received = new Date(line.receivedAt).toISOString();
  const measured = line.measured
    ? html`<time datetime="${line.measured}">${said.measured}</time>`
    : said.measured;
  return html`<span class="when">${words.measured} ${measured}</span><span class="small when">${words.received} <time datetime="${received}">${said.received}</time></span>`;
}

function readButton(line: Line, said: Sentences, content: PageContent, words: Words): Html {
  const name = words.markReadOf
    .replace('{kind}', said.kind)
    .replace('{person}', line.person.slice(0, PSEUDONYM_SHOWN));
  const back = address(content.language, content.before).slice(1);
  return html`<form method="post" action="/readings/${line.row}/read${back}"><button aria-label="${name}">${words.markRead}</button></form>`;
}

function pager(content: PageContent, words: Words): Html {
  const { language, before, older } = content;
  return html`<p>${before !== undefined && html`<a href="${address(language)}">${words.newest}</a> `}${older !== undefined && html`<a href="${address(language, older)}">${words.older}</a>`}</p>`;
}

/** Address of a page of the desk: rows and language only, nothing about a person. */
export function address(language: Language, before?: number): string {
  return `/?lang=${language}${before === undefined ? '' : `&before=${before}`}`;
}
