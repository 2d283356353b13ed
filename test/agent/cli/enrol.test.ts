import { createPrivateKey, X509Certificate } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { readTlsFiles } from '../../../agent/tls-files.ts';
import { makeCertificate } from '../../../agent/x509/certificate.ts';
import { enrolledFile, enrolledPortalFile } from '../../../config/enrolled.ts';
import { type Authority, hasOpenssl, makeAuthority } from '../../support/certificates.ts';
import {
  BROKER,
  createEnrolment,
  type Enrolment,
  furnishEnrolment,
  PORTAL,
} from '../../support/enrolment.ts';
import { failing, iomt } from './console.ts';

const folder = mkdtempSync(join(tmpdir(), 'iomt-enrol-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const run = test.skipIf(!hasOpenssl());

let authority: Authority;
let world: Enrolment;
let box: { data: string; id: string };
let file: string;

beforeEach(() => {
  if (!hasOpenssl()) return;
  ({ authority, world, box } = furnishEnrolment(folder));
  file = enrolledFile(box.data, BROKER);
});

run(
  'request, answer, apply: what the gateway has then is its own, and its keys never left',
  async () => {
    const asked = await world.request(box.data);
    expect(asked).toMatchObject({ code: 0, out: box.id });
    expect(await world.answer()).toMatchObject({ code: 0, out: box.id });
    const applied = await world.apply(box.data);
    expect(applied).toMatchObject({ code: 0, err: expect.stringContaining('enrolled: true') });

    const { cert = '', key, ca } = readTlsFiles({ caFile: file, certFile: file, keyFile: file });
    const own = new X509Certificate(cert);
    expect(own.subject).toBe(`CN=${box.id}`);
    expect(own.subjectAltName).toBe(`DNS:${box.id}`);
    expect(ca).toContain(readFileSync(authority.ca, 'utf8').trim());
    expect(own.serialNumber).toMatch(/^[4-7][0-9A-F]{31}$/);
    // The authority of the test ends in two days: so does what it issues.
    const above = new X509Certificate(readFileSync(authority.ca));
    expect(own.validToDate).toEqual(above.validToDate);

    const modes = ['', ...readdirSync(join(box.data, 'enrolment'))].map(
      (name) => statSync(join(box.data, 'enrolment', name)).mode & 0o777,
    );
    expect(modes).toEqual([0o700, 0o600, 0o600, 0o600]);
    const secrets = [key ?? '', readFileSync(join(box.data, 'gateway.key'), 'utf8')]
      .map((pem) => pem.split('\n')[1] ?? '')
      .filter((line) => line !== '');
    expect(secrets).toHaveLength(2);
    for (const name of ['GATEWAY.json', 'ANSWER.json']) {
      const text = readFileSync(world.at(name), 'utf8');
      for (const secret of secrets) expect(text).not.toContain(secret);
      expect(text).not.toContain('PRIVATE KEY');
    }
  },
);

run('both sides print the same two things to compare: the id and the authority', async () => {
  const asked = await world.request(box.data);
  const answered = await world.answer();
  const applied = await world.apply(box.data);
  expect(answered.out).toBe(asked.out);
  const { fingerprint256 } = new X509Certificate(readFileSync(authority.ca));
  expect(answered.err).toContain(fingerprint256);
  expect(applied.out).toContain(fingerprint256);
});

run(
  'a renewal is the same again; an older answer does not take its place, nor another authority',
  async () => {
    await world.request(box.data);
    await world.answer(['--days', '1']);
    await world.apply(box.data);
    const first = readFileSync(file, 'utf8');
    expect(await world.apply(box.data)).toMatchObject({
      code: 0,
      out: expect.stringContaining('in place already'),
    });
    const older = world.json('ANSWER.json');
    expect(await world.request(box.data)).toMatchObject({ code: 0 });
    await world.answer(['--days', '2']);
    expect(await world.apply(box.data)).toMatchObject({ code: 0 });
    const second = readFileSync(file, 'utf8');
    expect(second).not.toBe(first);

    world.write('ANSWER.json', older);
    expect(await world.apply(box.data)).toMatchObject(failing('enrolment-ends-sooner'));
    expect(readFileSync(file, 'utf8')).toBe(second);

    const stranger = createEnrolment(world.at('.'), makeAuthority(world.at('.'), 'stranger'));
    await stranger.answer(['--days', '3']);
    expect(await world.apply(box.data)).toMatchObject(failing('enrolment-other-authority'));
    expect(readFileSync(file, 'utf8')).toBe(second);
    expect(await world.apply(box.data, '--replace')).toMatchObject({ code: 0 });
    expect(readFileSync(file, 'utf8')).not.toBe(second);
  },
);

run('new keys change nothing until their certificate is there', async () => {
  await world.request(box.data);
  await world.answer();
  await world.apply(box.data);
  const before = readFileSync(file, 'utf8');
  const old = world.json('ANSWER.json');
  await world.request(box.data, '--new-keys');
  expect(readFileSync(file, 'utf8')).toBe(before);
  expect(readTlsFiles({ certFile: file, keyFile: file })).toBeDefined();
  world.write('ANSWER.json', old);
  expect(await world.apply(box.data)).toMatchObject(failing('enrolment-key-mismatch'));
  await world.answer();
  expect(await world.apply(box.data)).toMatchObject({ code: 0 });
  expect(readFileSync(file, 'utf8').split('-----END')[0]).not.toBe(before.split('-----END')[0]);
});

run(
  'for the pages: the request goes to a public authority, its chain comes back in the answer',
  async () => {
    await world.request(box.data, '--portal-name', 'Box.Example.org');
    const portal = ['municipality', 'enrol', world.at('GATEWAY.json')];
    const csr = await iomt([...portal, '--portal-request-out', world.at('portal.csr')]);
    expect(csr).toMatchObject({ code: 0, out: box.id, err: expect.stringContaining(PORTAL) });
    const chain = world.publicAuthority('good');
    expect(await world.answer(['--portal-certificate', chain])).toMatchObject({
      code: 0,
      err: expect.stringContaining('not one that browsers know'),
    });
    const applied = await world.apply(box.data);
    expect(applied).toMatchObject({ code: 0, out: expect.stringContaining('browsers know') });
    expect(applied.err).toContain(`name: ${PORTAL}, enrolled: true`);
    const pages = enrolledPortalFile(box.data);
    const { cert = '' } = readTlsFiles({ certFile: pages, keyFile: pages });
    expect(readFileSync(pages, 'utf8')).toContain(new X509Certificate(cert).toString());
    expect(new X509Certificate(cert).checkHost(PORTAL)).toBe(PORTAL);

    // Alone, without the authority of the gateways.
    const alone = await iomt([
      ...portal,
      ...[
        '--out',
        world.at('ANSWER.json'),
        '--portal-certificate',
        world.publicAuthority('two', '3'),
      ],
    ]);
    expect(alone).toMatchObject({ code: 0 });
    expect(world.json('ANSWER.json')).not.toHaveProperty('receiver');
    expect(await world.apply(box.data)).toMatchObject({ code: 0 });
    expect(readFileSync(pages, 'utf8')).not.toContain(new X509Certificate(cert).toString());

    const wrong = async (name: string, days: string, names: string) =>
      world.answer(['--portal-certificate', world.publicAuthority(name, days, names)]);
    expect(await wrong('other', '2', 'DNS:other.example.org')).toMatchObject({
      ...failing('portal-certificate-mismatch'),
      err: expect.stringContaining(`is not for ${PORTAL}`),
    });
    expect(await world.answer(['--portal-certificate', authority.ca])).toMatchObject({
      err: expect.stringContaining('for another key'),
    });
  },
);

run('a gateway that asked for no pages gets none', async () => {
  await world.request(box.data, '--portal-name', PORTAL);
  const portal = ['municipality', 'enrol', world.at('GATEWAY.json')];
  await iomt([...portal, '--portal-request-out', world.at('portal.csr')]);
  await world.answer(['--portal-certificate', world.publicAuthority('good')]);
  await world.request(box.data);
  expect(await world.apply(box.data)).toMatchObject(failing('enrolment-other-name'));
  expect(existsSync(file)).toBe(false);
  const more = ['--portal-certificate', world.at('good.pem')];
  expect(await world.answer(more)).toMatchObject(failing('portal-not-asked'));
  expect(await iomt([...portal, '--portal-request-out', world.at('x')])).toMatchObject(
    failing('portal-not-asked'),
  );
});

run('what root writes belongs to whose the data folder is', async () => {
  const isRoot = process.getuid?.() === 0;
  if (isRoot) chownSync(box.data, 1234, 1234);
  await world.request(box.data);
  await world.answer();
  await world.apply(box.data);
  const uid = isRoot ? 1234 : process.getuid?.();
  const names = ['', ...readdirSync(join(box.data, 'enrolment'))];
  expect(names.map((name) => statSync(join(box.data, 'enrolment', name)).uid)).toEqual(
    Array(4).fill(uid),
  );
});

run(
  'an answer that is not for this gateway and these keys, or not whole, changes nothing',
  async () => {
    await world.request(box.data);
    await world.answer();
    const good = world.json('ANSWER.json');
    const refused = async (answer: object, code: string) => {
      world.write('ANSWER.json', answer);
      expect(await world.apply(box.data)).toMatchObject(failing(code));
      expect(existsSync(file)).toBe(false);
    };
    const { receiver } = good;
    const other = world.gateway('other');
    await world.request(other.data);
    await world.answer();
    const foreign = world.json('ANSWER.json');
    await refused(foreign, 'enrolment-other-gateway');
    await refused({ ...foreign, gateway: box.id }, 'enrolment-key-mismatch');
    await refused({ ...good, receiver: undefined }, 'enrolment-empty');
    const stranger = readFileSync(makeAuthority(world.at('.'), 'stranger').ca, 'utf8');
    await refused(
      { ...good, receiver: { ...receiver, authorities: stranger } },
      'enrolment-untrusted',
    );
    const broken = receiver.certificate.replace(/[A-Za-z]{8}/, 'AAAAAAAA');
    await refused(
      { ...good, receiver: { ...receiver, certificate: broken } },
      'enrolment-malformed',
    );
    await refused(
      { ...good, receiver: { ...receiver, url: 'mqtt://x' } },
      'enrolment-file-malformed',
    );
    await refused(world.json('GATEWAY.json'), 'enrolment-file-wrong');
    await refused({ hello: 1 }, 'enrolment-file-wrong');

    world.write('ANSWER.json', good);
    const { size } = statSync(world.at('ANSWER.json'));
    truncateSync(world.at('ANSWER.json'), size - 1);
    expect(await world.apply(box.data)).toMatchObject(failing('enrolment-file-malformed'));
    writeFileSync(world.at('ANSWER.json'), ' '.repeat(70_000));
    expect(await world.apply(box.data)).toMatchObject(failing('enrolment-file-malformed'));
    rmSync(world.at('ANSWER.json'));
    expect(await world.apply(box.data)).toMatchObject(failing('enrolment-file-unreadable'));

    world.write('ANSWER.json', good);
    const key = join(box.data, 'enrolment', 'client.key');
    const kept = readFileSync(key);
    rmSync(key);
    expect(await world.apply(box.data)).toMatchObject(failing('enrolment-key-missing'));
    writeFileSync(key, 'nothing', { mode: 0o600 });
    expect(await world.apply(box.data)).toMatchObject(failing('enrolment-key-unusable'));
    writeFileSync(key, kept);
    chmodSync(key, 0o644);
    expect(await world.apply(box.data)).toMatchObject({
      code: 2,
      err: expect.stringContaining('key-file-readable-by-others'),
    });
    chmodSync(key, 0o600);
    expect(existsSync(file)).toBe(false);
    expect(await world.apply(box.data)).toMatchObject({ code: 0 });
  },
);

run('a certificate that has ended, or is for something else, changes nothing', async () => {
  await world.request(box.data);
  await world.answer();
  const good = world.json('ANSWER.json');
  const { client } = world.json('GATEWAY.json');
  writeFileSync(world.at('client.csr'), client.request);
  const refused = async (code: string, certificate: string) => {
    world.write('ANSWER.json', { ...good, receiver: { ...good.receiver, certificate } });
    expect(await world.apply(box.data)).toMatchObject(failing(code));
    expect(existsSync(file)).toBe(false);
  };
  const now = Date.now();
  const issuer = {
    key: createPrivateKey(readFileSync(world.caKey)),
    certificate: new X509Certificate(readFileSync(authority.ca)),
  };
  const { publicKey } = new X509Certificate(good.receiver.certificate);
  const whole = { commonName: box.id, dns: [box.id], addresses: [], usage: 'client' } as const;
  const issued = (from: number, to: number) =>
    makeCertificate({ ...whole, publicKey, issuer, from: now + from, to: now + to });
  await refused('enrolment-not-in-date', issued(-7_200_000, -3_600_000));
  await refused('enrolment-not-in-date', issued(3_600_000, 7_200_000));
  const name = `subjectAltName=DNS:${box.id}\n`;
  const use = 'extendedKeyUsage=clientAuth\n';
  for (const extensions of [
    `${name}extendedKeyUsage=serverAuth\n`,
    `subjectAltName=DNS:other\n${use}`,
    `${name}${use}basicConstraints=CA:TRUE\n`,
  ]) {
    await refused('enrolment-wrong-purpose', world.sign('client.csr', extensions));
  }
  world.write('ANSWER.json', {
    ...good,
    receiver: { ...good.receiver, certificate: world.sign('client.csr', name + use) },
  });
  expect(await world.apply(box.data)).toMatchObject({ code: 0 });
});

run('a gateway that was never started has nothing to ask with', async () => {
  const empty = world.at('empty');
  mkdirSync(empty);
  expect(await world.request(empty)).toMatchObject(failing('gateway-not-started'));
  expect(readdirSync(empty)).toEqual([]);
});

run(
  'with a configuration it asks for what that names, and says what is missing in it',
  async () => {
    const config = world.at('iomt.yaml');
    // The usual port, which need not be written.
    const url = BROKER.replace(':8883', '');
    const transport = { type: 'mqtt', url, enrolled: true };
    const home = {
      data: box.data,
      zone: 'UTC',
      http: { name: PORTAL, enrolled: true },
      recipients: [{ id: 'home-care', name: 'Test care', transport }],
    };
    writeFileSync(config, JSON.stringify({ home }));
    const asked = await iomt([
      'enrol',
      'request',
      '--out',
      world.at('GATEWAY.json'),
      '--config',
      config,
    ]);
    expect(asked).toMatchObject({ code: 0, err: expect.stringContaining(PORTAL) });
    const portal = ['municipality', 'enrol', world.at('GATEWAY.json')];
    await iomt([...portal, '--portal-request-out', world.at('portal.csr')]);
    await world.answer(['--portal-certificate', world.publicAuthority('good')]);
    const apply = () => iomt(['enrol', 'apply', world.at('ANSWER.json'), '--config', config]);
    expect(await apply()).toMatchObject({
      code: 0,
      err: expect.stringContaining('names all of it'),
    });
    writeFileSync(config, JSON.stringify({ home: { ...home, http: {}, recipients: [] } }));
    const lacking = (await apply()).err;
    expect(lacking).toContain(`http: { host: 0.0.0.0, name: ${PORTAL}, enrolled: true }`);
    expect(lacking).toContain(`{ type: mqtt, url: "${BROKER}", enrolled: true }`);
  },
);
