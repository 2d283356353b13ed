import jsQR from 'jsqr';
import { expect, test } from 'vitest';
import { qrSvg, qrText } from '../../../agent/pages/qr.ts';

const TEXT = 'https://iomt-abcdefgh.local:8420/welcome#12345678';
/** Of the picture that the reader is given, pixels for each module. */
const SCALE = 4;

/** What a reader of QR codes sees in these modules. */
function read(rows: readonly (readonly boolean[])[]): string | undefined {
  const width = (rows[0]?.length ?? 0) * SCALE;
  const height = rows.length * SCALE;
  const pixels = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      if (rows[Math.floor(y / SCALE)]?.[Math.floor(x / SCALE)]) {
        pixels.fill(0, (y * width + x) * 4, (y * width + x) * 4 + 3);
      }
    }
  }
  return jsQR.default(pixels, width, height, { inversionAttempts: 'dontInvert' })?.data;
}

function modulesOf(svg: string): boolean[][] {
  const size = Number(/viewBox="0 0 (\d+)/.exec(svg)?.[1]);
  const rows = Array.from({ length: size }, () => new Array<boolean>(size).fill(false));
  for (const [, x, y, length] of svg.matchAll(/M(\d+) (\d+)h(\d+)v1h-\3z/g)) {
    rows[Number(y)]?.fill(true, Number(x), Number(x) + Number(length));
  }
  return rows;
}

test('the picture is read by a reader of QR codes, with white around it', () => {
  const { html } = qrSvg(TEXT, 'a "label"');
  const modules = modulesOf(html);
  expect(read(modules)).toBe(TEXT);
  const edge = [...modules.slice(0, 4), ...modules.slice(-4)].flat();
  expect(edge.includes(true)).toBe(false);
  expect(modules.some((row) => [...row.slice(0, 4), ...row.slice(-4)].includes(true))).toBe(false);
  expect(html).toContain('role="img" aria-label="a &quot;label&quot;"');
  expect(qrSvg(TEXT).html).toContain('aria-hidden="true"');
  expect(html).not.toContain('style=');
});

test('the terminal shows the same, two rows in a line', () => {
  const lines = qrText(TEXT).trimEnd().split('\n');
  const rows = lines.flatMap((line) => [
    [...line].map((half) => !'█▀'.includes(half)),
    [...line].map((half) => !'█▄'.includes(half)),
  ]);
  const svg = modulesOf(qrSvg(TEXT).html);
  expect(rows.slice(0, svg.length)).toEqual(svg);
  expect(read(rows)).toBe(TEXT);
});
