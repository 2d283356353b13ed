import type { Code } from './codes.ts';

/** The part of FHIR R4 that is written here, under the names that the standard gives it. */

export interface CodeableConcept {
  readonly coding?: readonly Code[];
  readonly text?: string;
}

export interface Identifier {
  readonly type?: CodeableConcept;
  readonly system: string;
  readonly value: string;
}

export interface Reference {
  readonly reference?: string;
  readonly type?: string;
  readonly identifier?: Identifier;
  readonly display?: string;
}

interface Extension {
  readonly url: string;
  readonly valueReference?: Reference;
  readonly valueQuantity?: Quantity;
}

export interface Quantity {
  readonly extension?: readonly Extension[];
  /** Digit for digit: see `exactNumber`. */
  readonly value: number;
  readonly comparator?: '>' | '<';
  readonly unit: string;
  readonly system: string;
  readonly code: string;
}

export interface Meta {
  readonly profile?: readonly string[];
  readonly security?: readonly Code[];
  readonly tag?: readonly Code[];
}

export interface Patient {
  readonly resourceType: 'Patient';
  readonly identifier: readonly Identifier[];
}

export interface Device {
  readonly resourceType: 'Device';
  readonly meta?: Meta;
  readonly identifier: readonly Identifier[];
  readonly manufacturer?: string;
  readonly serialNumber?: string;
  readonly deviceName?: readonly { readonly name: string; readonly type: 'user-friendly-name' }[];
  readonly modelNumber?: string;
  readonly type: CodeableConcept;
  readonly specialization?: readonly {
    readonly systemType: CodeableConcept;
    readonly version?: string;
  }[];
  readonly version?: readonly { readonly type: CodeableConcept; readonly value: string }[];
  readonly property?: readonly {
    readonly type: CodeableConcept;
    readonly valueCode: readonly CodeableConcept[];
  }[];
}

/** A value or the reason why there is none. */
export interface Value {
  readonly valueQuantity?: Quantity;
  readonly valueCodeableConcept?: CodeableConcept;
  readonly valueDateTime?: string;
  readonly dataAbsentReason?: CodeableConcept;
}

export interface Component extends Value {
  readonly code: CodeableConcept;
  readonly valueBoolean?: boolean;
}

/** Of a person's own words; of a device's there is the text alone. */
interface Annotation {
  readonly authorReference?: Reference;
  readonly time?: string;
  readonly text: string;
}

export interface Observation extends Value {
  readonly resourceType: 'Observation';
  readonly meta?: Meta;
  readonly extension?: readonly Extension[];
  readonly identifier: readonly Identifier[];
  readonly status: 'final' | 'preliminary' | 'amended' | 'corrected' | 'entered-in-error';
  readonly category?: readonly CodeableConcept[];
  readonly code: CodeableConcept;
  readonly subject: Reference;
  readonly effectiveDateTime?: string;
  readonly performer?: readonly Reference[];
  readonly interpretation?: readonly CodeableConcept[];
  readonly note?: readonly Annotation[];
  readonly bodySite?: CodeableConcept;
  readonly method?: CodeableConcept;
  readonly device?: Reference;
  readonly derivedFrom?: readonly Reference[];
  readonly component?: readonly Component[];
}

export interface BundleEntry {
  readonly fullUrl: string;
  readonly resource: Patient | Device | Observation;
  readonly request: {
    readonly method: 'POST' | 'PUT';
    readonly url: string;
    readonly ifNoneExist?: string;
  };
}

export interface Bundle {
  readonly resourceType: 'Bundle';
  readonly meta: Meta;
  readonly identifier: Identifier;
  readonly type: 'transaction';
  readonly timestamp: string;
  readonly entry: readonly BundleEntry[];
}
