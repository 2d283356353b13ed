import type { HomeConfig, MqttTransportConfig, RecipientConfig } from '../../config/schema.ts';
import type { FhirClient, FhirClientOptions } from '../../fhir/client.ts';
import type { Clock } from '../clock.ts';
import type { Receipt } from '../contract/messages.ts';
import type { Log } from '../log.ts';
import { readSecretFile } from '../secrets.ts';
import type { Database } from '../store.ts';
import { readTlsFiles } from '../tls-files.ts';
import { createCertificates } from './transport/certificates.ts';
import { createHttpsTransport } from './transport/https.ts';
import { createMqttLink, type MqttLink } from './transport/mqtt.ts';
import { createTokens, type Tokens } from './transport/oauth.ts';
import { createReceiptSeq } from './transport/receipt-seq.ts';
import type { Transport } from './transport/transport.ts';

export interface Links {
  readonly transports: ReadonlyMap<string, Transport>;
  /** The MQTT connection of a recipient, where it has one: for events. */
  readonly link: (recipient: string) => MqttLink | undefined;
  readonly states: () => { name: string; recipients: string[]; online: boolean; code?: string }[];
  readonly certificates: ReturnType<typeof createCertificates>;
  /** Recipients with OAuth 2.0, and why there is no token where there is none. */
  readonly tokens: () => { recipient: string; code?: string }[];
  /** Begins to connect. */
  start(): void;
  close(): Promise<void>;
}

type HttpsTransport = Extract<RecipientConfig['transport'], { type: 'https' }>;

/** A broker that is merely away is tried again at least this often, ms. */
const RECONNECT_MS_MAX = 60_000;

/**
 * Loading what speaks to a broker keeps the program from listening for a while: what devices have
 * ready to say at a start is kept first, ms.
 */
const START_AFTER_MS = 100;

/** A connection waits as a delivery does; where a person must act, as long as the longest. */
function reconnectWaits({ retryMinMs, retryMaxMs }: HomeConfig['limits']) {
  return {
    minMs: retryMinMs,
    maxMs: Math.min(RECONNECT_MS_MAX, retryMaxMs),
    slowMs: retryMaxMs,
  };
}

/** Loaded only where a receiver is reached over HTTPS: it is a fifth of the program. */
function fhirClient(options: FhirClientOptions): FhirClient {
  const loaded = import('../../fhir/client.ts').then((client) => client.createFhirClient(options));
  return {
    transaction: async (...asked) => (await loaded).transaction(...asked),
    get: async (...asked) => (await loaded).get(...asked),
    close: async () => (await loaded).close(),
  };
}

/** Ways out: one MQTT connection per broker, one HTTPS client per receiver. */
export function createLinks(parts: {
  readonly config: Pick<HomeConfig, 'recipients' | 'limits'>;
  readonly db: Database;
  readonly gateway: string;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  /** Stores a receipt and advances the number in one commit. */
  readonly onReceipt: (receipt: Receipt, advance: () => void) => Promise<void>;
  readonly onOnline: () => void;
}): Links {
  const { config } = parts;
  const transports = new Map<string, Transport>();
  const links = new Map<string, { link: MqttLink; recipients: string[] }>();
  const tokens = new Map<string, Tokens>();

  function mqttLink(settings: MqttTransportConfig): { link: MqttLink; recipients: string[] } {
    const name = `${settings.url} ${settings.username ?? ''}`;
    const known = links.get(name);
    if (known) return known;
    const seq = createReceiptSeq(parts.db, settings.url);
    const link: MqttLink = createMqttLink({
      config: settings,
      gateway: parts.gateway,
      version: parts.version,
      now: () => parts.clock.now(),
      random: parts.random,
      receiptSeq: seq.current,
      onReceipt: (receipt) => {
        const { state, reason: because } = receipt;
        if (state === 'rejected') parts.log.warn({ event: 'receipt-rejected', because });
        void parts
          .onReceipt(receipt, () => seq.stored(receipt.seq))
          .then(
            () => link.publishStatus(),
            // Not stored: the number does not advance, so the municipality sends it again.
            () => parts.log.warn({ event: 'receipt-not-stored', seq: receipt.seq }),
          );
      },
      onState: (state, code) => {
        parts.log.info({ event: 'broker', state, ...(code ? { code } : {}) });
        if (state === 'online') parts.onOnline();
      },
      deliverTimeoutMs: config.limits.deliverTimeoutMs,
      reconnect: reconnectWaits(config.limits),
      log: parts.log,
    });
    const made = { link, recipients: [] as string[] };
    links.set(name, made);
    return made;
  }

  function tokenOf(recipient: string, { tokenFile, auth, proxy }: HttpsTransport) {
    if (auth === undefined) {
      if (tokenFile === undefined) return undefined;
      return async () => ({ authorization: `Bearer ${readSecretFile(tokenFile)}` });
    }
    const made = createTokens({
      config: auth,
      proxy,
      recipient,
      ...config.limits,
      clock: parts.clock,
      monotonic: () => performance.now(),
      random: parts.random,
      log: parts.log,
    });
    tokens.set(recipient, made);
    return made.token;
  }

  function add(recipient: RecipientConfig): void {
    const { transport: settings } = recipient;
    if (settings.type === 'mqtt') {
      const { link, recipients } = mqttLink(settings);
      recipients.push(recipient.id);
      transports.set(recipient.id, link.transportFor(recipient.id));
      return;
    }
    const token = tokenOf(recipient.id, settings);
    const client = fhirClient({
      baseUrl: settings.url,
      ...(token === undefined ? {} : { token }),
      tls: () => readTlsFiles(settings),
      proxy: settings.proxy,
      timeoutMs: config.limits.deliverTimeoutMs,
    });
    const isTls = new URL(settings.url).protocol === 'https:';
    transports.set(
      recipient.id,
      createHttpsTransport({
        client,
        recipient: recipient.id,
        now: () => parts.clock.now(),
        // Without TLS nobody knows who says it.
        ...(isTls ? { heardTime: (at) => parts.clock.vouch?.(at) } : {}),
      }),
    );
  }

  let starting: NodeJS.Timeout | undefined;
  const start = () => {
    starting = setTimeout(() => {
      for (const { link } of links.values()) link.start();
    }, START_AFTER_MS);
  };
  const close = async () => {
    clearTimeout(starting);
    for (const one of tokens.values()) one.close();
    for (const { link } of links.values()) await link.close();
  };
  try {
    for (const recipient of config.recipients) add(recipient);
  } catch (error) {
    // A certificate that cannot be read: those already begun must not keep the process.
    void close();
    throw error;
  }
  return {
    transports,
    certificates: createCertificates({
      recipients: config.recipients,
      clock: parts.clock,
      log: parts.log,
    }),
    link: (recipient) =>
      [...links.values()].find((one) => one.recipients.includes(recipient))?.link,
    states: () =>
      [...links].map(([name, { link, recipients }]) => {
        const { online, code } = link.state();
        return { name: name.split(' ')[0] ?? '', recipients, online, ...(code ? { code } : {}) };
      }),
    tokens: () =>
      [...tokens].map(([recipient, one]) => {
        const code = one.state();
        return { recipient, ...(code === undefined ? {} : { code }) };
      }),
    start,
    close,
  };
}
