import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createHttp } from '../../agent/http.ts';
import { createLog } from '../../agent/log.ts';
import { registerDesk } from '../../agent/municipality/desk/desk.ts';
import { createMetrics } from '../../agent/municipality/metrics.ts';
import { createRelay } from '../../agent/municipality/relay.ts';
import { RELAY_MIGRATIONS } from '../../agent/municipality/relay-schema.ts';
import { createRelayStore } from '../../agent/municipality/relay-store.ts';
import { openStore } from '../../agent/store.ts';
import { bloodPressure, contact, glucose } from '../agent/municipality/envelopes.ts';
import { KEY, PERSON } from '../agent/municipality/fhir-harness.ts';
import { axeFindings } from './axe.ts';
import { launch, openPage } from './citizen.ts';
import { picture, sampled } from './running-demo.ts';

const CHROMIUM = '/usr/bin/chromium';
const SIZES = { phone: { width: 360, height: 740 }, desktop: { width: 1440, height: 900 } };

const have = existsSync(CHROMIUM);
const closing: (() => unknown)[] = [];
let browser: Browser;
let url: string;

beforeAll(async () => {
  if (!have) return;
  const folder = mkdtempSync(join(tmpdir(), 'iomt-desk-'));
  closing.push(() => rmSync(folder, { recursive: true }));
  const log = createLog({ level: 'silent', program: 'test' });
  const db = openStore({ file: join(folder, 'relay.db'), key: KEY, migrations: RELAY_MIGRATIONS });
  closing.push(() => db.close());
  const store = createRelayStore({ db, now: () => Date.parse('2026-11-20T06:32:07Z') });
  const answer = { status: 200, body: { type: 'transaction-response' } };
  const relay = createRelay({
    store,
    sink: { transaction: async () => answer },
    acceptSimulated: true,
    publish: () => {},
    log,
    metrics: createMetrics(),
  });
  const reading = '0a0b0c0d-0000-4000-8000-000000000001';
  const clock = { at: '2026-11-20T07:32:05+01:00', device: '2026-11-20T07:29:35+01:00' };
  for (const { body } of [
    bloodPressure({ reading }),
    bloodPressure({ reading, put: 'entered-in-error' }),
    glucose({ simulated: true, clock: { at: '2026-11-20T07:32:05+01:00' } }),
    bloodPressure({ pulse: 'NaN', simulated: true, clock }),
    contact(),
    bloodPressure({ clock, words: 'etter trappene', put: 'amended' }),
  ]) {
    await relay.take(
      'iomt/1/gw-aaaabbbbccccdddd/observations/homecare',
      new TextEncoder().encode(body),
    );
  }
  for (const [person, cause] of [
    [PERSON, 'consent-paused'],
    ['0a0b0c0d-0000-4000-8000-00000000000e', 'consent-ended'],
  ]) {
    await relay.take(
      'iomt/1/gw-aaaabbbbccccdddd/events/homecare',
      new TextEncoder().encode(
        JSON.stringify({
          ...{ v: 1, id: randomUUID(), kind: 'sharing', at: '2026-11-20T07:31:00+01:00' },
          ...{ cause, person, seq: 1 },
        }),
      ),
    );
  }
  const app = createHttp({ log, checks: () => [] });
  registerDesk(app, { store, relay });
  closing.push(() => app.close());
  url = await app.listen({ host: '127.0.0.1', port: 0 });
  browser = await launch();
  closing.push(() => browser.close());
});
afterAll(async () => {
  for (const close of closing.reverse()) await close();
});

const open = (size: keyof typeof SIZES, options: object = {}) =>
  openPage(browser, { viewport: SIZES[size], ...options });

for (const [size] of sampled(SIZES)) {
  for (const language of ['nb', 'nn', 'en'] as const) {
    test.skipIf(!have)(`the desk on a ${size} in ${language} has no finding and fits`, async () => {
      const page = await open(size);
      const complaints: string[] = [];
      page.on('console', (message) => complaints.push(message.text()));
      await page.goto(`${url}/?lang=${language}`);
      expect(await axeFindings(page)).toEqual([]);
      expect(complaints).toEqual([]);
      const width = await page.evaluate('document.documentElement.scrollWidth');
      expect(width).toBeLessThanOrEqual(SIZES[size].width);
      expect(await page.getAttribute('html', 'lang')).toBe(language);
      await picture(page, `desk-${size}-${language}`);
      await page.context().close();
    });
  }
}

test.skipIf(!have)('a line is marked read without a script, by keyboard', async () => {
  const page = await open('desktop', { javaScriptEnabled: false });
  await page.goto(`${url}/?lang=en`);
  const buttons = page.getByRole('button', { name: /^Mark as read: Blood pressure, person / });
  const before = await buttons.count();
  expect(before).toBe(2);
  await buttons.first().focus();
  const answered = page.waitForResponse((response) => response.status() === 303);
  await page.keyboard.press('Enter');
  await answered;
  await page.waitForLoadState('load');
  await page.getByRole('row', { name: /read 20 Nov 2026/ }).waitFor();
  expect(await buttons.count()).toBe(before - 1);
  expect(await page.getByRole('row', { name: /138\/84 mmHg.*read 20 Nov 2026/ }).count()).toBe(1);
  await page.context().close();
});

test.skipIf(!have)('the language of the browser is spoken', async () => {
  const page = await open('desktop', { locale: 'nn-NO' });
  await page.goto(url);
  expect(await page.title()).toBe('Mottekne målingar');
  await page.context().close();
});
