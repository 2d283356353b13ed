import { LINK_DROPS, type LinkDown } from './classify-mqtt.ts';

/** A connection that held this long was healthy: the next failure starts the waits anew. */
const STABLE_MS = 30_000;
/** Brokers that do not know MQTT 5 may hang up without a word (3.1.1, 3.1.2.2); a restart does so once. */
const SILENT_CLOSES_MAX = 2;
/**
 * After so many connections that the broker ended early it is no chance. Mosquitto, and every broker
 * under 3.1.1, throws the elder of two clients of one id off without a reason: calling again at once
 * would throw off the other.
 */
const DROPS_MAX = 3;
/** Two to this power is beyond every wait. */
const FAILURES_MAX = 30;

export interface ReconnectWaits {
  /** First, and longest, wait between attempts, ms. */
  readonly minMs: number;
  readonly maxMs: number;
  /** Where a person must act. */
  readonly slowMs: number;
}

interface Next {
  /** What to say of the end of the connection. */
  readonly down: LinkDown;
  readonly waitMs: number;
  /** To be tried in another version of MQTT, at once and without a word. */
  readonly isOtherVersion: boolean;
}

/**
 * When to connect again, and in which version of MQTT: the waits double, half of each is chance, and
 * they start anew only after a connection that held. The version that a broker accepted is kept.
 */
export function createMqttRetry(deps: {
  readonly waits: ReconnectWaits;
  readonly random: () => number;
  /** Monotonic, ms. */
  readonly monotonic: () => number;
}) {
  const { minMs, maxMs, slowMs } = deps.waits;
  let version: 4 | 5 = 5;
  let isVersionKnown = false;
  let silentCloses = 0;
  let failures = 0;
  let drops = 0;
  let connectedAt = 0;
  let lastWaitMs = 0;

  /** Changes the version when the broker will not have this one; true when 3.1.1 is worth a try now. */
  function fallsBack({ code }: LinkDown): boolean {
    if (code === 'broker-closed' && !isVersionKnown) silentCloses += 1;
    if (code !== 'broker-refused-version' && silentCloses < SILENT_CLOSES_MAX) return false;
    silentCloses = 0;
    isVersionKnown = false;
    version = version === 5 ? 4 : 5;
    return version === 4;
  }

  return {
    version: () => version,
    /** The broker accepted a connection. */
    connected(): void {
      isVersionKnown = true;
      silentCloses = 0;
      connectedAt = deps.monotonic();
    },
    /** A connection, or an attempt at one, came to its end. */
    ended(down: LinkDown, wasConnected: boolean): Next {
      if (!wasConnected && fallsBack(down)) return { down, waitMs: 0, isOtherVersion: true };
      const heldMs = wasConnected ? deps.monotonic() - connectedAt : 0;
      // Longer than the other's wait, where two of one id throw each other off.
      if (heldMs > Math.max(STABLE_MS, 2 * lastWaitMs)) {
        failures = 0;
        drops = 0;
      }
      if (wasConnected && down.code === 'broker-closed') drops += 1;
      const said = down.code === 'broker-closed' && drops >= DROPS_MAX ? LINK_DROPS : down;
      const full = said.retry === 'slow' ? slowMs : Math.min(maxMs, minMs * 2 ** failures);
      failures = Math.min(failures + 1, FAILURES_MAX);
      // Half of it is chance: a street's gateways do not come back in one instant.
      lastWaitMs = full * (0.5 + deps.random() / 2);
      return { down: said, waitMs: lastWaitMs, isOtherVersion: false };
    },
  };
}

export type MqttRetry = ReturnType<typeof createMqttRetry>;
