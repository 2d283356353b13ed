import type { Look } from '../../../../adapters/bluetooth/models/looks.ts';
import { type Html, html } from '../../../pages/html.ts';
import { drawing } from './drawing.ts';

const DEVICES: Readonly<Record<Look | 'other', Html>> = {
  cuff: drawing(
    html`<rect x="5" y="28" width="29" height="27" rx="4"/><rect x="10" y="33" width="19" height="9" rx="1"/><circle cx="19.5" cy="48.5" r="2.5"/><path d="M34 48c8 6 14 2 13-11"/><ellipse cx="47" cy="11" rx="11" ry="4"/><path d="M36 11v21c0 5 22 5 22 0V11M47 15v21"/>`,
  ),
  scale: drawing(
    html`<rect x="7" y="9" width="50" height="47" rx="9"/><rect x="22" y="15" width="20" height="9" rx="2"/><ellipse cx="23" cy="41" rx="5" ry="9"/><ellipse cx="41" cy="41" rx="5" ry="9"/>`,
  ),
  thermometer: drawing(
    html`<g transform="rotate(45 32 32)"><rect x="25" y="3" width="14" height="38" rx="7"/><rect x="29" y="11" width="6" height="14" rx="1"/><path d="M28 41l1.500 17a2.500 2.500 0 0 0 5 0L36 41"/></g>`,
  ),
  oximeter: drawing(
    html`<path d="M60 28H31a7 7 0 0 0 0 14h29M10 30v-6a7 7 0 0 1 7-7h24a4 4 0 0 1 4 4v7M10 40v6a7 7 0 0 0 7 7h24a4 4 0 0 0 4-4v-7M10 30v10"/><path d="M18 23h5l2-3 3 5 2-2h6" stroke-width="1.5"/>`,
  ),
  'glucose-meter': drawing(
    html`<rect x="9" y="6" width="28" height="44" rx="8"/><rect x="14" y="12" width="18" height="14" rx="2"/><circle cx="23" cy="38" r="4"/><path d="M19 50v9h8v-9M51 22c4 6 6 9 6 12a6 6 0 0 1-12 0c0-3 2-6 6-12z"/>`,
  ),
  strap: drawing(
    html`<rect x="20" y="16" width="24" height="16" rx="8"/><path d="M20 20C14 15 8 14 3 18M20.500 28C15 23 9 23 3 27M44 20c6-5 12-6 17-2M43.500 28c5.500-5 11.500-5 17.500-1M10 48h12l4-8 7 15 5-7h16"/>`,
  ),
  'room-sensor': drawing(
    html`<rect x="8" y="22" width="34" height="34" rx="9"/><path d="M22 31a3 3 0 0 1 6 0v10a5.500 5.500 0 1 1-6 0z"/><path d="M46 18a9 9 0 0 1 4 8M50 9a19 19 0 0 1 9 17"/>`,
  ),
  'door-contact': drawing(
    html`<path d="M6 58V6h36v52M6 58h52M42 6h6v52"/><circle cx="35" cy="34" r="2.200"/><rect x="30" y="12" width="8" height="13" rx="2"/><rect x="46" y="10" width="9" height="17" rx="2" fill="Canvas"/>`,
  ),
  button: drawing(
    html`<rect x="10" y="10" width="44" height="44" rx="14"/><circle cx="32" cy="32" r="12"/>`,
  ),
  other: drawing(
    html`<rect x="10" y="14" width="44" height="36" rx="7"/><path d="M22 32h.01M32 32h.01M42 32h.01" stroke-width="5"/>`,
  ),
};

/** The drawing of a kind of device. */
export const devicePicture = (look: Look | undefined): Html => DEVICES[look ?? 'other'];
