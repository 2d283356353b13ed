import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { HOME_MIGRATIONS } from '../../../agent/home/journal/schema.ts';
import { GATEWAY_KEY } from '../../../agent/identity.ts';
import { openStore } from '../../../agent/store.ts';
import { hasMosquitto, startMosquitto } from '../../support/mosquitto.ts';
import { until } from '../../support/until.ts';
import {
  clockFrame,
  createCleanup,
  cuffFrame,
  furnish,
  KEY,
  panels,
  startHomeBench,
  startReceiver,
} from './bench.ts';

const cleanup = createCleanup();
afterEach(() => cleanup.run());

test.skipIf(!hasMosquitto())(
  'the same people on a box of another id: refused, nothing of it is stored, and both sides say so',
  async () => {
    const broker = await startMosquitto();
    cleanup.add(() => broker[Symbol.asyncDispose]());
    const municipality = await startReceiver(cleanup, broker.url);
    const recipients = [
      { id: 'home-care', name: 'Test care', transport: { type: 'mqtt', url: broker.url } },
    ];
    const bench = await startHomeBench(cleanup, { recipients });
    await furnish(bench.home, ['home-care']);
    const at = bench.now();
    await bench.hand([clockFrame(at), cuffFrame({ systolic: 143, at })]);
    const state = (home: typeof bench.home, place: string, n: number) =>
      until(() => home.views.summary()[place as 'received'] === n, `${n} reading(s) ${place}`);
    await state(bench.home, 'received', 1);
    await bench.stop();

    const { data } = bench;
    const db = openStore({ file: join(data, 'home.db'), key: KEY, migrations: HOME_MIGRATIONS });
    db.exec("DELETE FROM meta WHERE name = 'gateway-key'");
    db.close();
    rmSync(join(data, GATEWAY_KEY));
    const other = await startHomeBench(cleanup, { recipients, data });
    const later = other.now();
    await other.hand([clockFrame(later), cuffFrame({ systolic: 151, at: later })]);
    await state(other.home, 'rejected', 1);
    expect(await panels(municipality.fhirUrl)).toHaveLength(1);
    const because = '"because":"person-of-another-gateway"';
    for (const [lines, event] of [
      [other.logLines, 'receipt-rejected'],
      [municipality.logLines, 'envelope-rejected'],
    ] as const) {
      expect(lines.find((line) => line.includes(`"event":"${event}"`))).toContain(because);
    }
  },
);
