import { expect, test } from 'vitest';
import { createSharingRecord } from '../../../../agent/home/portal/sharing-record.ts';
import { bloodPressure, cuff } from '../frames.ts';
import { START, settled, usual } from '../household.ts';

/** More than is looked at in one turn, and not a multiple of it. */
const MANY = 1_103;

test('what has gone is counted to the last one, also where many were measured at one time', async () => {
  const home = await usual();
  await cuff(home.home, bloodPressure());
  await settled(home.home, 1);
  home.db.exec(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${MANY})
    INSERT INTO reading (id, capture, device, kind, user_slot, state, held, held_because, person,
      basis, revision, measured_at, captured_at, content, time, decoder, format, near)
      SELECT id || i, capture, device, kind, user_slot, state, held, held_because,
      person, basis, revision, measured_at - i / 700, captured_at, content, time, decoder, format, i
      FROM reading, n;
    INSERT INTO delivery (id, reading, recipient, action, revision, person, recorded_at, state,
      updated_at, device, urgent, near)
      SELECT d.id || r.near, r.id, d.recipient, d.action, 0, d.person, d.recorded_at,
        iif(r.near % 2, 'received', 'withheld'), d.updated_at, d.device, 0, r.near
      FROM reading r, delivery d WHERE r.id <> d.reading`);
  const record = createSharingRecord(home.db);
  const { id } = home.person;
  const odd = Math.ceil(MANY / 2);
  const kind = 'blood-pressure';
  expect(await record.gone(id, 'care', { lookMax: MANY + 1 })).toEqual({
    kinds: [{ kind, n: odd + 1, first: START - 1, last: START }],
    from: undefined,
  });
  expect(await record.gone(id, 'another', { lookMax: MANY + 1 })).toEqual({ kinds: [] });
  // All that was measured at the instant where a look ends belongs to that look.
  const last = await record.gone(id, 'care', { lookMax: 5 });
  expect(last).toEqual({ kinds: [{ kind, n: 351, first: START, last: START }], from: START });
  const rest = await record.gone(id, 'care', { lookMax: 700, before: START });
  expect(rest).toEqual({ kinds: [{ kind, n: odd - 350, first: START - 1, last: START - 1 }] });
  const plan = home.db
    .prepare<[], { detail: string }>(
      `EXPLAIN QUERY PLAN ${record.source.replaceAll(/@(from|before)/g, '0').replaceAll(/@\w+/g, "'one'")}`,
    )
    .all()
    .map(({ detail }) => detail)
    .join('\n');
  expect(plan).toMatch(/SEARCH r USING INDEX reading_person/);
  expect(plan).toMatch(/SEARCH d .*USING INDEX delivery_of_reading/);
  expect(plan).not.toMatch(/TEMP B-TREE|SCAN [rd]/);
  await home.stop();
});
