import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readSigningKey } from '../../../agent/home/transport/oauth-key.ts';
import { iomt } from './console.ts';

const folder = mkdtempSync(join(tmpdir(), 'iomt-oauth-key-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each([
  ['ES256', 'EC'],
  ['ES384', 'EC'],
  ['PS256', 'RSA'],
])(
  'oauth-key %s: a private key for the gateway alone, its public half to register',
  async (algorithm, kty) => {
    const file = join(folder, 'new folder', `${algorithm}.jwk`);
    const made = await iomt(['oauth-key', '--out', file, '--algorithm', algorithm]);
    expect(made.code).toBe(0);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const secret = JSON.parse(readFileSync(file, 'utf8'));
    const { keys } = JSON.parse(made.out);
    expect(keys).toHaveLength(1);
    expect(keys[0]).toMatchObject({ kty, alg: algorithm, kid: secret.kid, use: 'sig' });
    // Nothing of the private half is shown.
    const open = Object.keys(keys[0]).sort();
    expect(open).toEqual(
      [...(kty === 'EC' ? ['crv', 'x', 'y'] : ['e', 'n']), 'alg', 'kid', 'kty', 'use'].sort(),
    );
    expect(made.out + made.err).not.toContain(secret.d);
    expect(secret).toMatchObject(keys[0]);
    const key = await readSigningKey({ keyFile: file });
    expect(key).toMatchObject({ kid: secret.kid });
  },
);

test('oauth-key never overwrites a key', async () => {
  const file = join(folder, 'kept.jwk');
  expect(await iomt(['oauth-key', '--out', file])).toMatchObject({ code: 0 });
  const before = readFileSync(file, 'utf8');
  const again = await iomt(['oauth-key', '--out', file]);
  expect(again).toMatchObject({
    code: 1,
    out: '',
    err: expect.stringContaining('oauth-key-exists'),
  });
  expect(readFileSync(file, 'utf8')).toBe(before);
});

test('doctor, gateway down: looks at the key and the token server of each recipient', async () => {
  const file = join(folder, 'doctor.jwk');
  await iomt(['oauth-key', '--out', file]);
  const doctor = async (auth: object) => {
    const config = join(folder, 'iomt.yaml');
    const url = 'https://127.0.0.1:9';
    const usual = { type: 'oauth', tokenUrl: url, clientId: 'x', keyFile: file, scope: 's' };
    const transport = { type: 'https', url, auth: { ...usual, ...auth } };
    const home = {
      data: join(folder, 'no data'),
      zone: 'UTC',
      bluetooth: { backend: 'off' },
      recipients: [{ id: 'ward', name: 'Test ward', transport }],
    };
    writeFileSync(config, JSON.stringify({ home }));
    const { out } = await iomt(['doctor', '--json', '--config', config]);
    const found = JSON.parse(out) as { name: string; code?: string; advice?: string }[];
    return (name: string) => found.find((one) => one.name === `${name} of ward`);
  };
  const well = await doctor({});
  expect(well('token key')).toEqual({ name: 'token key of ward', ok: true });
  expect(well('token server')).toMatchObject({
    ok: false,
    code: 'token-server-unreachable',
    advice: expect.stringContaining('tokenUrl'),
  });
  const open = join(folder, 'open.jwk');
  writeFileSync(open, readFileSync(file));
  // Whatever umask the tests have.
  chmodSync(open, 0o644);
  const readable = await doctor({ keyFile: open });
  expect(readable('token key')).toMatchObject({ code: 'secret-file-readable-by-others' });
  const wrong = await doctor({ algorithm: 'PS256' });
  expect(wrong('token key')).toMatchObject({
    code: 'token-key-unusable',
    advice: expect.stringContaining('oauth-key'),
  });
});
