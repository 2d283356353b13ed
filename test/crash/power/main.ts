import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runPowerLosses } from './power-loss.ts';

const { values } = parseArgs({
  options: { losses: { type: 'string', default: '5' }, seed: { type: 'string', default: '1' } },
});
const folder = mkdtempSync(join(tmpdir(), 'iomt-power-loss-'));
const account = await runPowerLosses({
  losses: Number(values.losses),
  seed: Number(values.seed),
  folder,
  progress: (line) => process.stderr.write(`${line}\n`),
});
console.log(JSON.stringify(account));
if (account.lost + account.doubled > 0) process.exitCode = 1;
else rmSync(folder, { recursive: true });
