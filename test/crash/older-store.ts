import { mkdirSync } from 'node:fs';
import { uptime } from 'node:os';
import { join } from 'node:path';
import { bootTime } from '../../agent/home/journal/captures.ts';
import { HOME_MIGRATIONS } from '../../agent/home/journal/schema.ts';
import { openStore } from '../../agent/store.ts';
import { CLOCK_SOURCE, clockFrame, DEVICES, PEOPLE } from './devices.ts';
import type { Feeder } from './feeder.ts';

const DAY_MS = 86_400_000;

/**
 * Leaves the store of an older version of the program, with a person, a device and captures that
 * were kept and not read yet. Written as that version wrote them: the columns of version 1.
 */
export function writeOlderStore(options: {
  readonly home: string;
  readonly key: Uint8Array;
  /** Migrations that it has seen, from 1. */
  readonly version: number;
  readonly captures: number;
  readonly feeder: Feeder;
  readonly now: number;
}): void {
  const { home, key, version, now } = options;
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const migrations = HOME_MIGRATIONS.slice(0, version);
  const db = openStore({ file: join(home, 'home.db'), key, migrations });
  const device = DEVICES[0];
  if (!device) return;
  const { address } = device;
  const facts = { key: `eui48:${address}`, address, regulated: 'unknown', hasClock: false };
  db.prepare('INSERT INTO person (id, name, added_at) VALUES (?, ?, ?)').run(
    'person-of-before',
    PEOPLE[device.owner],
    now - DAY_MS,
  );
  db.prepare(`INSERT INTO device (id, address, key, name, facts, ownership, owner, adopted_at)
    VALUES ('device-of-before', ?, ?, ?, ?, 'mine', 'person-of-before', ?)`).run(
    address,
    facts.key,
    device.name,
    JSON.stringify(facts),
    now - DAY_MS,
  );
  const { boot } = bootTime();
  const capture = db.prepare(`INSERT INTO capture
    (device, session, at, trusted, boot, uptime_ms, source, bytes)
    VALUES ('device-of-before', 'visit-of-before', ?, 1, ?, ?, ?, ?)`);
  const add = (source: string, bytes: Buffer) => {
    const [service, characteristic] = source.split('/');
    const text = JSON.stringify({ service, characteristic });
    capture.run(now, boot, Math.round(uptime() * 1_000), text, bytes);
  };
  db.transaction(() => {
    add(CLOCK_SOURCE, clockFrame(now));
    for (let count = 0; count < options.captures; count += 1) {
      add(device.source, Buffer.from(options.feeder.had(device).hex, 'hex'));
    }
  })();
  db.close();
}

/** Versions that an older store can be of. */
export const OLDER_VERSIONS = HOME_MIGRATIONS.length - 1;
