import { type Html, html } from '../../pages/html.ts';
import { LANGUAGE_NAMES, LANGUAGE_TAGS, type Language } from '../../pages/language.ts';
import type { ActingFor } from './access/giving.ts';
import { may, type Right, type Who } from './access/rights.ts';
import type { Words } from './words/words.ts';

/** What is around every page. */
export interface Frame {
  readonly words: Words;
  readonly language: Language;
  readonly who: Who | undefined;
  /** Of this page. */
  readonly path: string;
  /** Answers a form, and has no address of its own to be fetched anew from: it stays as it is. */
  readonly isAnswer: boolean;
  /** Every form carries it: see {@link formStart}. */
  readonly token: string;
  readonly isDemo: boolean;
  /** For whom else this account may act. */
  readonly others: readonly ActingFor[];
  /** Questions that wait. */
  readonly questions: number;
  /** Without a script the page is fetched anew after so long, s; never one with a field to fill in. */
  readonly refreshSeconds?: number;
}

/** The pages in the order of the navigation, each for those who may see it. */
const PAGES = [
  ['/', 'readings', 'see-values'],
  ['/questions', 'questions', 'answer'],
  ['/shares', 'shares', 'share'],
  ['/devices', 'devices', 'devices'],
  ['/box', 'box', 'box'],
  ['/me', 'me', undefined],
] as const satisfies readonly (readonly [
  string,
  keyof Words['frame']['pages'],
  Right | undefined,
])[];

/**
 * The frame of every page: skip link, who is signed in, one navigation, the page, languages, and whom
 * to call. No inline script or style; without a script everything works. Regions with `id` and
 * `data-live="reading …"` are fetched anew when such a thing changes; the answer to a form never is,
 * since its address leads to another page, and what was filled in would be gone.
 */
export function shell(frame: Frame, title: string, main: Html): Html {
  const { words, language, who } = frame;
  const { frame: w } = words;
  return html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} – ${w.product}</title>
<link rel="stylesheet" href="/style.css">
<link rel="icon" href="data:,">
<script type="module" src="/portal.js"></script>
${
  frame.refreshSeconds !== undefined &&
  html`<noscript><meta http-equiv="refresh" content="${frame.refreshSeconds}"></noscript>
`
}</head>
<body${who && !frame.isAnswer && html` data-live-from="/live"`}>
<a class="skip" href="#main">${w.skip}</a>
<header>
${
  frame.isDemo &&
  html`<p class="demo-banner"><strong class="demo">${w.demo}</strong> ${w.demoText}</p>
`
}<p class="product">${w.product}</p>
${
  who &&
  html`${actingLine(frame, who)}<p class="signed-in">${signedIn(who, words)}</p>
${navigation(frame, who)}`
}</header>
<main id="main" tabindex="-1">
<h1>${title}</h1>
${main}
</main>
<p id="live-said" role="status" class="unseen" data-said="${w.liveSaid}"></p>
<footer>
<p>${w.emergency}</p>
${languages(frame)}
</footer>
</body>
</html>
`;
}

/** Above everything else: whose it is. With one other person it is one tap to change. */
function actingLine(frame: Frame, { role, person }: Who): Html | false {
  const { acting: w } = frame.words.roles;
  const { others } = frame;
  if (role === 'citizen' && others.length === 0) return false;
  const [only, ...more] = others;
  const change =
    only && more.length === 0
      ? html`${formStart(frame, '/acting')}<input type="hidden" name="grant" value="${only.grant}"><button class="second">${w.changeTo.replace('{person}', only.person)}</button></form>`
      : only && html`<a class="button second" href="/acting">${w.change}</a>`;
  const text = { citizen: '', helper: w.helping, representative: w.you }[role];
  return html`<div class="acting">${text !== '' && html`<strong>${text.replace('{person}', person.name)}</strong>`}${change}</div>
`;
}

function signedIn(who: Who, { frame: w }: Words): string {
  const text = { citizen: w.asCitizen, helper: w.asHelper, representative: w.asRepresentative };
  return text[who.role].replace('{name}', who.name).replace('{person}', who.person.name);
}

function navigation({ path, words, questions }: Frame, who: Who): Html {
  const items = PAGES.filter(([, , right]) => right === undefined || may(who, right)).map(
    ([url, name]) => {
      const current =
        url === path
          ? html` aria-current="page"`
          : isBelow(path, url) && html` aria-current="true"`;
      const count = name === 'questions' && questions > 0 && html` (${questions})`;
      return html`<li><a href="${url}"${current}>${words.frame.pages[name]}${count}</a></li>
`;
    },
  );
  return html`<nav id="navigation" aria-label="${words.frame.navigation}" data-live="question"><ul>
${items}</ul></nav>
`;
}

/** A page that one comes to from that of the navigation. */
const isBelow = (path: string, url: string): boolean =>
  url === '/'
    ? /^\/(readings|files)\b/.test(path)
    : path.startsWith(`${url}/`) || (url === '/devices' && /^\/pairing\b/.test(path));

function languages({ language, path, words }: Frame): Html {
  const links = LANGUAGE_TAGS.map((tag) => {
    const current = tag === language && html` aria-current="true"`;
    return html`<li><a href="${path}?lang=${tag}" lang="${tag}" hreflang="${tag}"${current}>${LANGUAGE_NAMES[tag]}</a></li>
`;
  });
  return html`<nav class="languages" aria-label="${words.frame.languages}"><ul>
${links}</ul></nav>`;
}

/** The beginning of a form that changes something: where it goes, and its token. End it with `</form>`. */
export function formStart({ token }: Frame, action: string, attributes?: Html): Html {
  return html`<form method="post" action="${action}"${attributes}><input type="hidden" name="token" value="${token}">`;
}
