import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hasMosquitto } from '../support/mosquitto.ts';
import { AIMS, VARIANTS } from './plan.ts';

const RUNS = 60;
/** Another one is tried by hand. */
const SEED = process.env.IOMT_CRASH_SEED ?? '7';

const isRoot = process.getuid?.() === 0;

test.skipIf(!hasMosquitto())(
  'killed at any instant, with whatever else fails: nothing lost, doubled or sent without consent',
  async () => {
    const args = ['--runs', String(RUNS), '--seed', SEED];
    const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    const [code] = await once(child, 'close');
    console.log(out);
    const account = JSON.parse(out.trimEnd().split('\n').at(-1) ?? '') as Record<string, number>;
    expect(account).toMatchObject({ runs: RUNS, lost: 0, doubled: 0, unconsented: 0 });
    expect(account.handedOver).toBeGreaterThan(RUNS);
    expect(account.stored).toBe(account.handedOver);
    expect(code).toBe(0);
    for (const aim of [...AIMS, 'migration']) expect(out).toMatch(new RegExp(`aim ${aim}\\n`));
    // Only root may mount a disk that can be full.
    for (const variant of VARIANTS.filter((one) => isRoot || one !== 'disk-full')) {
      expect(out).toMatch(new RegExp(`variant ${variant}\\n`));
    }
  },
  900_000,
);
