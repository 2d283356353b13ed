import { createHash, createPublicKey, sign, verify } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  createGatewayIdentity,
  ensureGatewayIdentity,
  loadGatewayIdentity,
  systemIdOf,
} from '../../agent/identity.ts';

let data = '';
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'iomt-identity-'));
});
afterEach(() => rmSync(data, { recursive: true, force: true }));

test('the first start makes an identity that later starts load', () => {
  const made = ensureGatewayIdentity(data);
  const loaded = ensureGatewayIdentity(data);
  expect(made.id).toMatch(/^gw-[a-z2-7]{16}$/);
  expect([loaded.id, loaded.systemId, loaded.publicKey]).toEqual([
    made.id,
    made.systemId,
    made.publicKey,
  ]);
  expect(statSync(join(data, 'gateway.key')).mode & 0o777).toBe(0o600);
  const signature = sign(null, Buffer.from('x'), made.privateKey);
  expect(verify(null, Buffer.from('x'), loaded.publicKey, signature)).toBe(true);
});

/** RFC 4648 by arithmetic on one large number: another way than the program's. */
function base32(hex: string): string {
  let number = BigInt(`0x${hex}`);
  let text = '';
  for (let at = 0; at < 16; at += 1) {
    text = 'abcdefghijklmnopqrstuvwxyz234567'[Number(number % 32n)] + text;
    number /= 32n;
  }
  return text;
}

test('the id is the hash of the public key, and the system id its locally administered form', () => {
  for (let run = 0; run < 50; run += 1) {
    rmSync(join(data, 'gateway.key'), { force: true });
    const { id, systemId, publicKey } = createGatewayIdentity(data);
    const der = createPublicKey(publicKey).export({ type: 'spki', format: 'der' });
    const hex = createHash('sha256').update(der).digest('hex');
    expect(id).toBe(`gw-${base32(hex.slice(0, 20))}`);
    expect(systemId).toMatch(/^[0-9A-F][26AE](-[0-9A-F]{2}){7}$/);
    expect(systemId.slice(3)).toBe((hex.slice(2, 16).toUpperCase().match(/../g) ?? []).join('-'));
    expect(Number.parseInt(systemId, 16) & 0b11).toBe(0b10);
    expect(systemIdOf(id)).toBe(systemId);
  }
});

test('an identity is never overwritten', () => {
  const { id } = createGatewayIdentity(data);
  expect(() => createGatewayIdentity(data)).toThrow(
    expect.objectContaining({ code: 'identity-exists' }),
  );
  expect(loadGatewayIdentity(data).id).toBe(id);
});

test('a missing, damaged or open key file is refused, and kept', () => {
  expect(() => loadGatewayIdentity(data)).toThrow(
    expect.objectContaining({ code: 'identity-missing' }),
  );
  const file = join(data, 'gateway.key');
  writeFileSync(file, 'damaged', { mode: 0o600 });
  expect(() => ensureGatewayIdentity(data)).toThrow(
    expect.objectContaining({ code: 'identity-malformed' }),
  );
  expect(readFileSync(file, 'utf8')).toBe('damaged');
  chmodSync(file, 0o644);
  expect(() => ensureGatewayIdentity(data)).toThrow(
    expect.objectContaining({ code: 'identity-file-readable-by-others' }),
  );
});
