import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3-multiple-ciphers';
import { connectAsync } from 'mqtt';
import { Agent } from 'undici';

/**
 * What a gate is compared with, third-party code only, as a process of its own. Prints one JSON
 * line, `{ perSecond, cpuUs }`, of one unit (a reading's Bundle):
 *
 *     json BODY COUNT             JSON.stringify of the Bundle
 *     sqlite BODY COUNT FOLDER    an encrypted, synced insert and delete, 100 in a transaction
 *     mqtt BODY COUNT URL         mqtt.js, QoS 1, 100 under way
 *     https BODY COUNT URL CA     undici, Bundles of 100 joined, one connection
 */
const [what = '', file = '', countText = '', where = '', ca = ''] = process.argv.slice(2);
const body = readFileSync(file, 'utf8');
const count = Number(countText);

const BATCH = 100;
const WINDOW = 100;

function json(): void {
  const bundle: unknown = JSON.parse(body);
  let bytes = 0;
  for (let at = 0; at < count; at += 1) bytes += JSON.stringify(bundle).length;
  if (bytes === 0) throw new Error('nothing was written');
}

function sqlite(): void {
  const db = new Sqlite(join(where, 'reference.db'));
  db.pragma("cipher='aegis'");
  db.pragma(`key="x'${'07'.repeat(32)}'"`);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.exec('CREATE TABLE outbox (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, body TEXT)');
  const insert = db.prepare('INSERT INTO outbox (id, body) VALUES (?, ?)');
  const remove = db.prepare('DELETE FROM outbox WHERE id = ?');
  const cycle = (work: (id: string) => void, from: number) =>
    db.transaction(() => {
      for (let at = from; at < from + BATCH; at += 1) work(`reading-${at}`);
    })();
  for (let from = 0; from < count; from += BATCH) {
    cycle((id) => insert.run(id, body), from);
    cycle((id) => remove.run(id), from);
  }
  db.close();
}

async function mqtt(): Promise<void> {
  const client = await connectAsync(where, { protocolVersion: 5, reconnectPeriod: 0 });
  begun();
  await windowed(WINDOW, count, () => client.publishAsync('reference/bundle', body, { qos: 1 }));
  await client.endAsync(true);
}

async function https(): Promise<void> {
  const url = new URL(where);
  const agent = new Agent({ connections: 1, connect: { ca: readFileSync(ca) } });
  const { entry } = JSON.parse(body) as { entry: { resource: { resourceType: string } }[] };
  // Person and devices stand once in a joined Bundle.
  const own = entry.filter(({ resource }) => resource.resourceType === 'Observation');
  const shared = entry.filter((one) => !own.includes(one));
  const entries = [...shared, ...Array.from({ length: BATCH }, () => own).flat()];
  const joined = JSON.stringify({ resourceType: 'Bundle', type: 'transaction', entry: entries });
  const headers = { 'content-type': 'application/fhir+json' };
  const post = async () => {
    const answer = await agent.request({
      origin: url.origin,
      path: url.pathname,
      method: 'POST',
      headers,
      body: joined,
    });
    await answer.body.dump();
  };
  await post();
  begun();
  await windowed(1, count / BATCH, post);
  await agent.close();
}

async function windowed(width: number, times: number, work: () => Promise<unknown>): Promise<void> {
  let left = times;
  const lane = async () => {
    while (left > 0) {
      left -= 1;
      await work();
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
}

let from = performance.now();
let cpu = process.cpuUsage();
/** Connecting is not counted. */
function begun(): void {
  from = performance.now();
  cpu = process.cpuUsage();
}

async function main(): Promise<void> {
  begun();
  if (what === 'json') json();
  else if (what === 'sqlite') sqlite();
  else if (what === 'mqtt') await mqtt();
  else if (what === 'https') await https();
  else throw new Error(`no reference ${what}`);
  const { user, system } = process.cpuUsage(cpu);
  const perSecond = (count / (performance.now() - from)) * 1_000;
  process.stdout.write(`${JSON.stringify({ perSecond, cpuUs: (user + system) / count })}\n`);
}

await main();
