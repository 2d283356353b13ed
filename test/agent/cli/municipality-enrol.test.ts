import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, sign, X509Certificate } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { provenText } from '../../../agent/contract/enrolment.ts';
import { loadGatewayIdentity } from '../../../agent/identity.ts';
import { makeCertificateRequest } from '../../../agent/x509/certificate-request.ts';
import { type Authority, hasOpenssl } from '../../support/certificates.ts';
import { BROKER, type Enrolment, furnishEnrolment, PORTAL } from '../../support/enrolment.ts';
import { failing } from './console.ts';

const folder = mkdtempSync(join(tmpdir(), 'iomt-municipality-enrol-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const run = test.skipIf(!hasOpenssl());

let authority: Authority;
let world: Enrolment;
let box: { data: string; id: string };

beforeEach(() => {
  if (!hasOpenssl()) return;
  ({ authority, world, box } = furnishEnrolment(folder));
});

run('the register has what was given out, before and after', async () => {
  await world.request(box.data);
  await world.answer();
  const register = join(world.caKey, '..', 'enrolled.jsonl');
  // Of one that was interrupted.
  writeFileSync(register, '{"gateway":"gw', { flag: 'a' });
  expect((await world.answer()).err).toContain('after 1 before');
  const lines = readFileSync(register, 'utf8').trimEnd().split('\n');
  expect(lines).toHaveLength(3);
  const { certificate, serial, ...line } = JSON.parse(lines[2] ?? '');
  expect(line).toMatchObject({ gateway: box.id, url: BROKER, recipients: ['home-care'] });
  expect(certificate).toBe(world.json('ANSWER.json').receiver.certificate);
  expect(serial).toBe(new X509Certificate(certificate).serialNumber);
  expect(statSync(register).mode & 0o777).toBe(0o600);
  // What cannot be written down is not given out.
  rmSync(world.at('ANSWER.json'));
  rmSync(register);
  mkdirSync(register);
  expect(await world.answer()).toMatchObject(failing('register-failed'));
  expect(existsSync(world.at('ANSWER.json'))).toBe(false);
});

run('a request that was changed, or is of another form, is not answered', async () => {
  await world.request(box.data, '--portal-name', PORTAL);
  const request = world.json('GATEWAY.json');
  await world.request(world.gateway('other').data, '--portal-name', PORTAL);
  const other = world.json('GATEWAY.json');
  const answered = async (changed: object) => {
    world.write('GATEWAY.json', { ...request, ...changed });
    return await world.answer();
  };
  for (const changed of [
    { gateway: other.gateway },
    { publicKey: other.publicKey },
    { gateway: other.gateway, publicKey: other.publicKey },
    { client: other.client },
    { portal: other.portal },
    { portal: { ...request.portal, name: 'evil.example.org' } },
    { portal: undefined },
    { proof: other.proof },
    { proof: '' },
  ]) {
    expect(await answered(changed)).toMatchObject({
      ...failing('enrolment-not-proven'),
      out: '',
    });
  }
  for (const changed of [{ more: 1 }, { form: 2 }, { gateway: '../../etc' }, { client: {} }]) {
    expect(await answered(changed)).toMatchObject(failing('enrolment-file-malformed'));
  }
  expect(existsSync(world.at('ANSWER.json'))).toBe(false);
  expect(existsSync(join(world.caKey, '..', 'enrolled.jsonl'))).toBe(false);
  expect(await answered({})).toMatchObject({ code: 0 });
});

run('a gateway cannot be let in as another, whatever it signs with its own key', async () => {
  const other = world.gateway('other');
  const { publicKey, privateKey } = loadGatewayIdentity(box.data);
  const asked = (gateway: string) => {
    const key = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const client = { request: makeCertificateRequest(gateway, key) };
    const request = {
      type: 'iomt-enrolment-request',
      form: 1,
      gateway,
      publicKey,
      client,
    } as const;
    const proof = sign(null, Buffer.from(provenText(request)), privateKey).toString('base64');
    world.write('GATEWAY.json', { ...request, proof });
  };
  asked(other.id);
  expect(await world.answer()).toMatchObject(failing('enrolment-not-proven'));
  asked(box.id);
  expect(await world.answer()).toMatchObject({ code: 0 });
});

run('the authority must be one, whole, its own and guarded', async () => {
  await world.request(box.data);
  const { cert, key } = authority.client('no-authority');
  chmodSync(key, 0o600);
  const issue = (ca: string, caKey: string, ...more: string[]) =>
    world.answer(['--ca', ca, '--ca-key', caKey, ...more]);
  expect(await issue(cert, key)).toMatchObject(failing('authority-not-one'));
  expect(await issue(authority.ca, key)).toMatchObject(failing('authority-key-mismatch'));
  expect(await issue(world.caKey, world.caKey)).toMatchObject(failing('authority-malformed'));
  expect(await issue(world.at('none'), world.caKey)).toMatchObject(failing('authority-unreadable'));
  expect(await issue(authority.ca, cert)).toMatchObject({ code: expect.any(Number) });
  writeFileSync(world.at('nothing'), 'nothing', { mode: 0o600 });
  expect(await issue(authority.ca, world.at('nothing'))).toMatchObject(
    failing('authority-key-unusable'),
  );
  chmodSync(world.caKey, 0o640);
  expect(await issue(authority.ca, world.caKey)).toMatchObject({
    code: 2,
    err: expect.stringContaining('secret-file-readable-by-others'),
  });
  expect(existsSync(world.at('ANSWER.json'))).toBe(false);
});

run('an authority below another issues, with those above it', async () => {
  await world.request(box.data);
  const key = world.at('below.key');
  const request = ['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const files = ['-subj', '/CN=test below', '-keyout', key, '-out', world.at('below.csr')];
  execFileSync('openssl', [...request, ...files], { stdio: 'ignore' });
  chmodSync(key, 0o600);
  const use = 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n';
  const below = world.sign('below.csr', use);
  const chain = world.at('below.pem');
  writeFileSync(chain, below);
  const issue = () => world.answer(['--ca', chain, '--ca-key', key]);
  expect(await issue()).toMatchObject(failing('authority-not-whole'));
  writeFileSync(chain, below + readFileSync(authority.ca, 'utf8'));
  expect(await issue()).toMatchObject({ code: 0 });
  expect(await world.apply(box.data)).toMatchObject({ code: 0 });
});

run('an authority with a passphrase is opened with it only', async () => {
  await world.request(box.data);
  const [key, secret] = [world.at('locked.key'), world.at('passphrase')];
  const lock = ['-aes256', '-passout', 'pass:an invented one'];
  execFileSync('openssl', ['pkey', '-in', world.caKey, ...lock, '-out', key]);
  chmodSync(key, 0o600);
  const issue = (...more: string[]) => world.answer(['--ca-key', key, ...more]);
  expect(await issue()).toMatchObject(failing('authority-key-unusable'));
  writeFileSync(secret, 'another', { mode: 0o600 });
  expect(await issue('--passphrase-file', secret)).toMatchObject(failing('authority-key-unusable'));
  writeFileSync(secret, 'an invented one\n', { mode: 0o600 });
  expect(await issue('--passphrase-file', secret)).toMatchObject({ code: 0 });
});
