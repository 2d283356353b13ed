import { createFakeTransport } from '../../../support/fake-transport.ts';
import { RECIPIENT, transportContract } from '../../../support/transport-contract.ts';

transportContract('fake', (deliverTimeoutMs) => {
  const transport = createFakeTransport({
    recipient: RECIPIENT,
    deliverTimeoutMs,
  });
  return Promise.resolve({
    transport,
    received: () => transport.received.map((one) => one.body),
    silence: () => transport.answer('silence'),
    down: () => {
      transport.answer({ outcome: 'deferred', because: 'offline' });
      return Promise.resolve();
    },
    [Symbol.asyncDispose]: () => transport.close(),
  });
});
