import { bondLostWords } from '../../../../adapters/bluetooth/models/bond-lost.ts';
import type { Check } from '../../../http.ts';
import { type Html, html } from '../../../pages/html.ts';
import type { Language } from '../../../pages/language.ts';
import type { DeviceTrouble } from '../../device-trouble.ts';
import type { Cause, Summary, Views } from '../../views.ts';
import { may } from '../access/rights.ts';
import { type PortalApp, route } from '../route.ts';
import { type Frame, shell } from '../shell.ts';
import type { Words } from '../words/box.en.ts';
import { reminderNote } from './reminder-page.ts';

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

/** `/box`: how the gateway is, in words and counts. */
export function registerBoxPage(
  app: PortalApp,
  parts: {
    readonly views: Pick<Views, 'summary' | 'causes' | 'devices'>;
    readonly checks: () => readonly Check[];
    readonly reminder: (person: string) => string | undefined;
  },
): void {
  route(app, {
    method: 'GET',
    url: '/box',
    access: { may: ['box'] },
    handle({ frame, who }) {
      const { views, checks } = parts;
      const status: Status = {
        summary: views.summary(),
        causes: views.causes(),
        devices: views.devices(),
        checks: checks(),
        at: app.now(),
        zone: app.zone,
      };
      const isOwn = may(who.role, 'see-values');
      const reminder = isOwn ? parts.reminder(who.person.id) : undefined;
      return boxPage(status, frame, reminder);
    },
  });
}

/** The page. */
export function boxPage(status: Status, frame: Frame, reminder?: string): Html {
  const { language, words } = frame;
  const { box } = words;
  return shell(
    frame,
    box.title,
    html`${reminderNote(reminder, frame)}<div id="box" data-live="reading delivery question device">
<p>${box.shownAt} ${time(status.at, status.zone, language)}. <a href="/box">${box.reload}</a></p>
${checks(status.checks, box)}
${readings(status, box)}
${devices(status, language, box)}
<h2>${box.machines}</h2>
<p><a href="/healthz">/healthz</a> <a href="/readyz">/readyz</a> <a href="/metrics">/metrics</a></p>
</div>`,
  );
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

function devices({ devices: list, zone }: Status, language: Language, words: Words): Html {
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
