import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { decodeGatt } from '../../adapters/bluetooth/gatt/index.ts';

const root = join(import.meta.dirname, '../..');
const documents = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.md'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter(Boolean);

test('there are documents to look at', () => {
  expect(documents).toContain('adapters/README.md');
});

test.each(documents)('every link of %s leads to a file of the tree', (document) => {
  const text = readFileSync(join(root, document), 'utf8').replaceAll(/```.*?```/gs, '');
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? '');
  const dead = targets
    .filter((target) => !/^(https?:|#|mailto:)/.test(target))
    .map((target) => target.replace(/#.*$/, ''))
    .filter((target) => !existsSync(join(root, dirname(document), target)));
  expect(dead).toEqual([]);
});

test.each(documents)('every npm script that %s names exists', (document) => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const text = readFileSync(join(root, document), 'utf8');
  const named = [...text.matchAll(/\bnpm (?:run )?(start|test|[a-z:-]+)\b/g)]
    .filter(([whole, name]) => whole.includes(' run ') || /^(start|test)$/.test(name ?? ''))
    .map((match) => match[1] ?? '');
  expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
});

test('the frame that adapters/README.md shows decodes', () => {
  const text = readFileSync(join(root, 'adapters/README.md'), 'utf8');
  const [, uuid = '', hex = ''] = /decode gatt (\S+) ([0-9a-f]+)/.exec(text) ?? [];
  expect(decodeGatt(uuid, Buffer.from(hex, 'hex'))).toMatchObject({
    ok: true,
    measurements: [{ kind: 'body-weight', quantities: { weight: { unit: 'kg' } } }],
  });
});
