import type { Measurement } from '../../adapters/measurement.ts';
import type { DeviceFacts, Reading } from '../../fhir/reading.ts';

/** The readings of the worked examples, by hand from their facts. All invented. */

export const PSEUDONYM = '4d6f0c1e-9a3b-4c55-8f27-1f2d6f5b7a90';

/** Of a device. */
type Told = Reading & { readonly device: DeviceFacts };

const device = (facts: Partial<DeviceFacts> & Pick<DeviceFacts, 'key'>): DeviceFacts => ({
  regulated: 'unknown',
  hasClock: true,
  ...facts,
});

const one = (
  kind: Measurement['kind'],
  quantities: Measurement['quantities'],
  attributes: Measurement['attributes'] = {},
) => ({ kind, measurements: [{ kind, quantities, attributes }] });

const shared = {
  pseudonym: PSEUDONYM,
  basis: 'chosen-slot',
  gateway: { systemId: '00-00-5E-EF-10-00-00-42', version: '0.1.0', timeSync: 'ntp' },
  simulated: false,
  status: [],
} as const satisfies Partial<Reading>;

const cuff = device({
  key: 'eui64:00005EFFFE005301',
  systemId: '00-00-5E-FF-FE-00-53-01',
  address: '00005e005301',
  manufacturer: 'Example Medical',
  model: 'EX-651',
  serial: '5010001',
  firmware: '1.04',
  regulated: 'yes',
});
const mmHg = (value: string) => ({ value, unit: 'mm[Hg]' });
const perMinute = (value: string) => ({ value, unit: '/min' });

export const bloodPressure: Told = {
  ...shared,
  id: '1d3f6b2e-5a4c-5e8f-9b7a-0c1d2e3f4a51',
  ...one('blood-pressure', {
    systolic: mmHg('138'),
    diastolic: mmHg('84'),
    mean: mmHg('102'),
    'pulse-rate': perMinute('71'),
  }),
  status: ['body-movement', 'irregular-pulse'],
  time: {
    basis: 'device-clock',
    effective: '2026-11-20T07:31:12+01:00',
    deviceTime: '2026-11-20T07:28:42',
    deviceNow: '2026-11-20T07:29:35',
    gatewayNow: '2026-11-20T07:32:05+01:00',
  },
  device: cuff,
};

const bloodPressureNan: Told = {
  ...shared,
  id: '1d3f6b2e-5a4c-5e8f-9b7a-0c1d2e3f4a52',
  ...one('blood-pressure', {
    systolic: mmHg('134'),
    diastolic: mmHg('82'),
    mean: { absent: 'not-a-number', unit: 'mm[Hg]' },
    'pulse-rate': { absent: 'not-a-number', unit: '/min' },
  }),
  time: {
    basis: 'device-clock',
    effective: '2026-11-20T09:10:00+01:00',
    deviceTime: '2026-11-20T09:10:00',
    deviceNow: '2026-11-20T09:10:30',
    gatewayNow: '2026-11-20T09:10:30+01:00',
  },
  device: cuff,
};

export const weight: Told = {
  ...shared,
  id: '1d3f6b2e-5a4c-5e8f-9b7a-0c1d2e3f4a53',
  ...one('body-weight', { weight: { value: '71.800', unit: 'kg' } }),
  time: {
    basis: 'device-clock',
    effective: '2026-11-20T07:05:38+01:00',
    deviceTime: '2026-11-20T07:05:41',
    deviceNow: '2026-11-20T07:06:13',
    gatewayNow: '2026-11-20T07:06:10+01:00',
  },
  device: device({
    key: 'eui64:00005EFFFE005302',
    systemId: '00-00-5E-FF-FE-00-53-02',
    address: '00005e005302',
    manufacturer: 'Example Scales',
    model: 'EX-720',
    firmware: '2.1',
  }),
};

export const glucose: Told = {
  ...shared,
  id: '1d3f6b2e-5a4c-5e8f-9b7a-0c1d2e3f4a54',
  sequence: 42,
  ...one(
    'glucose',
    { glucose: { value: '6.0', unit: 'mmol/L' } },
    { type: 'capillary-whole-blood', sampleLocation: 'finger', meal: 'fasting' },
  ),
  time: {
    basis: 'device-clock',
    effective: '2026-11-20T06:59:00+01:00',
    deviceTime: '2026-11-20T06:58:30',
    deviceNow: '2026-11-20T07:03:10',
    gatewayNow: '2026-11-20T07:03:40+01:00',
  },
  device: device({
    key: 'eui64:00005EFFFE005303',
    systemId: '00-00-5E-FF-FE-00-53-03',
    address: '00005e005303',
    manufacturer: 'Example Diagnostics',
    model: 'EX-G3',
    serial: '92100442',
    firmware: '1.12',
    regulated: 'yes',
  }),
};

export const oxygenSaturation: Told = {
  ...shared,
  id: '1d3f6b2e-5a4c-5e8f-9b7a-0c1d2e3f4a55',
  ...one(
    'oxygen-saturation',
    { spo2: { value: '95.0', unit: '%' }, 'pulse-rate': perMinute('73.0') },
    { modality: 'spot' },
  ),
  status: ['low-perfusion', 'device-clock-not-set'],
  time: {
    basis: 'reception',
    effective: '2026-11-20T07:12:20.318+01:00',
    deviceClockUnusable: true,
  },
  device: device({
    key: 'eui64:00005EFFFE005304',
    systemId: '00-00-5E-FF-FE-00-53-04',
    address: '00005e005304',
    manufacturer: 'Example Clips',
    model: 'EX-OX1',
    firmware: '0.9',
  }),
};

export const contact: Told = {
  ...shared,
  id: '1d3f6b2e-5a4c-5e8f-9b7a-0c1d2e3f4a56',
  ...one('contact', {}, { open: true }),
  time: {
    basis: 'reception',
    effective: '2026-11-20T07:40:03.412+01:00',
    deviceClockUnusable: false,
  },
  device: device({
    key: 'eui48:00005E005305',
    address: '00005e005305',
    name: 'Front door',
    manufacturer: 'Example Things',
    model: 'EX-DW1',
    hasClock: false,
  }),
};

/** Typed in by hand: no device told it. */
export const typedPressure: Reading = {
  ...shared,
  basis: 'typed',
  id: '1d3f6b2e-5a4c-5e8f-9b7a-0c1d2e3f4a57',
  ...one(
    'blood-pressure',
    { systolic: mmHg('138'), diastolic: mmHg('84'), 'pulse-rate': perMinute('71') },
    { typedBy: 'person' },
  ),
  time: {
    basis: 'stated',
    effective: '2026-11-20T07:30:00+01:00',
    statedAt: '2026-11-20T08:02:10+01:00',
  },
  device: undefined,
};

/** Worked example, the reading it is made from, and when its envelope was recorded. */
export const EXAMPLES = [
  { file: 'bp-bundle', reading: bloodPressure, recordedAt: '2026-11-20T07:32:07+01:00' },
  { file: 'bp-nan-bundle', reading: bloodPressureNan, recordedAt: '2026-11-20T09:10:32+01:00' },
  { file: 'weight-bundle', reading: weight, recordedAt: '2026-11-20T07:06:11.500+01:00' },
  { file: 'glucose-bundle', reading: glucose, recordedAt: '2026-11-20T07:03:42.500+01:00' },
  { file: 'spo2-bundle', reading: oxygenSaturation, recordedAt: '2026-11-20T07:12:21.218+01:00' },
  { file: 'contact-bundle', reading: contact, recordedAt: '2026-11-20T07:40:03.612+01:00' },
] as const;

export const ENVELOPE_ID = 'c7f5a0de-3b1c-4f6e-8a52-6d90b1e4c3f7';
