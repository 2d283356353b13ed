import {
  type DataAbsentReason,
  KINDS,
  type Kind,
  type Measurement,
  type Quantity,
  STATUS_FLAGS,
} from '../../adapters/measurement.ts';
import { TYPED_KINDS, type TypedKind } from '../../adapters/typed/form.ts';
import type { DeviceFacts, Reading, ReadingTime } from '../../fhir/reading.ts';
import { fc } from '../support/property.ts';

/** Readings of every kind as decoders and devices could make them, the odd ones included. */

const decimals = fc
  .tuple(fc.integer({ min: -99, max: 99_999 }), fc.nat(3))
  .map(([digits, places]) => (digits / 10 ** places).toFixed(places));
const reasons = fc.constantFrom<DataAbsentReason>(
  'not-a-number',
  'positive-infinity',
  'negative-infinity',
  'error',
  'unknown',
  'not-performed',
);

function quantity(...units: string[]): fc.Arbitrary<Quantity> {
  const unit = fc.constantFrom(...units);
  return fc.oneof(
    { weight: 4, arbitrary: fc.record({ value: decimals, unit }) },
    fc.record({ absent: reasons, unit }),
    fc.record({ absent: reasons }),
  );
}

const rate = quantity('/min');
const percent = quantity('%');
const mass = quantity('kg', 'g', '[lb_av]');
const pressure = fc.constantFrom('mm[Hg]', 'kPa').chain((unit) =>
  fc.record(
    {
      systolic: quantity(unit),
      diastolic: quantity(unit),
      mean: quantity(unit),
      'pulse-rate': rate,
    },
    { requiredKeys: ['systolic', 'diastolic'] },
  ),
);
const body = {
  weight: mass,
  bmi: quantity('kg/m2'),
  height: quantity('m', 'cm', '[in_i]'),
  'body-fat': percent,
  'muscle-percentage': percent,
  'muscle-mass': mass,
  'fat-free-mass': mass,
  'soft-lean-mass': mass,
  'body-water-mass': mass,
  impedance: quantity('Ohm'),
  'basal-metabolism': quantity('kJ'),
};
type Quantities = fc.Arbitrary<Record<string, Quantity>>;
const some = (of: Record<string, fc.Arbitrary<Quantity>>, ...requiredKeys: string[]): Quantities =>
  fc.record(of, { requiredKeys }) as Quantities;

const QUANTITIES: Partial<Record<Kind, Quantities>> = {
  'blood-pressure': pressure as Quantities,
  'heart-rate': some({ 'heart-rate': rate }, 'heart-rate'),
  'oxygen-saturation': some(
    { spo2: percent, 'pulse-rate': rate, 'pulse-amplitude-index': percent },
    'spo2',
  ),
  'body-temperature': some({ temperature: quantity('Cel', '[degF]') }, 'temperature'),
  'body-weight': some(body, 'weight'),
  'body-composition': some(body, 'body-fat'),
  glucose: some({ glucose: quantity('mmol/L', 'mg/dL', 'mol/L', 'kg/L') }, 'glucose'),
  'glucose-interstitial': some({ glucose: quantity('mg/dL') }, 'glucose'),
  environment: some(
    { temperature: quantity('Cel'), humidity: percent, pressure: quantity('hPa', 'Pa') },
    'temperature',
  ),
};

const attributes = fc.record(
  {
    site: fc.constantFrom('armpit', 'ear', 'tympanum', 'nowhere'),
    modality: fc.constantFrom('spot', 'continuous', 'fast', 'slow'),
    type: fc.constantFrom('capillary-whole-blood', 'capillary-plasma', 'interstitial-fluid', '?'),
    sampleLocation: fc.constantFrom('finger', 'earlobe', 'not-available'),
    meal: fc.constantFrom('fasting', 'bedtime', 'unheard-of'),
    open: fc.boolean(),
    detected: fc.boolean(),
    press: fc.constantFrom('long', '', 4),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<Measurement['attributes']>;

const measurement = (kind: Kind): fc.Arbitrary<Measurement> =>
  fc.record({
    kind: fc.constant(kind),
    quantities: QUANTITIES[kind] ?? fc.constant({}),
    attributes,
  });

const words = fc.oneof(
  fc.constantFrom('', ' ', '\0\0', 'Example Medical', 'EX-651\0', 'a|b,c$d&e\\f#g%h i+j'),
  fc.string({ maxLength: 20 }),
);
const devices = fc.record(
  {
    key: fc.string({ minLength: 1, maxLength: 40 }),
    systemId: fc.constantFrom('00-00-5E-FF-FE-00-53-01', '', '00-00-00-00-00-00-00-00', 'no'),
    address: fc.constantFrom('00005e005301', '', '000000000000'),
    name: words,
    manufacturer: words,
    model: words,
    serial: words,
    firmware: words,
    hardware: words,
    software: words,
    regulated: fc.constantFrom('yes', 'no', 'unknown'),
    hasClock: fc.boolean(),
  },
  { requiredKeys: ['key', 'regulated', 'hasClock'] },
) as fc.Arbitrary<DeviceFacts>;

const local = '2026-11-20T07:28:42';
const instant = '2026-11-20T07:31:12+01:00';
const times = fc.constantFrom<ReadingTime>(
  { basis: 'reception', effective: instant, deviceClockUnusable: false },
  { basis: 'reception', effective: instant, deviceClockUnusable: true },
  { basis: 'device-time-live', effective: instant, deviceTime: local },
  { basis: 'stated', effective: instant, statedAt: '2026-11-21T09:00:00+01:00' },
  {
    basis: 'device-clock',
    effective: instant,
    deviceTime: local,
    deviceNow: '2026-11-20T07:29:35',
    gatewayNow: '2026-11-20T07:32:05+01:00',
  },
);

export function readingsOf(kind: Kind): fc.Arbitrary<Reading> {
  const all = {
    id: fc.uuid(),
    kind: fc.constant(kind),
    measurements: fc.array(measurement(kind), { minLength: 1, maxLength: 3 }),
    status: fc.subarray([...STATUS_FLAGS], { maxLength: 6 }),
    time: times,
    device: devices,
    pseudonym: fc.uuid(),
    basis: fc.constantFrom('sole-owner', 'chosen-slot', 'answered'),
    gateway: fc.constant({
      systemId: '00-00-5E-EF-10-00-00-42',
      version: '0.1.0',
      timeSync: 'ntp',
    }),
    simulated: fc.boolean(),
    // A person's own words, as they are kept: trimmed, on one line.
    note: fc.constantFrom(
      { text: 'etter trappene', time: instant },
      { text: '<b>«"&\\» 🙂', time: instant },
    ),
  };
  const requiredKeys = (Object.keys(all) as (keyof typeof all)[]).filter((key) => key !== 'note');
  return fc.record(all, { requiredKeys }) as fc.Arbitrary<Reading>;
}

const typed = fc
  .tuple(
    fc.constantFrom(...(Object.keys(TYPED_KINDS) as TypedKind[])).chain(readingsOf),
    fc.constantFrom('person', 'representative', 'operator'),
    decimals,
  )
  .map(([reading, typedBy, value]): Reading => {
    const [measurement] = reading.measurements;
    const fields = TYPED_KINDS[reading.kind as TypedKind].map(
      ({ name, unit }) => [name, { value, unit }] as const,
    );
    return {
      ...reading,
      measurements: [
        {
          kind: reading.kind,
          ...measurement,
          quantities: Object.fromEntries(fields),
          attributes: { typedBy },
        },
      ],
      status: [],
      basis: 'typed',
      time: { basis: 'stated', effective: instant, statedAt: '2026-11-21T09:00:00+01:00' },
      device: undefined,
    };
  });

export const readings = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(...(Object.keys(KINDS) as Kind[])).chain((kind) => readingsOf(kind)),
  },
  { weight: 1, arbitrary: typed },
);
