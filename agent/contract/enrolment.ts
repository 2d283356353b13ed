import { z } from 'zod';

/** What the two files of an enrolment look like; another number is another form. */
const FORM = 1;

/** Of a file: a gateway's request is some 2 kB, an answer with long chains of RSA some 20. */
export const ENROLMENT_BYTES_MAX = 64 * 1024;

const gateway = z.string().regex(/^gw-[a-z2-7]{16}$/, 'must be the id of a gateway');
const text = (charsMax: number) => z.string().min(1).max(charsMax);
/** A request in PEM: of the longest RSA key some 3 kB. */
const certificateRequest = text(8_192);
/** A certificate and those between it and its authority, or authorities. */
const certificates = text(32_768);
/** A name in DNS, in lower case. */
export const portalNameSchema = text(253).regex(
  /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/,
);

export const enrolmentRequestSchema = z.strictObject({
  type: z.literal('iomt-enrolment-request'),
  form: z.literal(FORM),
  gateway,
  /** Of the gateway's identity, PEM: the id is its hash. */
  publicKey: text(500),
  /** PKCS #10 for the certificate that the gateway shows to brokers and receivers. */
  client: z.strictObject({ request: certificateRequest }),
  /** The same for the citizen's pages. */
  portal: z.strictObject({ name: portalNameSchema, request: certificateRequest }).optional(),
  /** Ed25519 signature over {@link provenText}, base64: who asks holds the key of that id. */
  proof: z.base64().max(200),
});

/** What a gateway asks of a municipality. Holds no secret, and nothing about anybody. */
export type EnrolmentRequest = z.infer<typeof enrolmentRequestSchema>;

export const enrolmentAnswerSchema = z.strictObject({
  type: z.literal('iomt-enrolment-answer'),
  form: z.literal(FORM),
  gateway,
  receiver: z
    .strictObject({
      /** Address of the broker or the FHIR server. */
      url: z.url({ protocol: /^(mqtts|https)$/ }).regex(/^[!-~]{1,2000}$/),
      recipients: z
        .array(z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/))
        .min(1)
        .max(20),
      /** The gateway's, then those between it and its authority. */
      certificate: certificates,
      /** Who vouches for the gateway, and whom it trusts at that address. */
      authorities: certificates,
    })
    .optional(),
  portal: z.strictObject({ name: portalNameSchema, certificate: certificates }).optional(),
});

/** What the municipality answers. Holds no secret, and nothing about anybody. */
export type EnrolmentAnswer = z.infer<typeof enrolmentAnswerSchema>;

/** The text that is signed: all that is asked for, in one fixed order. */
export function provenText(request: Omit<EnrolmentRequest, 'proof'>): string {
  const { type, form, gateway: id, publicKey, client, portal } = request;
  const asked = [client.request, portal?.name ?? null, portal?.request ?? null];
  return JSON.stringify([type, form, id, publicKey, ...asked]);
}
