import { once } from 'node:events';
import { connect, type IClientOptions, type IConnackPacket, type MqttClient } from 'mqtt';
import { sendAtOnce } from '../../send-at-once.ts';
import {
  classifyLinkError,
  classifyPuback,
  classifyReason,
  LINK_CUT_IN_HANDSHAKE,
  LINK_ENDED,
  LINK_SILENT,
  LINK_STARTING,
  type LinkDown,
} from './classify-mqtt.ts';
import { publishBytes } from './mqtt-packet-size.ts';
import { storeWithoutContent } from './mqtt-store.ts';
import type { DeferredBecause, Delivery } from './transport.ts';

/** As many unacknowledged publishes as the gateway ever wants; a broker may allow fewer. */
const IN_FLIGHT_MAX = 50;

/** Bytes waiting in the process for a slow network; they are lost to us when consent ends, so few. */
const WRITE_BUFFER_BYTES_MAX = 1024 * 1024;

/** First byte of a PUBACK (MQTT 5, 3.4.1), and the reason code (2.4). */
const PUBACK = 0x40;
const PACKET_TOO_LARGE = 0x95;

export interface Message {
  readonly topic: string;
  /** Text: as a Buffer mqtt.js would copy it once more, and the copies of many messages wait to be freed. */
  readonly payload: string;
  readonly retain?: boolean;
  /** Said under MQTT 5 only; the payload is the truth. */
  readonly contentType: string;
  readonly userProperties?: Readonly<Record<string, string>>;
}

export interface SessionDeps {
  readonly options: IClientOptions;
  /** Until the broker has accepted: TCP, TLS and CONNACK. */
  readonly connectTimeoutMs: number;
  readonly protocolVersion: 4 | 5;
  readonly deliverTimeoutMs: number;
  /** Largest packet that earlier connections found this broker to take. */
  readonly packetBytesMax: number;
  onConnected(): void;
  /** An acknowledgement freed a place. */
  onFree(): void;
  onMessage(topic: string, payload: Buffer): void;
  /** Once, when the connection is over, however it ended. `packetBytesMax`: learnt from the broker. */
  onDown(down: LinkDown, connected: boolean, packetBytesMax?: number): void;
}

interface Pending {
  readonly bytes: number;
  readonly sentAt: number;
  settle(delivery: Delivery): void;
}

const deferred = (because: DeferredBecause): Delivery => ({ outcome: 'deferred', because });

/**
 * One connection to a broker. It never outlives a disconnect: mqtt.js keeps unacknowledged messages
 * and sends them again by itself, past consent; so the client and its store are thrown away whole,
 * and what was pending settles as `deferred`.
 */
export class MqttSession {
  readonly #deps: SessionDeps;
  readonly #client: MqttClient;
  /** By packet id. A place stays taken after a time-out or abort: the broker still counts it. */
  readonly #inFlight = new Map<number, Pending>();
  #connected = false;
  /** Past the TLS handshake, where there is one. */
  #isSecured = false;
  /** Takes nothing more: what to say when the last answer has come. */
  #drained: LinkDown | undefined;
  #over = false;
  #inFlightMax = IN_FLIGHT_MAX;
  #packetBytesMax: number;
  #lastAckAt = 0;
  /** Bounds the connecting, and later the draining. */
  #timer: NodeJS.Timeout;
  #lastChunk: Buffer = Buffer.alloc(0);
  /** The message that the broker hung up over, where it said which. */
  #culprit: Pending | undefined;

  /** Starts to connect. Throws what Node throws on an unusable certificate or key. */
  constructor(deps: SessionDeps) {
    this.#deps = deps;
    this.#packetBytesMax = deps.packetBytesMax;
    const client = connect({
      ...deps.options,
      protocolVersion: deps.protocolVersion,
      // The journal is the truth: no session is kept at the broker, no message in the client.
      clean: true,
      outgoingStore: storeWithoutContent(),
      reconnectPeriod: 0,
      resubscribe: false,
      queueQoSZero: false,
      // Its error for this has no code; the timer below knows what it says.
      connectTimeout: 2 * deps.connectTimeoutMs,
      // mqtt.js logs whole packets through `debug`; payloads must not reach standard error.
      log: () => undefined,
    });
    this.#client = client;
    client.on('connect', (connack) => this.#onConnack(connack));
    client.on('packetreceive', (packet) => {
      // The publish callback hides reason 16, so acknowledgements are read here.
      if (packet.cmd === 'puback') this.#onPuback(packet.messageId, packet.reasonCode ?? 0);
    });
    client.on('message', (topic, payload) => deps.onMessage(topic, payload));
    client.on('disconnect', (packet) => this.end(classifyReason(packet.reasonCode ?? 0)));
    client.on('error', (error) => this.#onError(error));
    // Called when a PINGREQ had no answer; the error that follows has no code.
    client.onKeepaliveTimeout = () => this.end(LINK_SILENT);
    this.#timer = setTimeout(
      () => this.end(isReached(client.stream) ? LINK_SILENT : LINK_STARTING),
      deps.connectTimeoutMs,
    );
    sendAtOnce(client.stream);
    client.stream.once('secureConnect', () => {
      this.#isSecured = true;
    });
    client.stream.prependListener('data', (chunk: Buffer) => {
      this.#lastChunk = chunk;
    });
    client.on('close', () => this.end(LINK_ENDED));
  }

  get connected(): boolean {
    return this.#connected && !this.#over;
  }

  get idle(): boolean {
    return this.#inFlight.size === 0;
  }

  /** How many messages may be handed over now. */
  capacity(): number {
    if (!this.connected || this.#drained) return 0;
    if (this.#client.stream.writableLength > WRITE_BUFFER_BYTES_MAX) return 0;
    return Math.max(0, this.#inFlightMax - this.#inFlight.size);
  }

  /**
   * Publishes at QoS 1: the bytes are in the socket after `flush`, at the latest before anything else
   * runs, or never leave. The promise always settles: on the broker's answer, the end of the connection,
   * an abort, or the time-out.
   */
  send(message: Message, signals: readonly AbortSignal[]): Promise<Delivery> {
    if (signals.some((signal) => signal.aborted)) return Promise.resolve(deferred('cancelled'));
    const bytes = publishBytes(message, this.#deps.protocolVersion);
    if (bytes > this.#packetBytesMax) {
      return Promise.resolve({ outcome: 'rejected', because: 'too-large' });
    }
    if (!this.connected) return Promise.resolve(deferred('offline'));
    if (this.capacity() === 0) return Promise.resolve(deferred('busy'));
    const { delivery, pending } = this.#expect(bytes, signals);
    try {
      this.#write(message, pending);
    } catch {
      pending.settle(deferred('unavailable'));
    }
    return delivery;
  }

  /** The answer to come. It does not know the message, which need not be in memory until then. */
  #expect(bytes: number, signals: readonly AbortSignal[]) {
    const { promise: delivery, resolve } = Promise.withResolvers<Delivery>();
    const sentAt = performance.now();
    const onAbort = () => settle(deferred('cancelled'));
    const settle = (settled: Delivery) => {
      clearTimeout(timer);
      for (const signal of signals) signal.removeEventListener('abort', onAbort);
      resolve(settled);
    };
    const timer = setTimeout(() => {
      settle(deferred('timeout'));
      // Nothing at all was acknowledged in the meantime: the broker is gone or stuck.
      if (this.#lastAckAt < sentAt) this.end(LINK_SILENT);
    }, this.#deps.deliverTimeoutMs);
    for (const signal of signals) signal.addEventListener('abort', onAbort, { once: true });
    return { delivery, pending: { bytes, sentAt, settle } satisfies Pending };
  }

  /** Settles whether the broker granted the subscription; false as well when the connection ended. */
  subscribe(topic: string): Promise<boolean> {
    return new Promise((resolve) => {
      this.#client.subscribe(topic, { qos: 1 }, (error) => resolve(!error));
    });
  }

  /** Takes nothing more, and ends when all that is on the way is answered or given up. */
  drain(down: LinkDown): void {
    this.#drained = down;
    if (this.idle) this.end(down, false);
    else this.#timer = setTimeout(() => this.end(down), this.#deps.deliverTimeoutMs);
  }

  /** Throws the connection away; pending deliveries are deferred as `down` says. */
  end(down: LinkDown, force = true): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    const learnt = down.code === 'broker-packet-too-large' ? this.#refuseTooLarge() : undefined;
    // Handed over and unanswered, so it may have arrived: these two are said of what never left.
    const never = down.because === 'offline' || down.because === 'untrusted';
    const because = never ? 'timeout' : down.because;
    for (const pending of this.#inFlight.values()) {
      pending.settle(deferred(because));
    }
    this.#inFlight.clear();
    this.#client.end(force);
    this.#deps.onDown(down, this.#connected, learnt);
  }

  /** Fulfils when the socket is closed, or after `ms`. */
  async closed(ms: number): Promise<void> {
    if (this.#client.stream.closed) return;
    const stop = AbortSignal.timeout(ms);
    await once(this.#client.stream, 'close', { signal: stop }).catch(() => undefined);
  }

  #write(message: Message, pending: Pending): void {
    this.#client.publish(message.topic, message.payload, {
      qos: 1,
      retain: message.retain ?? false,
      properties: {
        contentType: message.contentType,
        payloadFormatIndicator: true,
        ...(message.userProperties ? { userProperties: { ...message.userProperties } } : {}),
      },
    });
    this.#inFlight.set(this.#client.getLastMessageId(), pending);
  }

  /** mqtt-packet corks the socket until the next tick, once for each packet; consent was asked in this one. */
  flush(): void {
    const { stream } = this.#client;
    while (stream.writableCorked > 0) stream.uncork();
  }

  #onConnack(connack: IConnackPacket): void {
    if (this.#over) return;
    clearTimeout(this.#timer);
    this.#connected = true;
    // mqtt.js honours neither limit on what it sends; strict brokers disconnect with 147 and 149.
    this.#inFlightMax = Math.min(
      connack.properties?.receiveMaximum ?? IN_FLIGHT_MAX,
      IN_FLIGHT_MAX,
    );
    this.#packetBytesMax = Math.min(
      connack.properties?.maximumPacketSize ?? Number.POSITIVE_INFINITY,
      this.#deps.packetBytesMax,
    );
    this.#deps.onConnected();
  }

  #onPuback(messageId: number | undefined, reason: number): void {
    const pending = messageId === undefined ? undefined : this.#inFlight.get(messageId);
    if (messageId === undefined || !pending) return;
    this.#lastAckAt = performance.now();
    this.#inFlight.delete(messageId);
    pending.settle(classifyPuback(reason));
    if (this.#drained && this.idle) this.end(this.#drained, false);
    else this.#deps.onFree();
  }

  /**
   * Mosquitto's `message_size_limit` answers with a PUBACK of reason 149, which the standard does
   * not list there and mqtt-packet cannot parse. Unread, the same envelope would break every
   * connection to come.
   */
  #onError(error: { readonly code?: unknown; readonly message: string }): void {
    const { code } = error;
    const chunk = this.#lastChunk;
    for (let at = 0; code === undefined && at + 4 < chunk.length; at += 1) {
      if (chunk[at] !== PUBACK || chunk[at + 4] !== PACKET_TOO_LARGE) continue;
      this.#culprit ??= this.#inFlight.get(chunk.readUInt16BE(at + 2));
    }
    const isCut = code === 'ECONNRESET' && !this.#isSecured && 'encrypted' in this.#client.stream;
    const down = isCut ? LINK_CUT_IN_HANDSHAKE : classifyLinkError(code, alertOf(error.message));
    this.end(this.#culprit ? classifyReason(PACKET_TOO_LARGE) : down);
  }

  /**
   * The broker hung up over a packet and its limit is not known. If it does not say which, then the
   * largest was over the limit if any was: it is refused, and its size becomes the limit, so that
   * this ends.
   */
  #refuseTooLarge(): number | undefined {
    const [largest] = [...this.#inFlight.values()].sort((a, b) => b.bytes - a.bytes);
    const refused = this.#culprit ?? largest;
    refused?.settle({ outcome: 'rejected', because: 'too-large' });
    return refused && refused.bytes - 1;
  }
}

/** OpenSSL has the number of an alert in its message only; which code comes with it differs by version. */
function alertOf(message: string): number | undefined {
  const digits = /SSL alert number (\d{1,3})/.exec(message)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** True when somebody took the TCP connection: then the silence is the broker's, not the network's. */
function isReached(stream: object): boolean {
  return 'connecting' in stream && !stream.connecting;
}
