import { join } from 'node:path';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const ENTRY = 'agent/cli/run.ts';

/** What a program loads before anything in it runs: its imports and theirs, not those of `import()`. */
async function loadedAtOnce(): Promise<Set<string>> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [ENTRY],
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
  });
  const loaded = new Set<string>();
  const walk = (file: string) => {
    if (loaded.has(file)) return;
    loaded.add(file);
    for (const { path, kind } of metafile.inputs[file]?.imports ?? []) {
      if (kind !== 'dynamic-import') walk(path);
    }
  };
  walk(ENTRY);
  return loaded;
}

test('a start waits for no web server, no figures, no broker and no receiver', async () => {
  const loaded = await loadedAtOnce();
  expect(loaded).toContain('agent/home/home.ts');
  expect(loaded).toContain('better-sqlite3-multiple-ciphers');
  const late = [
    'fastify',
    'prom-client',
    'mqtt',
    'undici',
    'fhir-kit-client',
    'oauth4webapi',
    'node-cron',
  ];
  const early = [...late, 'agent/contract/messages.ts', 'agent/home/portal/api.ts'];
  expect(early.filter((one) => loaded.has(one))).toEqual([]);
});
