import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemClockOf } from '../../../agent/clock.ts';
import { FHIR_MIGRATIONS } from '../../../agent/municipality/fhir-server/schema.ts';
import { startMunicipality } from '../../../agent/municipality/municipality.ts';
import { RELAY_MIGRATIONS } from '../../../agent/municipality/relay-schema.ts';
import { openStore } from '../../../agent/store.ts';
import { municipalitySchema } from '../../../config/schema.ts';

const KEY = new Uint8Array(32).fill(7);
const silent = { debug() {}, info() {}, warn() {}, error() {} };

test.each([
  ['relay.db', RELAY_MIGRATIONS],
  ['fhir.db', FHIR_MIGRATIONS],
])(
  '%s damaged, under another key, or newer: the start says which and why, and changes nothing',
  async (name, migrations) => {
    const data = mkdtempSync(join(tmpdir(), 'municipality-'));
    const file = join(data, name);
    const start = () =>
      startMunicipality({
        config: municipalitySchema.parse({ data }),
        key: KEY,
        clock: systemClockOf('system'),
        log: silent,
        version: '0.0.0',
      });
    const made = (over: { key?: Uint8Array; migrations?: readonly string[] }) => {
      openStore({ file, key: KEY, migrations, ...over }).close();
      return readFileSync(file);
    };
    const whole = made({});
    const damaged = Buffer.from(whole);
    damaged[4096 + 1000] = (damaged[4096 + 1000] ?? 0) ^ 1;
    const newer = made({ migrations: [...migrations, 'CREATE TABLE later (n INTEGER)'] });
    writeFileSync(file, '');
    const other = made({ key: new Uint8Array(32).fill(8) });
    for (const [bytes, code] of [
      [damaged, 'store-corrupt'],
      [newer, 'store-newer'],
      [other, 'store-wrong-key'],
    ] as const) {
      writeFileSync(file, bytes);
      await expect(start()).rejects.toMatchObject({
        code,
        message: expect.stringContaining(`The store ${name}`),
      });
      expect(readFileSync(file)).toEqual(bytes);
    }
  },
);
