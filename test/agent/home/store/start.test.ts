import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createPeople } from '../../../../agent/home/people/people.ts';
import { openHouseholdCopy } from '../../../../agent/home/store/household-copy.ts';
import { openOrMend, storeIn } from '../../../../agent/home/store/open.ts';
import { startStore } from '../../../../agent/home/store/start.ts';
import { KEY, temporary } from '../household.ts';
import { bytesIn, damagePage, leavesOf } from './damage.ts';
import { lived } from './lived.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const asRoot = (program: string, ...args: string[]) => spawnSync(program, args).status === 0;
const start = (folder: string, lines: object[] = []) =>
  startStore({
    folder,
    key: KEY,
    clock: { now: Date.now, trusted: () => true },
    log: { ...silent, error: (fields) => void lines.push(fields) },
  });

test('who the gateway is outlives its key file, and is not mixed up with another', () => {
  const folder = temporary();
  const first = start(folder);
  const { id } = first.identity;
  first.close();
  const file = join(folder, 'gateway.key');
  rmSync(file);
  const second = start(folder);
  expect(second.identity.id).toBe(id);
  second.close();
  writeFileSync(file, 'what a worn card makes of it', { mode: 0o600 });
  const third = start(folder);
  expect(third.identity.id).toBe(id);
  third.close();
  const [damaged = ''] = readdirSync(folder).filter((name) => name.includes('damaged'));
  expect(readFileSync(join(folder, damaged), 'utf8')).toBe('what a worn card makes of it');
  const other = temporary();
  start(other).close();
  writeFileSync(file, readFileSync(join(other, 'gateway.key')));
  expect(() => start(folder)).toThrow(expect.objectContaining({ code: 'identity-mismatch' }));
});

test("the household's copy follows the store, also when a person goes; no permission is in it", () => {
  const folder = temporary();
  const place = start(folder);
  const people = createPeople(place.db, { now: Date.now });
  const { id } = people.add('Kari Example');
  place.refreshCopy();
  const names = () => {
    const copy = openHouseholdCopy(folder, KEY);
    const rows = copy?.prepare('SELECT name FROM person').pluck().all();
    copy?.close();
    return rows;
  };
  expect(names()).toEqual(['Kari Example']);
  people.remove(id);
  place.refreshCopy();
  expect(names()).toEqual(['']);
  place.close();
  expect(readFileSync(join(folder, 'household.db')).includes('Kari')).toBe(false);
});

test('a copy that is damaged itself is made anew', () => {
  const folder = temporary();
  start(folder).close();
  damagePage(join(folder, 'household.db'), 1);
  expect(openHouseholdCopy(folder, KEY)).toBeUndefined();
  start(folder).close();
  const copy = openHouseholdCopy(folder, KEY);
  expect(copy).toBeDefined();
  copy?.close();
});

test('what was lost is logged by table and count, and checks say it until a person has seen to it', async () => {
  const home = await lived(60);
  const file = storeIn(home.folder);
  const leaves = ['capture', 'permission'].map((table) => leavesOf(file, table)[0] ?? 0);
  for (const leaf of leaves) damagePage(file, leaf);
  const lines: object[] = [];
  const place = start(home.folder, lines);
  expect(lines).toEqual([
    { event: 'store-kept-aside', because: 'corrupt', count: expect.any(Number) },
    expect.objectContaining({ event: 'store-rows-lost', op: 'capture' }),
    expect.objectContaining({ event: 'store-rows-lost', op: 'permission' }),
    { event: 'permissions-lost' },
  ]);
  const codes = () => place.checks().map(({ code }) => code);
  expect(codes()).toEqual(['store-kept-aside', 'permissions-lost']);
  for (const one of place.keptStores()) rmSync(one);
  expect(codes()).toEqual(['permissions-lost']);
  place.close();
});

test('without room for a copy it stops, says how much is missing, and changes nothing', async (context) => {
  const home = await lived(30);
  const at = temporary();
  const mounted = asRoot('mount', '-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', at);
  if (!mounted) return context.skip('needs root and the right to mount');
  try {
    const folder = join(at, 'data');
    mkdirSync(folder);
    writeFileSync(storeIn(folder), readFileSync(storeIn(home.folder)));
    damagePage(storeIn(folder), leavesOf(storeIn(folder), 'capture')[0] ?? 0);
    const before = bytesIn(folder);
    expect(statfsSync(at).bavail).toBeGreaterThan(0);
    expect(() => openOrMend({ folder, key: KEY, now: Date.now })).toThrow(
      expect.objectContaining({
        code: 'store-no-room',
        hint: expect.stringMatching(/^Free \d+ MB/),
      }),
    );
    expect(bytesIn(folder)['home.db']).toEqual(before['home.db']);
  } finally {
    asRoot('umount', '-l', at);
  }
});
