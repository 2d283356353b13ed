import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { bundleAgent, labIsMissing, runLab } from './lab.ts';

const missing = labIsMissing();
const BOOTS_MAX = 2;

/** What happened in there, for whoever looks for the cause; without what comes over and over. */
const telling = (lines: readonly string[]) =>
  lines.filter(
    (line) => !/^[A-Z]+ ((not )?connected|services resolved|indicates|notifies)$/.test(line),
  );

/**
 * Real input: `iomt home` on a real Linux Bluetooth stack, virtual devices on other controllers of a
 * software radio, a real Mosquitto, `iomt municipality`; then the Bluetooth adapter alone. One boot,
 * one story.
 */
describe.skipIf(missing)(missing ? `radio lab (${missing})` : 'radio lab', () => {
  let lines: string[] = [];
  let status: number | null = null;

  const has = (pattern: RegExp) => lines.some((line) => pattern.test(line));
  const at = (pattern: RegExp, from = 0) =>
    lines.findIndex((line, index) => index >= from && pattern.test(line));
  const count = (pattern: RegExp) => lines.filter((line) => pattern.test(line)).length;
  const told = (what: string) =>
    lines.find((line) => line.startsWith(`LAB ${what}`))?.slice(`LAB ${what} `.length);
  /** What was printed from a first line that matches to the next that does. */
  const between = (from: RegExp, to: RegExp) => lines.slice(at(from), at(to, at(from)));

  beforeAll(async () => {
    const { agent, scenarios } = await bundleAgent();
    const script = join(import.meta.dirname, 'lab', 'agent.sh');
    // The radio in there is software, and its bluetoothd is both ends of every link: that one cannot go
    // on is known to happen. Then the story is told once more; what it tells to its end is judged as told.
    for (let boot = 1; boot <= BOOTS_MAX && status !== 0; boot += 1) {
      const run = await runLab(script, process.execPath, agent, scenarios);
      ({ lines, status } = run);
      console.log(`radio lab: boot ${boot}, ${Math.round(run.ms / 1000)} s, ended with ${status}`);
      if (status !== 0) console.log(telling(lines).join('\n'));
    }
  });
  let shown = false;
  afterEach(({ task }) => {
    if (!shown && task.result?.state === 'fail') console.log(telling(lines).join('\n'));
    shown ||= task.result?.state === 'fail';
  });

  test('the whole story was told, and all programs ended well', () => {
    expect(status).toBe(0);
    expect(told('home ended')).toBe('0');
    expect(told('municipality ended')).toBe('0');
    expect(told('scenarios ended')).toBe('0');
  });

  test.each(['cuff', 'scale'])(
    'pairs the %s by Just Works from the command line, once',
    (device) => {
      const name = device.toUpperCase();
      expect(has(new RegExp(`^LAB paired ${device}`))).toBe(true);
      expect(count(new RegExp(`^${name} bonded`))).toBe(1);
      expect(at(new RegExp(`^${name} bonded`))).toBeLessThan(at(new RegExp(`^${name} subscribed`)));
      expect(has(new RegExp(`^${name} indication confirmed`))).toBe(true);
    },
  );

  test('pairs the meter by the passkey that it shows, which its characteristics ask for', () => {
    expect(has(/^LAB paired meter paired None$/)).toBe(true);
    const reported = between(/^METER connected/, /^LAB kills bluetoothd/);
    expect(reported.some((line) => line.startsWith('METER bonded'))).toBe(true);
    expect(at(/^METER bonded/)).toBeLessThan(at(/^METER reports/));
  });

  test('encrypted measurements arrive as Observations, with receipts back', () => {
    expect(Number(told('received'))).toBeGreaterThanOrEqual(2);
    expect(Number(told('stored 85354-9'))).toBe(1);
    expect(Number(told('stored 29463-7'))).toBe(1);
  });

  test('200 records and a disconnection in the middle: each of them once', () => {
    expect(has(/^METER hangs up after 100$/)).toBe(true);
    // Asked from the last one on that was kept, not from the start again.
    const [, again] = lines.filter((line) => line.startsWith('METER reports'));
    expect(again).toMatch(/^METER reports 1\d\d since \d\d$/);
    const held = lines.filter((line) => line.startsWith('LAB held glucose'));
    const counts = held.map((line) => Number(line.split(' ').at(-1)));
    expect(counts.reduce((sum, n) => sum + n, 0)).toBe(200);
  });

  test('a clock two minutes ahead does not date a measurement into the future', () => {
    const ages = ['85354-9', '29463-7'].flatMap(
      (code) => told(`age ${code}`)?.split(' ').map(Number) ?? [],
    );
    expect(ages).toHaveLength(2);
    expect(Math.min(...ages)).toBeGreaterThanOrEqual(0);
    // Well below an hour, by which a zone would be off; the story itself takes minutes.
    expect(Math.max(...ages)).toBeLessThan(30);
  });

  test('that clock is set, and read back', () => {
    const set = lines.find((line) => line.startsWith('CUFF clock set'));
    // It was two minutes ahead; what is written may be some seconds on its way.
    expect(Math.abs(Number(set?.match(/ahead by (-?\d+) s/)?.[1]))).toBeLessThanOrEqual(30);
    expect(has(/"event":"clock-written"/)).toBe(true);
  });

  test('records from before the pairing are kept aside, and sent to nobody', () => {
    expect(told('held blood-pressure')).toBe('before-pairing 1');
    expect(told('held body-weight')).toBe('before-pairing 1');
  });

  test('devices say what they are', () => {
    expect(told('models')).toContain('Example Devices LAB-BP-1');
  });

  test('comes back to the bonded scale after bluetoothd was killed', () => {
    const afterwards = between(/^LAB kills bluetoothd/, /^LAB kills the agent/);
    expect(afterwards.some((line) => line.startsWith('SCALE indication confirmed'))).toBe(true);
    expect(afterwards.some((line) => line.startsWith('SCALE bonded'))).toBe(false);
  });

  test('comes back to the bonded cuff after the agent was killed', () => {
    const afterwards = between(/^LAB kills the agent/, /^LAB home ended/);
    expect(afterwards.some((line) => line.startsWith('CUFF indication confirmed'))).toBe(true);
    expect(afterwards.some((line) => line.startsWith('CUFF bonded'))).toBe(false);
  });

  test('three that wake up together are all heard, one link at a time', () => {
    expect(told('together')).toBe('3');
  });

  test('an adapter that loses its power in the middle of a transfer loses no record', () => {
    expect(told('power lost')).toBe('in the middle records 201 61');
  });

  test('a scale that asks for a user’s code is given it, and hands over', () => {
    expect(has(/^SCALE consent accepted/)).toBe(true);
    expect(told('user')).toBe('1 accepted');
    expect(told('consent')).toBe('brought a weight');
  });

  test('an unbonded strap over noble’s own bindings, on an adapter of their own', () => {
    expect(told('hci strap')).toMatch(/^measured poweredOn/);
    // Nothing of it kept the process.
    expect(told('hci ended with')).toBe('0');
  });
});
