import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';

const main = join(import.meta.dirname, '../../home-test/main.ts');
const folder = mkdtempSync(join(tmpdir(), 'home-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the command; its exit code, its last line, and what it said. */
function homeTest(...args: string[]) {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let said = '';
  child.stdout.on('data', (bytes: Buffer) => {
    out += bytes.toString();
  });
  child.stderr.on('data', (bytes: Buffer) => {
    said += bytes.toString();
  });
  return new Promise<{ code: number | null; account: Record<string, unknown>; said: string }>(
    (resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => {
        const last = out.trimEnd().split('\n').at(-1) ?? '';
        if (last.startsWith('{')) resolve({ code, account: JSON.parse(last), said });
        else reject(new Error(`no account: ${said}`));
      });
    },
  );
}

test('two days of a home with power cuts and a failing radio lose, double and mistake nothing', async () => {
  const run = await homeTest('--days', '2', '--people', '3', '--seed', '4', '--data', folder);
  console.log(JSON.stringify(run.account));
  const wrong = { lost: 0, doubled: 0, wrongPerson: 0, wrongTime: 0, held: {} };
  expect(run.account, run.said).toMatchObject(wrong);
  expect(run.code, run.said).toBe(0);
  expect(run.account.taken).toBeGreaterThan(10);
  for (const fault of ['power-cut', 'bluetoothd-killed', 'adapter-lost', 'clock-jumped']) {
    expect(run.said).toMatch(new RegExp(`"${fault}":[1-9]`));
  }

  const { seconds: _, ...account } = run.account;
  const again = await homeTest('--judge', folder);
  expect(again).toMatchObject({ code: 0, account });

  // One reading less, and one twice: both are seen from the files alone.
  const file = join(folder, 'received.ndjson');
  const text = readFileSync(file, 'utf8');
  const panel = text.split('\n').find((line) => line.includes('"85354-9"')) ?? '';
  writeFileSync(file, text.replace(`${panel}\n`, ''));
  expect(await homeTest('--judge', folder)).toMatchObject({ code: 1, account: { lost: 1 } });
  writeFileSync(file, `${text}${panel}\n`);
  expect(await homeTest('--judge', folder)).toMatchObject({ code: 1, account: { doubled: 1 } });
});
