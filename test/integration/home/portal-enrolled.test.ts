import { readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { systemClock } from '../../../agent/clock.ts';
import { startHome } from '../../../agent/home/home.ts';
import { createLog } from '../../../agent/log.ts';
import { loadConfig } from '../../../config/load.ts';
import { iomt } from '../../agent/cli/console.ts';
import { hasOpenssl, makeAuthority } from '../../support/certificates.ts';
import { createEnrolment, PORTAL } from '../../support/enrolment.ts';
import { freePort } from '../../support/free-port.ts';
import { createCleanup, KEY } from './bench.ts';

const cleanup = createCleanup();
afterEach(() => cleanup.run());

async function page(port: number, ca: string) {
  // To the gateway an address of the network; to this machine its loopback.
  const asked = { host: '127.0.0.1', port, path: '/welcome', agent: false as const, ca };
  const headers = { host: `${PORTAL}:${port}` };
  const reply = await new Promise<IncomingMessage>((resolve, reject) =>
    get({ ...asked, servername: PORTAL, headers }, resolve).once('error', reject),
  );
  let text = '';
  for await (const chunk of reply.setEncoding('utf8')) text += chunk;
  return { status: reply.statusCode, text };
}

test.skipIf(!hasOpenssl())(
  'the pages get a name that a client trusts by three commands, without a restart, and the QR code leads there',
  async () => {
    const folder = cleanup.folder();
    const authority = makeAuthority(folder);
    const world = createEnrolment(folder, authority);
    const [data, port] = [cleanup.folder(), await freePort()];
    const config = join(folder, 'iomt.yaml');
    const http = { host: '::ffff:127.0.0.1', port, name: PORTAL, enrolled: true };
    const home = { data, zone: 'Europe/Oslo', http, bluetooth: { backend: 'off' } };
    writeFileSync(config, JSON.stringify({ home }));
    const loaded = loadConfig({ file: config, env: {} });
    if (!loaded.ok || !loaded.config.home) throw new Error('no home');
    const gateway = await startHome({
      config: loaded.config.home,
      key: KEY,
      clock: systemClock,
      log: createLog({ level: 'silent', program: 'home' }),
      version: '0.0.0',
    });
    cleanup.add(gateway.stop);
    const ca = readFileSync(authority.ca, 'utf8');
    const portalCheck = () =>
      gateway.checks().find(({ name, code }) => name === 'portal' && code !== undefined);

    // Until then: the box's own, and that something is missing.
    await expect(page(port, ca)).rejects.toThrow(/self-signed/);
    expect(portalCheck()?.code).toBe('portal-certificate-unusable');

    const request = ['enrol', 'request', '--config', config, '--out', world.at('GATEWAY.json')];
    expect(await iomt(request)).toMatchObject({ code: 0 });
    const enrol = ['municipality', 'enrol', world.at('GATEWAY.json')];
    await iomt([...enrol, '--portal-request-out', world.at('portal.csr')]);
    const chain = ['--portal-certificate', world.publicAuthority('chain')];
    await iomt([...enrol, '--out', world.at('ANSWER.json'), ...chain]);
    const applied = await iomt(['enrol', 'apply', world.at('ANSWER.json'), '--config', config]);
    expect(applied).toMatchObject({ code: 0, err: expect.stringContaining('names all of it') });

    const served = await page(port, ca);
    expect([served.status, served.text.includes('<html')]).toEqual([200, true]);
    expect(portalCheck()).toBeUndefined();
    const code = await iomt(['portal', 'code', '--config', config]);
    const url = `https://${PORTAL}:${port}/`;
    expect(code).toMatchObject({ code: 0, err: expect.stringContaining(url) });
    const json = await iomt(['portal', 'code', '--json', '--config', config]);
    expect(JSON.parse(json.out)).toMatchObject({ url });
  },
);
