import type { IClientOptions } from 'mqtt';
import type { MqttTransportConfig } from '../../../config/schema.ts';
import { readSecretFile } from '../../secrets.ts';
import { readTlsFiles, type TlsMaterial } from '../../tls-files.ts';

/** Receipts are a few hundred bytes; nothing larger is for us. */
export const INBOUND_BYTES_MAX = 16 * 1024;

/** What the files of a connection hold at one moment. */
export interface Credentials {
  readonly password?: string;
  readonly tls: TlsMaterial;
}

/** Throws CodedError as `readTlsFiles` and `readSecretFile`. */
export function readCredentials(config: MqttTransportConfig): Credentials {
  const { passwordFile } = config;
  return {
    ...(passwordFile === undefined ? {} : { password: readSecretFile(passwordFile) }),
    tls: isSecure(config) ? readTlsFiles(config) : {},
  };
}

const isSecure = ({ url }: MqttTransportConfig) => new URL(url).protocol === 'mqtts:';

/** How mqtt.js is to connect; what concerns its own memory is in `mqtt-session.ts`. */
export function mqttOptions(parts: {
  readonly config: MqttTransportConfig;
  readonly credentials: Credentials;
  readonly clientId: string;
  readonly protocolVersion: 4 | 5;
  readonly keepAliveS: number;
  readonly will: { readonly topic: string; readonly payload: string };
}): IClientOptions {
  const { config, credentials, will } = parts;
  const url = new URL(config.url);
  const secure = isSecure(config);
  return {
    protocol: secure ? 'mqtts' : 'mqtt',
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port) || (secure ? 8883 : 1883),
    clientId: parts.clientId,
    keepalive: parts.keepAliveS,
    ...(config.username === undefined ? {} : { username: config.username }),
    ...(credentials.password === undefined ? {} : { password: credentials.password }),
    // Said here too, because the environment can lower what Node takes by itself.
    ...(secure ? { ...credentials.tls, minVersion: 'TLSv1.2' as const } : {}),
    will: { topic: will.topic, payload: will.payload, qos: 1, retain: true },
    ...(parts.protocolVersion === 5
      ? { properties: { sessionExpiryInterval: 0, maximumPacketSize: INBOUND_BYTES_MAX } }
      : {}),
  };
}
