import { z } from 'zod';
import { CONTRACT_VERSION } from './contract.ts';

/** Answer of the municipality to one envelope, or to one event about sharing; numbered per gateway. */
export const receiptSchema = z.strictObject({
  v: z.literal(CONTRACT_VERSION),
  seq: z.int().positive(),
  /** Envelope id: the UUID in the Bundle's identifier, without `urn:uuid:`; or the event's. */
  id: z.uuid(),
  state: z.enum(['received', 'rejected', 'read', 'retracted']),
  at: z.iso.datetime({ offset: true }),
  /** A code, never prose with content of the envelope. */
  reason: z.string().max(200).optional(),
});
export type Receipt = z.infer<typeof receiptSchema>;

/** Retained, with last will. Names no person and no kind. */
export const statusSchema = z.strictObject({
  v: z.literal(CONTRACT_VERSION),
  online: z.boolean(),
  version: z.string().max(40),
  since: z.iso.datetime({ offset: true }),
  /** Highest receipt `seq` that the gateway has stored; later ones are sent again. */
  receiptSeq: z.int().nonnegative(),
});
export type Status = z.infer<typeof statusSchema>;

/** Causes of promise 7 and technical events. */
export const EVENT_CAUSES = [
  'not-measured',
  'not-fetched',
  'not-sent',
  'person-unknown',
  'clock-untrusted',
  'battery-low',
  'out-of-range',
  'bond-lost',
  'gateway-offline',
  'consent-paused',
  'consent-resumed',
  'consent-ended',
  'frame-unreadable',
  'removed-unanswered',
  'queue-filling',
  'queue-full',
  'queue-dropped',
] as const;

export const eventSchema = z.strictObject({
  v: z.literal(CONTRACT_VERSION),
  id: z.uuid(),
  /** `sharing` says how a person's sharing stands, without a kind, and is answered by a receipt. */
  kind: z.enum(['missing', 'device', 'battery', 'clock', 'radio', 'queue', 'sharing']),
  at: z.iso.datetime({ offset: true }),
  cause: z.enum(EVENT_CAUSES),
  device: z.string().max(100).optional(),
  /** Pseudonym at this recipient. */
  person: z.uuid().optional(),
  /** The measurement kind that is missing; passes the consent gate like a reading. */
  measurement: z.string().max(40).optional(),
  /** Of kind `sharing`: of two about one person the higher says how it stands. */
  seq: z.int().positive().optional(),
});
export type TechnicalEvent = z.infer<typeof eventSchema>;
/** What is told of sharing. */
export type SharingCause = 'consent-paused' | 'consent-resumed' | 'consent-ended';
export type EventCause = (typeof EVENT_CAUSES)[number];
