import type { MqttTransportConfig } from '../../../config/schema.ts';
import {
  CONTRACT_VERSION,
  ENVELOPE_BYTES_MAX,
  MEDIA_TYPE_FHIR_JSON,
} from '../../contract/contract.ts';
import type { Receipt, Status, TechnicalEvent } from '../../contract/messages.ts';
import { topics } from '../../contract/topics.ts';
import { codeOf } from '../../errors.ts';
import type { Log } from '../../log.ts';
import {
  LINK_CLOSED,
  LINK_FILES_UNREADABLE,
  LINK_RENEWED,
  LINK_SILENT,
  LINK_STARTING,
  type LinkCode,
  type LinkDown,
} from './classify-mqtt.ts';
import { type Credentials, mqttOptions, readCredentials } from './mqtt-options.ts';
import { createMqttRetry, type MqttRetry, type ReconnectWaits } from './mqtt-retry.ts';
import type { MqttSession } from './mqtt-session.ts';
import type { Delivery, Transport } from './transport.ts';

/** A dead peer is noticed after one and a half of these (MQTT 5, 3.1.2.10); homes sit behind NAT. */
const KEEP_ALIVE_S = 30;
/** TCP, TLS and CONNACK over a slow mobile link. */
const CONNECT_TIMEOUT_MS = 15_000;
/** Receipts come in bursts; one status per this tells the highest. */
const STATUS_EVERY_MS = 1_000;
/** Closing waits this long for answers on the way, so that the last status is ours and not the will. */
const CLOSE_WAIT_MS = 1_000;
/** A certificate is renewed days before its end, and a mended password should not wait long. */
const FILES_EVERY_MS = 60_000;

const RECONNECT: ReconnectWaits = { minMs: 1_000, maxMs: 60_000, slowMs: 300_000 };
const PATIENCE = {
  keepAliveS: KEEP_ALIVE_S,
  connectTimeoutMs: CONNECT_TIMEOUT_MS,
  filesEveryMs: FILES_EVERY_MS,
};
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
  /** Waits between attempts. */
  readonly reconnect?: ReconnectWaits;
  /** Shorter in tests. */
  readonly patience?: {
    readonly keepAliveS: number;
    readonly connectTimeoutMs: number;
    readonly filesEveryMs: number;
  };
}

interface LinkState {
  readonly online: boolean;
  readonly code?: LinkCode;
  /** Gateway time of the last change, ISO 8601. */
  readonly since: string;
  readonly protocolVersion: 4 | 5;
}

export interface MqttLink {
  /** Connects, and keeps it up from then on. */
  start(): void;
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
 * says its status, hears its receipts. Never throws.
 */
export function createMqttLink(deps: MqttLinkDeps): MqttLink {
  return new Link(deps);
}

/** mqtt.js and the schema of what comes over it: a start waits for neither. */
async function load() {
  const { MqttSession } = await import('./mqtt-session.ts');
  const { readReceipt } = await import('./receipt.ts');
  return { MqttSession, readReceipt };
}

class Link implements MqttLink {
  readonly #deps: MqttLinkDeps;
  readonly #patience: NonNullable<MqttLinkDeps['patience']>;
  readonly #retry: MqttRetry;
  readonly #closing = new AbortController();
  #loaded: Awaited<ReturnType<typeof load>> | undefined;
  #session: MqttSession | undefined;
  #down: LinkDown = LINK_STARTING;
  #state: LinkState;
  /** Of the last attempt; undefined when the files could not be used. */
  #credentials: Credentials | undefined;
  #hearsReceipts = true;
  #packetBytesMax = Number.POSITIVE_INFINITY;
  #since = '';
  #statusDue = false;
  #retryTimer: NodeJS.Timeout | undefined;
  #statusTimer: NodeJS.Timeout | undefined;
  readonly #filesTimer: NodeJS.Timeout;

  constructor(deps: MqttLinkDeps) {
    this.#deps = deps;
    this.#patience = deps.patience ?? PATIENCE;
    this.#retry = createMqttRetry({
      waits: deps.reconnect ?? RECONNECT,
      random: deps.random,
      monotonic: () => performance.now(),
    });
    this.#state = { online: false, since: this.#isoNow(), protocolVersion: 5 };
    this.#filesTimer = setInterval(() => this.#lookAtFiles(), this.#patience.filesEveryMs);
  }

  start(): void {
    load().then(
      (loaded) => {
        this.#loaded = loaded;
        if (!this.#closing.signal.aborted) this.#connect();
      },
      (error: unknown) => this.#deps.log.error({ event: 'mqtt-not-loaded', code: codeOf(error) }),
    );
  }

  transportFor(recipient: string): Transport {
    const closed = new AbortController();
    return {
      name: `mqtt:${recipient}`,
      // Without a connection one is tried, which says why it cannot be.
      capacity: () =>
        this.#session?.connected ? this.#session.capacity() : Number.POSITIVE_INFINITY,
      flush: () => this.#session?.flush(),
      deliver: (envelope, signal, mayLeave) => {
        const payload = envelope.body;
        if (Buffer.byteLength(payload) > ENVELOPE_BYTES_MAX) return rejected('too-large');
        // A way out leads to one recipient; another's envelope on it would be a leak.
        if (envelope.recipient !== recipient) return rejected('invalid');
        // In the same step as the socket; without a connection nothing leaves.
        if (this.#session?.connected && mayLeave?.() === false) return cancelled();
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
    const payload = JSON.stringify(event);
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
    clearInterval(this.#filesTimer);
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

  /** Files are read anew at each attempt: a renewed certificate or a mended password needs no restart. */
  #connect(): void {
    if (this.#session || !this.#loaded) return;
    this.#since = this.#isoNow();
    const { config, gateway, deliverTimeoutMs } = this.#deps;
    const { keepAliveS, connectTimeoutMs } = this.#patience;
    const protocolVersion = this.#retry.version();
    try {
      this.#credentials = undefined;
      const credentials = readCredentials(config);
      const will = this.#statusMessage(false);
      this.#session = new this.#loaded.MqttSession({
        options: mqttOptions({
          ...{ config, credentials, clientId: gateway, protocolVersion, keepAliveS, will },
        }),
        protocolVersion,
        connectTimeoutMs,
        deliverTimeoutMs,
        packetBytesMax: this.#packetBytesMax,
        onConnected: () => this.#onConnected(),
        onFree: () => this.#flushStatus(),
        onMessage: (topic, payload) => this.#onMessage(topic, payload),
        onDown: (down, connected, learnt) => {
          if (learnt !== undefined) this.#packetBytesMax = learnt;
          this.#onDown(down, connected);
        },
      });
      this.#credentials = credentials;
    } catch (error) {
      this.#deps.log.error({ event: 'mqtt-files-unreadable', code: codeOf(error) });
      this.#onDown(LINK_FILES_UNREADABLE, false);
    }
  }

  /**
   * Changed files end a wait; a changed certificate ends a connection too, once all on the way is
   * answered: the one that it was made with may be about to end. A changed password does not, for a
   * broker that has not changed it yet would refuse.
   */
  #lookAtFiles(): void {
    const session = this.#session;
    if (session && !session.connected) return;
    let found: Credentials;
    try {
      found = readCredentials(this.#deps.config);
    } catch (error) {
      if (!session || this.#state.code === LINK_FILES_UNREADABLE.code) return;
      this.#deps.log.error({ event: 'mqtt-files-unreadable', code: codeOf(error) });
      this.#setState(true, LINK_FILES_UNREADABLE.code);
      return;
    }
    if (session) this.#setOnline();
    const used = this.#credentials;
    if (session && !isSame(found.tls, used?.tls)) session.drain(LINK_RENEWED);
    else if (!session && !isSame(found, used)) {
      clearTimeout(this.#retryTimer);
      this.#connect();
    }
  }

  #onConnected(): void {
    const session = this.#session;
    if (!session) return;
    this.#retry.connected();
    const slow = setTimeout(() => session.end(LINK_SILENT), this.#deps.deliverTimeoutMs);
    // Receipts are listened for before the status says which are missing.
    void session.subscribe(topics.receipts(this.#deps.gateway)).then((granted) => {
      clearTimeout(slow);
      if (!session.connected) return;
      this.#hearsReceipts = granted;
      this.#setOnline();
    });
    this.#statusDue = true;
    this.#flushStatus();
  }

  #onDown(ended: LinkDown, connected: boolean): void {
    const session = this.#session;
    this.#session = undefined;
    this.#down = ended;
    if (this.#closing.signal.aborted) {
      this.#setState(false, ended.code);
      return;
    }
    if (ended === LINK_RENEWED) {
      this.#deps.log.info({ event: 'broker-certificate-renewed' });
      // Not before the old one is gone: the broker would speak its will.
      void session?.closed(CLOSE_WAIT_MS).then(() => {
        if (!this.#closing.signal.aborted) this.#connect();
      });
      return;
    }
    const { down, waitMs, isOtherVersion } = this.#retry.ended(ended, connected);
    this.#down = down;
    if (!isOtherVersion) this.#setState(false, down.code);
    this.#retryTimer = setTimeout(() => this.#connect(), waitMs);
  }

  #onMessage(topic: string, payload: Buffer): void {
    if (topic !== topics.receipts(this.#deps.gateway)) return;
    const receipt = this.#loaded?.readReceipt(payload);
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
      payload: JSON.stringify(status),
      retain: true,
      contentType: MEDIA_TYPE_JSON,
    };
  }

  #setOnline(): void {
    this.#setState(true, this.#hearsReceipts ? undefined : 'broker-refused-receipts');
  }

  #setState(online: boolean, code?: LinkCode): void {
    const before = this.#state;
    if (before.online === online && before.code === code) return;
    this.#state = {
      online,
      ...(code === undefined ? {} : { code }),
      since: this.#isoNow(),
      protocolVersion: this.#retry.version(),
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

const isSame = (one: object, other: object | undefined) =>
  JSON.stringify(one) === JSON.stringify(other);

const cancelled = (): Promise<Delivery> =>
  Promise.resolve({ outcome: 'deferred', because: 'cancelled' });

function rejected(because: 'too-large' | 'invalid'): Promise<Delivery> {
  return Promise.resolve({ outcome: 'rejected', because });
}
