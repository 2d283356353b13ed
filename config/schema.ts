import { z } from 'zod';

/**
 * Types, defaults and documentation of the configuration in one. `config/reference.md` and
 * `config/schema.json` are generated from it; a test keeps them current. Secrets are named by file,
 * never written here.
 */

/** Kinds of measurement; a test compares them with the list of `adapters/measurement.ts`. */
export const kindSchema = z.enum([
  'blood-pressure',
  'heart-rate',
  'oxygen-saturation',
  'body-temperature',
  'body-weight',
  'body-composition',
  'glucose',
  'glucose-interstitial',
  'environment',
  'contact',
  'motion',
  'presence',
  'button',
  'smoke',
  'water-leak',
  'battery',
]);

const port = z.int().min(1).max(65535).describe('Port to listen on.');
const host = z.string().default('127.0.0.1').describe('Address to listen on.');
const id = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'lower-case letters, digits and hyphens, at most 40');
const positive = z.int().positive();

const tlsFiles = {
  caFile: z
    .string()
    .optional()
    .describe('PEM file with the authorities to trust. Default: those of the machine.'),
  certFile: z
    .string()
    .optional()
    .describe('PEM file with the client certificate; `keyFile` goes with it.'),
  keyFile: z
    .string()
    .optional()
    .describe('PEM file with its private key, readable by the service only.'),
};

const mqttTransportSchema = z.strictObject({
  type: z.literal('mqtt').describe('Over MQTT.'),
  url: z
    .url({ protocol: /^mqtts?$/, error: 'must be an mqtt:// or mqtts:// address' })
    .describe('`mqtts://` address of the broker; `mqtt://` only on this machine.'),
  username: z.string().optional().describe('User name at the broker.'),
  passwordFile: z
    .string()
    .optional()
    .describe('File with the password, readable by the service only.'),
  ...tlsFiles,
});

const httpsTransportSchema = z.strictObject({
  type: z
    .literal('https')
    .describe(
      'Over HTTPS, to a FHIR R4 server. Technical events (a missing measurement, a battery) stay on the gateway: such a server has no place for them.',
    ),
  url: z
    .url({ protocol: /^https?$/, error: 'must be an https:// address' })
    .describe(
      'FHIR R4 base URL; the envelope is POSTed to it. A home uses `http://` only on this machine.',
    ),
  tokenFile: z
    .string()
    .optional()
    .describe('File with a bearer token, readable by the service only.'),
  proxy: z
    .url({ protocol: /^http$/, error: 'must be an http:// address' })
    .optional()
    .describe(
      'Address of an HTTP proxy, which is asked for a tunnel (CONNECT). None is taken from the environment.',
    ),
  ...tlsFiles,
});

const webAddress = z.url({ protocol: /^https?$/, error: 'must be an https:// address' });

const oauthSchema = z
  .strictObject({
    type: z
      .literal('oauth')
      .describe('OAuth 2.0: client credentials with a signed assertion (`private_key_jwt`).'),
    issuer: webAddress
      .optional()
      .describe(
        "HelseID's pattern: who issues the tokens. Its token endpoint is discovered, and the assertion is made out to the issuer, with the type `client-authentication+jwt`.",
      ),
    tokenUrl: webAddress
      .optional()
      .describe(
        "SMART Backend Services' pattern: the token endpoint, to which the assertion is made out. Either this or `issuer`.",
      ),
    clientId: z.string().min(1).describe('Name of this gateway at the token server.'),
    keyFile: z
      .string()
      .describe(
        'File with the private key, JWK or PEM, readable by the service only; `iomt oauth-key` makes one. A replaced file is taken at the next token.',
      ),
    keyId: z
      .string()
      .min(1)
      .optional()
      .describe('Name of the key at the token server. Default: the `kid` of the JWK.'),
    algorithm: z
      .enum(['ES256', 'ES384', 'PS256', 'RS256', 'RS384'])
      .optional()
      .describe(
        'How the assertion is signed. Default: the `alg` of the JWK, else what suits the key; an RSA key signs PS256 with `issuer` and RS384 with `tokenUrl`.',
      ),
    scope: z.string().min(1).describe('What is asked for, with spaces between, e.g. `system/*.c`.'),
    resource: z
      .url('must be an address')
      .optional()
      .describe(
        'Address of the receiver that the token is for (RFC 8707), where the server asks for it.',
      ),
    dpop: z
      .boolean()
      .default(false)
      .describe('Bind each token to a key of this process (DPoP, RFC 9449), as HelseID demands.'),
    caFile: z
      .string()
      .optional()
      .describe(
        'PEM file with the authorities to trust at the token server. Default: those of the machine.',
      ),
  })
  .describe('Fetches tokens as they are needed. Not together with `tokenFile`.');

const lookedAtText = z.string().trim().min(1).max(120);

const enrolled = z.boolean().optional();
const enrolledTransport = {
  enrolled: enrolled.describe(
    '`true`: authorities, client certificate and key are those that `iomt enrol apply` put in place for this address, instead of `caFile`, `certFile` and `keyFile`. They may come later, and be renewed, without a restart.',
  ),
};

const recipientSchema = z.strictObject({
  id: id.describe('Name of the recipient in topics and commands.'),
  name: z.string().min(1).describe('What people call it, e.g. `Example home care`.'),
  organisation: z
    .strictObject({
      system: z.string().describe('Naming system of the identifier, a URI.'),
      value: z.string().describe('The identifier.'),
    })
    .optional()
    .describe('Identifier of the organisation, e.g. the Norwegian organisation number.'),
  lookedAt: z
    .strictObject({
      nb: lookedAtText.describe('In bokmål, also for those who read it in another language.'),
      nn: lookedAtText.optional().describe('In nynorsk.'),
      en: lookedAtText.optional().describe('In English.'),
    })
    .optional()
    .describe(
      "When people there look at the readings, as the end of a sentence in the citizen's pages: `nb: på hverdager mellom kl. 8 og 15`. Without it the pages say that it is not known.",
    ),
  purpose: z
    .string()
    .default('TREAT')
    .describe('Code of v3-ActReason that the recipient may use it for.'),
  legalBasis: z
    .enum(['consent', 'health-service', 'other'])
    .default('consent')
    .describe('What the sharing rests on in law; the citizen decides in each case.'),
  transport: z
    .discriminatedUnion('type', [
      mqttTransportSchema.extend(enrolledTransport),
      httpsTransportSchema.extend({ auth: oauthSchema.optional(), ...enrolledTransport }),
    ])
    .describe('How readings travel to this recipient.'),
});

const expectationSchema = z
  .strictObject({
    person: z.string().describe('Person id, from `iomt people list`.'),
    kind: kindSchema.describe('Kind of measurement.'),
    by: z
      .string()
      .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day, like 10:00')
      .default('12:00')
      .describe('Time of day, local, when it should have come.'),
  })
  .describe('One measurement a day that the care service waits for.');

const limitsSchema = z
  .strictObject({
    queueRowsMax: positive
      .default(200_000)
      .describe(
        'Readings waiting to leave, at most; one for two recipients counts twice. The default is about 80 days of three people with 2500 readings a day, room climate and doors included, and takes some 500 MB of disk. Three days before it is reached at the growth of the last days it is said.',
      ),
    queueBytesMax: positive.default(2_000_000_000).describe('Bytes of them, at most.'),
    whenFull: z
      .enum(['slow', 'drop-oldest'])
      .default('slow')
      .describe(
        'What happens then. `slow`: devices are read slower, what they hand over is still kept and nothing is given up; what only broadcasts may be missed. `drop-oldest`: the oldest of which nothing has left are not sent any more, which is counted, told and in the audit trail; they stay on the gateway. Taking back is never given up.',
      ),
    inFlightMax: z
      .int()
      .min(1)
      .max(100)
      .default(50)
      .describe('Envelopes past the hand-over and unanswered, at most.'),
    receiptWaitMs: positive
      .default(60_000)
      .describe('Wait for a receipt before sending again, milliseconds.'),
    deliverTimeoutMs: positive
      .default(15_000)
      .describe('Time for one try to deliver, milliseconds.'),
    retryMinMs: positive
      .default(1_000)
      .describe('First wait after a failed try, milliseconds; it doubles.'),
    retryMaxMs: positive.default(300_000).describe('Longest wait between tries, milliseconds.'),
    streamEveryMs: positive
      .default(60_000)
      .describe('One reading per this of a stream, milliseconds.'),
    environmentEveryMs: positive
      .default(900_000)
      .describe('The same for room climate, milliseconds.'),
  })
  .describe('Every queue and wait has a limit; the defaults suit a small home computer.');

const retentionSchema = z
  .strictObject({
    heldDays: positive
      .default(30)
      .describe('Held readings that nobody answers for are deleted after this, days.'),
    readingMonths: positive.default(13).describe('Readings stay on the gateway, months.'),
    captureDays: positive.default(90).describe('Raw captures stay after the last receipt, days.'),
  })
  .describe('How long data stays on the gateway.');

function isZone(zone: string): boolean {
  // Most are on this list, for which much less is loaded than for a format.
  if (Intl.supportedValuesOf('timeZone').includes(zone)) return true;
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

const homeSchema = z
  .strictObject({
    data: z.string().default('/var/lib/iomt').describe('Folder of the store.'),
    zone: z
      .string()
      .refine(isZone, 'is not a time zone; write it like Europe/Oslo')
      .describe('Time zone of the home, e.g. `Europe/Oslo`. Required: device clocks have none.'),
    clock: z
      .enum(['system', 'assume-trusted'])
      .default('system')
      .describe('`system` asks the machine whether its clock is synchronised.'),
    keyFile: z
      .string()
      .optional()
      .describe(
        'File with the store key, 64 hex digits, outside `data`. Default: systemd credential `dbkey`.',
      ),
    http: z
      .strictObject({
        host: host.describe(
          'Address to listen on: `0.0.0.0` for the home network, `::` for version 6 as well. Anything but this machine itself is served with TLS only, and announced (mDNS).',
        ),
        port: port.default(8420),
        name: z
          .string()
          .regex(
            /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/i,
            'must be a name like box.example.org',
          )
          .optional()
          .describe(
            'Name that leads to this box, e.g. `box.example.org`; `tls` is issued for it. Besides it answers to its addresses and to `iomt-` with eight characters of its id and `.local`.',
          ),
        tls: z
          .strictObject({
            certFile: z
              .string()
              .describe(
                'PEM file with the certificate of `name` and those between it and its authority.',
              ),
            keyFile: z
              .string()
              .describe('PEM file with its private key, readable by the service only.'),
          })
          .optional()
          .describe(
            'Certificate that browsers trust; renewed files are used without a restart. Default: one that the box makes itself and renews, of which browsers warn. With `name`, people can also sign in by fingerprint, face or screen lock (passkeys).',
          ),
        enrolled: enrolled.describe(
          '`true`: certificate and key of `name` are those that `iomt enrol apply` put in place, instead of `tls`.',
        ),
      })
      .prefault({})
      .describe(
        "The citizen's pages and the API: without TLS on this machine, with TLS on the network.",
      ),
    bluetooth: z
      .strictObject({
        backend: z
          .enum(['bluez', 'hci', 'simulated', 'off'])
          .default('bluez')
          .describe(
            '`bluez`: real devices; `hci`: those without a bond, on an adapter given over to this gateway alone; `off`: none; `simulated`: a virtual household, in the demo only.',
          ),
        adapter: z.string().default('hci0').describe('Adapter by name (`hci0`) or address.'),
      })
      .prefault({})
      .describe('Bluetooth devices.'),
    recipients: z
      .array(recipientSchema)
      .default([])
      .describe('Who may receive, each when the citizen has consented.'),
    expectations: z
      .array(expectationSchema)
      .default([])
      .describe('Measurements whose absence is said, with its cause.'),
    decidesFromAge: z
      .int()
      .min(12)
      .max(16)
      .default(16)
      .describe(
        'Age from which a child decides alone what is shared, years: until then a parent does, whose access ends by itself.',
      ),
    limits: limitsSchema.prefault({}),
    retention: retentionSchema.prefault({}),
  })
  .describe('The gateway in the home (`iomt home`).');

const embedded = z.literal('embedded').describe('In this process; nothing else to install.');

export const municipalitySchema = z
  .strictObject({
    data: z.string().default('/var/lib/iomt-municipality').describe('Folder of the stores.'),
    keyFile: z
      .string()
      .optional()
      .describe(
        'File with the store key, 64 hex digits, outside `data`. Default: systemd credential `dbkey`.',
      ),
    http: z
      .strictObject({ host, port: port.default(8430) })
      .prefault({})
      .describe("The desk: the nurse's pages and the API. Put TLS in front of it."),
    mqtt: z
      .discriminatedUnion('type', [
        z.strictObject({ type: embedded, host, port: port.default(8450) }),
        mqttTransportSchema,
      ])
      .prefault({ type: 'embedded' })
      .describe('The broker that homes send to.'),
    fhir: z
      .discriminatedUnion('type', [
        z.strictObject({ type: embedded, host, port: port.default(8440) }),
        httpsTransportSchema,
      ])
      .prefault({ type: 'embedded' })
      .describe('The FHIR R4 server that readings are written to.'),
    acceptSimulated: z
      .boolean()
      .default(false)
      .describe('Take readings of virtual devices (HTEST). Production refuses them.'),
  })
  .describe('The receiving side (`iomt municipality`).');

export const configSchema = z.strictObject({
  log: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('Least severe events that are logged. No level logs a measurement or a name.'),
  home: homeSchema.optional(),
  municipality: municipalitySchema.optional(),
});

export type Config = z.output<typeof configSchema>;
export type HomeConfig = z.output<typeof homeSchema>;
export type MunicipalityConfig = z.output<typeof municipalitySchema>;
export type RecipientConfig = z.output<typeof recipientSchema>;
export type MqttTransportConfig = z.output<typeof mqttTransportSchema>;
export type OauthConfig = z.output<typeof oauthSchema>;
export type HttpsTransportConfig = z.output<typeof httpsTransportSchema>;
