import { execFileSync } from 'node:child_process';
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  X509Certificate,
} from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { makeCertificate } from '../../../agent/x509/certificate.ts';
import {
  makeCertificateRequest,
  readCertificateRequest,
} from '../../../agent/x509/certificate-request.ts';
import { chainProblem, isLinked, isPublic } from '../../../agent/x509/chain.ts';
import { certificatesIn } from '../../../agent/x509/pem.ts';
import { hasOpenssl } from '../../support/certificates.ts';

const folder = mkdtempSync(join(tmpdir(), 'iomt-x509-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const run = test.skipIf(!hasOpenssl());

const at = (name: string) => join(folder, name);
const openssl = (...args: string[]) =>
  execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
const DAY = 86_400_000;

const KINDS = {
  'P-256': ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  'P-384': ['ec', '-pkeyopt', 'ec_paramgen_curve:P-384'],
  Ed25519: ['ed25519'],
  'RSA 2048': ['rsa:2048'],
};

/** An authority as OpenSSL makes it, with a name of several parts. */
function authority(name: string, kind: readonly string[]) {
  const [key, cert] = [at(`${name}.key`), at(`${name}.pem`)];
  const subject = '/C=NO/O=Testkommune Åsnes/CN=test authority';
  const use = ['-addext', 'keyUsage=critical,keyCertSign,cRLSign'];
  const terms = ['-nodes', '-utf8', '-days', '2', '-subj', subject, ...use];
  openssl('req', '-x509', '-newkey', ...kind, ...terms, '-keyout', key, '-out', cert);
  return {
    file: cert,
    key: createPrivateKey(readFileSync(key)),
    certificate: new X509Certificate(readFileSync(cert)),
  };
}

const ecKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });

run.each(Object.entries(KINDS))(
  'a certificate by an authority with a key of %s is one to OpenSSL, for a client and nothing else',
  (kind, options) => {
    const { file, key, certificate } = authority(`of ${kind}`, options);
    const now = Date.now();
    const pem = makeCertificate({
      commonName: 'gw-abcdefghij234567',
      dns: ['gw-abcdefghij234567'],
      addresses: [],
      usage: 'client',
      from: now - DAY / 24,
      to: now + DAY,
      publicKey: ecKey().publicKey,
      issuer: { key, certificate },
    });
    writeFileSync(at('own.pem'), pem);
    const verify = (purpose: string) =>
      openssl('verify', '-x509_strict', '-CAfile', file, '-purpose', purpose, at('own.pem'));
    expect(verify('sslclient')).toContain('OK');
    expect(() => verify('sslserver')).toThrow(/unsuitable certificate purpose/);
    expect(() => verify('timestampsign')).toThrow();
    const own = new X509Certificate(pem);
    expect(own.subject).toBe('CN=gw-abcdefghij234567');
    expect(own.ca).toBe(false);
    const chain = certificatesIn(pem);
    expect(chainProblem(chain, [certificate], now)).toBeUndefined();
    expect(chainProblem(chain, [certificate], now + 1.5 * DAY)).toBe('not-in-date');
    expect(chainProblem(chain, [certificate], now - DAY)).toBe('not-in-date');
    expect(chainProblem(chain, [], now)).toBe('untrusted');
    expect(isLinked([...chain, certificate])).toBe(true);
    expect(isPublic([...chain, certificate], now)).toBe(false);
    // The same name, another key.
    const other = authority(`another of ${kind}`, options);
    expect(chainProblem(chain, [other.certificate], now)).toBe('untrusted');
    expect(isLinked([...chain, other.certificate])).toBe(false);
  },
);

run.each(['', 'keyUsage=digitalSignature\n'])(
  'what is no authority cannot vouch for another (%j)',
  (use) => {
    const { file, certificate } = authority('above', KINDS['P-256']);
    const [middle, extensions] = [ecKey(), at('extensions')];
    writeFileSync(at('middle.csr'), makeCertificateRequest('middle', middle));
    const sign = (basic: string) => {
      writeFileSync(extensions, `${use}basicConstraints=${basic}\n`);
      const by = ['-CA', file, '-CAkey', at('above.key'), '-days', '2', '-extfile', extensions];
      return openssl('x509', '-req', '-in', at('middle.csr'), ...by);
    };
    const now = Date.now();
    const chainBelow = (pem: string) => {
      const issuer = { key: middle.privateKey, certificate: new X509Certificate(pem) };
      const terms = { commonName: 'x', dns: ['x'], addresses: [], usage: 'client' } as const;
      const { publicKey } = ecKey();
      const own = makeCertificate({
        ...terms,
        publicKey,
        issuer,
        from: now - 1_000,
        to: now + DAY,
      });
      return certificatesIn(own + pem);
    };
    expect(chainProblem(chainBelow(sign('CA:FALSE')), [certificate], Date.now())).toBe('untrusted');
    const isOne = use === '' ? undefined : 'untrusted';
    expect(chainProblem(chainBelow(sign('CA:TRUE')), [certificate], Date.now())).toBe(isOne);
  },
);

run.each(Object.entries(KINDS))(
  'a request by a key of %s is one to OpenSSL, and OpenSSL to us',
  (kind, options) => {
    openssl('genpkey', '-algorithm', ...genpkey(options), '-out', at('own.key'));
    const privateKey = createPrivateKey(readFileSync(at('own.key')));
    const publicKey = createPublicKey(privateKey);
    const ours = makeCertificateRequest('box.example.org', { privateKey, publicKey });
    writeFileSync(at('ours.csr'), ours);
    const text = openssl('req', '-in', at('ours.csr'), '-noout', '-verify', '-text');
    expect(text).toContain('DNS:box.example.org');
    expect(text).toMatch(/Subject: CN ?= ?box.example.org/);
    expect(readCertificateRequest(ours)).toMatchObject({
      commonName: 'box.example.org',
      dns: ['box.example.org'],
    });
    const subject = ['-subj', `/CN=test ${kind}`, '-addext', 'subjectAltName=DNS:a.example'];
    openssl('req', '-new', '-key', at('own.key'), ...subject, '-out', at('theirs.csr'));
    const theirs = readCertificateRequest(readFileSync(at('theirs.csr'), 'utf8'));
    expect(theirs).toMatchObject({ commonName: `test ${kind}`, dns: ['a.example'] });
    expect(theirs?.publicKey.equals(publicKey)).toBe(true);
  },
);

const genpkey = ([name = '', ...options]: readonly string[]): string[] =>
  name === 'rsa:2048'
    ? ['RSA', '-pkeyopt', 'rsa_keygen_bits:2048']
    : [name.toUpperCase(), ...options];

run('a request for more than names, by a short key, or changed on the way is none', () => {
  const made = makeCertificateRequest('box.example.org', ecKey());
  const der = Buffer.from(made.replace(/-----[^-]+-----|\n/g, ''), 'base64');
  const wrapped = (bytes: Buffer) =>
    `-----BEGIN CERTIFICATE REQUEST-----\n${bytes.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
  expect(readCertificateRequest(wrapped(der))).toBeDefined();
  // Each byte of it counts.
  for (let place = 0; place < der.length; place += 1) {
    const changed = Buffer.from(der);
    changed[place] = (changed[place] ?? 0) ^ 1;
    expect([place, readCertificateRequest(wrapped(changed))]).toEqual([place, undefined]);
    expect(readCertificateRequest(wrapped(der.subarray(0, place)))).toBeUndefined();
  }
  const ask = (...more: string[]) => {
    openssl('req', '-new', '-nodes', '-keyout', at('x.key'), '-out', at('x.csr'), ...more);
    return readCertificateRequest(readFileSync(at('x.csr'), 'utf8'));
  };
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
  expect(ask(...ec, '-subj', '/CN=x')).toBeDefined();
  expect(ask(...ec, '-subj', '/CN=x', '-addext', 'basicConstraints=CA:TRUE')).toBeUndefined();
  expect(ask(...ec, '-subj', '/CN=x', '-addext', 'subjectAltName=IP:192.0.2.1')).toBeUndefined();
  expect(ask(...ec, '-subj', '/O=y/CN=x')).toBeUndefined();
  expect(ask('-newkey', 'rsa:1024', '-subj', '/CN=x')).toBeUndefined();
  expect(readCertificateRequest('nothing')).toBeUndefined();
});
