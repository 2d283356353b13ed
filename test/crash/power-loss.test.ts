import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { labIsMissing } from '../radio/lab.ts';
import { runPowerLosses } from './power/power-loss.ts';

const missing = labIsMissing();
const folder = mkdtempSync(join(tmpdir(), 'power-loss-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Four gateways at once, and one of them again after its loss. By hand: `npm run crash-test -- --power --runs 200`. */
const LOSSES = 5;

describe.skipIf(missing)(missing ? `power loss (${missing})` : 'power loss', () => {
  test('what the gateway confirmed survives the loss of its power, and arrives once', async ({
    signal,
  }) => {
    const account = await runPowerLosses({ losses: LOSSES, seed: 11, parallel: 1, folder, signal });
    console.log(`power losses: ${JSON.stringify(account)}`);
    expect(account).toMatchObject({ runs: LOSSES, lost: 0, doubled: 0 });
    expect(account.handedOver).toBeGreaterThan(LOSSES);
    expect(account.stored).toBe(account.handedOver);
  }, 1_200_000);
});
