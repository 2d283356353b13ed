import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { decodeGatt } from '../../adapters/bluetooth/gatt/index.ts';
import { main } from '../../agent/main.ts';

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

/** Commands in the shell blocks of a document, without the remarks. */
function commandsOf(document: string): string[] {
  const text = readFileSync(join(root, document), 'utf8');
  return [...text.matchAll(/```sh\n(.*?)```/gs)]
    .flatMap(([, block = '']) => block.replaceAll(/\\\n\s*/g, '').split('\n'))
    .map((line) => line.replace(/\s#.*$/, '').trim())
    .filter(Boolean);
}

test.each([
  ['README.md', 'blood-pressure', { systolic: { value: '138', unit: 'mm[Hg]' } }],
  ['adapters/README.md', 'body-weight', { weight: { unit: 'kg' } }],
])('the frame that %s shows decodes', (document, kind, quantities) => {
  const [frame = ''] = commandsOf(document).filter((line) => line.includes(' decode gatt '));
  const [, uuid = '', hex = ''] = /decode gatt (\S+) ([0-9a-f]+)$/.exec(frame) ?? [];
  expect(decodeGatt(uuid, Buffer.from(hex, 'hex'))).toMatchObject({
    ok: true,
    measurements: [{ kind, quantities }],
  });
});

test.each(documents)('every iomt command that %s shows is written rightly', async (document) => {
  const shown = commandsOf(document)
    .map((line) => /^(?:npx --no )?iomt (.+)$/.exec(line)?.[1])
    .filter((words) => words !== undefined);
  const nowhere = mkdtempSync(join(tmpdir(), 'iomt-documents-'));
  try {
    for (const words of shown) {
      const argv = [...words.matchAll(/"([^"]*)"|(\S+)/g)].map(
        ([, quoted, bare]) => quoted ?? bare,
      );
      // Never this machine's own gateway. Of none, what is written wrongly ends with its usage.
      const placed = argv.map((word) => (word === 'data' ? nowhere : (word ?? '')));
      if (!/^(decode|help|municipality)\b|--data/.test(words)) placed.push('--data', nowhere);
      const said: string[] = [];
      const io = { stdin: [] as never, env: {}, version: '0', out: () => undefined };
      await main(placed, { ...io, err: (line) => said.push(line) });
      expect([words, said.join('\n')]).not.toEqual([
        words,
        expect.stringMatching(/^Usage|no command|^Unknown/m),
      ]);
    }
  } finally {
    rmSync(nowhere, { recursive: true });
  }
});

test('README leads to every page of the demo, and its picture names folders that exist', () => {
  const text = readFileSync(join(root, 'README.md'), 'utf8');
  for (const port of [8420, 8430, 8440]) expect(text).toContain(`<http://127.0.0.1:${port}/`);
  const [, picture = ''] = /```mermaid\n(.*?)```/s.exec(text) ?? [];
  expect(picture).toMatch(/^flowchart LR\n/);
  expect(picture.match(/^\s*subgraph /gm)).toHaveLength(picture.match(/^\s*end$/gm)?.length ?? 0);
  const steps = [...picture.matchAll(/(\w+)\["(\w+)<br>/g)].map((match) => match[2] ?? '');
  const gone = steps.filter((step) => !existsSync(join(root, 'agent/home', step)));
  expect([steps.length, gone]).toEqual([4, []]);
});
