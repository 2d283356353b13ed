import { afterEach, expect, test } from 'vitest';
import type { UserCode } from '../../../../adapters/bluetooth/procedures/user-control.ts';
import type { ScriptedDevice } from '../radio/scripted-bindings.ts';
import { METER, type Stage, stage } from './stage.ts';

const SCALE: ScriptedDevice = {
  id: METER,
  advertised: ['181d'],
  gatt: {
    '181c': { '2a9f': { properties: ['write', 'indicate'] } },
    '181d': { '2a9d': { properties: ['indicate'] } },
    '181b': { '2a9c': { properties: ['indicate'] } },
  },
};
/** Vector uds-consent-bf720: user 1, code 3752. */
const CONSENT = '0201a80e';
const ANSWER = { accepted: 1, 'no-such-user': 3, locked: 4, 'wrong-code': 5 } as const;

let set: Stage;
afterEach(() => set.end());

/** A scale with these codes; `answer` is what it says to each request. */
async function begin(users: UserCode[], answer: (request: readonly number[]) => readonly number[]) {
  const said: unknown[] = [];
  set = await stage(SCALE, undefined, {
    model: 'beurer-bf720',
    userCodes: {
      of: () => users,
      answered: async (_address, user, word, index) => void said.push([user.index, word, index]),
    },
  });
  set.bindings.onWrite = (id, service, uuid, bytes) => {
    const back = answer([...bytes]);
    if (back.length > 0) set.bindings.value(id, service, uuid, Uint8Array.from(back));
  };
  return said;
}
const always = (code: number) => (request: readonly number[]) => [0x20, request[0] ?? 0, code];
const asked = () =>
  set.bindings.asked.filter((one) => /^(notify|write)/.test(one)).map((one) => one.split(' ')[1]);

test('the user is told before the measurements are asked for', async () => {
  const said = await begin([{ index: 1, code: 3752 }], always(ANSWER.accepted));
  await set.visit();
  expect(set.written()).toEqual([CONSENT]);
  expect(asked()).toEqual(['181c/2a9f', '181c/2a9f', '181d/2a9d', '181b/2a9c']);
  expect(said).toEqual([[1, 'accepted', undefined]]);
  // Its answer to a code is no measurement.
  expect(set.brought).toEqual([0]);
});

test.each(Object.entries(ANSWER).slice(1))(
  '%s is said, and the visit goes on',
  async (word, code) => {
    const said = await begin([{ index: 1, code: 3752 }], always(code));
    await set.visit();
    expect(said).toEqual([[1, word, undefined]]);
    expect(asked()).toContain('181d/2a9d');
    expect(set.notes).toContain('user-code-not-accepted');
    expect(set.notes).not.toContain('visit-failed');
  },
);

test('a scale that says nothing, or refuses the request itself', async () => {
  const said = await begin([{ index: 1, code: 3752 }], () => []);
  await set.visit();
  set.bindings.twist.set('write 181c/2a9f', 'refuse');
  await set.visit();
  expect(said).toEqual([
    [1, 'silent', undefined],
    [1, 'refused', undefined],
  ]);
});

test('a new user is registered with our code, and told with the index that came back', async () => {
  const said = await begin([{ code: 3752 }], ([op = 0]) =>
    op === 1 ? [0x20, 1, 1, 4] : [0x20, op, 1],
  );
  await set.visit();
  expect(set.written()).toEqual(['01a80e', '0204a80e']);
  expect(said).toEqual([
    [undefined, 'registered', 4],
    [4, 'accepted', undefined],
  ]);
});

test('no room for a new user: nobody is told', async () => {
  const said = await begin([{ code: 3752 }], always(ANSWER.locked));
  await set.visit();
  expect(set.written()).toEqual(['01a80e']);
  expect(said).toEqual([[undefined, 'locked', undefined]]);
});

test('the next user is told when the first one has no more to hand over', async () => {
  const users = [
    { index: 1, code: 1111 },
    { index: 2, code: 2222 },
  ];
  await begin(users, (request) => [0x20, request[0] ?? 0, 1]);
  const answer = set.bindings.onWrite;
  set.bindings.onWrite = (id, service, uuid, bytes) => {
    answer(id, service, uuid, bytes);
    const weigh = () => set.bindings.value(id, '181d', '2a9d', Uint8Array.of(0, bytes[1] ?? 0, 1));
    for (const ms of [5, 18, 31]) setTimeout(weigh, ms);
  };
  await set.visit();
  const mine = set.kept.filter(({ source }) => Object.values(source).includes('2a9d'));
  expect(mine.map(({ bytes }) => bytes[1])).toEqual([1, 1, 1, 2, 2, 2]);
});

test('a device that hangs up after its first user’s measurements has not failed', async () => {
  await begin(
    [
      { index: 1, code: 1111 },
      { index: 2, code: 2222 },
    ],
    always(ANSWER.accepted),
  );
  set.bindings.twist.set('notify 181b/2a9c', (answer) => {
    answer();
    setTimeout(() => set.bindings.drop(METER), 5);
  });
  await set.visit();
  expect(set.written()).toHaveLength(1);
  expect(set.notes).not.toContain('visit-failed');
});

test('without a code it is said that one is needed; answers to codes are no measurements', async () => {
  await begin([], () => []);
  await set.visit();
  expect(set.written()).toEqual([]);
  expect(set.notes).toContain('user-code-needed');
  expect(asked()).toEqual(['181d/2a9d', '181b/2a9c']);
});

test('no code is in a capture or a note', async () => {
  await begin([{ index: 1, code: 3752 }], always(ANSWER.accepted));
  await set.visit();
  const text = JSON.stringify([
    set.notes,
    set.kept.map(({ bytes }) => Buffer.from(bytes).toString('hex')),
  ]);
  expect(text).not.toMatch(/3752|a80e/);
});
