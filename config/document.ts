import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { configShape, members, type Shape } from './shape.ts';

const ID = 'https://json-schema.org/draft/2020-12/schema';

/** `config/schema.json`: lets an editor check and complete the YAML file. */
export function schemaText(): string {
  const shape = { title: 'Configuration of IoMT Agent', ...configShape(), $schema: ID };
  return `${JSON.stringify(shape, undefined, 2)}\n`;
}

/** `config/reference.md`: every setting with its type, default and meaning. */
export function referenceText(): string {
  return `${[INTRODUCTION, ...sections('', configShape())].join('\n\n')}\n`;
}

const INTRODUCTION = `# Configuration

Generated from \`schema.ts\` by \`node config/document.ts --write\`.

One YAML file, \`/etc/iomt/iomt.yaml\` unless \`--config\` names another. Start from one in \`examples/\`.
Settings marked **required** must be there when the group that they are in is.
The file is read at the start, checked whole, and refused with every problem listed (exit code 2).

**Environment.** Each setting can also come from a variable, which wins over the file: \`IOMT_\`, then the
names on the way to it, joined by two underscores. Capitals and single underscores do not matter, and
a number picks an entry of a list, from 0: \`IOMT_HOME__HTTP__PORT=8421\`,
\`IOMT_HOME__LIMITS__IN_FLIGHT_MAX=5\`, \`IOMT_HOME__RECIPIENTS__0__NAME=Example\`, \`IOMT_LOG=debug\`.

**Secrets** are never written here, nor in a variable: settings ending in \`File\` name files that only
the service can read (mode 0600).`;

/** One section for a group of settings, then one for each group in it. */
function sections(path: string, shape: Shape): string[] {
  const rows: string[][] = [['setting', 'value', 'default', 'meaning']];
  const below: string[] = [];
  for (const [name, setting] of Object.entries(shape.properties ?? {})) {
    const full = path === '' ? name : `${path}.${name}`;
    const list = setting.items !== undefined && setting.items.type === 'object';
    const inner = list ? setting.items : setting;
    const groups = inner ? members(inner).filter((member) => member.properties) : [];
    rows.push(row(name, setting, groups.length > 0 ? `${full}${list ? '[]' : ''}` : undefined));
    for (const group of groups) below.push(...sections(`${full}${list ? '[]' : ''}`, group));
  }
  const discriminator = shape.properties?.type?.const;
  const title = path === '' ? 'Top level' : `\`${path}\``;
  return [
    `## ${title}${discriminator === undefined ? '' : ` with \`type: ${String(discriminator)}\``}`,
    ...(shape.description === undefined || path === '' ? [] : [shape.description]),
    table(rows),
    ...below,
  ];

  function row(name: string, setting: Shape, group: string | undefined): string[] {
    const value = group === undefined ? valueText(setting) : `see \`${group}\``;
    return [`\`${name}\``, value, defaultText(name, setting, group), setting.description ?? ''];
  }

  function defaultText(name: string, setting: Shape, group: string | undefined): string {
    if (setting.const !== undefined) return '';
    if (setting.default === undefined) return shape.required?.includes(name) ? '**required**' : '';
    if (group !== undefined && !Array.isArray(setting.default)) {
      const chosen = (setting.default as { type?: string }).type;
      return chosen === undefined ? '' : `\`type: ${chosen}\``;
    }
    return Array.isArray(setting.default) ? 'none' : `\`${String(setting.default)}\``;
  }
}

/** Columns as wide as their widest cell, as the formatter of the tree wants them. */
function table([head = [], ...rows]: readonly string[][]): string {
  const widths = head.map((_, at) =>
    Math.max(...[head, ...rows].map((row) => row[at]?.length ?? 0)),
  );
  const rule = widths.map((width) => '-'.repeat(width));
  return [head, rule, ...rows]
    .map((row) => `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`)
    .join('\n');
}

function valueText(setting: Shape): string {
  if (setting.const !== undefined) return `\`${String(setting.const)}\``;
  if (setting.enum) return setting.enum.map((value) => `\`${value}\``).join(', ');
  if (setting.type === 'integer') return `whole number${rangeText(setting)}`;
  if (setting.type === 'boolean') return '`true`, `false`';
  return setting.format === 'uri' ? 'address' : 'text';
}

function rangeText({ minimum, exclusiveMinimum, maximum }: Shape): string {
  const least = minimum ?? (exclusiveMinimum === undefined ? undefined : exclusiveMinimum + 1);
  const most = maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? undefined : maximum;
  if (least !== undefined && most !== undefined) return `, ${least} to ${most}`;
  return least === undefined ? '' : `, at least ${least}`;
}

if (import.meta.main) {
  if (process.argv[2] === '--write') {
    writeFileSync(join(import.meta.dirname, 'schema.json'), schemaText());
    writeFileSync(join(import.meta.dirname, 'reference.md'), referenceText());
  } else {
    process.stderr.write('Usage: node config/document.ts --write\n');
    process.exitCode = 2;
  }
}
