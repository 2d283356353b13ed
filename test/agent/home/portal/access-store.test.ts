import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ACCESS_TABLES } from '../../../../agent/home/journal/access-schema.ts';
import { HOME_MIGRATIONS } from '../../../../agent/home/journal/schema.ts';
import { makeBackup, passphraseOf, restoreBackup } from '../../../../agent/home/store/backup.ts';
import { mend } from '../../../../agent/home/store/mend.ts';
import { mergeStore } from '../../../../agent/home/store/merge.ts';
import { storeIn } from '../../../../agent/home/store/open.ts';
import { openStore } from '../../../../agent/store.ts';
import { again, KEY, START, temporary, usual } from '../household.ts';
import { furnishPortal, PIN } from './furnished.ts';

/** A key as SQLCipher takes it, from which nothing slow is derived. */
const SECRET = passphraseOf(`x'${'5a'.repeat(32)}'`);

/** A home in which somebody is signed in, and a code waits; its store is closed. */
async function signedInHome() {
  const home = await usual();
  home.db.prepare("INSERT INTO meta VALUES ('gateway-key', 'the key of a gateway')").run();
  const portal = furnishPortal({ home: home.home });
  const browser = await portal.signedIn(home.person.id);
  await portal.code(home.person.id);
  home.db.exec(`INSERT INTO passkey
    SELECT 'id', l.account, l.browser, 'credential', x'00', 0, 'localhost', 'Telefon', 0, NULL
    FROM browser_account l`);
  const backup = join(temporary(), 'backup.db');
  makeBackup(home.db, { key: KEY, secret: SECRET, out: backup });
  await portal.stop();
  return { home, browser, backup, person: home.person.id };
}

function counts(folder: string, tables: readonly string[] = ACCESS_TABLES) {
  const db = openStore({ file: storeIn(folder), key: KEY, migrations: HOME_MIGRATIONS });
  const n = tables.map((table) => [
    table,
    db.prepare<[], number>(`SELECT count(*) FROM ${table}`).pluck().get(),
  ]);
  db.close();
  return Object.fromEntries(n);
}

test('a restored box lets nobody in: no session, browser, passkey, code or PIN of the backup counts', async () => {
  const { backup, home } = await signedInHome();
  expect(counts(home.folder)).toMatchObject({
    ...{ session: 1, browser: 1, account: 1, access_code: 1, passkey: 1 },
  });
  const folder = temporary();
  restoreBackup({ backup, secret: SECRET, folder, key: KEY, now: START });
  expect(new Set(Object.values(counts(folder)))).toEqual(new Set([0]));
  expect(counts(folder, ['person'])).toEqual({ person: 1 });
});

test('a store that was kept aside brings back no browser that was removed since, and no former PIN', async () => {
  const { home, browser, person } = await signedInHome();
  const aside = join(temporary(), 'home.db');
  cpSync(storeIn(home.folder), aside);
  const since = again(home.home);
  const portal = furnishPortal({ home: since });
  const here = portal.browser();
  for (const [name, value] of browser.cookies) here.cookies.set(name, value);
  const [known] = portal.access.sessions.browsers(
    portal.access.accounts.ofPerson(person)?.id ?? '',
  );
  expect((await here.post(`/me/browsers/${known?.id}/forget`)).to).toBe('/me');
  expect(portal.access.passkeys.isUsed({ id: 'localhost' })).toBe(false);
  await portal.stop();
  mergeStore({ aside, folder: home.folder, key: KEY, now: START });
  const after = furnishPortal({ home: again(home.home) });
  const there = after.browser();
  for (const [name, value] of browser.cookies) there.cookies.set(name, value);
  expect((await there.get('/')).status).toBe(303);
  expect(after.access.passkeys.isUsed({ id: 'localhost' })).toBe(false);
  const account = after.access.accounts.ofPerson(person)?.id ?? '';
  expect((await there.post('/sign-in', { account, pin: PIN })).status).toBe(422);
  await after.stop();
});

test('what is read of a damaged store signs nobody in', async () => {
  const { home } = await signedInHome();
  const db = openStore({ file: storeIn(home.folder), key: KEY, migrations: HOME_MIGRATIONS });
  mend(db, [], { reason: 'corrupt', now: START });
  db.close();
  expect(counts(home.folder)).toMatchObject({
    ...{ session: 0, access_code: 0, passkey: 0, account: 1, browser: 1 },
  });
});
