import { createHash, X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { afterEach, expect, test } from 'vitest';
import { systemClock } from '../../agent/clock.ts';
import { startHome } from '../../agent/home/home.ts';
import { createLog } from '../../agent/log.ts';
import { loadConfig } from '../../config/load.ts';
import { iomt } from '../agent/cli/console.ts';
import { createCleanup, KEY } from '../integration/home/bench.ts';
import { hasOpenssl, makeAuthority } from '../support/certificates.ts';
import { createEnrolment, PORTAL } from '../support/enrolment.ts';
import { freePort } from '../support/free-port.ts';
import { PATIENCE_MS } from './citizen.ts';

const CHROMIUM = '/usr/bin/chromium';
/** Where pictures are left for looking at; none are made without it. */
const PICTURES = process.env.IOMT_TEST_PICTURES;

const cleanup = createCleanup();
afterEach(() => cleanup.run());

/** A browser that finds the box by its name, and trusts the authority with this key, if any. */
async function browserThat(trusts?: string) {
  const pin = trusts === undefined ? [] : [`--ignore-certificate-errors-spki-list=${trusts}`];
  const context = await chromium.launchPersistentContext(cleanup.folder(), {
    executablePath: CHROMIUM,
    viewport: { width: 390, height: 844 },
    timeout: PATIENCE_MS,
    args: ['--no-sandbox', `--host-resolver-rules=MAP ${PORTAL} 127.0.0.1`, ...pin],
  });
  context.setDefaultTimeout(PATIENCE_MS);
  cleanup.add(() => context.close());
  return context.newPage();
}

test.skipIf(!existsSync(CHROMIUM) || !hasOpenssl())(
  'a browser that trusts the authority opens the enrolled name without a word, by what the QR code says',
  async () => {
    const folder = cleanup.folder();
    const authority = makeAuthority(folder);
    const world = createEnrolment(folder, authority);
    const [data, port] = [cleanup.folder(), await freePort()];
    const config = join(folder, 'iomt.yaml');
    // To the gateway an address of the network; to this machine its loopback.
    const http = { host: '::ffff:127.0.0.1', port, name: PORTAL, enrolled: true };
    const home = { data, zone: 'Europe/Oslo', http, bluetooth: { backend: 'off' } };
    writeFileSync(config, JSON.stringify({ home }));
    const loaded = loadConfig({ file: config, env: {} });
    if (!loaded.ok || !loaded.config.home) throw new Error('no home');
    const log = createLog({ level: 'silent', program: 'home' });
    const common = { key: KEY, clock: systemClock, log, version: '0.0.0' };
    const gateway = await startHome({ config: loaded.config.home, ...common });
    cleanup.add(gateway.stop);

    await iomt(['enrol', 'request', '--config', config, '--out', world.at('GATEWAY.json')]);
    const enrol = ['municipality', 'enrol', world.at('GATEWAY.json')];
    await iomt([...enrol, '--portal-request-out', world.at('portal.csr')]);
    const chain = ['--portal-certificate', world.publicAuthority('chain')];
    await iomt([...enrol, '--out', world.at('ANSWER.json'), ...chain]);
    await iomt(['enrol', 'apply', world.at('ANSWER.json'), '--config', config]);
    const told = JSON.parse((await iomt(['portal', 'code', '--json', '--config', config])).out);
    const address = `${new URL('/welcome', told.url)}#${told.code}`;

    const stranger = await browserThat();
    await expect(stranger.goto(address)).rejects.toThrow('net::ERR_CERT_AUTHORITY_INVALID');

    const { publicKey } = new X509Certificate(readFileSync(authority.ca));
    const spki = publicKey.export({ type: 'spki', format: 'der' });
    const page = await browserThat(createHash('sha256').update(spki).digest('base64'));
    await page.goto(address);
    expect(new URL(page.url()).host).toBe(`${PORTAL}:${port}`);
    await page
      .getByRole('button', { name: 'Next' })
      .or(page.getByRole('button', { name: 'Neste' }))
      .click();
    await page.waitForURL('**/welcome/begin');
    if (!PICTURES) return;
    mkdirSync(PICTURES, { recursive: true });
    await page.screenshot({ path: join(PICTURES, 'enrolled-name.png'), fullPage: true });
  },
);
