import { type Code, SYSTEM } from './codes.ts';
import { type Consent, HL7 } from './consent-form.ts';
import type { Reference } from './r4.ts';

/** On what somebody acts for another in law. */
export const BASES = ['power-of-attorney', 'guardian', 'parent', 'other-law'] as const;
export type Basis = (typeof BASES)[number];

/** Who decided in a person's place: the id of their access, and on what basis. */
export interface Representative {
  /** UUID. */
  readonly id: string;
  readonly basis: Basis;
}

/** Id of the one that is contained. */
const CONTAINED = 'representative';
const URN = 'urn:uuid:';
const UUID = /^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const roleCode = (code: string, display: string): Code => ({
  system: `${HL7}v3-RoleCode`,
  code,
  display,
});
/** As the field names them. */
const CODES: Readonly<Record<Basis, Code>> = {
  'power-of-attorney': roleCode('POWATT', 'power of attorney'),
  guardian: roleCode('GUARD', 'guardian'),
  parent: roleCode('PRN', 'parent'),
  'other-law': roleCode('RESPRSN', 'responsible party'),
};

/** Who agreed: the person, or who acts for them, by an id that leads to nobody outside of the home. */
export function performedBy(
  representative: Representative | undefined,
  person: Reference,
): Pick<Consent, 'performer' | 'contained'> {
  if (!representative) return { performer: [person] };
  return {
    contained: [
      {
        resourceType: 'RelatedPerson',
        id: CONTAINED,
        identifier: [{ system: SYSTEM.uri, value: `${URN}${representative.id}` }],
        patient: person,
        relationship: [{ coding: [CODES[representative.basis]] }],
      },
    ],
    performer: [{ type: 'RelatedPerson', reference: `#${CONTAINED}` }],
  };
}

/** Reads what {@link performedBy} wrote; `unknown` is anything else, undefined the person alone. */
export function representativeIn(consent: {
  readonly performer?: unknown;
  readonly contained?: unknown;
}): Representative | 'unknown' | undefined {
  const reference = at(consent.performer, 0, 'reference');
  const { contained } = consent;
  if (contained === undefined && reference === undefined) return undefined;
  const only = Array.isArray(contained) && contained.length === 1 ? contained[0] : undefined;
  const coding = at(only, 'relationship', 0, 'coding', 0);
  const basis = BASES.find(
    (one) => CODES[one].system === at(coding, 'system') && CODES[one].code === at(coding, 'code'),
  );
  const urn = at(only, 'identifier', 0, 'value');
  const isMeant =
    at(only, 'resourceType') === 'RelatedPerson' &&
    at(only, 'id') === CONTAINED &&
    reference === `#${CONTAINED}`;
  if (!isMeant || basis === undefined || typeof urn !== 'string' || !UUID.test(urn)) {
    return 'unknown';
  }
  return { id: urn.slice(URN.length), basis };
}

function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null && Object.hasOwn(inner, key)
        ? (inner as Readonly<Record<string | number, unknown>>)[key]
        : undefined,
    value,
  );
}
