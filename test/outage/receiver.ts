import { connectAsync } from 'mqtt';
import type { Receipt } from '../../agent/contract/messages.ts';
import { parseTopic, topics } from '../../agent/contract/topics.ts';

/** What of an envelope is looked at: of which device, and when. */
interface Arrival {
  readonly device: string;
  /** Instant of the measurement, ms. */
  readonly at: number;
}

interface Entry {
  readonly resource: {
    readonly resourceType: string;
    readonly effectiveDateTime?: string;
    readonly device?: { readonly reference?: string };
  };
}

/** All readings in a Bundle, in its order: one for each device and instant. */
function arrivalsOf(text: string): Arrival[] {
  const { entry } = JSON.parse(text) as { entry: readonly Entry[] };
  const seen = new Map<string, Arrival>();
  for (const { resource } of entry) {
    if (resource.resourceType !== 'Observation') continue;
    const device = resource.device?.reference ?? '';
    const at = Date.parse(resource.effectiveDateTime ?? '');
    seen.set(`${device} ${at}`, { device, at });
  }
  return [...seen.values()];
}

/** A light municipality: answers each envelope with a receipt; every so-manieth is refused for good. */
export async function startOutageReceiver(url: string, refuseEvery = 0) {
  const client = await connectAsync(url, { protocolVersion: 5, clientId: 'receiver' });
  const arrived: Arrival[] = [];
  const known = new Map<string, Receipt['state']>();
  let seq = 0;
  let held: (() => void)[] | undefined;
  client.on('message', (topic, payload, packet) => {
    const gateway = parseTopic(topic)?.gateway ?? '';
    const id = String(packet.properties?.userProperties?.id);
    if (!known.has(id)) {
      const refused = refuseEvery > 0 && known.size % refuseEvery === refuseEvery - 1;
      known.set(id, refused ? 'rejected' : 'received');
      arrived.push(...arrivalsOf(payload.toString()));
    }
    seq += 1;
    const at = new Date().toISOString();
    const receipt: Receipt = { v: 1, seq, id, state: known.get(id) ?? 'received', at };
    const answer = () =>
      void client.publish(topics.receipts(gateway), JSON.stringify(receipt), { qos: 1 });
    if (held) held.push(answer);
    else answer();
  });
  await client.subscribeAsync(topics.allObservations, { qos: 1 });
  return {
    arrived,
    /** Answers nothing until `release`: no more comes than may be on its way unanswered. */
    hold: () => {
      held ??= [];
    },
    release: () => {
      for (const answer of held ?? []) answer();
      held = undefined;
    },
    /** Different envelopes. */
    count: () => known.size,
    refused: () => [...known.values()].filter((state) => state === 'rejected').length,
    [Symbol.asyncDispose]: () => client.endAsync(true),
  };
}

/** Arrivals that came after a later one of their device. */
export function outOfOrder(arrived: readonly Arrival[]): number {
  const last = new Map<string, number>();
  let wrong = 0;
  for (const { device, at } of arrived) {
    const before = last.get(device) ?? Number.NEGATIVE_INFINITY;
    if (at < before) wrong += 1;
    last.set(device, Math.max(before, at));
  }
  return wrong;
}
