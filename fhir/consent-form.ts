import { BASE, type Code, SYSTEM } from './codes.ts';
import type { CodeableConcept, Identifier, Reference } from './r4.ts';

/** The one form of R4 Consent that is written and read here, and its fixed parts. */

export interface Period {
  readonly start: string;
  readonly end?: string;
}

export interface Provision {
  readonly type?: 'permit' | 'deny';
  readonly period?: Period;
  readonly actor?: readonly {
    readonly id: string;
    readonly role: CodeableConcept;
    readonly reference: Reference;
  }[];
  readonly action?: readonly CodeableConcept[];
  readonly purpose?: readonly Code[];
  readonly class?: readonly Code[];
  readonly code?: readonly CodeableConcept[];
  readonly dataPeriod?: Period;
  readonly provision?: readonly Provision[];
}

export interface RelatedPerson {
  readonly resourceType: 'RelatedPerson';
  readonly id: string;
  readonly identifier: readonly Identifier[];
  readonly patient: Reference;
  readonly relationship: readonly CodeableConcept[];
}

export interface Consent {
  readonly resourceType: 'Consent';
  readonly identifier: readonly Identifier[];
  readonly status: 'active' | 'inactive';
  readonly scope: CodeableConcept;
  readonly category: readonly CodeableConcept[];
  readonly patient: Reference;
  /** Who agreed in the person's place, where that was somebody else: on what basis, and no name. */
  readonly contained?: readonly RelatedPerson[];
  readonly dateTime: string;
  readonly performer: readonly Reference[];
  readonly sourceAttachment: {
    readonly contentType: string;
    readonly language: string;
    readonly data: string;
    readonly hash: string;
    readonly title: string;
  };
  readonly policy?: readonly { readonly uri: string }[];
  readonly policyRule: CodeableConcept;
  readonly provision: Provision;
}

export const HL7 = 'http://terminology.hl7.org/CodeSystem/';
export const RECIPIENT_SYSTEM = `${BASE}recipient`;
export const LEGAL_BASIS = `${BASE}legal-basis/`;
export const CONTENT_TYPE = 'text/plain; charset=utf-8';

/** The number is the permission's version. */
export const TITLES = {
  nb: 'Delingstillatelse, tekstversjon',
  nn: 'Delingsløyve, tekstversjon',
  en: 'Sharing permission, text version',
};

export const SCOPE = {
  coding: [{ system: `${HL7}consentscope`, code: 'patient-privacy', display: 'Privacy Consent' }],
};
export const CATEGORY = {
  coding: [{ system: SYSTEM.loinc, code: '59284-0', display: 'Patient Consent' }],
};
/** Default deny: the root provision permits nothing, the nested one does. */
export const DEFAULT_DENY = {
  coding: [{ system: `${HL7}v3-ActCode`, code: 'OPTOUTE', display: 'opt-out with exceptions' }],
  text: 'Nothing is shared except what the nested rules permit',
};
export const RECIPIENT_ROLE = {
  coding: [
    {
      system: `${HL7}v3-ParticipationType`,
      code: 'IRCP',
      display: 'information recipient',
    },
  ],
};
export const DISCLOSE = { coding: [{ system: `${HL7}consentaction`, code: 'disclose' }] };
export const OBSERVATION_CLASS = {
  system: 'http://hl7.org/fhir/resource-types',
  code: 'Observation',
};
export const PURPOSE_DISPLAY: Readonly<Record<string, string>> = { TREAT: 'treatment' };
