import type { Kind, LocalDateTime, Measurement, StatusFlag } from '../adapters/measurement.ts';

/** A measurement with its person and provenance: all that `fhir/` must be told. */
export interface Reading {
  /** UUID v5, the same on every device, restart and retry (design promise 2). */
  readonly id: string;
  readonly kind: Kind;
  /** One frame's measurements; a blood pressure carries its pulse as a quantity. */
  readonly measurements: readonly Measurement[];
  readonly status: readonly StatusFlag[];
  readonly sequence?: number;
  readonly time: ReadingTime;
  /** What measured and told it; undefined of what was typed in by hand. */
  readonly device: DeviceFacts | undefined;
  /** The person's random UUID at this recipient, never a name or a national number. */
  readonly pseudonym: string;
  /** Why this person: travels with the reading (design promise 3). */
  readonly basis: PersonBasis;
  readonly gateway: GatewayFacts;
  /** The person's own words to it, and the instant with offset at which they were written. */
  readonly note?: { readonly text: string; readonly time: string };
  /** From a virtual device: HTEST. */
  readonly simulated: boolean;
}

/** `typed`: it was typed in by hand, by the person or by who acts for them. */
export type PersonBasis = 'sole-owner' | 'chosen-slot' | 'answered' | 'typed';

/** What the time rests on (standards 3.3). Instants carry their offset: `2026-11-20T07:31:12+01:00`. */
export type ReadingTime =
  /** The device has a clock that was read: instant = gateway − (device now − device reading). */
  | {
      readonly basis: 'device-clock';
      readonly effective: string;
      readonly deviceTime: LocalDateTime;
      readonly deviceNow: LocalDateTime;
      readonly gatewayNow: string;
    }
  /** The device gave a time but its clock cannot be read; it arrived within two minutes of it. */
  | {
      readonly basis: 'device-time-live';
      readonly effective: string;
      readonly deviceTime: LocalDateTime;
    }
  /** The device gave no time, or said that its clock is not set; the instant of reception. */
  | {
      readonly basis: 'reception';
      readonly effective: string;
      /** True when the device gave a time that cannot be used: coincident timestamp `unknown`. */
      readonly deviceClockUnusable: boolean;
    }
  /**
   * A person said it, since no clock could tell, or with the value: a note, and of a device's a coincident
   * timestamp `unknown`.
   */
  | {
      readonly basis: 'stated';
      readonly effective: string;
      /** When the person said it, by the gateway's clock. */
      readonly statedAt: string;
    };

/** What is known of the household's unit, from the device itself or its model block. Nothing is guessed. */
export interface DeviceFacts {
  /** Identity in the reading id: System ID, serial and model, or identity address. */
  readonly key: string;
  /** EUI-64 text, `00-00-5E-FF-FE-00-53-01`. */
  readonly systemId?: string;
  /** Public or identity address, 12 hex digits lower case. */
  readonly address?: string;
  /** What the household calls the thing, e.g. `Front door`; never a person's name. */
  readonly name?: string;
  readonly manufacturer?: string;
  readonly model?: string;
  readonly serial?: string;
  readonly firmware?: string;
  readonly hardware?: string;
  readonly software?: string;
  /** What the device states of itself in 0x2A2A; `unknown` when it states nothing. */
  readonly regulated: 'yes' | 'no' | 'unknown';
  /** True when the device keeps a clock that the agent can read. */
  readonly hasClock: boolean;
}

export interface GatewayFacts {
  /** EUI-64 text derived from the gateway id. */
  readonly systemId: string;
  readonly version: string;
  /** How the gateway keeps its clock. */
  readonly timeSync: 'ntp' | 'none';
}
