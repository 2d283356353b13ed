import type { Kind } from '../adapters/measurement.ts';
import { type Code, mdc, PROFILE, SYSTEM, TEST_DATA } from './codes.ts';
import { deviceIdentifier, eui48Text, eui64Text } from './identifiers.ts';
import type { Device, Identifier } from './r4.ts';
import type { DeviceFacts, GatewayFacts } from './reading.ts';

const IDENTIFIER_TYPES = 'http://terminology.hl7.org/CodeSystem/ContinuaDeviceIdentifiers';
const SYSID = {
  type: {
    coding: [{ system: IDENTIFIER_TYPES, code: 'SYSID', display: 'IEEE 11073 System Identifier' }],
  },
  system: 'urn:oid:1.2.840.10004.1.1.1.0.0.1.0.0.1.2680',
};
const BTMAC = {
  type: {
    coding: [{ system: IDENTIFIER_TYPES, code: 'BTMAC', display: 'Bluetooth MAC address' }],
  },
  system: 'http://hl7.org/fhir/sid/eui-48/bluetooth',
};

/** What the device of a kind is (standards 3.6). */
const SPECIALIZATIONS: Readonly<Record<Kind, { readonly code?: Code; readonly text: string }>> = {
  'blood-pressure': { code: mdc(528391, 'DEV_SPEC_PROFILE_BP'), text: 'Blood pressure monitor' },
  'heart-rate': { code: mdc(528525, 'DEV_SUB_SPEC_PROFILE_HR'), text: 'Heart rate monitor' },
  'oxygen-saturation': {
    code: mdc(528388, 'DEV_SPEC_PROFILE_PULS_OXIM'),
    text: 'Pulse oximeter',
  },
  'body-temperature': { code: mdc(528392, 'DEV_SPEC_PROFILE_TEMP'), text: 'Thermometer' },
  'body-weight': { code: mdc(528399, 'DEV_SPEC_PROFILE_SCALE'), text: 'Weighing scale' },
  'body-composition': {
    code: mdc(528404, 'DEV_SPEC_PROFILE_BCA'),
    text: 'Body composition analyser',
  },
  glucose: { code: mdc(528401, 'DEV_SPEC_PROFILE_GLUCOSE'), text: 'Glucose meter' },
  'glucose-interstitial': {
    code: mdc(528409, 'DEV_SPEC_PROFILE_CGM'),
    text: 'Continuous glucose monitor',
  },
  environment: { text: 'Room sensor' },
  contact: {
    code: mdc(528510, 'DEV_SUB_SPEC_PROFILE_CONTACTCLOSURE_SENSOR'),
    text: 'Door contact',
  },
  motion: { code: mdc(528507, 'DEV_SUB_SPEC_PROFILE_MOTION_SENSOR'), text: 'Motion sensor' },
  presence: { text: 'Presence sensor' },
  button: { text: 'Button' },
  smoke: { code: mdc(528503, 'DEV_SUB_SPEC_PROFILE_SMOKE_SENSOR'), text: 'Smoke detector' },
  'water-leak': {
    code: mdc(528505, 'DEV_SUB_SPEC_PROFILE_WATER_SENSOR'),
    text: 'Water leak sensor',
  },
  battery: { text: 'Device' },
};

/** Kinds whose measurements PHD's profiles describe. */
const PHD_KINDS: ReadonlySet<Kind> = new Set<Kind>([
  'blood-pressure',
  'heart-rate',
  'oxygen-saturation',
  'body-temperature',
  'body-weight',
  'body-composition',
  'glucose',
  'glucose-interstitial',
]);

/** A text that is there: FHIR's strings are never empty or blank. */
function told(text: string | undefined): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: devices pad their texts with NUL.
  const clean = text?.replaceAll(/[\u0000-\u001f\u007f]/g, '').trim();
  return clean ? clean : undefined;
}

const VERSIONS = [
  ['firmware', mdc(531976, 'ID_PROD_SPEC_FW')],
  ['hardware', mdc(531974, 'ID_PROD_SPEC_HW')],
  ['software', mdc(531975, 'ID_PROD_SPEC_SW')],
] as const;

const property = (type: Code, value: Code, text?: string) => ({
  type: { coding: [type] },
  valueCode: [{ coding: [value], ...(text ? { text } : {}) }],
});
const TIME_SYNC = mdc(68220, 'TIME_SYNC_PROTOCOL');
const UNSYNCHRONISED = property(TIME_SYNC, mdc(532224, 'TIME_SYNC_NONE'));
/** Negated by its definition: N means regulated, and it is said only if the device said so. */
const REGULATED = { system: SYSTEM.bits, code: '532354.0', display: 'negated-regulation-status' };
const YES_NO = 'http://terminology.hl7.org/CodeSystem/v2-0136';
const REGULATION = {
  yes: property(REGULATED, { system: YES_NO, code: 'N' }, 'The device states that it is regulated'),
  no: property(
    REGULATED,
    { system: YES_NO, code: 'Y' },
    'The device states that it is unregulated',
  ),
} as const;

function identifiers(facts: DeviceFacts): Identifier[] {
  const systemId = eui64Text(facts.systemId);
  const address = eui48Text(facts.address);
  const known: Identifier[] = [
    ...(systemId ? [{ ...SYSID, value: systemId }] : []),
    ...(address ? [{ ...BTMAC, value: address }] : []),
  ];
  return known.length > 0 ? known : [{ system: SYSTEM.uri, value: deviceIdentifier(facts.key) }];
}

/**
 * True when everything is known that PhdDevice demands: maker, model, a version, and a System ID or
 * address. An unknown fact means no PHD claim for the device and its measurements (standards 3.1).
 */
export function claimsPhd(facts: DeviceFacts, kind: Kind): boolean {
  return (
    PHD_KINDS.has(kind) &&
    told(facts.manufacturer) !== undefined &&
    told(facts.model) !== undefined &&
    VERSIONS.some(([fact]) => told(facts[fact]) !== undefined) &&
    (eui64Text(facts.systemId) ?? eui48Text(facts.address)) !== undefined
  );
}

/** The household's unit as Device; PhdDevice where {@link claimsPhd}. */
export function deviceResource(facts: DeviceFacts, kind: Kind, test: boolean): Device {
  const phd = claimsPhd(facts, kind);
  const manufacturer = told(facts.manufacturer);
  const model = told(facts.model);
  const serial = told(facts.serial);
  const name = told(facts.name);
  const { code, text } = SPECIALIZATIONS[kind];
  const version = VERSIONS.flatMap(([fact, type]) => {
    const value = told(facts[fact]);
    return value === undefined ? [] : [{ type: { coding: [type] }, value }];
  });
  const properties = [
    ...(facts.regulated === 'unknown' ? [] : [REGULATION[facts.regulated]]),
    ...(facts.hasClock ? [UNSYNCHRONISED] : []),
  ];
  const meta = {
    ...(phd && { profile: [PROFILE.phdDevice] }),
    ...(test && { security: [TEST_DATA] }),
  };
  return {
    resourceType: 'Device',
    ...((phd || test) && { meta }),
    identifier: identifiers(facts),
    ...(manufacturer && { manufacturer }),
    ...(serial && { serialNumber: serial }),
    ...(name && { deviceName: [{ name, type: 'user-friendly-name' as const }] }),
    ...(model && { modelNumber: model }),
    type: phd
      ? { coding: [mdc(65573, 'MOC_VMS_MDS_SIMP')], text: 'Personal health device' }
      : { ...(code && { coding: [code] }), text },
    ...(phd && code && { specialization: [{ systemType: { coding: [code] }, version: '1' }] }),
    ...(version.length > 0 && { version }),
    ...(properties.length > 0 && { property: properties }),
  };
}

const SYNC = {
  ntp: property(TIME_SYNC, mdc(532226, 'TIME_SYNC_NTPV4')),
  none: UNSYNCHRONISED,
} as const;

/** The agent itself as PhgDevice. Its version stands here only, never in the device's. */
export function gatewayResource(gateway: GatewayFacts): Device {
  return {
    resourceType: 'Device',
    meta: { profile: [PROFILE.phgDevice] },
    identifier: [{ ...SYSID, value: eui64Text(gateway.systemId) ?? gateway.systemId }],
    manufacturer: 'IoMT Agent project',
    modelNumber: 'iomt-agent',
    type: { coding: [mdc(531981, 'MOC_VMS_MDS_AHD')], text: 'Personal health gateway' },
    specialization: [{ systemType: { coding: [mdc(528457, 'DEV_SPEC_PROFILE_GENERIC')] } }],
    version: [{ type: { coding: [mdc(531975, 'ID_PROD_SPEC_SW')] }, value: gateway.version }],
    property: [SYNC[gateway.timeSync]],
  };
}
