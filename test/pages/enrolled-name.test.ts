import { createHash, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { afterEach, expect, test } from 'vitest';
import { iomt } from '../agent/cli/console.ts';
import { createCleanup } from '../integration/home/bench.ts';
import { startPortalToEnrol } from '../integration/home/enrolled-portal.ts';
import { hasOpenssl } from '../support/certificates.ts';
import { PORTAL } from '../support/enrolment.ts';
import { PATIENCE_MS } from './citizen.ts';
import { picture } from './running-demo.ts';

const CHROMIUM = '/usr/bin/chromium';

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
    const { authority, config, port, enrol } = await startPortalToEnrol(cleanup);
    expect(await enrol()).toMatchObject({ code: 0 });
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
    await picture(page, 'enrolled-name');
  },
);
