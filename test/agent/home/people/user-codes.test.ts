import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createUserCodeGiving } from '../../../../agent/home/people/user-code-giving.ts';
import { withoutIds } from '../../../support/without-ids.ts';
import { again, type Household, openHousehold } from '../household.ts';

const ADDRESS = '00005e005301';
const CODE = 3752;

function givingOf(home: Household) {
  const { db, devices, committer, audit, time } = home;
  const clock = { now: () => time.now, trusted: () => time.trusted };
  return createUserCodeGiving({ db, devices, committer, audit, clock, random: () => CODE });
}
async function scaleHome() {
  const home = openHousehold();
  const device = await home.adopt();
  const giving = givingOf(home);
  return { home, device: device.id, giving, told: () => giving.userCodes.of(ADDRESS) };
}

test('a code that was given is told at every visit, also after a restart', async () => {
  const { home, device, giving, told } = await scaleHome();
  await giving.give('test', device, 2, '0042');
  await giving.give('test', device, 1, `${CODE}\n`);
  expect(told()).toEqual([
    { index: 1, code: CODE },
    { index: 2, code: 42 },
  ]);
  await giving.userCodes.answered(ADDRESS, { index: 1, code: CODE }, 'accepted');
  home.cut();
  const after = again(home);
  expect(givingOf(after).userCodes.of(ADDRESS)).toHaveLength(2);
  await after.stop();
});

test.each(['wrong-code', 'no-such-user', 'unsupported'])(
  '%s: not told again before another code is given',
  async (answer) => {
    const { home, device, giving, told } = await scaleHome();
    await giving.give('test', device, 1, '1111');
    await giving.userCodes.answered(ADDRESS, { index: 1, code: 1111 }, answer);
    expect(told()).toEqual([]);
    expect(giving.list(device).users).toEqual([{ user: 1, answer }]);
    await giving.give('test', device, 1, String(CODE));
    expect(told()).toEqual([{ index: 1, code: CODE }]);
    expect(giving.list(device).users).toEqual([{ user: 1 }]);
    await home.stop();
  },
);

test.each(['locked', 'silent', 'refused'])('%s: told again at the next visit', async (answer) => {
  const { home, device, giving, told } = await scaleHome();
  await giving.give('test', device, 1, '1111');
  await giving.userCodes.answered(ADDRESS, { index: 1, code: 1111 }, answer);
  expect(told()).toEqual([{ index: 1, code: 1111 }]);
  await home.stop();
});

test('a user is registered under a code of ours, once', async () => {
  const { home, device, giving, told } = await scaleHome();
  await giving.register('test', device);
  expect(told()).toEqual([{ code: CODE }]);
  await giving.userCodes.answered(ADDRESS, { code: CODE }, 'registered', 3);
  expect(told()).toEqual([{ index: 3, code: CODE }]);
  await giving.userCodes.answered(ADDRESS, { index: 3, code: CODE }, 'accepted');
  expect(giving.list(device).users).toEqual([{ user: 3, answer: 'accepted' }]);
  await home.stop();
});

test('what is no code or no user is refused, without saying what was given', async () => {
  const { home, device, giving } = await scaleHome();
  const tries: [number, string, string][] = [
    [1, '12345', 'user-code-invalid'],
    [1, 'abcd', 'user-code-invalid'],
    [1, '', 'user-code-invalid'],
    [255, '1234', 'user-invalid'],
  ];
  for (const [user, code, error] of tries) {
    const failure = await giving.give('test', device, user, code).catch((thrown) => thrown);
    expect(failure.code).toBe(error);
    if (code !== '') expect(`${failure.message} ${failure.hint}`).not.toContain(code);
  }
  await home.stop();
});

test('codes are in no trail, answer or readable file, and go with the device', async () => {
  const { home, device, giving, told } = await scaleHome();
  const answer = await giving.give('test', device, 1, String(CODE));
  expect(withoutIds(JSON.stringify([answer, home.audit.list()]))).not.toContain(String(CODE));
  expect(home.audit.list().at(-1)).toMatchObject({ action: 'user-code-given' });
  await home.adoption.unpair('test', device);
  expect(told()).toEqual([]);
  expect(home.db.prepare('SELECT count(*) AS n FROM user_code').get()).toEqual({ n: 0 });
  const files = readdirSync(home.folder).map((name) => readFileSync(join(home.folder, name)));
  expect(files.some((bytes) => bytes.includes('user_code'))).toBe(false);
  await home.stop();
});
