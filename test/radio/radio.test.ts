import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { bundle, labIsMissing, runLab } from './lab.ts';

const missing = labIsMissing();

describe.skipIf(missing)(missing ? `radio lab (${missing})` : 'radio lab', () => {
  let lines: string[] = [];
  let status: number | null = null;

  const has = (pattern: RegExp) => lines.some((line) => pattern.test(line));
  const at = (pattern: RegExp) => lines.findIndex((line) => pattern.test(line));
  const matches = (pattern: RegExp) => lines.filter((line) => pattern.test(line));

  beforeAll(async () => {
    const program = await bundle(join(import.meta.dirname, 'home.ts'), 'radio-home');
    const script = join(import.meta.dirname, 'lab', 'radio.sh');
    const run = await runLab(script, process.execPath, program);
    ({ lines, status } = run);
    console.log(`radio lab: ${Math.round(run.ms / 1000)} s`);
    if (status !== 0) console.log(lines.join('\n'));
  });

  test('the whole story was told', () => {
    expect(status).toBe(0);
  });

  test('pairs with the cuff by Just Works and keeps the bond', () => {
    expect(has(/^HOME paired cuff .*1810/)).toBe(true);
    expect(has(/^HOME bonded true/)).toBe(true);
    expect(has(/^CUFF bonded/)).toBe(true);
  });

  test('reads what the cuff says of itself and its clock, then takes the encrypted indication', () => {
    const [indication] = matches(/^HOME value 2a35/);
    const measured = matches(/^CUFF measured/)[0]?.split(' ')[2];
    expect(measured).toMatch(/^16/);
    expect(indication).toContain(` 2a35 ${measured} session 1 `);
    expect(has(/^HOME value 2a23 115300feff5e0000/)).toBe(true);
    expect(at(/^HOME value 2a24/)).toBeLessThan(at(/^HOME value 2a2b/));
    expect(at(/^HOME value 2a2b/)).toBeLessThan(at(/^HOME value 2a35/));
    expect(has(/^CUFF indication confirmed/)).toBe(true);
  });

  test('comes back to the bonded cuff without pairing, for a new value', () => {
    const measured = matches(/^CUFF measured/)[1]?.split(' ')[2];
    expect(matches(/^HOME again 2a35/)[0]).toContain(measured);
    expect(matches(/^HOME step bonding/)).toHaveLength(1);
    // What the device says of itself was read already; the clock is read in every session.
    expect(has(/^HOME again 2a24/)).toBe(false);
    expect(has(/^HOME again 2a2b/)).toBe(true);
  });

  test('mends itself when bluetoothd is killed and comes back, with the bond intact', () => {
    const measured = matches(/^CUFF measured/)[2]?.split(' ')[2];
    expect(has(/^HOME state poweredOn again/)).toBe(true);
    expect(matches(/^HOME after restart 2a35/)[0]).toContain(measured);
    expect(has(/^LAB home ended 0/)).toBe(true);
  });

  test('keeps nothing of devices that nobody adopted', () => {
    expect(matches(/^HOME (value|again|after restart) (2a9d|2a5e)/)).toEqual([]);
  });
});
