import { type Html, html } from '../../../pages/html.ts';
import type { Language } from '../../../pages/language.ts';
import { qrSvg } from '../../../pages/qr.ts';
import { en, type SetupCardWords, type WarningWords } from '../words/setup-card.en.ts';
import { nb } from '../words/setup-card.nb.ts';
import { nn } from '../words/setup-card.nn.ts';
import { warningDrawing } from './warning-drawing.ts';

const WORDS: Readonly<Record<Language, SetupCardWords>> = { nb, nn, en };

export interface SetupCard {
  /** Address of the pages by name, `https://…/`. */
  readonly url: string;
  /** The same by number. */
  readonly numberUrls: readonly string[];
  /** Eight digits; without one there is room to write it. */
  readonly code?: string | undefined;
  /** How long a code works, minutes. */
  readonly codeMinutes: number;
  /** Browsers know the certificate; else the card says what to do about their warning. */
  readonly isTrusted: boolean;
}

/** What the QR code holds. The code stands behind `#`, which no browser sends and no log sees. */
export function welcomeUrl(url: string, code: string | undefined): string {
  return `${new URL('/welcome', url)}${code === undefined ? '' : `#${code}`}`;
}

/** As people read it aloud: `1234 5678`, which does not break. */
export function codeText(code: string): string {
  return `${code.slice(0, 4)}\u00a0${code.slice(4)}`;
}

/** The card that comes with the box, to be shown and printed: address, QR code, one-time code. */
export function setupCard(card: SetupCard, language: Language): Html {
  const words = WORDS[language];
  const { url, code } = card;
  return html`<section class="setup-card" aria-labelledby="setup-card">
<h2 id="setup-card">${words.title}</h2>
<p>${words.intro}</p>
<div class="setup-open">
<figure>${qrSvg(welcomeUrl(url, code), words.qrLabel(url))}<figcaption>${words.scan}</figcaption></figure>
<div>
<p>${words.type}<br><strong class="setup-address">${url}</strong></p>
${card.numberUrls.length > 0 && html`<p>${card.isTrusted ? words.typeNumberNamed : words.typeNumber}${card.numberUrls.map((one) => html`<br><strong class="setup-address">${one}</strong>`)}</p>`}
${codeOf(card, words)}
</div>
</div>
<p>${words.emergency}</p>
${!card.isTrusted && warning(url, words)}
</section>
`;
}

function codeOf({ code, codeMinutes }: SetupCard, words: SetupCardWords): Html {
  if (code === undefined) {
    return html`<p>${words.codeAsked} ${words.noCode}</p>
<p class="setup-blank" aria-hidden="true">____ ____</p>`;
  }
  return html`<p>${words.code}<br><strong class="setup-code">${codeText(code)}</strong></p>
<p>${words.codeAsked} ${words.codeLife(codeMinutes)}</p>`;
}

function warning(url: string, { warning: words, browsers }: SetupCardWords): Html {
  const { host, hostname } = new URL(url);
  const part = (browser: WarningWords, shape: 'phone' | 'desktop') => {
    const pressed = browser.pressed(hostname);
    const label = words.drawing(browser.browser, pressed.join(words.next));
    // On a computer they are other browsers, not one after the other.
    const steps = browser.steps(hostname).map((step) => html`<li>${step}</li>`);
    return html`<div class="setup-browser">
<h4>${browser.browser}</h4>
${warningDrawing({ shape, address: host, heading: browser.heading, pressed, label })}
${shape === 'phone' ? html`<ol>${steps}</ol>` : html`<ul>${steps}</ul>`}
</div>
`;
  };
  return html`<div class="setup-warning">
<h3>${words.title}</h3>
<p>${words.why}<br><strong class="setup-address">${host}</strong></p>
<p>${words.otherwise}</p>
<div class="setup-browsers">
${part(browsers.android, 'phone')}${part(browsers.iphone, 'phone')}${part(browsers.desktop, 'desktop')}</div>
<p>${words.differ} ${words.again}</p>
</div>
`;
}

/** Belongs to the page that shows the card. On paper what to press has a sheet of its own. */
export const SETUP_CARD_STYLE = `
.setup-card h2, .setup-card h3 { break-after: avoid; }
.setup-open { display: flex; flex-wrap: wrap; gap: 1rem 2rem; align-items: flex-start; break-inside: avoid; }
.setup-open > div { flex: 1 1 16rem; min-width: 0; }
.setup-open figure { margin: 0; flex: 0 1 15rem; }
.setup-open .qr { display: block; width: 100%; max-width: 15rem; height: auto; border: 1px solid #767676; }
.setup-address { overflow-wrap: anywhere; font-family: ui-monospace, monospace; }
.setup-code { font-size: 2rem; font-variant-numeric: tabular-nums; letter-spacing: .08em; }
.setup-blank { font-size: 2rem; letter-spacing: .25em; }
.setup-browsers { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(15rem, 100%), 1fr)); gap: 1rem 2rem; }
.setup-browser { break-inside: avoid; }
.setup-browser h4 { margin: .5rem 0; font-size: 1rem; }
.setup-browser svg { display: block; width: 100%; max-width: 15rem; height: auto; }
.setup-browser ol, .setup-browser ul { margin: .5rem 0 0; padding-left: 1.5rem; }
.setup-browser ul { list-style: disc; }
@media print {
  .setup-open { flex-wrap: nowrap; }
  .setup-warning { break-before: page; }
  .setup-browsers { grid-template-columns: repeat(3, 1fr); gap: 1rem; }
}
`;
