import type { Action } from '../../../../adapters/bluetooth/models/looks.ts';
import { type Html, html } from '../../../pages/html.ts';
import { drawing } from './drawing.ts';

const ACTIONS: Readonly<Record<Action, Html>> = {
  'hold-button': drawing(
    html`<path d="M30 54H12a6 6 0 0 1-6-6V26a6 6 0 0 1 6-6h40a6 6 0 0 1 6 6v10"/><circle cx="34" cy="36" r="7"/><path d="M34 36l16 22M34 36a4.500 4.500 0 0 1 7.500-4.500L58 52M17 33h.01" /><path d="M17 33h.01" stroke-width="6"/><path d="M17 26v-1M23.500 29l1-1M10.500 29l-1-1M11 38l-1 1M23 38l1 1" stroke-width="2"/>`,
  ),
  measure: drawing(
    html`<path d="M3 22h15M3 42h15M42 22h8c7 0 11 4 11 10s-4 10-11 10h-8"/><rect x="18" y="16" width="24" height="32" rx="4"/><path d="M30 16v32M36 48c0 8 8 10 16 8"/>`,
  ),
  'on-finger': drawing(
    html`<path d="M61 28H46a7 7 0 0 0 0 14h15M6 30v-6a7 7 0 0 1 7-7h17a4 4 0 0 1 4 4v6M6 40v6a7 7 0 0 0 7 7h17a4 4 0 0 0 4-4v-6M6 30v10M34 35H18m5-5l-5 5 5 5"/>`,
  ),
  press: drawing(
    html`<rect x="10" y="32" width="44" height="26" rx="10"/><ellipse cx="32" cy="42" rx="12" ry="5"/><path d="M32 4v24m-8-8l8 8 8-8"/>`,
  ),
  'pull-strip': drawing(
    html`<rect x="5" y="14" width="30" height="30" rx="8"/><circle cx="20" cy="29" r="7"/><path d="M35 24h18v10H35M40 52h20m-7-6l7 6-7 6"/>`,
  ),
  'read-code': drawing(
    html`<rect x="5" y="10" width="54" height="44" rx="7"/><rect x="11" y="17" width="42" height="18" rx="2"/><path d="M17 30v-6M23 30v-6M29 30v-6M35 30v-6M41 30v-6M47 30v-6" stroke-width="3"/><circle cx="32" cy="45" r="3"/>`,
  ),
  'step-on': drawing(
    html`<rect x="6" y="52" width="52" height="7" rx="3"/><path d="M20 52V36h9v6l12 5v5zM30 4v24m-8-8l8 8 8-8"/>`,
  ),
  'switch-on': drawing(html`<path d="M32 10v20M20 17a19 19 0 1 0 24 0"/>`),
  'wear-strap': drawing(
    html`<path d="M14 5c3 14-1 26 3 53M50 5c-3 14 1 26-3 53M26 5c1 5 11 5 12 0M15 27h10M15 35h10M39 27h10M39 35h10"/><rect x="25" y="24" width="14" height="14" rx="5"/>`,
  ),
};

/** The drawing of what to do with a device. */
export const actionPicture = (action: Action): Html => ACTIONS[action];

/** Bars from one, weak, to four, as on a telephone. */
export function signalPicture(bars: number): Html {
  const shapes = [1, 2, 3, 4].map(
    (n) =>
      html`<rect x="${2 + (n - 1) * 15}" y="${56 - n * 12}" width="9" height="${n * 12}" rx="2"${n <= bars && html` fill="currentColor"`}/>`,
  );
  return drawing(html`${shapes}`);
}
