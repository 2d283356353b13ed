import { z } from 'zod';

/**
 * Types, defaults and documentation of the configuration in one. `config/reference.md` and
 * `config/schema.json` are generated from it; a test keeps them current. Secrets are named by file,
 * never written here.
 */

const port = z.int().min(1).max(65535);
const id = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'lower-case letters, digits and hyphens, at most 40');

const httpSchema = z
  .strictObject({
    host: z.string().default('127.0.0.1').describe('Address to listen on.'),
    port: port.describe('Port to listen on.'),
  })
  .describe('Where the pages and the API listen.');

const tlsFiles = {
  caFile: z.string().optional().describe('PEM file with the authorities to trust.'),
  certFile: z.string().optional().describe('PEM file with the client certificate.'),
  keyFile: z
    .string()
    .optional()
    .describe('PEM file with its private key, readable by the service only.'),
};

export const mqttTransportSchema = z.strictObject({
  type: z.literal('mqtt'),
  url: z.url({ protocol: /^mqtts?$/ }).describe('`mqtt://` or `mqtts://` address of the broker.'),
  username: z.string().optional(),
  passwordFile: z
    .string()
    .optional()
    .describe('File with the password, readable by the service only.'),
  ...tlsFiles,
});

export const httpsTransportSchema = z.strictObject({
  type: z.literal('https'),
  url: z.url({ protocol: /^https?$/ }).describe('FHIR R4 base URL; the envelope is POSTed to it.'),
  tokenFile: z.string().optional().describe('File with a bearer token.'),
  ...tlsFiles,
});

export const recipientSchema = z.strictObject({
  id: id.describe('Name of the recipient in topics and commands.'),
  name: z.string().min(1).describe('What people call it, e.g. `Lillehammer home care`.'),
  organisation: z
    .strictObject({ system: z.string(), value: z.string() })
    .optional()
    .describe('Identifier of the organisation, e.g. the Norwegian organisation number.'),
  purpose: z
    .string()
    .default('TREAT')
    .describe('Code of v3-ActReason that the recipient may use it for.'),
  legalBasis: z.enum(['consent', 'health-service', 'other']).default('consent'),
  transport: z.discriminatedUnion('type', [mqttTransportSchema, httpsTransportSchema]),
});

const expectationSchema = z
  .strictObject({
    person: z.string().describe('Person id, from `iomt people list`.'),
    kind: z.string().describe('Kind of measurement, e.g. `blood-pressure`.'),
    by: z
      .string()
      .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day, 10:00')
      .default('12:00')
      .describe('Time of day, local, when it should have come.'),
  })
  .describe('One measurement a day that the care service waits for.');

const limitsSchema = z.strictObject({
  queueRowsMax: z.int().positive().default(200_000).describe('Readings waiting to leave, at most.'),
  queueBytesMax: z.int().positive().default(2_000_000_000).describe('Bytes of them, at most.'),
  inFlightMax: z
    .int()
    .min(1)
    .max(100)
    .default(20)
    .describe('Envelopes past the hand-over and unanswered.'),
  receiptWaitMs: z
    .int()
    .positive()
    .default(60_000)
    .describe('Sent again when no receipt came, ms.'),
  deliverTimeoutMs: z.int().positive().default(15_000).describe('One try to deliver, ms.'),
  retryMinMs: z
    .int()
    .positive()
    .default(1_000)
    .describe('First wait after a failed try, ms; doubles.'),
  retryMaxMs: z.int().positive().default(300_000).describe('Longest wait between tries, ms.'),
  streamEveryMs: z
    .int()
    .positive()
    .default(60_000)
    .describe('One reading per this of a stream, ms.'),
  environmentEveryMs: z
    .int()
    .positive()
    .default(900_000)
    .describe('The same for room climate, ms.'),
});

const retentionSchema = z.strictObject({
  heldDays: z
    .int()
    .positive()
    .default(30)
    .describe('Unanswered held readings are deleted after, days.'),
  readingMonths: z.int().positive().default(13).describe('Readings stay on the gateway, months.'),
  captureDays: z
    .int()
    .positive()
    .default(90)
    .describe('Raw captures stay after the last receipt, days.'),
});

export const homeSchema = z.strictObject({
  data: z.string().default('/var/lib/iomt').describe('Folder of the store.'),
  zone: z
    .string()
    .refine((zone) => {
      try {
        new Intl.DateTimeFormat('en', { timeZone: zone });
        return true;
      } catch {
        return false;
      }
    }, 'not a time zone; write it like Europe/Oslo')
    .describe('Time zone of the home. Required: device clocks have none.'),
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
  http: httpSchema.prefault({ port: 8420 }),
  bluetooth: z
    .strictObject({
      backend: z.enum(['bluez', 'simulated', 'off']).default('bluez'),
      adapter: z.string().default('hci0').describe('Adapter by name (`hci0`) or address.'),
    })
    .prefault({}),
  recipients: z.array(recipientSchema).default([]),
  expectations: z.array(expectationSchema).default([]),
  limits: limitsSchema.prefault({}),
  retention: retentionSchema.prefault({}),
});

export const municipalitySchema = z.strictObject({
  data: z.string().default('/var/lib/iomt-municipality').describe('Folder of the stores.'),
  keyFile: z.string().optional().describe('As in `home`.'),
  http: httpSchema.prefault({ port: 8430 }).describe('The desk.'),
  mqtt: z
    .discriminatedUnion('type', [
      z.strictObject({ type: z.literal('embedded'), host: z.string().default('127.0.0.1'), port }),
      mqttTransportSchema,
    ])
    .prefault({ type: 'embedded', port: 8450 }),
  fhir: z
    .discriminatedUnion('type', [
      z.strictObject({ type: z.literal('embedded'), host: z.string().default('127.0.0.1'), port }),
      httpsTransportSchema,
    ])
    .prefault({ type: 'embedded', port: 8440 }),
  acceptSimulated: z
    .boolean()
    .default(false)
    .describe('Take readings of virtual devices (HTEST). Production refuses them.'),
});

export const configSchema = z.strictObject({
  log: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
  home: homeSchema.optional(),
  municipality: municipalitySchema.optional(),
});

export type Config = z.output<typeof configSchema>;
export type HomeConfig = z.output<typeof homeSchema>;
export type MunicipalityConfig = z.output<typeof municipalitySchema>;
export type RecipientConfig = z.output<typeof recipientSchema>;
export type MqttTransportConfig = z.output<typeof mqttTransportSchema>;
export type HttpsTransportConfig = z.output<typeof httpsTransportSchema>;
