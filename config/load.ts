import { readFileSync, statSync } from 'node:fs';
import { type Document, LineCounter, parseDocument } from 'yaml';
import { crossChecks } from './checks.ts';
import { withEnrolled } from './enrolled.ts';
import { place, readEnvironment } from './environment.ts';
import { issueProblems } from './issues.ts';
import type { Path, Problem } from './problems.ts';
import { type Config, configSchema } from './schema.ts';

export { problemsText } from './problems.ts';

export type LoadedConfig =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Larger than any configuration; a wrong file named by mistake is not read whole. */
const FILE_BYTES_MAX = 1024 * 1024;

/** Aliases that one file may expand to: enough for people, too few for a bomb. */
const ALIASES_MAX = 100;

/**
 * YAML text, then environment variables (see `readEnvironment`), then `overrides` (the command
 * line's), then the schema and the checks between settings. Gives a deep-frozen configuration or
 * every problem at once. Never throws; no problem repeats a value. Without `file` and `text` the
 * defaults, the environment and the overrides are all there is. `text` wins over `file`.
 */
export function loadConfig(options: {
  readonly file?: string;
  readonly text?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly overrides?: Readonly<Record<string, unknown>>;
}): LoadedConfig {
  const written = readWritten(options);
  if ('problems' in written) return { ok: false, problems: written.problems };
  const { tree, lineOf } = written;

  const environment = readEnvironment(options.env);
  const variables = new Map<string, string>();
  for (const { path, value, variable } of environment.overrides) {
    place(tree, path, value);
    variables.set(JSON.stringify(path), variable);
  }
  merge(tree, options.overrides ?? {});

  // Read once: a parser compiled for it would cost more than it saves.
  const parsed = configSchema.safeParse(tree, { reportInput: true, jitless: true });
  const found = [
    ...(parsed.success ? [] : parsed.error.issues.flatMap(issueProblems)),
    ...crossChecks(tree),
  ];
  const problems = [
    ...environment.problems,
    ...found.map(({ path, problem }) => {
      const variable = variables.get(JSON.stringify(path));
      if (variable !== undefined) return { ...problem, path: `${problem.path} (${variable})` };
      return located(problem, lineOf(path));
    }),
  ];
  if (!parsed.success || problems.length > 0) return { ok: false, problems };
  return { ok: true, config: freeze(withEnrolled(parsed.data)) };
}

interface Written {
  readonly tree: Record<string, unknown>;
  readonly lineOf: (path: Path) => number | undefined;
}

type Failed = { readonly problems: readonly Problem[] };

function readWritten(options: {
  readonly file?: string;
  readonly text?: string;
}): Written | Failed {
  if (options.text !== undefined) return parse(options.text);
  if (options.file === undefined) return { tree: {}, lineOf: () => undefined };
  const read = readText(options.file);
  return 'problems' in read ? read : parse(read.text);
}

function readText(file: string): { readonly text: string } | Failed {
  try {
    if (statSync(file).size > FILE_BYTES_MAX) {
      return failed(file, 'is too large for a configuration', 'Name the YAML file.');
    }
    return { text: readFileSync(file, 'utf8') };
  } catch (error) {
    const code = (error as { code?: string }).code ?? '';
    return failed(
      file,
      ...(UNREADABLE[code] ?? ['cannot be read', 'Check the file and its disk.']),
    );
  }
}

const UNREADABLE: Readonly<Record<string, readonly [message: string, hint: string]>> = {
  ENOENT: [
    'is not there',
    'Name the file with --config; config/examples/ has files to start from.',
  ],
  EISDIR: ['is a folder', 'Name the YAML file in it.'],
  EACCES: ['may not be read', 'Let the service read it: its user or group needs the right to.'],
};

function failed(path: string, message: string, hint: string, line?: number): Failed {
  return { problems: [located({ path, message, hint }, line)] };
}

function located(problem: Problem, line: number | undefined): Problem {
  return line === undefined ? problem : { ...problem, line };
}

function parse(text: string): Written | Failed {
  const lines = new LineCounter();
  // The parser's own prose quotes the file; only its codes are used.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    const problems = document.errors.map((error) => {
      const said = SYNTAX[error.code] ?? `cannot be read as YAML (${error.code})`;
      const hint = 'Mend the line named here, or the one above it.';
      return located({ path: 'the file', message: said, hint }, lines.linePos(error.pos[0]).line);
    });
    return { problems };
  }
  let tree: unknown;
  try {
    tree = document.toJS({ maxAliasCount: ALIASES_MAX }) ?? {};
  } catch {
    return failed('the file', 'has an alias that leads nowhere or too far', 'Write it out.');
  }
  if (typeof tree !== 'object' || tree === null || Array.isArray(tree)) {
    return failed('the file', 'must hold settings', 'Begin like config/examples/home.yaml.', 1);
  }
  return { tree: tree as Record<string, unknown>, lineOf: (path) => lineOf(document, lines, path) };
}

const SYNTAX: Readonly<Record<string, string>> = {
  BAD_INDENT: 'is indented in a way that does not fit',
  TAB_AS_INDENT: 'is indented with a tab; use spaces',
  DUPLICATE_KEY: 'has the same setting twice',
  MISSING_CHAR: 'lacks a character, such as a closing quote, bracket or comma',
  MULTIPLE_DOCS: 'holds more than one document',
};

/** The line of a setting, or of the nearest group around it that is in the file. */
function lineOf(document: Document, lines: LineCounter, path: Path): number | undefined {
  for (let length = path.length; length > 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true) as { range?: number[] } | undefined;
    const start = node?.range?.[0];
    if (start !== undefined) return lines.linePos(start).line;
  }
  return undefined;
}

/** Lays `over` on `base`: groups are joined, all else is replaced. */
function merge(base: Record<string, unknown>, over: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(over)) {
    if (value === undefined) continue;
    const below = base[name];
    if (isGroup(below) && isGroup(value)) merge(below, value);
    else base[name] = structuredClone(value);
  }
}

function isGroup(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const below of Object.values(value)) freeze(below);
  return Object.freeze(value);
}
