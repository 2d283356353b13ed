import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createCertificates } from '../../../../agent/home/transport/certificates.ts';
import { createLog } from '../../../../agent/log.ts';
import { readTlsFiles } from '../../../../agent/tls-files.ts';
import { hasOpenssl, makeAuthority } from '../../../support/certificates.ts';

const folder = mkdtempSync(join(tmpdir(), 'iomt-certificates-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const run = test.skipIf(!hasOpenssl());

const DAY = 86_400_000;
const NOW = Date.parse('2026-11-20T07:31:12Z');
const day = (days: number) => new Date(NOW + days * DAY);

function stage(transport: object, over: { now?: number; trusted?: boolean } = {}) {
  const logLines: string[] = [];
  let now = over.now ?? NOW;
  const certificates = createCertificates({
    recipients: [{ transport: { type: 'mqtt', url: 'mqtts://broker.example', ...transport } }],
    clock: { now: () => now, trusted: () => over.trusted ?? true } as never,
    log: createLog({
      level: 'debug',
      program: 'test',
      destination: { write: (line) => logLines.push(line) },
    }),
  });
  return { certificates, logLines, later: (ms: number) => (now += ms) };
}

run('the end of a certificate is said 30 days before, or with a third of a short life left', () => {
  const { client, ca: caFile } = makeAuthority(folder);
  const yearly = client('yearly', { from: day(-300), to: day(60) }).cert;
  const daily = client('daily', { from: day(0), to: day(3) }).cert;
  const codes = (certFile: string, days: number) =>
    stage({ certFile, caFile: '/nowhere.pem' }, { now: day(days).getTime() })
      .certificates.checks()
      .map(({ code, isWarning }) => [code, isWarning ?? false]);
  expect(codes(yearly, 29)).toEqual([]);
  expect(codes(yearly, 30)).toEqual([['own-certificate-ends-soon', true]]);
  expect(codes(yearly, 60)).toEqual([['own-certificate-ended', false]]);
  expect(codes(daily, 1.9)).toEqual([]);
  expect(codes(daily, 2)).toEqual([['own-certificate-ends-soon', true]]);
  const far = stage({ caFile }, { now: Date.now() + 3 * DAY }).certificates.checks();
  expect(far.map(({ code }) => code)).toEqual(['authority-ended']);
});

run('a chain ends with its first certificate, a bundle of authorities with its last', () => {
  const { client } = makeAuthority(folder, 'chains');
  const early = client('early', { from: day(-300), to: day(10) }).cert;
  const late = client('late', { from: day(-300), to: day(400) }).cert;
  const both = join(folder, 'both.pem');
  copyFileSync(late, both);
  appendFileSync(both, readFileSync(early));
  const { certificates } = stage({ certFile: both, caFile: both });
  expect(certificates.ends().map(({ setting, endsAt }) => [setting, endsAt])).toEqual([
    ['certFile', day(10).setMilliseconds(0)],
    ['caFile', day(400).setMilliseconds(0)],
  ]);
});

run('files of an HTTPS recipient that cannot be used are said', () => {
  const { checks } = stage({ type: 'https', caFile: '/nowhere.pem' }).certificates;
  expect(checks()).toEqual([
    { name: 'certificate', ok: false, code: 'certificate-files-unusable' },
  ]);
});

run('it is logged once a day, without a name, and not while the clock is not known', () => {
  const { client } = makeAuthority(folder, 'reminded');
  const certFile = client('kari-eksempel', { from: day(-300), to: day(10) }).cert;
  const { certificates, logLines, later } = stage({ certFile });
  certificates.remind();
  later(DAY / 2);
  certificates.remind();
  expect(logLines).toHaveLength(1);
  later(DAY / 2);
  certificates.remind();
  expect(logLines.map((line) => JSON.parse(line))).toMatchObject([
    { event: 'certificate', code: 'own-certificate-ends-soon', count: 10 },
    { event: 'certificate', code: 'own-certificate-ends-soon', count: 9 },
  ]);
  expect(logLines.join('')).not.toContain('kari');
  const blind = stage({ certFile }, { trusted: false });
  blind.certificates.remind();
  expect([blind.logLines, blind.certificates.checks()]).toEqual([[], []]);
});

const codeOf = (files: Parameters<typeof readTlsFiles>[0]) => {
  try {
    readTlsFiles(files);
    return 'none';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

run('files that cannot be used are told apart', () => {
  const authority = makeAuthority(folder, 'told-apart');
  const one = authority.client('one');
  const other = authority.client('other');
  const text = join(folder, 'text');
  writeFileSync(text, 'no key at all\n', { mode: 0o600 });
  const open = join(folder, 'open.key');
  writeFileSync(open, readFileSync(one.key));
  // Whatever umask the tests have.
  chmodSync(open, 0o644);
  expect(codeOf({ caFile: authority.ca, certFile: one.cert, keyFile: one.key })).toBe('none');
  expect(codeOf({ certFile: one.cert, keyFile: other.key })).toBe('certificate-key-mismatch');
  expect(codeOf({ certFile: one.cert, keyFile: text })).toBe('certificate-key-unusable');
  expect(codeOf({ certFile: one.cert, keyFile: open })).toBe('secret-file-readable-by-others');
  expect(codeOf({ certFile: one.key })).toBe('certificate-malformed');
  expect(codeOf({ caFile: text })).toBe('certificate-malformed');
  expect(codeOf({ caFile: join(folder, 'nowhere') })).toBe('certificate-unreadable');
});
