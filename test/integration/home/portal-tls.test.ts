import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { get as getPlain, type IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { systemClock } from '../../../agent/clock.ts';
import { startHome } from '../../../agent/home/home.ts';
import { createLog } from '../../../agent/log.ts';
import { configSchema } from '../../../config/schema.ts';
import { freePort } from '../../support/free-port.ts';

const data = mkdtempSync(join(tmpdir(), 'iomt-portal-'));
const file = join(data, 'portal.pem');
afterAll(() => rmSync(data, { recursive: true, force: true }));

const options = (port: number) => ({ host: '127.0.0.1', port, path: '/', agent: false as const });

async function answer(asked: ReturnType<typeof get>) {
  const reply = await new Promise<IncomingMessage>((resolve, reject) =>
    asked.once('response', resolve).once('error', reject),
  );
  let text = '';
  for await (const chunk of reply.setEncoding('utf8')) text += chunk;
  return { status: reply.statusCode, location: reply.headers.location, text };
}

test('beyond this machine the gateway speaks TLS only, with a certificate that nobody had to make', async () => {
  const port = await freePort();
  const { home } = configSchema.parse({
    home: {
      zone: 'Europe/Oslo',
      data,
      // To the gateway an address of the network; to this machine its loopback.
      http: { host: '::ffff:127.0.0.1', port },
      bluetooth: { backend: 'off' },
    },
  });
  if (!home) throw new Error('no home');
  const gateway = await startHome({
    config: home,
    key: new Uint8Array(32).fill(7),
    clock: systemClock,
    log: createLog({ level: 'silent', program: 'home' }),
    version: '0.0.0',
  });
  try {
    // It is not waited for at the start.
    expect(existsSync(file)).toBe(false);
    const name = `iomt-${gateway.identity.id.slice(3, 11)}.local`;
    const asked = { ...options(port), headers: { host: `${name}:${port}` } };
    expect(await answer(getPlain(asked))).toMatchObject({
      status: 307,
      location: `https://${name}:${port}/`,
      text: '',
    });
    const secure = { ...asked, servername: name };
    await expect(answer(get(secure))).rejects.toThrow(/self-signed/);
    const ca = readFileSync(file);
    const page = await answer(get({ ...secure, ca, path: '/welcome' }));
    expect([page.status, page.text.includes('<html')]).toEqual([200, true]);
    const strange = { ...secure, ca, headers: { host: 'evil.example' } };
    expect(await answer(get(strange))).toMatchObject({ status: 421 });
  } finally {
    await gateway.stop();
  }
  await expect(answer(getPlain(options(port)))).rejects.toThrow('ECONNREFUSED');
});
