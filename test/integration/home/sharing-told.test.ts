import { setTimeout } from 'node:timers/promises';
import { connectAsync } from 'mqtt';
import { afterEach, expect, test } from 'vitest';
import { hasMosquitto, startMosquitto } from '../../support/mosquitto.ts';
import { until } from '../../support/until.ts';
import {
  clockFrame,
  createCleanup,
  cuffFrame,
  furnish,
  startHomeBench,
  startReceiver,
} from './bench.ts';

const RECEIPT_WAIT_MS = 2_000;

const cleanup = createCleanup();
afterEach(() => cleanup.run());

interface Told {
  readonly person: string;
  readonly cause: string;
}

test.skipIf(!hasMosquitto())(
  'the desk says that sharing is paused, until it goes on; each is told until it is answered',
  async () => {
    const broker = await startMosquitto();
    cleanup.add(() => broker[Symbol.asyncDispose]());
    const municipality = await startReceiver(cleanup, broker.url);
    const listener = await connectAsync(broker.url, { protocolVersion: 5 });
    cleanup.add(() => listener.endAsync(true));
    const heard: string[] = [];
    listener.on('message', (_topic, payload) => {
      const { id, kind } = JSON.parse(payload.toString());
      if (kind === 'sharing') heard.push(id);
    });
    await listener.subscribeAsync('iomt/1/+/events/+', { qos: 1 });
    const bench = await startHomeBench(cleanup, {
      recipients: [
        { id: 'home-care', name: 'Test care', transport: { type: 'mqtt', url: broker.url } },
      ],
      limits: { receiptWaitMs: RECEIPT_WAIT_MS },
    });
    const { home } = bench;
    const { alfa } = await furnish(home, ['home-care']);
    const at = bench.now();
    await bench.hand([clockFrame(at), cuffFrame({ systolic: 143, at })]);
    await until(
      () => home.views.readings('all')[0]?.deliveries[0]?.state === 'received',
      'the reading is received',
    );
    const pair = { person: alfa.id, recipient: 'home-care' };
    const notSharing = async (): Promise<readonly Told[]> => {
      const answer = await fetch(`${municipality.deskUrl}/api/readings`);
      return ((await answer.json()) as { notSharing: Told[] }).notSharing;
    };
    await home.decisions.pauseSharing('test', pair);
    await until(async () => (await notSharing()).length === 1, 'the pause is told');
    const [paused] = await notSharing();
    expect(paused?.cause).toBe('consent-paused');
    await home.decisions.resumeSharing('test', pair, { paused: false, language: 'nb' });
    await until(async () => (await notSharing()).length === 0, 'its end is told');
    // Both are answered, and so are not told again when the wait for a receipt is over.
    await until(async () => {
      const before = heard.length;
      await setTimeout(2 * RECEIPT_WAIT_MS);
      return heard.length === before;
    }, 'nothing is told again');
    expect(new Set(heard).size).toBe(2);
    expect(home.notices.due('home-care')).toEqual([]);
    const logs = [...bench.logLines, ...municipality.logLines].join('\n');
    expect(logs).not.toContain(paused?.person ?? 'a person');
  },
);
