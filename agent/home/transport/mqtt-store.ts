import { Store } from 'mqtt';

/**
 * mqtt.js keeps what is not acknowledged, to send it again by itself, which it never may. What it keeps
 * here has no content: else a whole window would wait in memory for its answers.
 */
export function storeWithoutContent(): Store {
  const store = new Store();
  const put = store.put.bind(store);
  store.put = (packet, done) =>
    put(packet.cmd === 'publish' ? { ...packet, payload: '' } : packet, done);
  return store;
}
