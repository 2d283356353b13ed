import { connectAsync } from 'mqtt';
import type { Receipt } from '../../agent/contract/messages.ts';
import { parseTopic, topics } from '../../agent/contract/topics.ts';
import { sendAtOnce } from '../../agent/send-at-once.ts';
import { type Mosquitto, startMosquitto } from '../support/mosquitto.ts';

/** Enough for any window here, so that the broker is nobody's limit. */
const WINDOW_MAX = 1_000;

/** A broker as a municipality would run it, that neither waits for full segments nor drops. */
export const startBroker = (): Promise<Mosquitto> =>
  startMosquitto({
    lines: ['set_tcp_nodelay true', `max_inflight_messages ${WINDOW_MAX}`, 'max_queued_messages 0'],
  });

export interface Receiver extends AsyncDisposable {
  /** Different envelopes that came. */
  readonly received: number;
  /** Envelopes that came again. */
  readonly repeated: number;
  /** Text of the first that came. */
  readonly sample: string;
  /** Fulfils when so many different ones have come and were answered. */
  until(count: number): Promise<void>;
}

/**
 * As light as a municipality can be: it takes envelopes from the broker, by the id in their
 * properties, and answers each with a receipt. What is measured is the gateway.
 */
export async function startReceiver(url: string): Promise<Receiver> {
  const client = await connectAsync(url, {
    protocolVersion: 5,
    clientId: 'receiver',
    reconnectPeriod: 0,
  });
  // As the municipality does.
  sendAtOnce(client.stream);
  const ids = new Set<string>();
  let sample = '';
  let repeated = 0;
  let seq = 0;
  let waiting: { count: number; resolve: () => void } | undefined;
  client.on('message', (topic, payload, packet) => {
    const gateway = parseTopic(topic)?.gateway ?? '';
    const id = String(packet.properties?.userProperties?.id);
    if (ids.has(id)) repeated += 1;
    else ids.add(id);
    if (sample === '') sample = payload.toString();
    seq += 1;
    const at = new Date().toISOString();
    const receipt: Receipt = { v: 1, seq, id, state: 'received', at };
    client.publish(topics.receipts(gateway), JSON.stringify(receipt), { qos: 1 });
    if (waiting && ids.size >= waiting.count) waiting.resolve();
  });
  await client.subscribeAsync(topics.allObservations, { qos: 1 });
  return {
    get received() {
      return ids.size;
    },
    get repeated() {
      return repeated;
    },
    get sample() {
      return sample;
    },
    until: (count) =>
      new Promise((resolve) => {
        if (ids.size >= count) resolve();
        else waiting = { count, resolve };
      }),
    [Symbol.asyncDispose]: () => client.endAsync(true),
  };
}
