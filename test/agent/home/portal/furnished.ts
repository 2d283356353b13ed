import type { InjectOptions } from 'fastify';
import { createOwnActs } from '../../../../agent/home/own-acts.ts';
import { createDevices } from '../../../../agent/home/people/devices.ts';
import { createPairings, type Pairings } from '../../../../agent/home/people/pairings.ts';
import { createRepresentation } from '../../../../agent/home/people/representation.ts';
import { createUserCodeGiving } from '../../../../agent/home/people/user-code-giving.ts';
import { type Access, createAccess } from '../../../../agent/home/portal/access/access.ts';
import type { CodeGrant, DemoCode } from '../../../../agent/home/portal/access/codes.ts';
import { createPins } from '../../../../agent/home/portal/access/pin.ts';
import type { RelyingPartyAt } from '../../../../agent/home/portal/access/relying-party.ts';
import type { CardSide } from '../../../../agent/home/portal/pages/code-page.ts';
import type { KnownRecipient } from '../../../../agent/home/portal/pages/reading-parts.ts';
import { registerPortal } from '../../../../agent/home/portal/portal.ts';
import { type Check, createHttp } from '../../../../agent/http.ts';
import { createLog } from '../../../../agent/log.ts';
import { CARE, type Household, openHousehold, ZONE } from '../household.ts';

/** Hashing for tests: the same, cheaper. */
const LOG_N = 4;
export const PIN = '274913';

/** The portal on a household of the tests, with a machine clock in the test's hand. */
export interface FurnishedPortal {
  readonly home: Household;
  readonly access: Access;
  readonly app: ReturnType<typeof createHttp>;
  readonly pairings: Pairings;
  /** A browser in which a helper of this person is signed in. */
  readonly helper: (person: string) => Promise<TestBrowser>;
  /** A browser in which somebody new represents this person. */
  readonly representative: (
    person: string,
    over?: Partial<CodeGrant> & { readonly name?: string },
  ) => Promise<TestBrowser>;
  /** What the access control noted. */
  readonly noted: { event: string; [field: string]: unknown }[];
  /** What was logged. */
  readonly lines: string[];
  /** The machine's clock, ms. */
  readonly time: { real: number };
  /** A browser that keeps its cookies. */
  readonly browser: (over?: Partial<InjectOptions>) => TestBrowser;
  /** A browser in which this person is signed in. */
  readonly signedIn: (person: string, pin?: string) => Promise<TestBrowser>;
  /** A one-time code as the command line makes it. */
  readonly code: (person?: string) => Promise<string>;
  readonly stop: () => Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly to: string | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
}

export type TestBrowser = ReturnType<typeof createTestBrowser>;

export function furnishPortal(
  options: {
    readonly home?: Household;
    readonly demo?: () => DemoCode | undefined;
    readonly checks?: () => readonly Check[];
    readonly recipients?: readonly KnownRecipient[];
    readonly card?: CardSide;
    readonly relyingParty?: RelyingPartyAt;
  } = {},
): FurnishedPortal {
  const { home = openHousehold(), demo, checks = () => [], card = () => undefined } = options;
  const { relyingParty = () => undefined } = options;
  const time = { real: Date.parse('2026-03-02T09:00:00Z') };
  const noted: FurnishedPortal['noted'] = [];
  const lines: string[] = [];
  let next = 10_000_000;
  const { db, committer, audit, people } = home;
  const representation = createRepresentation(db, {
    now: () => time.real,
    zone: ZONE,
    decidesFromAge: 16,
  });
  const now = () => home.time.now;
  const access = createAccess({
    ...{ db, committer, audit, people, representation, now, demo },
    pins: createPins({ logN: LOG_N }),
    realNow: () => time.real,
    randomInt: () => {
      next += 1_234_567;
      return next;
    },
    note: (event, fields) => noted.push({ event, ...fields }),
  });
  const log = createLog({
    level: 'debug',
    program: 'test',
    destination: { write: (line) => void lines.push(line) },
  });
  const app = createHttp({ log, checks: () => [] });
  const { adoption, decisions, keyGiving } = home;
  const pairings = createPairings({ adoption, now: () => time.real });
  registerPortal(app, {
    ...{ db, access, relyingParty, views: home.views, zone: ZONE, log, now, people },
    decisions,
    ownActs: createOwnActs(db, {
      committer,
      audit,
      clock: { now, trusted: () => home.time.trusted },
      readings: home.readings,
      routing: home.routing,
      representation: home.representation,
      wake: () => home.outbox.wake(),
    }),
    erasure: home.erasure,
    typing: home.typing,
    askAbout: home.routing.askAbout,
    gateway: { systemId: '00-00-5E-FF-FE-00-53-99', version: '0.0.0', timeSync: 'ntp' },
    permissions: home.permissions,
    isTold: (to) => !home.options.overHttps?.includes(to),
    recipients: options.recipients ?? home.options.recipients ?? [CARE],
    pairing: {
      pairings,
      decisions,
      adoption,
      keyGiving,
      people,
      codeGiving: createUserCodeGiving({
        ...{ db, committer, audit },
        devices: createDevices(db, { now }),
        clock: { now, trusted: () => home.time.trusted },
        random: () => 4711,
      }),
      random: (bytes) => new Uint8Array(bytes).fill(3),
    },
    devices: createDevices(db, { now }),
    checks,
    card,
    trusted: () => home.time.trusted,
  });
  const browser = (over: Partial<InjectOptions> = {}) => createTestBrowser(app, over);
  const code = async (person?: string) =>
    (await access.makeCode('test', { role: 'citizen', person, mayReset: true })).code;
  return {
    ...{ home, access, app, noted, lines, time, browser, code, pairings },
    async helper(person) {
      const page = browser();
      const made = await access.makeCode('test', { role: 'helper', person, mayReset: false });
      await page.post('/welcome', { code: made.code });
      await page.post('/welcome/begin', { name: 'Hjelper Eksempel', pin: PIN, again: PIN });
      return page;
    },
    async representative(person, { name = 'Eva Eksempel', ...over } = {}) {
      const page = browser();
      const made = await access.makeCode('test', {
        ...({ role: 'representative', basis: 'guardian', person, mayReset: false } as const),
        ...over,
      });
      await page.post('/welcome', { code: made.code });
      await page.post('/welcome/begin', { name, pin: PIN, again: PIN });
      return page;
    },
    async signedIn(person, pin = PIN) {
      const page = browser();
      await page.post('/welcome', { code: await code(person) });
      await page.post('/welcome/begin', { pin, again: pin });
      return page;
    },
    async stop() {
      await app.close();
      await home.stop();
    },
  };
}

/** Asks as a browser does: keeps cookies, and sends each form's token, found on the page before. */
export function createTestBrowser(
  app: ReturnType<typeof createHttp>,
  over: Partial<InjectOptions> = {},
) {
  const cookies = new Map<string, string>();

  async function ask(options: InjectOptions): Promise<Answer> {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await app.inject({
      ...over,
      ...options,
      headers: {
        host: 'localhost',
        ...(cookie ? { cookie } : {}),
        ...over.headers,
        ...options.headers,
      },
    });
    for (const line of [answer.headers['set-cookie'] ?? []].flat()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (/Max-Age=0/.test(line)) cookies.delete(name);
      else cookies.set(name, value);
    }
    const { location } = answer.headers;
    return {
      status: answer.statusCode,
      text: answer.body,
      to: typeof location === 'string' ? location : undefined,
      headers: answer.headers,
    };
  }

  const get = (url: string) => ask({ method: 'GET', url });
  const tokenOf = async () => {
    const page = await get('/welcome');
    return /name="token" value="([\w-]+)"/.exec(page.text)?.[1] ?? '';
  };
  return {
    cookies,
    ask,
    get,
    tokenOf,
    /** Sends a form, with its token unless another is given. */
    async post(url: string, fields: Record<string, string> = {}) {
      const form = new URLSearchParams({ token: await tokenOf(), ...fields });
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      return ask({ method: 'POST', url, headers, body: form.toString() });
    },
  };
}
