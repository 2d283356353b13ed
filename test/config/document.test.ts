import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { KINDS } from '../../adapters/measurement.ts';
import { referenceText, schemaText } from '../../config/document.ts';
import { loadConfig, problemsText } from '../../config/load.ts';
import { kindSchema } from '../../config/schema.ts';
import { configShape, members, type Shape } from '../../config/shape.ts';

const folder = join(import.meta.dirname, '../../config');
const AGAIN = 'out of date; make it again: node config/document.ts --write';

test('the reference and the editor schema are generated from the schema', () => {
  expect(readFileSync(join(folder, 'reference.md'), 'utf8') === referenceText(), AGAIN).toBe(true);
  expect(readFileSync(join(folder, 'schema.json'), 'utf8') === schemaText(), AGAIN).toBe(true);
});

test('kinds are those of adapters/measurement.ts', () => {
  expect([...kindSchema.options].sort()).toEqual(Object.keys(KINDS).sort());
});

/** Every setting, by its way. */
function settings(shape: Shape, path: string): [string, Shape][] {
  return members(shape).flatMap((member) => [
    ...Object.entries(member.properties ?? {}).flatMap(([name, below]): [string, Shape][] => [
      [`${path}.${name}`, below],
      ...settings(below, `${path}.${name}`),
    ]),
    ...(member.items ? settings(member.items, `${path}[]`) : []),
  ]);
}

test('every setting is described, and stands in the reference', () => {
  const all = settings(configShape(), '');
  expect(all.length).toBeGreaterThan(50);
  expect(all.filter(([, shape]) => !shape.description).map(([path]) => path)).toEqual([]);
  const reference = referenceText();
  for (const [path] of all) expect(reference).toContain(`\n| \`${path.split('.').at(-1)}\` `);
});

const examples = readdirSync(join(folder, 'examples'));

test.each(examples)('the example %s is accepted', (name) => {
  const loaded = loadConfig({ file: join(folder, 'examples', name), env: {} });
  if (!loaded.ok) expect.fail(problemsText(loaded.problems, name));
});

test.each(examples)('what the example %s suggests in comments is accepted too', (name) => {
  const text = readFileSync(join(folder, 'examples', name), 'utf8').replace(
    /^( *)# ((?: {2})*(?:- )?[a-zA-Z]+: ?.*)$/gm,
    '$1$2',
  );
  const loaded = loadConfig({ text: text.replace(/^yaml-language-server.*$/m, ''), env: {} });
  if (!loaded.ok) expect.fail(problemsText(loaded.problems, name));
});

test('there are examples of a home, one with OAuth 2.0, a municipality and the demo', () => {
  expect(examples.sort()).toEqual([
    'demo.yaml',
    'home-oauth.yaml',
    'home.yaml',
    'municipality.yaml',
  ]);
});
