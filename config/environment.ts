import { didYouMean, type Path, type Problem, pathText, plain } from './problems.ts';
import { namesAt, shapesAt } from './shape.ts';

/** One setting from the environment: where it goes, its value, and the variable's name. */
export interface Override {
  readonly path: Path;
  readonly value: unknown;
  readonly variable: string;
}

const PREFIX = 'IOMT_';

/**
 * Settings from environment variables. `IOMT_HOME__HTTP__PORT=8421` sets `home.http.port`: two
 * underscores go one level down, capitals and single underscores do not matter, a number picks an
 * entry of a list. The log level is `IOMT_LOG`. Other variables without two underscores are not ours.
 */
export function readEnvironment(env: Readonly<Record<string, string | undefined>>): {
  readonly overrides: readonly Override[];
  readonly problems: readonly Problem[];
} {
  const overrides: Override[] = [];
  const problems: Problem[] = [];
  // Sorted, so that entry 0 of a list is made before entry 1.
  for (const variable of Object.keys(env).sort()) {
    const text = env[variable];
    if (text === undefined || !isOurs(variable)) continue;
    const found = findPath(variable);
    if ('problem' in found) problems.push(found.problem);
    else overrides.push({ path: found.path, value: typed(text, found.path), variable });
  }
  return { overrides, problems };
}

function isOurs(variable: string): boolean {
  if (!variable.startsWith(PREFIX)) return false;
  return variable.includes('__') || variable === `${PREFIX}LOG`;
}

function findPath(variable: string): { path: Path } | { problem: Problem } {
  const path: (string | number)[] = [];
  for (const written of variable.slice(PREFIX.length).split('__')) {
    const names = namesAt(path);
    const name = names.find((known) => plain(known) === plain(written));
    if (name !== undefined) {
      path.push(name);
    } else if (/^\d{1,3}$/.test(written) && shapesAt(path).some((shape) => shape.items)) {
      path.push(Number(written));
    } else {
      return { problem: unknown(variable, path, written, names) };
    }
  }
  return { path };
}

function unknown(variable: string, path: Path, written: string, names: readonly string[]): Problem {
  const meant = didYouMean(written, names);
  const where = path.length === 0 ? 'the top level' : `\`${pathText(path)}\``;
  return {
    path: variable,
    message: `is no setting: ${where} has none of that name`,
    hint: meant
      ? `Did you mean \`${pathText([...path, meant])}\`? Secrets go in files.`
      : `There: ${names.join(', ') || 'a value, nothing below it'}. Secrets go in files.`,
  };
}

/** Variables are text: numbers and booleans are read as such where the schema wants one. */
function typed(text: string, path: Path): unknown {
  const types = new Set(shapesAt(path).map((shape) => shape.type));
  if (types.has('integer') && /^-?\d{1,15}$/.test(text)) return Number(text);
  if (types.has('boolean') && /^(true|false)$/.test(text)) return text === 'true';
  return text;
}

/** Puts one value into a tree of objects and lists, making what is missing on the way. */
export function place(tree: Record<string, unknown>, path: Path, value: unknown): void {
  let here: Record<string | number, unknown> = tree;
  path.forEach((part, at) => {
    if (at === path.length - 1) {
      here[part] = value;
      return;
    }
    const next = here[part];
    if (typeof next !== 'object' || next === null) {
      here[part] = typeof path[at + 1] === 'number' ? [] : {};
    }
    here = here[part] as Record<string | number, unknown>;
  });
}
