import type { IClientOptions } from 'mqtt';
import type { MqttTransportConfig } from '../../../config/schema.ts';
import {
  CONTRACT_VERSION,
  ENVELOPE_BYTES_MAX,
  MEDIA_TYPE_FHIR_JSON,
  type Receipt,
  receiptSchema,
  type Status,
  type TechnicalEvent,
} from '../../contract/messages.ts';
import { topics } from '../../contract/topics.ts';
import { codeOf } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { readSecretFile } from '../../secrets.ts';
import {
  LINK_CLOSED,
  LINK_FILES_UNREADABLE,
  LINK_SILENT,
  LINK_STARTING,
  type LinkCode,
  type LinkDown,
} from './classify-mqtt.ts';
import { readTlsFiles } from './files.ts';
import { MqttSession } from './mqtt-session.ts';
import type { Delivery, Transport } from './transport.ts';

/** A dead peer is noticed after one and a half of these (MQTT 5, 3.1.2.10); homes sit behind NAT. */
const KEEP_ALIVE_S = 30;
/** TCP, TLS and CONNACK over a slow mobile link. */
const CONNECT_TIMEOUT_MS = 15_000;
/** Receipts are a few hundred bytes; nothing larger is for us. */
const INBOUND_BYTES_MAX = 16 * 1024;
/** A connection that held this long was healthy: the next failure starts the waits anew. */
const STABLE_MS = 30_000;
/** Receipts come in bursts; one status per this tells the highest. */
const STATUS_EVERY_MS = 1_000;
/** Closing waits this long for answers on the way, so that the last status is ours and not the will. */
const CLOSE_WAIT_MS = 1_000;
/** Brokers that do not know MQTT 5 may hang up without a word (3.1.1, 3.1.2.2); a restart does so once. */
const SILENT_CLOSES_MAX = 2;

const RECONNECT = { minMs: 1_000, maxMs: 60_000, slowMs: 300_000 };
const MEDIA_TYPE_JSON = 'application/json';

export interface MqttLinkDeps {
  readonly config: MqttTransportConfig;
  /** Gateway id; also the MQTT client id. */
  readonly gateway: string;
  /** Of the agent, for the status message. */
  readonly version: string;
  readonly now: () => number;
  readonly random: () => number;
  /** Highest receipt `seq` stored. */
  readonly receiptSeq: () => number;
  /** Stores a receipt before it returns. If it throws, the municipality sends the receipt again. */
  readonly onReceipt: (receipt: Receipt) => void;
  /** `code` says why offline, or what is wrong although online. */
  readonly onState: (state: 'online' | 'offline', code?: LinkCode) => void;
  readonly deliverTimeoutMs: number;
  readonly log: Log;
  /** Waits between attempts: first, longest, and where a person must act. Shorter in tests. */
  readonly reconnect?: { readonly minMs: number; readonly maxMs: number; readonly slowMs: number };
}

interface LinkState {
  readonly online: boolean;
  readonly code?: LinkCode;
  /** Gateway time of the last change, ISO 8601. */
  readonly since: string;
  readonly protocolVersion: 4 | 5;
}

export interface MqttLink {
  /** One recipient's way out over this connection. Closing it leaves the connection to the others. */
  transportFor(recipient: string): Transport;
  /** As `Transport.deliver`; the caller has asked consent where the event names a person or a kind. */
  publishEvent(recipient: string, event: TechnicalEvent, signal?: AbortSignal): Promise<Delivery>;
  /** Call after receipts were stored: tells the municipality which, at most once a second. */
  publishStatus(): void;
  /** Envelopes that may be handed over now. */
  capacity(): number;
  state(): LinkState;
  /** Says offline, then ends; what is pending is deferred. */
  close(): Promise<void>;
}

/**
 * The gateway's one connection to a broker (design section 6): keeps it up with waits of its own,
 * says its status, hears its receipts. Starts at once; never throws.
 */
export function createMqttLink(deps: MqttLinkDeps): MqttLink {
  return new Link(deps);
}

class Link implements MqttLink {
  readonly #deps: MqttLinkDeps;
  readonly #waits: { readonly minMs: number; readonly maxMs: number; readonly slowMs: number };
  readonly #closing = new AbortController();
  #session: MqttSession | undefined;
  #down: LinkDown = LINK_STARTING;
  #state: LinkState;
  #protocolVersion: 4 | 5 = 5;
  #versionKnown = false;
  #silentCloses = 0;
  #packetBytesMax = Number.POSITIVE_INFINITY;
  #failures = 0;
  #connectedAt = 0;
  #since = '';
  #statusDue = false;
  #retryTimer: NodeJS.Timeout | undefined;
  #statusTimer: NodeJS.Timeout | undefined;

  constructor(deps: MqttLinkDeps) {
    this.#deps = deps;
    this.#waits = deps.reconnect ?? RECONNECT;
    this.#state = { online: false, since: this.#isoNow(), protocolVersion: 5 };
    // In the next tick: `onState` may speak of the link, which the caller does not have yet.
    this.#retryTimer = setTimeout(() => this.#connect(), 0);
  }

  transportFor(recipient: string): Transport {
    const closed = new AbortController();
    return {
      name: `mqtt:${recipient}`,
      deliver: (envelope, signal) => {
        const payload = Buffer.from(envelope.body);
        if (payload.length > ENVELOPE_BYTES_MAX) return rejected('too-large');
        // A way out leads to one recipient; another's envelope on it would be a leak.
        if (envelope.recipient !== recipient) return rejected('invalid');
        return this.#send(
          {
            topic: topics.observations(this.#deps.gateway, recipient),
            payload,
            contentType: MEDIA_TYPE_FHIR_JSON,
            userProperties: { id: envelope.id, v: String(CONTRACT_VERSION) },
          },
          [signal, closed.signal],
        );
      },
      close: () => {
        closed.abort();
        return Promise.resolve();
      },
    };
  }

  publishEvent(recipient: string, event: TechnicalEvent, signal?: AbortSignal): Promise<Delivery> {
    const topic = topics.events(this.#deps.gateway, recipient);
    const payload = Buffer.from(JSON.stringify(event));
    const contentType = MEDIA_TYPE_JSON;
    return this.#send({ topic, payload, contentType }, signal ? [signal] : []);
  }

  publishStatus(): void {
    this.#statusDue = true;
    this.#statusTimer ??= setTimeout(() => {
      this.#statusTimer = undefined;
      this.#flushStatus();
    }, STATUS_EVERY_MS);
  }

  capacity(): number {
    return this.#session?.capacity() ?? 0;
  }

  state(): LinkState {
    return this.#state;
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    const session = this.#session;
    if (session?.connected) void session.send(this.#statusMessage(false), []);
    this.#closing.abort();
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#statusTimer);
    const until = performance.now() + CLOSE_WAIT_MS;
    while (session?.connected && !session.idle && performance.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    // A DISCONNECT makes the broker forget the will; with answers outstanding mqtt.js would hang.
    session?.end(LINK_CLOSED, !(session.connected && session.idle));
    await session?.closed(CLOSE_WAIT_MS);
  }

  #send(message: Parameters<MqttSession['send']>[0], signals: readonly AbortSignal[]) {
    const all = [...signals, this.#closing.signal];
    if (this.#session?.connected) return this.#session.send(message, all);
    const because = all.some((signal) => signal.aborted) ? 'cancelled' : this.#down.because;
    return Promise.resolve<Delivery>({ outcome: 'deferred', because });
  }

  #connect(): void {
    this.#since = this.#isoNow();
    try {
      this.#session = new MqttSession({
        options: this.#options(),
        protocolVersion: this.#protocolVersion,
        deliverTimeoutMs: this.#deps.deliverTimeoutMs,
        packetBytesMax: this.#packetBytesMax,
        onConnected: () => this.#onConnected(),
        onFree: () => this.#flushStatus(),
        onMessage: (topic, payload) => this.#onMessage(topic, payload),
        onDown: (down, connected, learnt) => {
          if (learnt !== undefined) this.#packetBytesMax = learnt;
          this.#onDown(down, connected);
        },
      });
    } catch (error) {
      this.#deps.log.error({ event: 'mqtt-files-unreadable', code: codeOf(error) });
      this.#onDown(LINK_FILES_UNREADABLE, false);
    }
  }

  /** Read anew at each attempt: a renewed certificate or a mended password needs no restart. */
  #options(): IClientOptions {
    const { config, gateway } = this.#deps;
    const url = new URL(config.url);
    const secure = url.protocol === 'mqtts:';
    const password =
      config.passwordFile === undefined ? undefined : readSecretFile(config.passwordFile);
    const will = this.#statusMessage(false);
    return {
      protocol: secure ? 'mqtts' : 'mqtt',
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: Number(url.port) || (secure ? 8883 : 1883),
      clientId: gateway,
      keepalive: KEEP_ALIVE_S,
      connectTimeout: CONNECT_TIMEOUT_MS,
      ...(config.username === undefined ? {} : { username: config.username }),
      ...(password === undefined ? {} : { password }),
      ...(secure ? readTlsFiles(config) : {}),
      will: { topic: will.topic, payload: will.payload, qos: 1, retain: true },
      ...(this.#protocolVersion === 5
        ? { properties: { sessionExpiryInterval: 0, maximumPacketSize: INBOUND_BYTES_MAX } }
        : {}),
    };
  }

  #onConnected(): void {
    const session = this.#session;
    if (!session) return;
    this.#versionKnown = true;
    this.#silentCloses = 0;
    this.#connectedAt = performance.now();
    const slow = setTimeout(() => session.end(LINK_SILENT), this.#deps.deliverTimeoutMs);
    // Receipts are listened for before the status says which are missing.
    void session.subscribe(topics.receipts(this.#deps.gateway)).then((granted) => {
      clearTimeout(slow);
      if (!session.connected) return;
      this.#setState(true, granted ? undefined : 'broker-refused-receipts');
    });
    this.#statusDue = true;
    this.#flushStatus();
  }

  #onDown(down: LinkDown, connected: boolean): void {
    this.#session = undefined;
    this.#down = down;
    if (this.#closing.signal.aborted) {
      this.#setState(false, down.code);
      return;
    }
    if (!connected && this.#fallsBack(down)) {
      this.#retryTimer = setTimeout(() => this.#connect(), 0);
      return;
    }
    if (connected && performance.now() - this.#connectedAt > STABLE_MS) this.#failures = 0;
    this.#setState(false, down.code);
    const { minMs, maxMs, slowMs } = this.#waits;
    const wait = down.retry === 'slow' ? slowMs : Math.min(maxMs, minMs * 2 ** this.#failures);
    this.#failures = Math.min(this.#failures + 1, 30);
    // Half of it is chance: a street's gateways do not come back in one instant.
    this.#retryTimer = setTimeout(() => this.#connect(), wait * (0.5 + this.#deps.random() / 2));
  }

  /** Changes the version when the broker will not have this one; true when 3.1.1 is worth a try now. */
  #fallsBack(down: LinkDown): boolean {
    if (down.code === 'broker-closed' && !this.#versionKnown) this.#silentCloses += 1;
    const refused = down.code === 'broker-refused-version';
    if (!refused && this.#silentCloses < SILENT_CLOSES_MAX) return false;
    this.#silentCloses = 0;
    this.#versionKnown = false;
    this.#protocolVersion = this.#protocolVersion === 5 ? 4 : 5;
    return this.#protocolVersion === 4;
  }

  #onMessage(topic: string, payload: Buffer): void {
    if (topic !== topics.receipts(this.#deps.gateway)) return;
    const receipt = payload.length <= INBOUND_BYTES_MAX ? parseReceipt(payload) : undefined;
    if (!receipt) {
      this.#deps.log.warn({ event: 'receipt-unreadable', bytes: payload.length });
      return;
    }
    try {
      this.#deps.onReceipt(receipt);
    } catch (error) {
      // Not stored, so `receiptSeq` stays behind it and it is sent again.
      this.#deps.log.error({ event: 'receipt-not-stored', seq: receipt.seq, code: codeOf(error) });
    }
  }

  #flushStatus(): void {
    if (!this.#statusDue || this.#closing.signal.aborted || this.capacity() === 0) return;
    this.#statusDue = false;
    void this.#session?.send(this.#statusMessage(true), []);
  }

  /** The will is made at connect: its `since` is when the gateway was last known to be there. */
  #statusMessage(online: boolean) {
    const status: Status = {
      v: CONTRACT_VERSION,
      online,
      version: this.#deps.version,
      since: online ? this.#since : this.#isoNow(),
      receiptSeq: this.#deps.receiptSeq(),
    };
    return {
      topic: topics.status(this.#deps.gateway),
      payload: Buffer.from(JSON.stringify(status)),
      retain: true,
      contentType: MEDIA_TYPE_JSON,
    };
  }

  #setState(online: boolean, code?: LinkCode): void {
    const before = this.#state;
    if (before.online === online && before.code === code) return;
    this.#state = {
      online,
      ...(code === undefined ? {} : { code }),
      since: this.#isoNow(),
      protocolVersion: this.#protocolVersion,
    };
    const state = online ? 'online' : 'offline';
    const level = code === undefined || code === 'link-closed' ? 'info' : 'warn';
    this.#deps.log[level]({ event: 'broker-state', state, ...(code ? { code } : {}) });
    this.#deps.onState(state, code);
  }

  #isoNow(): string {
    return new Date(this.#deps.now()).toISOString();
  }
}

function rejected(because: 'too-large' | 'invalid'): Promise<Delivery> {
  return Promise.resolve({ outcome: 'rejected', because });
}

function parseReceipt(payload: Buffer): Receipt | undefined {
  try {
    const parsed = receiptSchema.safeParse(JSON.parse(payload.toString('utf8')));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
