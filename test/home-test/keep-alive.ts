import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Pings of 40 days would take as long as all the rest: of this many one is sent. */
const FEWER = 60;

interface KeepAlive {
  setKeepalive(seconds: number): void;
}

/** The MQTT client pings less often than it tells the broker, which counts in real time. */
export function prolongKeepAlive(): void {
  const require = createRequire(import.meta.url);
  const file = join(dirname(require.resolve('mqtt')), 'lib', 'KeepaliveManager.js');
  const { prototype } = (require(file) as { default: { prototype: KeepAlive } }).default;
  const { setKeepalive } = prototype;
  prototype.setKeepalive = function prolonged(this: KeepAlive, seconds) {
    setKeepalive.call(this, seconds * FEWER);
  };
}
