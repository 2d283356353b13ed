import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, onTestFinished, test } from 'vitest';
import type { FurnishedPortal } from '../agent/home/portal/furnished.ts';
import { look, type RunningDemo, startDemo } from './running-demo.ts';

const CHROMIUM = '/usr/bin/chromium';

/** For anything that a browser is waited for: many times what it takes on a machine at rest. */
export const PATIENCE_MS = 90_000;

/** A test that needs a browser. */
export const run = test.skipIf(!existsSync(CHROMIUM));

export const PIN = '274913';

export const SIZES = {
  phone: { viewport: { width: 360, height: 740 } },
  tablet: { viewport: { width: 820, height: 1180 } },
  desktop: { viewport: { width: 1280, height: 900 } },
} as const;

/** The ways in which every citizen's page has to work. */
export const WAYS = {
  phone: { ...SIZES.phone, javaScriptEnabled: true },
  desktop: { ...SIZES.desktop, javaScriptEnabled: true },
  'phone-without-script': { ...SIZES.phone, javaScriptEnabled: false },
} as const;

/** A browser with cookies of its own, and what its console complained of. */
export interface Visitor {
  readonly page: Page;
  readonly complaints: string[];
  readonly close: () => Promise<void>;
}

/** The running product, and browsers for it. */
export interface Pages {
  readonly demo: RunningDemo;
  /** A browser that was never here. */
  readonly newBrowser: (options: BrowserContextOptions) => Promise<Visitor>;
  /** A browser in which the demo's Kari has just signed in. */
  readonly kari: (options: BrowserContextOptions) => Promise<Visitor>;
}

/** Starts the demo and a browser; whoever asked stops them. */
export async function newPages(speed?: number): Promise<Pages & { stop(): Promise<void> }> {
  const [demo, browser] = await Promise.all([startDemo(speed), launch()]);

  async function newBrowser(options: BrowserContextOptions): Promise<Visitor> {
    const page = await openPage(browser, options);
    const complaints: string[] = [];
    page.on('console', (message) => {
      const complaint = `${message.text()} ${message.location().url}`.trim();
      // Whoever signs out, or loses the cookies, may leave a page that was just about to listen.
      if (!/status of 401 .*\/live$/.test(complaint)) complaints.push(complaint);
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    return { page, complaints, close: () => page.context().close() };
  }

  return {
    demo,
    newBrowser,
    async kari(options) {
      const visitor = await newBrowser(options);
      await typeCode(visitor.page, demo);
      await choosePin(visitor.page);
      await title(visitor.page, 'Målingene mine');
      return visitor;
    },
    async stop() {
      await browser.close();
      await demo.stop();
    },
  };
}

/** The same for all tests of a file. */
export function servedPages(speed?: number): Pages {
  let pages: Awaited<ReturnType<typeof newPages>>;
  beforeAll(async () => {
    if (existsSync(CHROMIUM)) pages = await newPages(speed);
  });
  afterAll(() => pages?.stop());
  return {
    get demo() {
      return pages.demo;
    },
    newBrowser: (options) => pages.newBrowser(options),
    kari: (options) => pages.kari(options),
  };
}

/** A browser in which a person of a portal of the test's own is signed in; it ends with the test. */
export async function visitorOf(portal: FurnishedPortal, person: string, size: keyof typeof SIZES) {
  const { cookies } = await portal.signedIn(person);
  const url = await portal.app.listen({ port: 0, host: '127.0.0.1' });
  const browser = await launch();
  onTestFinished(async () => {
    await browser.close();
    await portal.stop();
  });
  const page = await openPage(browser, SIZES[size]);
  await page.context().addCookies([...cookies].map(([name, value]) => ({ name, value, url })));
  return { page, url };
}

/** A browser of its own, with further arguments. */
export const launch = (...args: string[]): Promise<Browser> =>
  chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', ...args],
    timeout: PATIENCE_MS,
    // Its own words, as on a warning, are those of no machine's language.
    env: { ...process.env, LANGUAGE: 'en_US' },
  });

/** A page with cookies of its own. */
export async function openPage(browser: Browser, options: BrowserContextOptions): Promise<Page> {
  const context = await browser.newContext({ locale: 'nb-NO', ...options });
  context.setDefaultTimeout(PATIENCE_MS);
  return context.newPage();
}

/** Types a one-time code: what a browser that was never here is asked for. */
export async function typeCode(
  page: Page,
  { url, code }: Pick<RunningDemo, 'url' | 'code'>,
): Promise<void> {
  await page.goto(`${url}/welcome`);
  await page.getByLabel('Kode').fill(code);
  await button(page, 'Neste').click();
}

/** Chooses the PIN, or types it where the person has one. */
export async function choosePin(page: Page): Promise<void> {
  await page.getByLabel('PIN', { exact: true }).fill(PIN);
  const again = page.getByLabel('Samme PIN én gang til');
  if (await again.count()) await again.fill(PIN);
  await button(page, 'Ferdig').click();
}

export const button = (page: Page, name: string | RegExp) =>
  page.getByRole('button', { name, exact: true });
export const link = (page: Page, name: string | RegExp) => page.getByRole('link', { name });
/** A page of the menu. */
export const menu = (page: Page, name: string | RegExp) =>
  page.getByRole('navigation', { name: 'Sider' }).getByRole('link', { name }).click();
/** Waits until that page is there; where another one is, its words are told: sample people's. */
export async function title(page: Page, name: string | RegExp): Promise<void> {
  try {
    await page.getByRole('heading', { name, level: 1 }).waitFor();
  } catch (error) {
    const words = await page.locator('main').textContent();
    throw new Error(`${(error as Error).message}\nAt ${page.url()}:\n${words}`);
  }
}

/** Looks at states of a page, and keeps what is wrong with them. */
export function looking(page: Page, way: string, javaScriptEnabled = true) {
  const findings: string[] = [];
  const see = async (name: string) => {
    // axe itself is a script.
    if (javaScriptEnabled) findings.push(...(await look(page, `${name}-${way}`)));
  };
  return { findings, see };
}
