import { generateKeyPairSync, sign } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { provenText } from '../../../agent/contract/enrolment.ts';
import { loadGatewayIdentity } from '../../../agent/identity.ts';
import { replacePrivate } from '../../../agent/secrets.ts';
import { makeCertificateRequest } from '../../../agent/x509/certificate-request.ts';
import { hasOpenssl, makeAuthority } from '../../support/certificates.ts';
import { createEnrolment, type Enrolment, PORTAL } from '../../support/enrolment.ts';
import { iomt } from './console.ts';

/** Who else may write where the files lie, and what is in the files that strangers hand in. */

const inTheWay = vi.hoisted(() => ({ before: (_: string): void => undefined }));
vi.mock(import('node:fs'), async (original) => {
  const fs = await original();
  const chownSync: typeof fs.chownSync = (path, ...ids) => {
    inTheWay.before(String(path));
    fs.chownSync(path, ...ids);
  };
  return { ...fs, chownSync };
});

const folder = mkdtempSync(join(tmpdir(), 'iomt-enrolment-hostile-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const run = test.skipIf(!hasOpenssl());

let place: string;
let world: Enrolment;
let box: { data: string; id: string };

beforeEach(() => {
  place = mkdtempSync(join(folder, 'one-'));
  inTheWay.before = () => undefined;
  if (!hasOpenssl()) return;
  world = createEnrolment(place, makeAuthority(place));
  box = world.gateway('gateway');
});

run('what is written to be carried away goes through no link that another laid', async () => {
  writeFileSync(world.at('another'), 'kept');
  symlinkSync(world.at('another'), world.at('GATEWAY.json.new'));
  expect(await world.request(box.data)).toMatchObject({ code: 0 });
  expect(readFileSync(world.at('another'), 'utf8')).toBe('kept');
  expect(world.json('GATEWAY.json').gateway).toBe(box.id);
  expect(readdirSync(place).filter((name) => name.endsWith('.new'))).toEqual(['GATEWAY.json.new']);
});

run('what is no file is not replaced by one', async () => {
  symlinkSync('/dev/null', world.at('GATEWAY.json'));
  expect(await world.request(box.data)).toMatchObject({
    code: 1,
    err: expect.stringContaining('(file-not-written)'),
  });
  expect(lstatSync(world.at('GATEWAY.json')).isSymbolicLink()).toBe(true);
});

run('a wrong word after --out costs no key: only a file of the same kind is replaced', async () => {
  const [key, identity] = [world.caKey, join(box.data, 'gateway.key')];
  const before = [key, identity].map((file) => readFileSync(file, 'utf8'));
  expect(await world.request(box.data)).toMatchObject({ code: 0 });
  const refused = { code: 1, err: expect.stringContaining('(file-not-written)') };
  expect(await world.request(box.data, '--out', identity)).toMatchObject(refused);
  for (const out of [key, world.at('GATEWAY.json')]) {
    expect(await world.answer(['--out', out])).toMatchObject(refused);
  }
  expect([key, identity].map((file) => readFileSync(file, 'utf8'))).toEqual(before);
  expect(await world.answer()).toMatchObject({ code: 0 });
  expect(await world.answer()).toMatchObject({ code: 0 });
});

run(
  'keys go through no link that stands for their folder, and nothing is cleared behind it',
  async () => {
    mkdirSync(world.at('another'));
    writeFileSync(world.at('another/kept.new'), 'kept');
    symlinkSync(world.at('another'), join(box.data, 'enrolment'));
    expect(await world.request(box.data)).toMatchObject({
      code: 1,
      err: expect.stringContaining('(enrolment-folder-unusable)'),
    });
    expect(readdirSync(world.at('another'))).toEqual(['kept.new']);
  },
);

run(
  'an address in an answer is one setting of the lines to be copied, whatever is in it',
  async () => {
    await world.request(box.data);
    const url = 'https://fhir.example.org/r4?"},x:{y:"z\\u0041';
    expect(await world.answer([], url)).toMatchObject({ code: 0 });
    const { code, err } = await world.apply(box.data);
    expect(code).toBe(0);
    const lines = err.slice(err.indexOf('home:'));
    expect(parse(lines).home.recipients[0].transport).toEqual({
      type: 'https',
      url,
      enrolled: true,
    });
  },
);

run('a request for a certificate is handed on as base64 or not at all', async () => {
  const { publicKey, privateKey } = loadGatewayIdentity(box.data);
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const asked = makeCertificateRequest(PORTAL, key);
  const begun = '-----BEGIN CERTIFICATE REQUEST-----\n';
  const request = {
    ...({ type: 'iomt-enrolment-request', form: 1, gateway: box.id, publicKey } as const),
    client: { request: makeCertificateRequest(box.id, key) },
    portal: { name: PORTAL, request: asked.replace(begun, `${begun}\u001b[`) },
  };
  const proof = sign(null, Buffer.from(provenText(request)), privateKey).toString('base64');
  world.write('GATEWAY.json', { ...request, proof });
  const out = world.at('box.csr');
  const said = await iomt([
    ...['municipality', 'enrol', world.at('GATEWAY.json'), '--portal-request-out', out],
  ]);
  expect(said).toMatchObject({ code: 1, err: expect.stringContaining('(enrolment-not-proven)') });
  expect(existsSync(out)).toBe(false);
});

test("what root writes is given to the folder's owner, and nothing that was put in its place", () => {
  const [file, another] = [join(place, 'client.key'), join(place, 'another')];
  const own = process.getuid?.() ?? 0;
  const uid = own === 0 ? 1234 : own;
  writeFileSync(another, "root's");
  inTheWay.before = (path) => {
    rmSync(path);
    symlinkSync(another, path);
  };
  replacePrivate(file, 'secret', { uid, gid: uid });
  expect(statSync(another).uid).toBe(own);
  expect([readFileSync(file, 'utf8'), statSync(file).uid]).toEqual(['secret', uid]);
});
