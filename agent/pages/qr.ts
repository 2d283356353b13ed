import { encode } from 'uqr';
import { type Html, html } from './html.ts';

/** ISO/IEC 18004, 6.3.8: so much white around it, modules. */
const QUIET = 4;
/** Restores 15 %: a fold or a fingerprint on paper. */
const OPTIONS = { ecc: 'M', border: QUIET } as const;

/** A QR code as a picture, dark on white whatever the scheme; `label` says what it holds. */
export function qrSvg(text: string, label = ''): Html {
  const { data, size } = encode(text, OPTIONS);
  const rows = data.flatMap((row, y) =>
    // One stroke for each run of dark modules.
    [
      ...row
        .map((dark) => (dark ? '1' : '0'))
        .join('')
        .matchAll(/1+/g),
    ].map(({ index, 0: { length } }) => `M${index} ${y}h${length}v1h-${length}z`),
  );
  const said = label === '' ? html` aria-hidden="true"` : html` role="img" aria-label="${label}"`;
  return html`<svg class="qr" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges"${said}><path fill="#fff" d="M0 0h${size}v${size}H0z"/><path fill="#000" d="${rows.join('')}"/></svg>`;
}

/**
 * A QR code for a terminal, two rows in each line, ends in a line end. Light is drawn and dark left
 * out, as on the usual dark ground; most readers take the reverse as well.
 */
export function qrText(text: string): string {
  const { data, size } = encode(text, OPTIONS);
  let out = '';
  for (let y = 0; y < size; y += 2) {
    for (let x = 0; x < size; x += 1) {
      const upper = data[y]?.[x] !== true;
      const lower = y + 1 < size && data[y + 1]?.[x] !== true;
      out += upper ? (lower ? '█' : '▀') : lower ? '▄' : ' ';
    }
    out += '\n';
  }
  return out;
}
