import { type Html, html } from '../../../pages/html.ts';

const WIDTH = 240;
const LEFT = 16;
/** Font size and the height of a line, in units of the drawing. */
const FONT = 12;
const LINE = 17;
/** Letters of an ordinary font that fit between the edges. */
const LETTERS = 31;
const HEAD_LETTERS = 24;

/**
 * A browser's warning as it looks, in few strokes: the address, what stands at the top, and what is
 * to be pressed, with numbers. Dark on white whatever the scheme, like the paper it is printed on.
 */
export function warningDrawing(drawing: {
  readonly shape: 'phone' | 'desktop';
  readonly address: string;
  readonly heading: string;
  readonly pressed: readonly string[];
  /** What it shows, in words. */
  readonly label: string;
}): Html {
  const { shape, address, heading, pressed, label } = drawing;
  const headLines = wrapped(heading, HEAD_LETTERS);
  let y = 92;
  const head = headLines.map((line, n) => text(LEFT, y + n * 20, line, { size: 16, bold: true }));
  y += headLines.length * 20 - 4;
  // What else stands there: nobody has to read it.
  const grey = [200, 180, 130].map(
    (width, n) =>
      html`<rect x="${LEFT}" y="${y + n * 12}" width="${width}" height="5" rx="2" fill="#c9c9c9"/>`,
  );
  y += 48;
  const steps = pressed.map((words, n) => {
    const lines = wrapped(words, LETTERS - 6);
    const height = lines.length * LINE + 13;
    const box = html`<rect x="${LEFT + 28}" y="${y}" width="${WIDTH - LEFT * 2 - 28}" height="${height}" rx="6" fill="#fff" stroke="#000" stroke-width="2"/>`;
    const number = html`<circle cx="${LEFT + 11}" cy="${y + height / 2}" r="11" fill="#000"/><text x="${LEFT + 11}" y="${y + height / 2 + 5}" font-size="14" font-weight="700" fill="#fff" text-anchor="middle">${n + 1}</text>`;
    const inside = lines.map((line, at) =>
      text(LEFT + 36, y + 19 + at * LINE, line, { size: FONT, bold: true }),
    );
    y += height + 10;
    return html`${box}${number}${inside}`;
  });
  const height = y + 10;
  const radius = shape === 'phone' ? 18 : 4;
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${label}" font-family="sans-serif">
<rect x="1" y="1" width="${WIDTH - 2}" height="${height - 2}" rx="${radius}" fill="#fff" stroke="#000" stroke-width="2"/>
<rect x="12" y="14" width="${WIDTH - 24}" height="26" rx="13" fill="#ececec"/>
${text(24, 31, shortened(address, LETTERS), { size: FONT })}
<path d="M${LEFT} 70l11-19 11 19z" fill="none" stroke="#000" stroke-width="2" stroke-linejoin="round"/><path d="M${LEFT + 11} 58v5M${LEFT + 11} 66v1" stroke="#000" stroke-width="2"/>
${head}${grey}${steps}
</svg>`;
}

function text(
  x: number,
  y: number,
  words: string,
  style: { readonly size: number; readonly bold?: boolean },
): Html {
  return html`<text x="${x}" y="${y}" font-size="${style.size}"${style.bold && html` font-weight="700"`} fill="#000">${words}</text>`;
}

/** Lines of so many letters; a word that is longer is cut. */
function wrapped(words: string, letters: number): string[] {
  const lines: string[] = [];
  for (const word of words.split(' ').flatMap((one) => pieces(one, letters))) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= letters) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else {
      lines.push(word);
    }
  }
  return lines;
}

function pieces(word: string, letters: number): string[] {
  return word.match(new RegExp(`.{1,${letters}}`, 'gu')) ?? [];
}

function shortened(words: string, letters: number): string {
  return words.length <= letters ? words : `${words.slice(0, letters - 1)}…`;
}
