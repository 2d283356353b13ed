import { request } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { bloodPressure, cuff } from '../frames.ts';
import { usual } from '../household.ts';
import { type FurnishedPortal, furnishPortal } from './furnished.ts';

let home: Awaited<ReturnType<typeof usual>>;
let portal: FurnishedPortal;

beforeEach(async () => {
  home = await usual();
  portal = furnishPortal({ home: home.home });
  await portal.app.listen({ host: '127.0.0.1', port: 0 });
});
afterEach(() => portal.stop());

const portOf = () => {
  const address = portal.app.server.address();
  return typeof address === 'object' && address ? address.port : 0;
};
const cookieOf = (cookies: ReadonlyMap<string, string>) =>
  [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');

/** `/live`, as a browser hears it. */
function listen(cookies: ReadonlyMap<string, string>) {
  const port = portOf();
  let heard = '';
  let ended = false;
  const cookie = cookieOf(cookies);
  const call = request(
    { port, path: '/live', headers: { cookie, host: 'localhost' } },
    (answer) => {
      answer.setEncoding('utf8').on('data', (text: string) => {
        heard += text;
      });
      answer.on('close', () => {
        ended = true;
      });
    },
  );
  call.on('error', () => undefined);
  call.end();
  return { text: () => heard, isEnded: () => ended, stop: () => call.destroy() };
}

test('an open page is told that something is new, of its own person only, and never what', async () => {
  const ola = await portal.home.decisions.addPerson('test', 'Ola Eksempel');
  const [mine, his] = [await portal.signedIn(home.person.id), await portal.signedIn(ola.id)];
  const [hers, others] = [listen(mine.cookies), listen(his.cookies)];
  await expect
    .poll(() => [hers.text(), others.text()])
    .toEqual(['retry: 3000\n\n', 'retry: 3000\n\n']);
  await cuff(home.home, bloodPressure());
  await expect.poll(hers.text).toMatch(/event: reading\ndata: \n\n/);
  expect(others.text()).not.toMatch(/event: (reading|delivery|question)/);
  expect(hers.text()).not.toMatch(/128|Kari|[0-9a-f]{8}-/);
  await mine.post('/sign-out');
  await cuff(home.home, bloodPressure({ systolic: 131 }));
  await expect.poll(hers.isEnded).toBe(true);
  hers.stop();
  others.stop();
});

test('one browser has four open pages that are told; the oldest gives way, and others have theirs', async () => {
  const ola = await portal.home.decisions.addPerson('test', 'Ola Eksempel');
  const [mine, his] = [await portal.signedIn(home.person.id), await portal.signedIn(ola.id)];
  const pages: ReturnType<typeof listen>[] = [];
  for (let n = 0; n < 41; n += 1) {
    const page = listen(mine.cookies);
    pages.push(page);
    await expect.poll(page.text).toContain('retry');
  }
  await expect.poll(() => pages.filter(({ isEnded }) => !isEnded()).length).toBe(4);
  expect(pages.map(({ isEnded }) => isEnded()).lastIndexOf(true)).toBe(36);
  for (const page of pages.slice(0, 37)) expect(page.text()).toMatch(/event: enough\ndata: \n\n$/);
  const other = listen(his.cookies);
  await expect.poll(other.text).toBe('retry: 3000\n\n');
  await cuff(home.home, bloodPressure());
  await expect.poll(() => pages.at(-1)?.text()).toContain('event: reading');
  for (const page of [...pages, other]) page.stop();
});

test('an open page is told of the devices that it shows, and of no other', async () => {
  const { decisions, adoption } = portal.home;
  const person = async (name: string) => (await decisions.addPerson('test', name)).id;
  const [ola, eva] = [await person('Ola Eksempel'), await person('Eva Eksempel')];
  const address = '00005e005302';
  const shared = await adoption.adopt('test', { address, name: 'Badet', slotKind: 'unknown' });
  await decisions.assignDevice('test', shared.id, { slots: { 1: ola } });
  const helper = await portal.helper(home.person.id);
  const pages = [
    listen((await portal.signedIn(ola)).cookies),
    listen((await portal.signedIn(eva)).cookies),
    listen(helper.cookies),
  ] as const;
  for (const page of pages) await expect.poll(page.text).toContain('retry');
  const [his, hers, helps] = pages;
  await cuff(home.home, bloodPressure(), { peripheral: address });
  await expect.poll(his.text).toMatch(/event: question/);
  await cuff(home.home, bloodPressure());
  await expect.poll(helps.text).toContain('event: device');
  expect(hers.text()).toBe('retry: 3000\n\n');
  expect(helps.text().match(/event/g)).toHaveLength(1);
  for (const page of pages) page.stop();
});

test('a page that gave way behind another answer is written to no more', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const [mine, other] = [
    await portal.signedIn(home.person.id),
    await portal.signedIn(home.person.id),
  ];
  const failed: Error[] = [];
  const fail = (error: Error) => failed.push(error);
  const others = process.rawListeners('uncaughtException');
  process.removeAllListeners('uncaughtException').on('uncaughtException', fail);
  const socket = connect({ port: portOf(), host: '127.0.0.1' }).on('error', () => undefined);
  // The second waits on this connection until the first ends, which it does not.
  const ask = (cookies: ReadonlyMap<string, string>) =>
    `GET /live HTTP/1.1\r\nHost: localhost\r\nCookie: ${cookieOf(cookies)}\r\n\r\n`;
  socket.resume().write(ask(other.cookies) + ask(mine.cookies));
  const pages: ReturnType<typeof listen>[] = [];
  for (let n = 0; n < 4; n += 1) {
    const page = listen(mine.cookies);
    pages.push(page);
    await expect.poll(page.text).toContain('retry');
  }
  for (let beat = 0; beat < 4; beat += 1) {
    vi.advanceTimersByTime(25_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  process.removeAllListeners('uncaughtException');
  for (const one of others) process.on('uncaughtException', one as (error: Error) => void);
  for (const page of pages) page.stop();
  socket.destroy();
  vi.useRealTimers();
  expect(failed).toEqual([]);
});
