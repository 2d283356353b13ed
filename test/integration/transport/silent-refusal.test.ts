import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { hasNats, type NatsUser, startNats } from '../../support/nats.ts';
import { until } from '../../support/until.ts';
import {
  clockFrame,
  createCleanup,
  cuffFrame,
  furnish,
  panels,
  startHomeBench,
  startReceiver,
} from '../home/bench.ts';

const cleanup = createCleanup();
afterEach(() => cleanup.run());

const CARE: NatsUser = { user: 'care', password: 'word' };
const BOX: NatsUser = { user: 'box', password: 'word' };
/** The box may say how it is, and hear its receipts; what it sends is dropped without a word. */
const MUTED: NatsUser = {
  ...BOX,
  publish: ['iomt.1.*.status'],
  subscribe: ['iomt.1.*.receipts'],
};

test.skipIf(!hasNats())(
  'an access list of a 3.1.1 broker that refuses in silence: sent, never received, and delivered once it is mended',
  async () => {
    const broker = await startNats({ users: [CARE, MUTED] });
    cleanup.add(() => broker[Symbol.asyncDispose]());
    const folder = cleanup.folder();
    const passwordFile = join(folder, 'password');
    writeFileSync(passwordFile, 'word\n', { mode: 0o600 });
    const { url } = broker;
    const municipality = await startReceiver(cleanup, url, { username: 'care', passwordFile });
    const transport = { type: 'mqtt', url, username: 'box', passwordFile };
    const bench = await startHomeBench(cleanup, {
      recipients: [{ id: 'home-care', name: 'Test care', transport }],
      limits: { receiptWaitMs: 200 },
    });
    await furnish(bench.home, ['home-care']);
    const at = bench.now();
    await bench.hand([clockFrame(at), cuffFrame({ systolic: 143, at })]);
    const outcome = () => bench.home.views.outcomes()[0];
    await until(() => outcome()?.lastDeferral === 'no-receipt', 'it was sent and not answered');
    expect(outcome()).toMatchObject({ waiting: 1, rejected: 0 });
    expect(bench.home.views.summary()).toMatchObject({ captured: 1, received: 0 });

    await broker.stop();
    await broker.start({ users: [CARE, BOX] });
    await until(() => outcome()?.waiting === 0, 'it is received');
    expect(bench.home.views.summary()).toMatchObject({ captured: 1, received: 1 });
    expect(await panels(municipality.fhirUrl)).toHaveLength(1);
  },
);
