import { expect, test } from 'vitest';
import { toEnvelope } from '../../fhir/bundle.ts';
import { claimsPhd, deviceResource, gatewayResource } from '../../fhir/device.ts';
import type { Bundle } from '../../fhir/r4.ts';
import { bloodPressure, contact, ENVELOPE_ID, weight } from './examples.ts';

const { device: cuff, gateway } = bloodPressure;

test('one unknown fact, and neither the device nor its measurements claim PHD', () => {
  expect(claimsPhd(cuff, 'blood-pressure')).toBe(true);
  const { systemId: _, address: __, ...nameless } = cuff;
  const unknown = [
    { ...cuff, manufacturer: '' },
    { ...cuff, model: ' ' },
    { ...cuff, firmware: '\0' },
    nameless,
  ];
  for (const facts of unknown) {
    expect(claimsPhd(facts, 'blood-pressure')).toBe(false);
    const text = toEnvelope(
      { ...bloodPressure, device: facts },
      { envelopeId: ENVELOPE_ID, recordedAt: '2026-11-20T07:32:07+01:00' },
    );
    const { entry } = JSON.parse(text) as Bundle;
    const claims = entry.flatMap(
      ({ resource }) => ('meta' in resource && resource.meta?.profile) || [],
    );
    // What R4 itself says of a vital sign does not depend on the device's facts.
    expect(claims).toEqual([
      'http://hl7.org/fhir/uv/phd/StructureDefinition/PhgDevice',
      'http://hl7.org/fhir/StructureDefinition/bp',
      'http://hl7.org/fhir/StructureDefinition/heartrate',
    ]);
  }
});

test('any one version will do, and all that are known are told', () => {
  const { firmware: _, ...bare } = weight.device;
  expect(claimsPhd({ ...bare, software: '7' }, 'body-weight')).toBe(true);
  const { version } = deviceResource(
    { ...cuff, hardware: 'A', software: '7' },
    'blood-pressure',
    false,
  );
  expect(version?.map(({ type, value }) => [type.coding?.[0]?.code, value])).toEqual([
    ['531976', '1.04'],
    ['531974', 'A'],
    ['531975', '7'],
  ]);
});

test('a device that told neither System ID nor address is known by its key, and the key stays here', () => {
  const { systemId: _, address: __, ...nameless } = cuff;
  const { identifier } = deviceResource(
    { ...nameless, key: 'serial:["a|b","c"]' },
    'glucose',
    false,
  );
  expect(identifier).toHaveLength(1);
  expect(identifier[0]?.value).toMatch(/^urn:uuid:[0-9a-f-]{36}$/);
});

test('regulation is said only when the device said it, and negated by its definition', () => {
  const said = (regulated: 'yes' | 'no' | 'unknown') => {
    const { property } = deviceResource({ ...cuff, regulated }, 'blood-pressure', false);
    return property
      ?.filter(({ type }) => type.coding?.[0]?.code === '532354.0')
      .map(({ valueCode }) => valueCode[0]?.coding?.[0]?.code);
  };
  expect(said('yes')).toEqual(['N']);
  expect(said('no')).toEqual(['Y']);
  expect(said('unknown')).toEqual([]);
});

test('from a virtual device: HTEST on the device, not on the gateway', () => {
  expect(deviceResource(contact.device, 'contact', true).meta?.security?.[0]?.code).toBe('HTEST');
  expect(gatewayResource(gateway).meta).not.toHaveProperty('security');
});

test('the gateway says how it keeps its clock', () => {
  const sync = (timeSync: 'ntp' | 'none') =>
    gatewayResource({ ...gateway, timeSync }).property?.[0]?.valueCode[0]?.coding?.[0]?.code;
  expect([sync('ntp'), sync('none')]).toEqual(['532226', '532224']);
});
