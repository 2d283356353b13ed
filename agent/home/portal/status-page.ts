import type { FastifyInstance } from 'fastify';
import { bondLostWords } from '../../../adapters/bluetooth/models/bond-lost.ts';
import type { Check } from '../../http.ts';
import { guard } from '../../pages/guard.ts';
import { type Html, html } from '../../pages/html.ts';
import {
  chooseLanguage,
  LANGUAGE_NAMES,
  LANGUAGE_TAGS,
  type Language,
} from '../../pages/language.ts';
import { STYLE } from '../../pages/style.ts';
import type { DeviceTrouble } from '../device-trouble.ts';
import type { Cause, Summary, Views } from '../views.ts';
import { en, type Words } from './words/en.ts';
import { nb } from './words/nb.ts';
import { nn } from './words/nn.ts';

const WORDS: Readonly<Record<Language, Words>> = { nb, nn, en };

/** A device as the page shows it: what it is, never what the household calls it. */
export interface StatusDevice {
  readonly model: string;
  readonly battery: string | undefined;
  /** Milliseconds since 1970 UTC. */
  readonly lastHeardAt: number | undefined;
  readonly simulated: boolean;
  readonly trouble: DeviceTrouble | undefined;
  /** Key of its model's block, which knows what a person does about a lost bond. */
  readonly modelKey?: string | undefined;
}

/** What the page says; no value, no name, no address. */
export interface Status {
  readonly summary: Omit<Summary, 'kinds'>;
  readonly causes: readonly Cause[];
  readonly devices: readonly StatusDevice[];
  readonly checks: readonly Check[];
  /** Milliseconds since 1970 UTC. */
  readonly at: number;
  /** IANA zone of the home. */
  readonly zone: string;
}

export interface StatusParts {
  readonly views: Pick<Views, 'summary' | 'causes' | 'devices'>;
  readonly checks: () => readonly Check[];
  readonly now: () => number;
  readonly zone: string;
}

/** `/`: how the gateway is, in words and counts, for whoever can reach this port. */
export function registerStatusPage(app: FastifyInstance, parts: StatusParts): void {
  app.addHook('onRequest', guard);
  app.get('/style.css', (_request, reply) => reply.type('text/css; charset=utf-8').send(STYLE));
  app.get<{ Querystring: { lang?: unknown } }>('/', (request, reply) => {
    const { views, checks, now, zone } = parts;
    const language = chooseLanguage(request.query.lang, request.headers['accept-language']);
    const status: Status = {
      summary: views.summary(),
      causes: views.causes(),
      devices: views.devices(),
      checks: checks(),
      at: now(),
      zone,
    };
    return reply
      .type('text/html; charset=utf-8')
      .header('vary', 'accept-language')
      .send(statusPage(status, language));
  });
}

/** The whole page as text. It needs no script. */
export function statusPage(status: Status, language: Language): string {
  const words = WORDS[language];
  const simulated = status.devices.some((device) => device.simulated);
  return html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${words.title}</title>
<link rel="stylesheet" href="/style.css">
<link rel="icon" href="data:,">
</head>
<body>
<header>
${languages(language, words)}
<h1>${words.title}</h1>
<p>${words.emergency}</p>
${simulated && html`<p class="notice">${words.demoBanner}</p>`}
<p>${words.shownAt} ${time(status.at, status.zone, language)}. <a href="/?lang=${language}">${words.reload}</a></p>
</header>
<main>
${checks(status.checks, words)}
${readings(status, words)}
${devices(status, language)}
<h2>${words.machines}</h2>
<p><a href="/healthz">/healthz</a> <a href="/readyz">/readyz</a> <a href="/metrics">/metrics</a></p>
</main>
</body>
</html>
`.html;
}

function languages(language: Language, words: Words): Html {
  const links = LANGUAGE_TAGS.map((tag) => {
    const current = tag === language && html` aria-current="true"`;
    return html`<li><a href="/?lang=${tag}" lang="${tag}" hreflang="${tag}"${current}>${LANGUAGE_NAMES[tag]}</a></li>
`;
  });
  return html`<nav aria-label="${words.languages}"><ul>
${links}</ul></nav>`;
}

function checks(list: readonly Check[], words: Words): Html {
  const lines = list.map((check) => {
    const [, part = '', number = ''] = /^([a-z]+)(?:-(\d+))?$/.exec(check.name) ?? [];
    const name = `${lookup(words.parts, part) ?? check.name} ${number}`.trim();
    const advice = lookup(words.advice, check.code ?? '');
    if (check.ok)
      return html`<li>${name}: ${words.well}${advice && html`<span class="small">${advice}</span>`}</li>
`;
    const other = part === 'broker' ? words.brokerAdvice : words.otherAdvice;
    const until = check.until && html` <span class="mono">${check.until.slice(0, 10)}</span>`;
    return html`<li>${name}: <strong>${words.notWell}</strong> <span class="mono">${check.code}</span>${until}<span class="small">${advice ?? other}</span></li>
`;
  });
  return html`<h2>${words.checks}</h2>
<ul>
${lines}</ul>`;
}

/** Shown only when there are some. */
const RARE: ReadonlySet<string> = new Set(['rejected', 'removed']);

function readings({ summary, causes }: Status, words: Words): Html {
  const places = Object.entries(words.places) as [keyof Words['places'], string[]][];
  const rows = places
    .filter(([place]) => summary[place] > 0 || !RARE.has(place))
    .map(([place, [name = '', meaning = '']]) => {
      const reasons = causes
        .filter((cause) => cause.place === place)
        .map(({ because, n }) => {
          const table = place === 'held' ? words.held : words.withheld;
          return html`<span class="small">${n} × ${lookup(table, because) ?? words.otherCause}</span>`;
        });
      return row(words, name, summary[place], html`${meaning}${reasons}`);
    });
  return html`<h2>${words.readings}</h2>
<table role="table">
<caption>${words.intro}</caption>
${head([words.place, words.count, words.meaning])}
<tbody role="rowgroup">
${rows}${row(words, words.total, summary.captured, words.totalMeaning)}</tbody>
</table>`;
}

function row(words: Words, name: string, count: number, meaning: Html | string): Html {
  return html`<tr role="row"><th scope="row" role="rowheader" data-label="${words.place}"><span>${name}</span></th>${cell(words.count, html`<strong>${count}</strong>`)}${cell(words.meaning, meaning)}</tr>
`;
}

function devices({ devices: list, zone }: Status, language: Language): Html {
  const words = WORDS[language];
  const title = html`<h2 id="devices">${words.devices}</h2>`;
  if (list.length === 0) return html`${title}<p>${words.noDevices}</p>`;
  const rows = list.map(({ model, modelKey, battery, lastHeardAt, simulated, trouble }) => {
    const demo = simulated && html` <span class="demo">${words.demo}</span>`;
    const told =
      trouble === 'bond-lost'
        ? bondLostWords(modelKey)[language]
        : trouble && words.trouble[trouble];
    const how = told && html`<br><strong>${told}</strong>`;
    const name = html`${model || words.unnamed}${demo}${how}`;
    const heard = lastHeardAt === undefined ? words.never : time(lastHeardAt, zone, language);
    return html`<tr role="row"><th scope="row" role="rowheader" data-label="${words.model}"><span>${name}</span></th>${cell(words.battery, battery === undefined ? words.unknown : `${battery} %`)}${cell(words.lastHeard, heard)}</tr>
`;
  });
  return html`${title}
<table role="table" aria-labelledby="devices">
${head([words.model, words.battery, words.lastHeard])}
<tbody role="rowgroup">
${rows}</tbody>
</table>`;
}

function head(columns: readonly string[]): Html {
  return html`<thead role="rowgroup"><tr role="row">${columns.map((name) => html`<th scope="col" role="columnheader">${name}</th>`)}</tr></thead>`;
}

function cell(label: string, content: Html | string): Html {
  return html`<td role="cell" data-label="${label}"><span>${content}</span></td>`;
}

/** Date and time on the wall of the home. */
function time(ms: number, zone: string, language: Language): Html {
  const text = new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, {
    dateStyle: 'medium',
    timeStyle: 'medium',
    timeZone: zone,
  }).format(ms);
  return html`<time datetime="${new Date(ms).toISOString()}">${text}</time>`;
}

/** Own members only: a code may be called like a method. */
function lookup(table: Readonly<Record<string, string>>, code: string): string | undefined {
  return Object.hasOwn(table, code) ? table[code] : undefined;
}
