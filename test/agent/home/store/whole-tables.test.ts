import Sqlite from 'better-sqlite3-multiple-ciphers';
import { expect, test, vi } from 'vitest';
import { restingOn } from '../../../../agent/home/journal/readings.ts';
import { openHousehold } from '../household.ts';

/** Tables that grow for 13 months: whoever reads one whole holds up all else meanwhile. */
const LONG = /\b(capture|reading|delivery)\b/;

/** A step of a plan that goes over every row: `ended` is what a query made first. */
function isWhole(step: string, complete: ReadonlySet<string>): boolean {
  const found = /^SCAN (\w+)(?: USING (?:COVERING )?INDEX (\w+))?$/.exec(step);
  const [, table, index] = found ?? [];
  return found !== null && table !== 'ended' && (index === undefined || complete.has(index));
}

/**
 * Statements that may read a whole table: once a day, once in a program, or because somebody looks. Each
 * by words of it.
 */
const MAY = [
  // Retention and the evening's look at what was expected: once a day.
  /FROM reading r WHERE state = 'removed' AND content LIKE/,
  /DELETE FROM delivery WHERE NOT EXISTS/,
  /DELETE FROM capture AS c/,
  /FROM reading WHERE kind = \? AND coalesce/,
  /SELECT DISTINCT device FROM reading WHERE kind/,
  // Asked for by a person, or where a permission is decided.
  /^SELECT state, count\(\*\) AS n FROM capture/,
  /^SELECT state, held, count/,
  /^SELECT DISTINCT kind FROM reading/,
  /^SELECT recipient, state, action, count\(\*\) AS n FROM delivery GROUP/,
  /^SELECT recipient, count\(\*\) AS readings FROM delivery d WHERE person = \?/,
  /^SELECT recipient, count\(DISTINCT reading\)/,
  /^SELECT count\(\*\) FROM reading$/,
  /sum\(state IN \('queued', 'sent'\)\) AS waiting/,
  /WHEN r.state = 'held' THEN 'held'/,
  /SELECT EXISTS \(SELECT 1 FROM delivery WHERE person = @person/,
  // Ended by their LIMIT.
  /^SELECT \* FROM (delivery|reading) ORDER BY \w+ DESC LIMIT/,
];

/** All that the parts of a home prepare, in one line each, and SQLite's plan for it. */
function statements() {
  const prepare = vi.spyOn(Sqlite.prototype, 'prepare');
  const home = openHousehold();
  const texts = new Set(prepare.mock.calls.map(([sql]) => sql.replaceAll(/\s+/g, ' ').trim()));
  prepare.mockRestore();
  const plan = (sql: string) =>
    home.db
      .prepare<[], { detail: string }>(
        `EXPLAIN QUERY PLAN ${sql.replaceAll(/[@:]\w+/g, '1').replaceAll('?', '1')}`,
      )
      .all()
      .map(({ detail }) => detail);
  return { home, texts: [...texts], plan };
}

test('what is asked every few minutes, or at a visit, reads no table that grows as a whole', async () => {
  const { home, texts, plan } = statements();
  const complete = home.db
    .prepare<[], string>(
      "SELECT name FROM sqlite_master WHERE type = 'index' AND (sql IS NULL OR sql NOT LIKE '% WHERE %')",
    )
    .pluck();
  const all = new Set(complete.all());
  const asked = texts.filter((sql) => LONG.test(sql) && !/pragma/i.test(sql));
  const reading = asked.filter((sql) => plan(sql).some((step) => isWhole(step, all)));
  expect(reading.filter((sql) => !MAY.some((one) => one.test(sql)))).toEqual([]);
  expect(MAY.filter((one) => !reading.some((sql) => one.test(sql)))).toEqual([]);
  await home.stop();
});

test('captures and held readings that wait are found among few, also of one device', async () => {
  const { home, texts, plan } = statements();
  const ofDevice = /^SELECT .*(state = 'captured'|held = 'clock') AND device = \?/;
  const asked = texts.filter((sql) => ofDevice.test(sql));
  expect(asked).toHaveLength(3);
  for (const sql of asked) expect(plan(sql).join()).toMatch(/INDEX (capture_state|reading_held) /);
  await home.stop();
});

test('what rests on a frame is found by the frame: erasing a person asks it for each', async () => {
  const { home, plan } = statements();
  const found = plan(`SELECT 1 FROM capture c WHERE NOT EXISTS (${restingOn('c')})`);
  expect(found.join()).toContain('reading_last (device=? AND kind=? AND capture=?)');
  await home.stop();
});
