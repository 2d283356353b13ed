import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from '../../config/load.ts';

const folder = join(import.meta.dirname, '../../config/systemd');
const units = readdirSync(folder).filter((name) => name.endsWith('.service'));
/** Run as root for a moment, when the radio has failed. */
const RESET = 'iomt-radio-reset.service';
const programs = units.filter((name) => name !== RESET);

/** systemd's scale is 0 (closed) to 10, in tenths here; ours is 1.3 with systemd 252. */
const EXPOSURE_TENTHS_MAX = 20;

function analyze(...args: string[]) {
  return spawnSync('/usr/bin/systemd-analyze', args, { encoding: 'utf8' });
}
const here = analyze('--version').status === 0;

/** What stands after a key, the last time it is set. */
function value(unit: string, key: string): string | undefined {
  const text = readFileSync(join(folder, unit), 'utf8');
  return [...text.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].at(-1)?.[1];
}

test('there is a unit for each program', () => {
  expect(programs).toEqual(['iomt-home.service', 'iomt-municipality.service']);
});

test.skipIf(!here).each(units)('systemd accepts every line of %s', (unit) => {
  const copy = mkdtempSync(join(tmpdir(), 'iomt-unit-'));
  try {
    // The program is not in /opt here, and that is all that may be missing.
    const text = readFileSync(join(folder, unit), 'utf8').replaceAll(
      '/opt/iomt/node_modules/.bin/node',
      process.execPath,
    );
    writeFileSync(join(copy, unit), text);
    const { status, stderr } = analyze('verify', '--man=no', join(copy, unit));
    expect(stderr.split('\n').filter((line) => line.includes(unit))).toEqual([]);
    expect(status).toBe(0);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
});

test.skipIf(!here).each(programs)('%s leaves the service little to reach', (unit) => {
  const threshold = `--threshold=${EXPOSURE_TENTHS_MAX}`;
  const { status, stdout } = analyze('security', '--offline=true', threshold, join(folder, unit));
  console.log(`${unit}: exposure ${/exposure level.*?: ([\d.]+)/.exec(stdout)?.[1]} of 10`);
  expect(status).toBe(0);
});

test('the rule lets the service ask for the unit that is there, and for bluetoothd, alone', () => {
  const rule = readFileSync(join(folder, '50-iomt.rules'), 'utf8');
  expect(units).toContain(RESET);
  const asked = (user: string, verb: string, unit: string) => {
    type Ask = (action: object, subject: object) => unknown;
    let answer: unknown;
    const polkit = {
      Result: { YES: 'yes' },
      addRule: (ask: Ask) => {
        const lookup = (key: string) => ({ verb, unit })[key];
        answer = ask({ id: 'org.freedesktop.systemd1.manage-units', lookup }, { user });
      },
    };
    new Function('polkit', rule)(polkit);
    return answer;
  };
  expect(asked('iomt', 'restart', 'bluetooth.service')).toBe('yes');
  expect(asked('iomt', 'start', RESET)).toBe('yes');
  expect(asked('iomt', 'stop', 'bluetooth.service')).toBeUndefined();
  expect(asked('iomt', 'restart', 'ssh.service')).toBeUndefined();
  expect(asked('other', 'start', RESET)).toBeUndefined();
});

test.each(programs)('%s fits the program', (unit) => {
  const side = unit === 'iomt-home.service' ? 'home' : 'municipality';
  const loaded = loadConfig({ text: `${side}: {${side === 'home' ? 'zone: UTC' : ''}}`, env: {} });
  const data = loaded.ok ? loaded.config[side]?.data : undefined;
  expect(`/var/lib/${value(unit, 'StateDirectory')}`).toBe(data);
  expect(value(unit, 'ExecStart')).toMatch(` ${side} --config /etc/iomt/iomt.yaml`);
  expect(value(unit, 'LoadCredentialEncrypted')).toMatch(/^dbkey:/);
  // Exit 2 is a wrong configuration: starting again would not mend it.
  expect(value(unit, 'RestartPreventExitStatus')).toBe('2');
  // The program does not notify, and V8 writes executable memory.
  expect(value(unit, 'Type')).toBe('exec');
  expect(value(unit, 'WatchdogSec')).toBeUndefined();
  expect(value(unit, 'MemoryDenyWriteExecute')).toBeUndefined();
});
