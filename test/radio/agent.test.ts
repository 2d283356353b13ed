import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { bundleAgent, labIsMissing, runLab } from './lab.ts';

const missing = labIsMissing();

/**
 * Real input: `iomt home` on a real Linux Bluetooth stack, three virtual devices on other
 * controllers of a software radio, a real Mosquitto, `iomt municipality`. One boot, one story.
 */
describe.skipIf(missing)(missing ? `radio lab (${missing})` : 'radio lab', () => {
  let lines: string[] = [];
  let status: number | null = null;

  const has = (pattern: RegExp) => lines.some((line) => pattern.test(line));
  const at = (pattern: RegExp) => lines.findIndex((line) => pattern.test(line));
  const count = (pattern: RegExp) => lines.filter((line) => pattern.test(line)).length;
  const told = (what: string) =>
    lines.find((line) => line.startsWith(`LAB ${what}`))?.slice(`LAB ${what} `.length);

  beforeAll(async () => {
    const program = await bundleAgent();
    const script = join(import.meta.dirname, 'lab', 'agent.sh');
    const run = await runLab(script, process.execPath, program);
    ({ lines, status } = run);
    console.log(`radio lab: ${Math.round(run.ms / 1000)} s`);
    if (status !== 0) console.log(lines.join('\n'));
  });

  test('the whole story was told, and both programs ended well', () => {
    expect(status).toBe(0);
    expect(told('home ended')).toBe('0');
    expect(told('municipality ended')).toBe('0');
  });

  test.each(['cuff', 'scale', 'oximeter'])(
    'pairs the %s by Just Works from the command line, once',
    (device) => {
      const name = device.toUpperCase();
      expect(has(new RegExp(`^LAB paired ${device}`))).toBe(true);
      expect(count(new RegExp(`^${name} bonded`))).toBe(1);
      expect(at(new RegExp(`^${name} bonded`))).toBeLessThan(at(new RegExp(`^${name} subscribed`)));
      expect(has(new RegExp(`^${name} indication confirmed`))).toBe(true);
    },
  );

  test('encrypted measurements of the three arrive as Observations, with receipts back', () => {
    expect(Number(told('received'))).toBeGreaterThanOrEqual(3);
    expect(Number(told('stored 85354-9'))).toBe(1);
    expect(Number(told('stored 29463-7'))).toBe(1);
    expect(Number(told('stored 2708-6'))).toBe(1);
  });

  test('a clock two minutes ahead does not date a measurement into the future', () => {
    const ages = ['85354-9', '29463-7', '2708-6'].flatMap(
      (code) => told(`age ${code}`)?.split(' ').map(Number) ?? [],
    );
    expect(ages).toHaveLength(3);
    expect(Math.min(...ages)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...ages)).toBeLessThan(4);
  });

  test('records from before the pairing are kept aside, and sent to nobody', () => {
    expect(told('held')).toBe('2 from before the pairing');
  });

  test('devices say what they are', () => {
    expect(told('models')).toContain('Example Devices LAB-BP-1');
  });

  test('comes back to the bonded scale after bluetoothd was killed', () => {
    const killed = at(/^LAB kills bluetoothd/);
    const afterwards = lines.slice(killed);
    expect(afterwards.some((line) => line.startsWith('SCALE indication confirmed'))).toBe(true);
    expect(afterwards.some((line) => line.startsWith('SCALE bonded'))).toBe(false);
  });
});
