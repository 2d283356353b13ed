import { describe, expect, test } from 'vitest';
import { TYPED_IN, toEnvelope, toJoinedEnvelope } from '../../fhir/bundle.ts';
import type { Reading } from '../../fhir/reading.ts';
import { bloodPressure, ENVELOPE_ID, typedPressure } from './examples.ts';
import { coded, observations, options, parse } from './opened.ts';

describe('typed in by hand', () => {
  const text = toEnvelope(typedPressure, options);
  const label = (code: string, display: string) => [
    { system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue', code, display },
  ];

  test('no device, no claim of PHD, and the person as who asserts it', () => {
    const whole = parse(text);
    const kinds = whole.entry.map(({ resource }) => resource.resourceType);
    expect(kinds).toEqual(['Patient', 'Device', 'Observation', 'Observation']);
    expect(whole.meta.tag?.at(-1)?.code).toBe('typed');
    // The one Device is the gateway that handed it on.
    expect(text).not.toMatch(/PhdDevice|PhdNumeric|PhdCompound|Coincident|"phd"/);
    for (const one of observations(text)) {
      expect(one).not.toHaveProperty('device');
      expect(one.meta?.security).toEqual(label('PATAST', 'patient asserted'));
      expect(one.performer).toEqual([one.subject]);
      expect(one.effectiveDateTime).toBe('2026-11-20T07:30:00+01:00');
    }
    const panel = coded(text, '85354-9');
    expect(panel.meta?.profile).toEqual(['http://hl7.org/fhir/StructureDefinition/bp']);
    expect(panel.note).toEqual([{ text: TYPED_IN }]);
    expect(coded(text, '8867-4').note).toBeUndefined();
  });

  test.each([
    ['representative', 'SDMAST', 'substitute decision maker asserted'],
    ['operator', 'PATRPT', 'patient reported'],
  ])('by the %s: a label of its own, and no performer', (typedBy, code, display) => {
    const [one] = typedPressure.measurements;
    const attributes = { typedBy };
    const told = one ? [{ ...one, attributes }] : [];
    const [panel] = observations(toEnvelope({ ...typedPressure, measurements: told }, options));
    expect(panel?.meta?.security).toEqual(label(code, display));
    expect(panel).not.toHaveProperty('performer');
  });

  test('a pulse claims no way in which it was measured', () => {
    const quantities = { 'heart-rate': { value: '71', unit: '/min' } };
    const measurements = [
      { kind: 'heart-rate', quantities, attributes: { typedBy: 'person' } } as const,
    ];
    const pulse = toEnvelope({ ...typedPressure, kind: 'heart-rate', measurements }, options);
    expect(coded(pulse, '8867-4').code.coding).toHaveLength(1);
  });

  test('two of one instant are two envelopes, a device’s and a typed one too', () => {
    const told = (reading: Reading) => ({ reading, options });
    const other = { ...typedPressure, id: '1d3f6b2e-5a4c-5e8f-9b7a-0c1d2e3f4a58' };
    const join = (...all: [Reading, Reading]) =>
      toJoinedEnvelope([told(all[0]), told(all[1])], ENVELOPE_ID).count;
    const later = { ...other, time: { ...other.time, effective: '2026-11-20T07:31:00+01:00' } };
    expect([join(typedPressure, other), join(typedPressure, later)]).toEqual([1, 2]);
    expect(join(typedPressure, { ...bloodPressure, time: later.time })).toBe(1);
  });
});
