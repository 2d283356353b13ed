import type { Kind } from '../../../adapters/measurement.ts';
import { type Html, html } from '../../pages/html.ts';

/** One line drawing for each kind, 24 by 24; the word beside it says the same. */
const DRAWINGS: Readonly<Record<Kind, Html>> = {
  'blood-pressure': html`<rect x="3" y="5" width="11" height="14" rx="2"/><path d="M14 9h3a3 3 0 0 1 3 3v3M20 15a2 2 0 1 1-.1 0M6 9h5M6 13h5"/>`,
  'heart-rate': html`<path d="M12 20C5 15 3 12 3 9a4.5 4.5 0 0 1 9-1 4.5 4.5 0 0 1 9 1c0 3-2 6-9 11z"/>`,
  'oxygen-saturation': html`<path d="M4 8h10a4 4 0 0 1 0 8H4zM4 12h9M17 12h4"/>`,
  'body-temperature': html`<path d="M10 14V5a2 2 0 0 1 4 0v9a4 4 0 1 1-4 0zM12 9v8"/>`,
  'body-weight': html`<rect x="3" y="4" width="18" height="16" rx="3"/><path d="M8 9a6 6 0 0 1 8 0l-2 3h-4z"/>`,
  'body-composition': html`<circle cx="12" cy="5" r="2.5"/><path d="M7 21v-8a5 5 0 0 1 10 0v8M7 15h10M7 18h10"/>`,
  glucose: html`<path d="M12 3c4 5 6 8 6 11a6 6 0 0 1-12 0c0-3 2-6 6-11z"/>`,
  'glucose-interstitial': html`<circle cx="12" cy="12" r="8"/><path d="M12 8c2 2.5 3 4 3 5.5a3 3 0 0 1-6 0C9 12 10 10.5 12 8z"/>`,
  environment: html`<path d="M3 12 12 4l9 8M6 10v10h12V10M12 16v-4"/>`,
  contact: html`<path d="M6 21V3h12v18M4 21h16M14.5 12h.1"/>`,
  motion: html`<circle cx="14" cy="4.5" r="2"/><path d="m8 21 3-6-2-3 3-4 3 3h3M12 15l3 2v4M9 9l-3 2"/>`,
  presence: html`<circle cx="12" cy="8" r="3.5"/><path d="M5 20a7 7 0 0 1 14 0"/>`,
  button: html`<circle cx="12" cy="12" r="8"/><circle cx="12" cy="12" r="3.5"/>`,
  smoke: html`<path d="M4 16h16M7 20h10M8 12c-2-2 2-3 0-6M12 12c-2-2 2-3 0-6M16 12c-2-2 2-3 0-6"/>`,
  'water-leak': html`<path d="M12 3c3 4 4 6 4 8a4 4 0 0 1-8 0c0-2 1-4 4-8zM3 19c3-2 3 2 6 0s3 2 6 0 3 2 6 0"/>`,
  battery: html`<rect x="3" y="8" width="15" height="8" rx="2"/><path d="M21 11v2M6 11v2M9 11v2"/>`,
};

/** The drawing; a screen reader passes it by. */
export const kindPicture = (kind: Kind): Html =>
  html`<svg class="kind" viewBox="0 0 24 24" width="32" height="32" aria-hidden="true" focusable="false">${DRAWINGS[kind]}</svg>`;
