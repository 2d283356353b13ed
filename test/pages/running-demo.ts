import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { demoPort } from '../support/demo-run.ts';
import { until } from '../support/until.ts';
import { axeFindings } from './axe.ts';

const PICTURES = join(import.meta.dirname, 'screenshots');
const ROOT = join(import.meta.dirname, '../..');

/** The demo as people start it: its address, and the code that it prints. */
export interface RunningDemo {
  readonly url: string;
  readonly code: string;
  /** Runs `iomt …` on its data; standard output. */
  readonly iomt: (...argv: string[]) => Promise<string>;
  readonly stop: () => Promise<void>;
}

/** Starts `iomt demo` on free ports, in a folder of its own. */
export async function startDemo(speed = 20): Promise<RunningDemo> {
  const data = mkdtempSync(join(tmpdir(), 'iomt-pages-'));
  const port = await demoPort();
  const argv = ['demo', '--port', String(port), '--data', data, '--speed', String(speed)];
  const child = spawn(process.execPath, ['agent/iomt.js', ...argv], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const codeIn = () => /Code to sign in as \w+ +(\d{4} \d{4})/.exec(said)?.[1];
  await until(() => codeIn() !== undefined || child.exitCode !== null, 'the demo', 120_000);
  if (codeIn() === undefined) throw new Error(`The demo ended with ${child.exitCode}: ${said}`);
  return {
    url: `http://127.0.0.1:${port}`,
    code: codeIn() ?? '',
    iomt: (...words) => run(['agent/iomt.js', ...words, '--data', data]),
    async stop() {
      await end(child);
      rmSync(data, { recursive: true, force: true });
    },
  };
}

async function run(argv: string[]): Promise<string> {
  const child = spawn(process.execPath, argv, { cwd: ROOT, stdio: ['ignore', 'pipe', 'ignore'] });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`iomt ${argv[1]} ended with ${code}`);
  return out.trim();
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGINT');
  await ended;
}

/**
 * `npm run pages-test` looks at everything. `npm test` has two minutes for the pages and axe takes a
 * second for each: there the first of several ways is gone, and looked at on a phone in bokmål.
 */
const LOOKS_AT_ALL = process.env.IOMT_PAGES === 'all';

/** Of the ways to do the same, the first in `npm test`. */
export const sampled = <K extends string, T>(ways: Readonly<Record<K, T>>): [K, T][] =>
  (Object.entries(ways) as [K, T][]).slice(0, LOOKS_AT_ALL ? undefined : 1);

/** What `npm test` has no time for. */
export const notSampled = <K extends string, T>(ways: Readonly<Record<K, T>>): [K, T][] =>
  LOOKS_AT_ALL ? (Object.entries(ways) as [K, T][]) : [];

const isSample = (name: string) =>
  LOOKS_AT_ALL || !/(desktop|tablet|narrow|forced|zoom|-nn|-en)/.test(name);

/** Leaves a picture of the page as it stands with those of all pages and states, to be looked at. */
export async function picture(page: Page, name: string): Promise<void> {
  if (isSample(name))
    await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true });
}

/** What is wrong with the page as it stands: by axe, by its width, by its targets. Leaves a picture. */
export async function look(page: Page, name: string): Promise<string[]> {
  await page.waitForLoadState('load');
  const findings = isSample(name) ? await axeFindings(page) : [];
  const width = page.viewportSize()?.width ?? 0;
  const needed = Number(await page.evaluate('document.documentElement.scrollWidth'));
  const small = (await page.evaluate(`[...document.querySelectorAll('a, button, input, select')]
    .filter((one) => one.type !== 'hidden' && one.offsetParent && !one.closest('p:not(.field, .choice), .skip'))
    .filter((one) => one.matches('[type=radio], [type=checkbox]')
      ? (document.querySelector('label[for="' + one.id + '"]')?.getBoundingClientRect().height ?? 0) < 44
      : one.getBoundingClientRect().height < 44)
    .map((one) => 'small: ' + one.outerHTML)`)) as string[];
  await picture(page, name);
  return [...findings, ...(needed > width ? [`${needed} px wide on ${width}`] : []), ...small];
}
