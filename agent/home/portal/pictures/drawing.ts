import { type Html, html } from '../../../pages/html.ts';

/** A line drawing of 64 by 64 in the colour of the text. What it shows stands beside it in words. */
export const drawing = (lines: Html): Html =>
  html`<svg class="picture" viewBox="0 0 64 64" width="64" height="64" fill="none" stroke="currentColor" stroke-width="2.5" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">${lines}</svg>`;
