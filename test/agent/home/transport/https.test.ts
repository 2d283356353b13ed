import { expect, test } from 'vitest';
import { createHttpsTransport } from '../../../../agent/home/transport/https.ts';
import { createFhirClient } from '../../../../fhir/client.ts';
import { startFhirReceiver } from '../../../support/fhir-receiver.ts';
import { envelope, RECIPIENT, transportContract } from '../../../support/transport-contract.ts';

const TIMEOUT_MS = 20_000;
const NOW = Date.parse('2026-11-20T07:31:12Z');

async function makeBench(timeoutMs = TIMEOUT_MS) {
  const receiver = await startFhirReceiver();
  const transport = createHttpsTransport({
    client: createFhirClient({ baseUrl: receiver.url, timeoutMs }),
    recipient: RECIPIENT,
    now: () => NOW,
  });
  return {
    receiver,
    transport,
    received: () => receiver.asked.map((one) => one.body),
    silence: () => receiver.answer(() => undefined),
    down: () => receiver.stop(),
    [Symbol.asyncDispose]: async () => {
      await transport.close();
      await receiver.stop();
    },
  };
}

transportContract('https', makeBench);

test('https: the answer is the receipt', async () => {
  await using bench = await makeBench();
  const sent = envelope();
  expect(await bench.transport.deliver(sent, new AbortController().signal)).toEqual({
    outcome: 'delivered',
    receipt: { id: sent.id, state: 'received', at: '2026-11-20T07:31:12.000Z' },
  });
});

test('https: the server says too many requests with a wait', async () => {
  await using bench = await makeBench();
  bench.receiver.answer((_, response) => response.writeHead(429, { 'retry-after': '7' }).end());
  expect(await bench.transport.deliver(envelope(), new AbortController().signal)).toEqual({
    outcome: 'deferred',
    because: 'busy',
    retryAfterMs: 7_000,
  });
});

test('https: what time the receiver says it is is heard, also in a refusal', async () => {
  await using receiver = await startFhirReceiver();
  const heard: number[] = [];
  const transport = createHttpsTransport({
    client: createFhirClient({ baseUrl: receiver.url, timeoutMs: TIMEOUT_MS }),
    recipient: RECIPIENT,
    now: () => NOW,
    heardTime: (at) => void heard.push(at),
  });
  const date = 'Fri, 20 Nov 2026 07:31:12 GMT';
  receiver.answer((_, response) => response.writeHead(503, { date }).end());
  await transport.deliver(envelope(), new AbortController().signal);
  receiver.answer((_, response) => response.writeHead(503, { date: 'yesterday' }).end());
  await transport.deliver(envelope(), new AbortController().signal);
  expect(heard).toEqual([NOW]);
  await transport.close();
});
