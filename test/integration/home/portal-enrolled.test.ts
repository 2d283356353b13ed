import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { afterEach, expect, test } from 'vitest';
import { iomt } from '../../agent/cli/console.ts';
import { hasOpenssl } from '../../support/certificates.ts';
import { PORTAL } from '../../support/enrolment.ts';
import { createCleanup } from './bench.ts';
import { startPortalToEnrol } from './enrolled-portal.ts';

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
    const { authority, config, port, gateway, enrol } = await startPortalToEnrol(cleanup);
    const ca = readFileSync(authority.ca, 'utf8');
    const portalCheck = () =>
      gateway.checks().find(({ name, code }) => name === 'portal' && code !== undefined);

    // Until then: the box's own, and that something is missing.
    await expect(page(port, ca)).rejects.toThrow(/self-signed/);
    expect(portalCheck()?.code).toBe('portal-certificate-unusable');

    const applied = await enrol();
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
