import type { Packet } from 'mqtt';
import { expect, test } from 'vitest';
import { storeWithoutContent } from '../../../../agent/home/transport/mqtt-store.ts';

test('what is sent is known until it is acknowledged, but not what was in it', () => {
  const store = storeWithoutContent();
  const flags = { qos: 1, dup: false, retain: false } as const;
  store.put(
    { cmd: 'publish', messageId: 7, topic: 'iomt/1/gw/status', payload: 'content', ...flags },
    () => undefined,
  );
  const kept: unknown[] = [];
  const note = (_: unknown, packet?: Packet) => kept.push(packet);
  store.get({ messageId: 7 }, note);
  store.del({ messageId: 7 }, note);
  expect(kept).toMatchObject([
    { messageId: 7, payload: '' },
    { messageId: 7, payload: '' },
  ]);
});
