import type { Check } from '../../../http.ts';
import { type Html, html } from '../../../pages/html.ts';
import type { Cause, Summary } from '../../views.ts';
import { type Frame, shell } from '../shell.ts';
import type { Words } from '../words/box.en.ts';

/** Where readings are and why, in numbers; no value, no name. */
export interface Counts {
  readonly summary: Omit<Summary, 'kinds'>;
  readonly causes: readonly Cause[];
}

/** `/box/counts`: asks every reading, and is a page of its own for that. */
export function countsPage(counts: Counts, frame: Frame): Html {
  const { box, health } = frame.words;
  return shell(
    frame,
    health.countsTitle,
    html`${readings(counts, box)}
<p><a class="more" href="/box">${health.back}</a></p>`,
  );
}

/** Every part by its code, and what whoever set up the box does about it. */
export function technicalChecks(list: readonly Check[], words: Words): Html {
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
  return html`<ul>
${lines}</ul>
<p>${words.machines}: <a href="/healthz">/healthz</a> <a href="/readyz">/readyz</a> <a href="/metrics">/metrics</a></p>`;
}

/** Shown only when there are some. */
const RARE: ReadonlySet<string> = new Set(['rejected', 'removed']);

function readings({ summary, causes }: Counts, words: Words): Html {
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
  return html`<table role="table">
<caption>${words.intro}</caption>
<thead role="rowgroup"><tr role="row">${[words.place, words.count, words.meaning].map((name) => html`<th scope="col" role="columnheader">${name}</th>`)}</tr></thead>
<tbody role="rowgroup">
${rows}${row(words, words.total, summary.captured, words.totalMeaning)}</tbody>
</table>`;
}

function row(words: Words, name: string, count: number, meaning: Html | string): Html {
  return html`<tr role="row"><th scope="row" role="rowheader" data-label="${words.place}"><span>${name}</span></th>${cell(words.count, html`<strong>${count}</strong>`)}${cell(words.meaning, meaning)}</tr>
`;
}

function cell(label: string, content: Html | string): Html {
  return html`<td role="cell" data-label="${label}"><span>${content}</span></td>`;
}

/** Own members only: a code may be called like a method. */
function lookup(table: Readonly<Record<string, string>>, code: string): string | undefined {
  return Object.hasOwn(table, code) ? table[code] : undefined;
}
