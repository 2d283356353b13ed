import { connectAsync, type IClientOptions } from 'mqtt';
import type { BrokerProcess } from './broker-process.ts';
import { type LinkBench, startLink } from './mqtt-link.ts';
import { RECIPIENT, transportContract } from './transport-contract.ts';
import { until } from './until.ts';

/** A municipality that only listens; over MQTT 5 it sees the properties. */
export async function listen(
  broker: { readonly url: string },
  options: IClientOptions & { readonly protocolVersion: 4 | 5 },
) {
  const client = await connectAsync(broker.url, options);
  const got: { topic: string; text: string; properties: unknown; retain: boolean }[] = [];
  client.on('message', (topic, payload, { properties, retain }) => {
    got.push({ topic, text: payload.toString(), properties, retain });
  });
  await client.subscribeAsync('iomt/1/#', { qos: 1 });
  const of = (leaf: string) => got.filter((one) => one.topic.includes(`/${leaf}`));
  return { client, got, of, [Symbol.asyncDispose]: () => client.endAsync(true) };
}

/** The contract of every transport, over a broker that is a process of its own. */
export function mqttContract(
  name: string,
  protocolVersion: 4 | 5,
  start: () => Promise<BrokerProcess<unknown>>,
  ready: (bench: LinkBench) => Promise<void>,
): void {
  transportContract(name, async (deliverTimeoutMs) => {
    const broker = await start();
    const relay = await listen(broker, { protocolVersion });
    const bench = startLink({ url: broker.url }, { deliverTimeoutMs });
    await ready(bench);
    return {
      transport: bench.link.transportFor(RECIPIENT),
      received: () => relay.of('observations').map((one) => one.text),
      silence: () => broker.freeze(),
      down: async () => {
        await broker.stop('SIGKILL');
        await until(() => !bench.link.state().online, 'the link noticed');
      },
      [Symbol.asyncDispose]: async () => {
        broker.thaw();
        await bench.link.close();
        await relay.client.endAsync(true);
        await broker[Symbol.asyncDispose]();
      },
    };
  });
}
