import { expect, test } from 'vitest';
import { usual } from './household.ts';

/** A home with a trail of some length, and no lock on it. */
async function withTrail() {
  const home = await usual();
  await home.decisions.pausePermission('test', home.permission.id);
  await home.decisions.resumePermission('test', home.permission.id);
  home.db.exec('DROP TRIGGER audit_is_append_only; DROP TRIGGER audit_is_kept');
  return home;
}

test('who, what and when stand in each line', async () => {
  const home = await withTrail();
  const { entries, firstBroken } = home.views.audit();
  expect(firstBroken).toBeUndefined();
  expect(entries.at(-1)).toMatchObject({
    seq: entries.length,
    at: home.time.now,
    actor: 'test',
    action: 'permission-resumed',
    detail: { permission: home.permission.id },
  });
  await home.stop();
});

test.each([
  ['when', 'UPDATE audit SET at = at + 1 WHERE seq = 3', 3],
  ['who', "UPDATE audit SET actor = 'somebody' WHERE seq = 3", 3],
  ['what', "UPDATE audit SET action = 'person-added' WHERE seq = 3", 3],
  ['of whom', "UPDATE audit SET detail = '{}' WHERE seq = 3", 3],
  ['the first line', 'DELETE FROM audit WHERE seq = 1', 2],
  ['a line between', 'DELETE FROM audit WHERE seq = 3', 4],
  [
    'the order',
    `UPDATE audit SET seq = 100 WHERE seq = 3; UPDATE audit SET seq = 3 WHERE seq = 4;
     UPDATE audit SET seq = 4 WHERE seq = 100`,
    3,
  ],
])('a changed trail is found: %s', async (_, sql, broken) => {
  const home = await withTrail();
  home.db.exec(sql);
  expect(home.views.trail().firstBroken).toBe(broken);
  await home.stop();
});

test('its end cut off: the chain holds, the mark of an act that ended sharing is gone', async () => {
  const home = await withTrail();
  const { trail = '' } = await home.decisions.withdrawPermission('test', home.permission.id);
  expect(home.views.trail().head).toBe(trail);
  const marks = () => home.views.audit().entries.map(({ seq, hash }) => `${seq}:${hash}`);
  expect(marks()).toContain(trail);
  home.db.exec('DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)');
  expect(home.views.trail().firstBroken).toBeUndefined();
  expect(marks()).not.toContain(trail);
  // And the next line does not hide it.
  await home.decisions.addPerson('test', 'Ola Example');
  expect(marks()).not.toContain(trail);
  await home.stop();
});
