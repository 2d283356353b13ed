import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { connect, type IClientOptions, type MqttClient } from 'mqtt';
import type { MqttTransportConfig } from '../../config/schema.ts';
import { topics } from '../contract/topics.ts';
import { codeOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { sendAtOnce } from '../send-at-once.ts';
import { readTlsFiles } from '../tls-files.ts';
import type { Publish } from './relay.ts';

/** Largest packet that a broker may hand us (MQTT 5): an envelope and its headers, with room. */
const PACKET_BYTES_MAX = 1024 * 1024;

/** Envelopes handed to us and unanswered (MQTT 5), at most. */
const RECEIVE_MAX = 20;

const RECONNECT_MS = 2_000;

/** A renewed certificate is seen after so long. */
const FILES_EVERY_MS = 60_000;

const MQTT_5 = {
  protocolVersion: 5,
  properties: { maximumPacketSize: PACKET_BYTES_MAX, receiveMaximum: RECEIVE_MAX },
} as const;

const CLIENT: IClientOptions = {
  // No session: what is missed while we are away is sent again by the gateways.
  clean: true,
  resubscribe: false,
  reconnectPeriod: RECONNECT_MS,
  // A refusal may be mended at the broker: a password, a licence, its own start.
  reconnectOnConnackError: true,
  // mqtt.js prints whole packets through `debug`: they must not reach standard error.
  log: () => undefined,
};

/** Connack codes for a protocol version that the broker does not speak: 3.1.1's and 5's. */
const WRONG_VERSION = new Set([1, 132]);

export interface Subscriber {
  readonly publish: Publish;
  readonly connected: () => boolean;
  close(): Promise<void>;
}

/**
 * The relay's place at a broker: subscribes the contract topics and hands over one message at a
 * time; a message is acknowledged to the broker when `take` has settled. Reconnects for ever. MQTT 5
 * first, 3.1.1 when the broker refuses that, and then as long as the program runs. Renewed files are
 * used without a restart; as long as they cannot be, those before them are.
 */
export function subscribe(options: {
  readonly broker: Omit<MqttTransportConfig, 'type'>;
  /** Tried first: 4 (3.1.1) where the broker is known to speak nothing newer. */
  readonly protocolVersion: 4 | 5;
  readonly take: (topic: string, payload: Uint8Array) => Promise<void>;
  readonly onChange: (subscribed: boolean) => void;
  readonly log: Log;
  readonly filesEveryMs?: number;
}): Subscriber {
  const { broker, take, log } = options;
  let files = readFiles(broker);
  let unusable: string | undefined;
  const client = connect(broker.url, {
    ...CLIENT,
    ...files,
    ...(options.protocolVersion === 5 ? MQTT_5 : { protocolVersion: 4 }),
  });
  let subscribed = false;
  const change = (to: boolean) => {
    subscribed = to;
    options.onChange(to);
  };
  client.handleMessage = (packet, done) => {
    const { payload } = packet;
    const bytes = typeof payload === 'string' ? new TextEncoder().encode(payload) : payload;
    take(packet.topic, bytes).then(() => done(), done);
  };
  client.on('connect', () => {
    sendAtOnce(client.stream);
    const { allObservations, allStatus, allEvents } = topics;
    client.subscribe([allObservations, allStatus, allEvents], { qos: 1 }, (error) => {
      change(!error);
      // A broker that refuses the topics is asked again at the next connection.
      if (error) client.stream?.destroy();
    });
  });
  client.on('close', () => change(false));
  /** True when there is something new to connect with. */
  function renew(): boolean {
    try {
      const now = readFiles(broker);
      unusable = undefined;
      if (isDeepStrictEqual(now, files)) return false;
      files = now;
      Object.assign(client.options, files);
      return true;
    } catch (error) {
      const code = codeOf(error);
      if (code !== unusable) log.warn({ event: 'broker-files-unusable', code });
      unusable = code;
      return false;
    }
  }
  client.on('reconnect', renew);
  const renewing = setInterval(() => {
    // The gateways send again what was on its way.
    if (renew()) client.stream?.destroy();
  }, options.filesEveryMs ?? FILES_EVERY_MS);
  client.on('error', (error) => {
    const code = (error as { code?: unknown }).code;
    if (client.options.protocolVersion === 5 && WRONG_VERSION.has(Number(code))) {
      client.options.protocolVersion = 4;
      delete client.options.properties;
      return;
    }
    log.warn({ event: 'broker-unavailable', code: codeOf(error) });
  });
  return {
    connected: () => subscribed,
    publish: (topic, payload) => {
      // Not queued: a receipt is sent again from the store when the gateway's status asks for it.
      if (client.connected) client.publish(topic, payload, { qos: 1 }, () => {});
    },
    close: () => {
      clearInterval(renewing);
      return end(client);
    },
  };
}

/** What is read from files: it may be another at the next connection. */
function readFiles(broker: Omit<MqttTransportConfig, 'type'>): IClientOptions {
  const { username, passwordFile } = broker;
  const text = (path: string) => readFileSync(path, 'utf8');
  return {
    ...readTlsFiles(broker, text),
    ...(username === undefined ? {} : { username }),
    ...(passwordFile === undefined ? {} : { password: text(passwordFile).trimEnd() }),
  };
}

/** mqtt.js calls back when the stream closes: never, when it is closed already. */
async function end(client: MqttClient): Promise<void> {
  const { stream } = client;
  const closed = stream.closed ? undefined : once(stream, 'close');
  client.end(true);
  await closed;
}
