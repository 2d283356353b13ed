import { expect, test } from 'vitest';
import { until } from '../../support/until.ts';
import { bloodPressure, cuff } from './frames.ts';
import { again, DAY, HOUR, settled, usual } from './household.ts';

test('every decision has its line in the trail, and nothing in it is a name or a value', async () => {
  const home = await usual();
  await home.decisions.pausePermission('test', home.permission.id);
  await home.decisions.resumePermission('test', home.permission.id);
  await home.decisions.withdrawPermission('test', home.permission.id);
  const { entries, firstBroken } = home.views.audit();
  expect(firstBroken).toBeUndefined();
  expect(entries.map(({ action }) => action)).toEqual([
    'person-added',
    'device-adopted',
    'device-assigned',
    'permission-given',
    'permission-paused',
    'permission-resumed',
    'permission-withdrawn',
  ]);
  expect(JSON.stringify(entries)).not.toContain('Kari');
  await home.stop();
});

test('the trail cannot be changed through the store, and a change behind its back is found', async () => {
  const home = await usual();
  const change = "UPDATE audit SET detail = '{}' WHERE seq = 2";
  expect(() => home.db.exec(change)).toThrow(/append-only/);
  expect(() => home.db.exec('DELETE FROM audit WHERE seq = 2')).toThrow(/append-only/);
  home.db.exec('DROP TRIGGER audit_is_append_only; DROP TRIGGER audit_is_kept');
  home.db.exec(change);
  expect(home.views.audit().firstBroken).toBe(2);
  await home.stop();
});

test('a line that is missing is found too', async () => {
  const home = await usual();
  home.db.exec('DROP TRIGGER audit_is_kept; DELETE FROM audit WHERE seq = 3');
  expect(home.views.audit().firstBroken).toBe(4);
  await home.stop();
});

test('a decision that the disk refuses did not happen, also not in memory', async () => {
  const home = await usual();
  await home.decisions.pausePermission('test', home.permission.id);
  home.db.pragma('query_only = ON');
  const resumed = home.decisions.resumePermission('test', home.permission.id);
  await expect(resumed).rejects.toMatchObject({ code: 'store-read-only' });
  home.db.pragma('query_only = OFF');
  await cuff(home, bloodPressure());
  expect(home.deliveries.recent(1)).toMatchObject([{ state: 'withheld', because: 'paused' }]);
  expect(home.received()).toHaveLength(0);
  await home.stop();
});

test('what was measured in a pause stays home after it, what came before and after goes', async () => {
  const home = await usual();
  const { time } = home;
  await home.decisions.pausePermission('test', home.permission.id, isoIn(home.time.now, HOUR));
  time.now += HOUR / 2;
  await cuff(home, bloodPressure({ systolic: 131 }));
  time.now += HOUR;
  await cuff(home, bloodPressure({ systolic: 132 }));
  await settled(home, 1);
  await home.round.run();
  home.outbox.wake();
  home.committer.flush();
  expect(home.received()).toHaveLength(1);
  expect(home.deliveries.counts()).toEqual(
    expect.arrayContaining([expect.objectContaining({ state: 'withheld', n: 1 })]),
  );
  await home.stop();
});

test('what is withdrawn cannot be paused: a permission given later would let nothing go', async () => {
  const home = await usual();
  const { id, kinds } = home.permission;
  await home.decisions.withdrawPermission('test', id);
  const paused = home.decisions.pausePermission('test', id);
  await expect(paused).rejects.toMatchObject({ code: 'permission-withdrawn' });
  await cuff(home, bloodPressure());
  const from = isoIn(home.time.now, -DAY);
  const person = home.person.id;
  await home.decisions.givePermission('test', { person, recipient: 'care', kinds, from });
  await settled(home, 1);
  expect(home.received()).toHaveLength(1);
  await home.stop();
});

test('a period that is empty or no instant is refused in words', async () => {
  const home = await usual();
  const { person } = home;
  const give = (over: object) =>
    home.decisions.givePermission('test', {
      person: person.id,
      recipient: 'care',
      kinds: ['glucose'],
      ...over,
    });
  await expect(give({ until: isoIn(home.time.now, -HOUR) })).rejects.toMatchObject({
    code: 'period-empty',
  });
  await expect(give({ from: 'yesterday' })).rejects.toMatchObject({ code: 'instant-invalid' });
  await expect(give({ kinds: ['horoscope'] })).rejects.toMatchObject({ code: 'kind-unknown' });
  await expect(give({ recipient: 'nobody' })).rejects.toMatchObject({ code: 'recipient-unknown' });
  expect(home.permissions.list()).toHaveLength(1);
  await home.stop();
});

test('the sentence that was shown is kept, in three languages, and its hash holds', async () => {
  const home = await usual();
  for (const language of ['nb', 'nn', 'en'] as const) {
    const { sentence } = await home.decisions.givePermission('test', {
      person: home.person.id,
      recipient: 'care',
      kinds: ['blood-pressure', 'glucose'],
      language,
    });
    expect(sentence).toContain('Example care');
    expect(sentence).toContain('2026');
  }
  expect(home.permissions.list()).toHaveLength(4);
  await home.stop();
});

test('a permission that cannot be read permits nothing, and stops no capture', async () => {
  const first = await usual();
  first.db.exec("UPDATE permission SET resource = json_remove(resource, '$.status')");
  first.cut();
  const home = again(first);
  await cuff(home, bloodPressure());
  expect(home.deliveries.recent(1)).toMatchObject([{ state: 'withheld', because: 'none' }]);
  await home.stop();
});

test('a held reading that is removed leaves neither its values nor its frame', async () => {
  const home = await usual();
  await home.decisions.assignDevice('test', home.device.id, { slots: {} });
  await cuff(home, bloodPressure({ systolic: 177 }));
  const [held] = home.readings.held();
  await home.decisions.removeReading('test', held?.id ?? '');
  const [capture] = home.db.prepare('SELECT length(bytes) AS n FROM capture').all();
  expect(capture).toEqual({ n: 0 });
  expect(JSON.stringify(home.db.prepare('SELECT content FROM reading').all())).not.toContain(
    '"177"',
  );
  // The same record again is still a repeat.
  await expect(home.decisions.removeReading('test', held?.id ?? '')).rejects.toMatchObject({
    code: 'reading-unknown',
  });
  await home.stop();
});

test('"not mine" of a reading that went out: taken back without values, then erased', async () => {
  const home = await usual();
  await cuff(home, bloodPressure({ systolic: 177 }));
  await settled(home, 1);
  const [reading] = home.readings.recent(1);
  await home.decisions.removeReading('test', reading?.id ?? '');
  await settled(home, 2);
  const retraction = home.received()[1];
  expect(retraction?.body).toContain('entered-in-error');
  expect(retraction?.body).not.toContain('"value":177');
  for (const { id } of home.received()) await home.outbox.store({ id, state: 'received' });
  home.time.now += DAY;
  await home.round.run();
  expect(JSON.stringify(home.db.prepare('SELECT content FROM reading').all())).not.toContain(
    '"177"',
  );
  expect(home.views.summary()).toMatchObject({ captured: 1, removed: 1, received: 0 });
  await home.stop();
});

test('taking back goes out also when the permission is withdrawn', async () => {
  const home = await usual();
  await cuff(home, bloodPressure());
  await settled(home, 1);
  await home.outbox.store({ id: home.received()[0]?.id ?? '', state: 'received' });
  await home.decisions.withdrawPermission('test', home.permission.id);
  const [reading] = home.readings.recent(1);
  await home.decisions.removeReading('test', reading?.id ?? '');
  await until(() => home.received().length === 2, 'the taking back');
  await home.stop();
});

const isoIn = (now: number, ms: number) => new Date(now + ms).toISOString();

test('a device is called what its people call it, which the trail does not repeat', async () => {
  const home = await usual();
  await home.decisions.renameDevice('test', home.device.id, ' By the bed ');
  expect(home.views.devices()).toMatchObject([{ id: home.device.id, name: 'By the bed' }]);
  const last = home.views.audit().entries.at(-1);
  expect(last).toMatchObject({ action: 'device-renamed', detail: { device: home.device.id } });
  expect(JSON.stringify(last)).not.toContain('the bed');
  for (const name of ['  ', 'x'.repeat(81)]) {
    await expect(home.decisions.renameDevice('test', home.device.id, name)).rejects.toMatchObject({
      code: 'device-name-invalid',
    });
  }
  expect(home.views.devices()).toMatchObject([{ name: 'By the bed' }]);
  await home.stop();
});
