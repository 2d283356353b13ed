/** One thing that is wrong with the configuration, for the person who wrote it. */
export interface Problem {
  /** Where: `home.recipients[0].transport.url`, or the file or variable itself. */
  readonly path: string;
  /** What is wrong; never the value, which may be a secret put in the wrong place. */
  readonly message: string;
  /** What to do about it. */
  readonly hint: string;
  /** Line in the file, from 1, when the thing is there. */
  readonly line?: number;
}

/** A problem and the place it is about, as it is in the tree. */
export interface Located {
  readonly path: Path;
  readonly problem: Problem;
}

export type Path = readonly (string | number)[];

/** `['home', 'recipients', 0, 'id']` as `home.recipients[0].id`. */
export function pathText(path: Path): string {
  return path
    .map((part, at) => (typeof part === 'number' ? `[${part}]` : at === 0 ? part : `.${part}`))
    .join('');
}

/** The problems as lines for standard error; `source` names the file they are in. */
export function problemsText(problems: readonly Problem[], source = 'configuration'): string {
  return problems
    .map(({ path, message, hint, line }) => {
      const at = line === undefined ? source : `${source}:${line}`;
      return `${at}: ${path}: ${message}\n    ${hint}\n`;
    })
    .join('');
}

/** Spelling differences that are no mistake: `queue_rows_max`, `QUEUEROWSMAX`, `queueRowsMax`. */
export function plain(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}

/** The name of the list that was probably meant, if any is near enough. */
export function didYouMean(written: string, names: readonly string[]): string | undefined {
  let best: { name: string; distance: number } | undefined;
  for (const name of names) {
    const distance = editDistance(plain(written), plain(name));
    if (distance < (best?.distance ?? Number.POSITIVE_INFINITY)) best = { name, distance };
  }
  const tolerance = Math.max(1, Math.ceil(written.length / 3));
  return best && best.distance <= tolerance ? best.name : undefined;
}

/** Longest name that is compared: the work grows with the product of the lengths. */
const COMPARED_LENGTH_MAX = 60;

function editDistance(a: string, b: string): number {
  if (a.length > COMPARED_LENGTH_MAX) return a.length;
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + same));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
