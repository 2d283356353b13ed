import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { usual } from '../household.ts';
import { type FurnishedPortal, furnishPortal, type TestBrowser } from './furnished.ts';
import { pressure, put, single, stored } from './many-readings.ts';
import { listed } from './routes.ts';

/** Years of readings: what each page takes and weighs then, and what a file does that nobody reads. */

const READINGS = 50_000;
/** No page is larger, bytes. */
const PAGE_BYTES_MAX = 200_000;
const TURNS = 5;

let home: Awaited<ReturnType<typeof usual>>;
let portal: FurnishedPortal;
let kari: TestBrowser;
/** Of a parameter in a path, what there is of it. */
let places: Readonly<Record<string, string>>;

/** One each 10 minutes; of each hundred four are questions, three were refused and three removed. */
function* readings() {
  const own = { device: home.device.id, person: home.person.id };
  for (let n = 0; n < READINGS; n += 1) {
    const at = home.time.now - n * 600_000;
    const measured =
      n % 5 === 0
        ? single('body-weight', 'weight', { value: '71.8', unit: 'kg' })
        : pressure(100 + (n % 60));
    if (n % 25 === 1) {
      const held = { state: 'held', held: 'person', heldBecause: 'before-pairing' } as const;
      yield stored(at, measured, { ...own, ...held, person: undefined, basis: undefined });
    } else if (n % 100 === 2) yield stored(at, measured, { ...own, state: 'removed' });
    else yield stored(at, measured, { ...own, status: n % 2 ? ['irregular-pulse'] : [] });
  }
}

beforeAll(async () => {
  home = await usual();
  put(home.db, readings());
  home.db.exec(`UPDATE reading SET near = rowid;
    INSERT INTO delivery (id, reading, recipient, action, revision, person, recorded_at, state,
      because, updated_at, near, device)
    SELECT 'e' || rowid, id, 'care', 'new', 0, person, captured_at,
      CASE WHEN rowid % 100 < 3 THEN 'withheld' WHEN rowid % 100 = 7 THEN 'rejected'
        WHEN rowid < 500 THEN 'queued' WHEN rowid % 2 THEN 'read' ELSE 'received' END,
      CASE WHEN rowid % 100 < 3 THEN 'out-of-scope' END, captured_at, near, device
    FROM reading WHERE person IS NOT NULL`);
  portal = furnishPortal({ home: home.home });
  kari = await portal.signedIn(home.person.id);
  const one = (sql: string) => String(home.db.prepare<[], string>(sql).pluck().get());
  const reading = one(`SELECT id FROM reading WHERE state = 'ready' LIMIT 1`);
  places = {
    '/readings/of/:id': `/readings/of/${reading}`,
    '/readings/:kind|:id/': `/readings/${reading}/`,
    '/readings/:kind|:id': '/readings/blood-pressure',
    '/questions/:id': `/questions/${one(`SELECT id FROM reading WHERE state = 'held' LIMIT 1`)}`,
    '/devices/:id': `/devices/${home.device.id}`,
    '/shares/to/:to': '/shares/to/care',
    ':seq': one(`SELECT seq FROM audit WHERE action = 'permission-given'`),
    ':look': 'cuff',
    ':model': 'other',
  };
});
afterAll(() => portal.stop());

const medianOf = (times: readonly number[]) =>
  times.toSorted((a, b) => a - b)[(TURNS - 1) / 2] ?? 0;

/** Paths of all pages, with something behind each parameter that is kept for long. */
function pages(): string[] {
  const paths = listed(portal.app.printRoutes({ commonPrefix: false }))
    .filter(({ method, url }) => method === 'GET' && !/^\/(live|files\/readings\..*)$/.test(url))
    .map(({ url }) =>
      Object.entries(places).reduce((path, [name, own]) => path.replace(name, own), url),
    );
  const kinds = ['blood-pressure', 'body-weight'].flatMap((kind) =>
    ['week', 'month', 'year'].map((period) => `/readings/${kind}?period=${period}`),
  );
  return [...paths, ...kinds, '/files/print?size=large'];
}

test('what each page takes, and none is over 200 kB', async () => {
  const lines: string[] = [];
  for (const url of pages()) {
    const [walls, works]: [number[], number[]] = [[], []];
    let answer = { status: 0, text: '' };
    for (let turn = 0; turn < TURNS; turn += 1) {
      const [start, worked] = [performance.now(), process.cpuUsage()];
      answer = await kari.get(url);
      walls.push(performance.now() - start);
      const { user, system } = process.cpuUsage(worked);
      works.push((user + system) / 1_000);
    }
    const size = Buffer.byteLength(answer.text);
    const figures = [walls[0] ?? 0, medianOf(walls), medianOf(works), size];
    const name = url.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, ':id');
    lines.push(
      `${figures.map((figure) => figure.toFixed(0).padStart(7)).join(' ')}  ${answer.status} ${name}`,
    );
    expect([url, answer.status < 500, size < PAGE_BYTES_MAX]).toEqual([url, true, true]);
  }
  console.log(`first ms, median ms, of them at work, bytes, page\n${lines.join('\n')}`);
});

test('what a recipient has is told stretch by stretch, each reading once, as many as are stored', async () => {
  let told = 0;
  let url: string | undefined = '/shares/to/care/gone';
  let steps = 0;
  for (; url !== undefined && steps < 100; steps += 1) {
    const { text } = await kari.get(url);
    for (const [, n] of text.matchAll(/<td data-label="Antall"><span>(\d+)</g)) told += Number(n);
    url = /href="([^"]*gone\?before=\d+)"/.exec(text)?.[1];
  }
  expect(steps).toBeGreaterThan(5);
  const gone = `SELECT count(*) FROM delivery WHERE state IN ('sent', 'received', 'read')`;
  expect(told).toBe(home.db.prepare(gone).pluck().get());
});

test.each(['ndjson', 'csv', 'pdf'])(
  'of a file that nobody reads (%s) little is made, and pages are answered meanwhile',
  async (kind) => {
    if (!portal.app.server.listening) await portal.app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = portal.app.server.address() as AddressInfo;
    const taken = new Promise<Socket>((resolve) => portal.app.server.once('connection', resolve));
    const lazy = connect({ host: '127.0.0.1', port })
      .on('error', () => undefined)
      .pause();
    const cookie = [...kari.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    lazy.write(
      `GET /files/readings.${kind} HTTP/1.1\r\nHost: localhost\r\nCookie: ${cookie}\r\n\r\n`,
    );
    const server = await taken;
    let before = -1;
    while (server.bytesWritten === 0 || server.bytesWritten !== before) {
      before = server.bytesWritten;
      expect((await kari.get('/')).status).toBe(200);
      await wait(300);
    }
    console.log(
      `${kind}: ${(before / 1e6).toFixed(1)} MB written, ${server.writableLength} B of it wait`,
    );
    expect(before).toBeGreaterThan(0);
    expect(server.writableLength).toBeLessThan(1_000_000);
    lazy.destroy();
  },
);
