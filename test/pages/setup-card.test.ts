import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createFront } from '../../agent/home/portal/lan/front.ts';
import { createOwnCertificate } from '../../agent/home/portal/lan/own-certificate.ts';
import { SETUP_CARD_STYLE, setupCard } from '../../agent/home/portal/pages/setup-card.ts';
import { en } from '../../agent/home/portal/words/setup-card.en.ts';
import { createHttp } from '../../agent/http.ts';
import { createDoor } from '../../agent/http-door.ts';
import { createLog } from '../../agent/log.ts';
import { guard } from '../../agent/pages/guard.ts';
import { chooseLanguage, LANGUAGE_TAGS } from '../../agent/pages/language.ts';
import { STYLE } from '../../agent/pages/style.ts';
import { axeFindings } from './axe.ts';
import { launch, openPage } from './citizen.ts';
import { picture, sampled } from './running-demo.ts';

const CHROMIUM = '/usr/bin/chromium';
const HOST = 'iomt-abcdefgh.local';

const have = existsSync(CHROMIUM);
const run = test.skipIf(!have);
const closing: (() => unknown)[] = [];
let browser: Browser;
let url: string;

/** The card on the box's own port, behind the certificate that the box made for itself. */
beforeAll(async () => {
  if (!have) return;
  const folder = mkdtempSync(join(tmpdir(), 'iomt-card-'));
  closing.push(() => rmSync(folder, { recursive: true, force: true }));
  const log = createLog({ level: 'silent', program: 'test' });
  const clock = { now: () => Date.now(), trusted: () => true };
  const names = { certified: () => ({ dns: [HOST], addresses: ['192.0.2.10'] }) };
  const certificate = createOwnCertificate({ folder, names, clock, log });
  const isOwn = (host: string) => host === HOST;
  const servers: Server[] = [];
  const door = createDoor(
    async () => {
      const app = createHttp({ log, checks: () => [], hosts: isOwn });
      app.addHook('onRequest', guard);
      app.get('/style.css', (_, reply) => reply.type('text/css').send(STYLE + SETUP_CARD_STYLE));
      app.get<{ Querystring: { lang?: string; trusted?: string } }>('/', ({ query }, reply) => {
        const language = chooseLanguage(query.lang, undefined);
        const numberUrls = ['https://192.0.2.10:8420/'];
        const isTrusted = query.trusted !== undefined;
        const card = { url, numberUrls, code: '12345678', codeMinutes: 15, isTrusted };
        return reply.type('text/html; charset=utf-8').send(
          `<!doctype html><html lang="${language}"><title>Card</title><meta name="viewport" content="width=device-width">
<link rel="stylesheet" href="/style.css"><link rel="icon" href="data:,"><main><h1>Card</h1>${setupCard(card, language).html}</main></html>`,
        );
      });
      return app;
    },
    log,
    (listener) => {
      const front = createFront({ certificate, isOwn, log })(listener);
      servers.push(front.server);
      return front;
    },
  );
  await door.listen({ host: '127.0.0.1', port: 0 });
  closing.push(() => door.close());
  const [port] = servers.map((server) => (server.address() as AddressInfo).port);
  url = `https://${HOST}:${port}/`;
  browser = await launch(`--host-resolver-rules=MAP ${HOST} 127.0.0.1`);
  closing.push(() => browser.close());
});
afterAll(async () => {
  for (const close of closing.reverse()) await close();
});

run(
  'a browser has nothing against the certificate but that nobody vouches for it, and what the card says leads past it',
  async () => {
    const page = await openPage(browser, { locale: 'en-US' });
    await expect(page.goto(url)).rejects.toThrow('net::ERR_CERT_AUTHORITY_INVALID');
    const { heading, pressed } = en.browsers.desktop;
    expect((await page.textContent('h1'))?.trim()).toBe(heading);
    for (const words of pressed(HOST)) await page.getByText(words, { exact: true }).click();
    await page.locator('.setup-card').waitFor();
    expect(page.url()).toBe(url);
    // What came without TLS ends at the same page.
    await page.goto(url.replace('https', 'http'));
    expect(page.url()).toBe(url);
    await page.context().close();
  },
);

for (const [, width] of sampled({ narrow: 320, tablet: 768, desktop: 1440 })) {
  run(`the card of ${width} px has no finding and fits`, async () => {
    const viewport = { width, height: 900 };
    const page = await openPage(browser, { viewport, ignoreHTTPSErrors: true });
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    const asked = ['', '&trusted'].flatMap((trusted) =>
      LANGUAGE_TAGS.map((language) => `${language}${trusted}`),
    );
    for (const language of asked) {
      await page.goto(`${url}?lang=${language}`);
      expect(await axeFindings(page)).toEqual([]);
      expect(complaints).toEqual([]);
      const needed = await page.evaluate('document.documentElement.scrollWidth');
      expect(needed).toBeLessThanOrEqual(width);
      // No words run out of their drawing.
      const outside =
        await page.evaluate(`[...document.querySelectorAll('.setup-browser svg')].flatMap(
        (svg) => [...svg.querySelectorAll('text')].filter(
          (text) => text.getBoundingClientRect().right > svg.getBoundingClientRect().right - 4,
        ).map((text) => text.textContent))`);
      expect(outside).toEqual([]);
      await picture(page, `setup-card-${width}-${language}`);
    }
    await page.context().close();
  });
}

run('on paper it is one sheet, and another for the warning where there is one', async () => {
  const page = await openPage(browser, { ignoreHTTPSErrors: true });
  for (const language of LANGUAGE_TAGS) {
    for (const [query, sheets] of [
      ['', 2],
      ['&trusted', 1],
    ] as const) {
      await page.goto(`${url}?lang=${language}${query}`);
      const margin = { top: '12mm', bottom: '12mm', left: '12mm', right: '12mm' };
      const paper = (await page.pdf({ format: 'A4', margin })).toString('latin1');
      expect(paper.match(/\/Type\s*\/Page\b(?!s)/g)).toHaveLength(sheets);
    }
  }
  await page.context().close();
});
