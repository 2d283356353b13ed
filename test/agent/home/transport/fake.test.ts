import { createFakeTransport } from '../../../support/fake-transport.ts';
import {
  DELIVER_TIMEOUT_MS,
  RECIPIENT,
  transportContract,
} from '../../../support/transport-contract.ts';

transportContract('fake', () => {
  const transport = createFakeTransport({
    recipient: RECIPIENT,
    deliverTimeoutMs: DELIVER_TIMEOUT_MS,
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
