import { bindingsContract } from './bindings-contract.ts';
import { createScriptedBindings } from './scripted-bindings.ts';

/** The contract's own check, on bindings that are nothing but obedient. */
bindingsContract('scripted', () => {
  const address = '00005e005311';
  const bindings = createScriptedBindings({
    id: address,
    advertised: ['1810'],
    gatt: {
      '180a': { '2a24': { properties: ['read'], value: Buffer.from('MODEL') } },
      '1810': { '2a35': { properties: ['indicate'] } },
    },
  });
  return {
    bindings,
    pairing: bindings.pairing,
    device: {
      address,
      service: '1810',
      readable: { service: '180a', characteristic: '2a24' },
      notifying: { service: '1810', characteristic: '2a35' },
    },
    wake: () => bindings.advertise(address),
    send: () => bindings.value(address, '1810', '2a35', new Uint8Array([1])),
  };
});
