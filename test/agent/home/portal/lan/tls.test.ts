import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { type ClientRequest, type IncomingMessage, request as plainRequest } from 'node:http';
import { type RequestOptions, request } from 'node:https';
import { type AddressInfo, connect, type Server } from 'node:net';
import { type networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { createPortalCertificate } from '../../../../../agent/home/portal/lan/certificate.ts';
import { createFront } from '../../../../../agent/home/portal/lan/front.ts';
import { createNames } from '../../../../../agent/home/portal/lan/names.ts';
import {
  createOwnCertificate,
  OWN_CERTIFICATE,
} from '../../../../../agent/home/portal/lan/own-certificate.ts';
import { createHttp } from '../../../../../agent/http.ts';
import { createDoor } from '../../../../../agent/http-door.ts';
import { createLog } from '../../../../../agent/log.ts';
import { hasOpenssl, makeAuthority } from '../../../../support/certificates.ts';

const GATEWAY = 'gw-abcdefghij234567';
const LOCAL = 'iomt-abcdefgh.local';
const DAY = 86_400_000;

type Interfaces = ReturnType<typeof networkInterfaces>;

function address(text: string, internal = false): NonNullable<Interfaces[string]>[number] {
  const base = { address: text, netmask: '', mac: '', internal };
  if (text.includes(':')) return { ...base, family: 'IPv6', cidr: `${text}/64`, scopeid: 0 };
  return { ...base, family: 'IPv4', cidr: `${text}/24` };
}

/** A box on a network of the test, with a clock of the test. */
function stage(over: { host?: string; name?: string } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'iomt-lan-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const lines: string[] = [];
  const log = createLog({
    level: 'info',
    program: 'home',
    destination: { write: (line: string) => void lines.push(line) },
  });
  const box = {
    folder,
    lines,
    log,
    now: Date.now(),
    trusted: true,
    interfaces: {
      lo: [address('127.0.0.1', true)],
      eth0: [address('192.0.2.10'), address('2001:db8::10'), address('fe80::1')],
    } as Interfaces,
  };
  const clock = { now: () => box.now, trusted: () => box.trusted };
  const http = { host: '0.0.0.0', port: 8420, ...over };
  const names = createNames({ gateway: GATEWAY, http, interfaces: () => box.interfaces });
  const ownCertificate = () => createOwnCertificate({ folder, names, clock, log });
  return Object.assign(box, { clock, names, ownCertificate, own: ownCertificate() });
}

async function serve(
  box: ReturnType<typeof stage>,
  certificate: Parameters<typeof createFront>[0]['certificate'] = box.own,
) {
  const { isOwn } = box.names;
  const servers: Server[] = [];
  const door = createDoor(
    async () => createHttp({ log: box.log, checks: () => [], hosts: isOwn }),
    box.log,
    (listener) => {
      const front = createFront({ certificate, isOwn, log: box.log })(listener);
      servers.push(front.server);
      return front;
    },
  );
  await door.listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => door.close());
  const [at] = servers.map((server) => server.address());
  return { door, port: (at as AddressInfo).port };
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly location: string | undefined;
}

function ask(
  make: (options: RequestOptions, heard: (reply: IncomingMessage) => void) => ClientRequest,
  options: RequestOptions,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = make(
      { host: '127.0.0.1', path: '/healthz', agent: false, ...options },
      (reply) => {
        let text = '';
        reply.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        const { location } = reply.headers;
        reply.on('end', () => resolve({ status: reply.statusCode ?? 0, text, location }));
      },
    );
    call.on('error', reject);
    call.end();
  });
}

const secure = (port: number, ca: string, host = LOCAL) =>
  ask(request, { port, ca, servername: host, headers: { host } });

test('a client that trusts the certificate made here is answered, by name and by address', async () => {
  const box = stage();
  const { port } = await serve(box);
  const { cert } = await box.own.current();
  expect(await secure(port, cert)).toMatchObject({ status: 200, text: '{"ok":true}' });
  expect(await secure(port, cert, LOCAL.toUpperCase())).toMatchObject({ status: 200 });
  // By address there is no server name in the handshake.
  const byAddress = { port, ca: cert, headers: { host: `192.0.2.10:${port}` } };
  expect(await ask(request, { ...byAddress, checkServerIdentity: () => undefined })).toMatchObject({
    status: 200,
  });
  const made = new X509Certificate(cert);
  expect(made.checkIP('192.0.2.10')).toBe('192.0.2.10');
  expect(made.checkHost(LOCAL)).toBe(LOCAL);
  expect(made.subjectAltName).not.toContain('2001');
  await expect(secure(port, cert, 'other.example')).rejects.toThrow();
});

test('what is made is what browsers take: P-256, one purpose, 398 days at most, no authority', async () => {
  const box = stage({ name: 'box.example.org' });
  const made = new X509Certificate((await box.own.current()).cert);
  expect(made.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
  expect(made.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
  expect(made.ca).toBe(false);
  expect(made.checkHost('box.example.org')).toBe('box.example.org');
  expect(made.subject).toBe('CN=box.example.org');
  const life = made.validToDate.getTime() - made.validFromDate.getTime();
  expect(life).toBeLessThanOrEqual(398 * DAY);
  expect(life).toBeGreaterThan(390 * DAY);
  expect(made.validFromDate.getTime()).toBeLessThan(box.now);
  expect(made.serialNumber).toHaveLength(32);
  expect(made.verify(made.publicKey)).toBe(true);
});

test('the key is its owner’s alone, and the same certificate is used after a restart', async () => {
  const box = stage();
  const first = await box.own.current();
  expect(statSync(join(box.folder, OWN_CERTIFICATE)).mode & 0o777).toBe(0o600);
  expect(await box.ownCertificate().current()).toEqual(first);
  // Others could read it: it is not the box's secret any more.
  chmodSync(join(box.folder, OWN_CERTIFICATE), 0o640);
  const second = await box.ownCertificate().current();
  expect(second.key).not.toBe(first.key);
  expect(statSync(join(box.folder, OWN_CERTIFICATE)).mode & 0o777).toBe(0o600);
  writeFileSync(join(box.folder, OWN_CERTIFICATE), second.key + first.cert);
  expect((await box.ownCertificate().current()).cert).not.toBe(first.cert);
  expect(box.lines.join('')).not.toContain('BEGIN');
});

test('it is renewed 30 days before its end, for a new address, and for nothing else', async () => {
  const box = stage();
  const first = await box.own.current();
  box.now += 365 * DAY;
  expect(await box.own.current()).toBe(first);
  box.trusted = false;
  box.now += 3650 * DAY;
  expect(await box.own.current()).toBe(first);
  box.trusted = true;
  box.now -= 3649 * DAY;
  const [second, same] = await Promise.all([box.own.current(), box.own.current()]);
  expect(second).not.toBe(first);
  expect(same).toBe(second);

  box.interfaces = { wlan0: [address('198.51.100.7')] };
  const third = await box.own.current();
  const made = new X509Certificate(third.cert);
  for (const ip of ['198.51.100.7', '192.0.2.10']) expect(made.checkIP(ip)).toBe(ip);
  box.interfaces = { eth0: [address('192.0.2.10'), address('2001:db8::77')] };
  expect(await box.own.current()).toBe(third);
  box.interfaces = {
    eth0: Array.from({ length: 12 }, (_, n) => address(`203.0.113.${n + 1}`)),
  };
  const fourth = await box.own.current();
  expect(new X509Certificate(fourth.cert).subjectAltName?.match(/IP Address/g)).toHaveLength(8);
  expect(await box.own.current()).toBe(fourth);
  const why = box.lines.join('').matchAll(/"because":"(\w+)"/g);
  expect([...why].map(([, because]) => because)).toEqual(['first', 'validity', 'names', 'names']);
});

test('made while the clock was far behind, it is made anew when the clock is right', async () => {
  const box = stage();
  const right = box.now;
  Object.assign(box, { now: 0, trusted: false });
  const early = await box.own.current();
  expect(await box.own.current()).toBe(early);
  Object.assign(box, { now: right, trusted: true });
  expect(await box.own.current()).not.toBe(early);
});

test('a disk that takes nothing: the pages work with a certificate that is not kept', async () => {
  const box = stage();
  writeFileSync(join(box.folder, 'file'), '');
  const { names, clock, log } = box;
  const own = createOwnCertificate({ folder: join(box.folder, 'file'), names, clock, log });
  const { cert } = await own.current();
  expect((await own.current()).cert).toBe(cert);
  expect(box.lines.join('')).toContain('"event":"portal-certificate-not-kept"');
});

test('a connection is answered with the certificate of its moment', async () => {
  const box = stage();
  box.now -= 380 * DAY;
  const { port } = await serve(box);
  const first = await box.own.current();
  expect((await secure(port, first.cert)).status).toBe(200);
  box.now += 380 * DAY;
  await expect(secure(port, first.cert)).rejects.toThrow();
  expect((await secure(port, (await box.own.current()).cert)).status).toBe(200);
});

test('plain HTTP at the port: a page is sent on, a form is not, a strange name is not', async () => {
  const box = stage();
  const { port } = await serve(box);
  const plain = (host: string, over: object = {}) =>
    ask(plainRequest, { port, path: '/welcome?lang=nn', headers: { host }, ...over });
  expect(await plain(`${LOCAL}:${port}`)).toEqual({
    status: 307,
    text: '',
    location: `https://${LOCAL}:${port}/welcome?lang=nn`,
  });
  expect(await plain('evil.example')).toMatchObject({ status: 421, location: undefined });
  expect(await plain(LOCAL, { method: 'POST' })).toMatchObject({ status: 421 });
  expect(await plain(LOCAL, { path: 'http://evil.example/' })).toMatchObject({ status: 421 });
});

test('who says nothing, or garbage, harms nobody; the door closes with all that is open', async () => {
  const box = stage();
  const { port, door } = await serve(box);
  const silent = connect(port, '127.0.0.1').on('error', () => undefined);
  const garbage = connect(port, '127.0.0.1').on('error', () => undefined);
  garbage.write(Buffer.from([22, 3, 1, 255, 255, 0, 0, 0]));
  const halfway = connect(port, '127.0.0.1').on('error', () => undefined);
  halfway.write('GET / HTTP/1.1\r\nHost: ');
  const gone = connect(port, '127.0.0.1').on('error', () => undefined);
  await once(gone, 'connect');
  gone.resetAndDestroy();
  await wait(50);
  expect((await secure(port, (await box.own.current()).cert)).status).toBe(200);
  const ends = [silent, halfway].map((one) => once(one, 'close'));
  await door.close();
  await Promise.all(ends);
});

test('a page of another site that has its name lead here is refused, on every spelling', async () => {
  const box = stage({ host: '::', name: 'box.example.org' });
  const { port } = await serve(box);
  const status = async (host: string) => {
    const { cert: ca } = await box.own.current();
    return (await ask(request, { port, ca, servername: LOCAL, headers: { host } })).status;
  };
  const mine = [
    LOCAL,
    `${LOCAL}.`,
    `${LOCAL}:8420`,
    'BOX.example.org',
    '192.0.2.10',
    '192.0.2.10:1',
  ];
  for (const host of [...mine, '[2001:db8::10]:8420', 'localhost', '127.0.0.1:8420']) {
    expect([host, await status(host)]).toEqual([host, 200]);
  }
  const strange = [
    'evil.example',
    `${LOCAL}.evil.example`,
    '192.0.2.11',
    '[2001:db8::11]',
    'iomt.local',
  ];
  for (const host of [...strange, '192.0.2.10.evil.example', '[', '2001:db8::10']) {
    expect([host, await status(host)]).toEqual([host, 421]);
  }
  box.interfaces = { eth0: [address('192.0.2.99')] };
  expect(await status('192.0.2.10')).toBe(421);
  expect(await status('192.0.2.99')).toBe(200);
});

const withOpenssl = test.skipIf(!hasOpenssl());

function given(box: ReturnType<typeof stage>, names = 'DNS:box.example.org', to?: Date) {
  const authority = makeAuthority(box.folder);
  const terms = to ? { names, to } : { names };
  const pair = authority.server('portal', terms);
  chmodSync(pair.key, 0o600);
  const certificate = createPortalCertificate({
    files: { certFile: pair.cert, keyFile: pair.key },
    name: 'box.example.org',
    own: box.own,
    clock: box.clock,
    log: box.log,
  });
  return { authority, pair, certificate, ca: readFileSync(authority.ca, 'utf8') };
}

withOpenssl('an issued certificate is used, and its renewal without a restart', async () => {
  const box = stage({ name: 'box.example.org' });
  const { authority, pair, certificate, ca } = given(box);
  const { port } = await serve(box, certificate);
  expect((await secure(port, ca, 'box.example.org')).status).toBe(200);
  expect(certificate.isTrusted()).toBe(true);
  expect(certificate.checks()).toEqual([]);
  const before = await certificate.current();

  const next = authority.server('next', { names: 'DNS:box.example.org' });
  chmodSync(next.key, 0o600);
  copyFileSync(next.cert, pair.cert);
  // Half of it: the former pair goes on.
  expect(await certificate.current()).toBe(before);
  expect(certificate.checks().map(({ code }) => code)).toEqual(['portal-certificate-unusable']);
  expect(box.lines.join('')).toContain('"code":"certificate-key-mismatch"');
  expect((await secure(port, ca, 'box.example.org')).status).toBe(200);
  copyFileSync(next.key, pair.key);
  expect((await certificate.current()).cert).toBe(readFileSync(next.cert, 'utf8'));
  expect(certificate.checks()).toEqual([]);
  expect((await secure(port, ca, 'box.example.org')).status).toBe(200);
});

withOpenssl.each([
  ['certificate-unreadable', (cert: string) => rmSync(cert)],
  ['certificate-malformed', (cert: string) => writeFileSync(cert, 'nothing')],
  ['secret-file-readable-by-others', (_: string, key: string) => chmodSync(key, 0o644)],
  ['certificate-key-unusable', (_: string, key: string) => writeFileSync(key, 'nothing')],
])(
  'files that are wrong from the start are said (%s), and the pages are there',
  async (code, break_) => {
    const box = stage({ name: 'box.example.org' });
    const { pair, certificate } = given(box);
    break_(pair.cert, pair.key);
    expect((await certificate.current()).cert).toBe((await box.own.current()).cert);
    expect(certificate.isTrusted()).toBe(false);
    expect(certificate.checks()).toEqual([
      { name: 'portal', ok: false, code: 'portal-certificate-unusable' },
    ]);
    expect(box.lines.join('')).toContain(`"code":"${code}"`);
  },
);

withOpenssl('a certificate for another name, one that ends soon, one that has ended: said', () => {
  const box = stage({ name: 'box.example.org' });
  const other = given(box, 'DNS:other.example.org').certificate;
  expect(other.checks().map(({ code }) => code)).toEqual(['portal-certificate-wrong-name']);
  expect(other.isTrusted()).toBe(false);
  const to = new Date(Math.floor(box.now / 1000) * 1000 + 300 * DAY);
  const { certificate } = given(box, 'DNS:box.example.org', to);
  box.now = to.getTime() - 31 * DAY;
  expect(certificate.checks()).toEqual([]);
  const said = { name: 'portal', ok: false, until: to.toISOString() };
  box.now = to.getTime() - 30 * DAY;
  expect(certificate.checks()).toEqual([
    { ...said, code: 'portal-certificate-ends-soon', isWarning: true },
  ]);
  expect(certificate.isTrusted()).toBe(true);
  box.now = to.getTime();
  expect(certificate.isTrusted()).toBe(false);
  expect(certificate.checks()).toEqual([{ ...said, code: 'portal-certificate-ended' }]);
  expect(certificate.isTrusted()).toBe(false);
  box.trusted = false;
  expect(certificate.checks()).toEqual([]);
});
