import { expect, test } from 'vitest';
import { decodeGatt, gattDecoders } from '../../../../adapters/bluetooth/gatt/index.ts';
import type { Quantity } from '../../../../adapters/measurement.ts';
import { fc } from '../../../support/property.ts';
import {
  type Decimal,
  field,
  flagged,
  floatBytes,
  floats,
  little,
  maybe,
  sfloatBytes,
  sfloats,
  textOf,
  timeBytes,
  times,
  timeText,
  trailing,
  u8,
  u16,
  u24,
} from './encoder.ts';
import { result } from './result.ts';

const sent = (decimal: Decimal | undefined, unit: string): Quantity | undefined =>
  decimal && { value: textOf(decimal), unit };

const steps = (raw: number | undefined, size: number, decimals: number, unit: string) =>
  raw === undefined ? undefined : { value: (raw * size).toFixed(decimals), unit };

/** `toEqual` takes a missing and an undefined key for the same. */
const user = (index: number | undefined) => (index === 255 ? undefined : index);

test('blood pressure: every flag on and off, reserved bits and more bytes change nothing', () => {
  const model = fc.record({
    kPa: fc.boolean(),
    systolic: sfloats,
    diastolic: sfloats,
    mean: sfloats,
    time: maybe(times),
    pulse: maybe(sfloats),
    user: maybe(u8),
    status: maybe(u16),
    reserved: fc.integer({ min: 0, max: 7 }),
    trailing,
  });
  fc.assert(
    fc.property(model, (m) => {
      fc.pre(Number(textOf(m.systolic)) > Number(textOf(m.diastolic)));
      const { flags, bytes } = flagged([
        field(1, m.time, timeBytes),
        field(2, m.pulse, sfloatBytes),
        field(3, m.user, (index) => [index]),
        field(4, m.status, (bits) => little(bits, 2)),
      ]);
      const first = flags | (m.reserved << 5) | (m.kPa ? 1 : 0);
      fc.pre(first !== 0x56); // the form of one maker's cuff, which the vectors cover
      const decoded = result('2a35', [
        first,
        ...[m.systolic, m.diastolic, m.mean].flatMap(sfloatBytes),
        ...bytes,
        ...m.trailing,
      ]);
      const unit = m.kPa ? 'kPa' : 'mm[Hg]';
      expect(decoded.measurements[0]?.quantities).toEqual({
        systolic: sent(m.systolic, unit),
        diastolic: sent(m.diastolic, unit),
        mean: sent(m.mean, unit),
        ...(m.pulse ? { 'pulse-rate': sent(m.pulse, '/min') } : {}),
      });
      expect(decoded.deviceTime).toBe(m.time && timeText(m.time));
      expect(decoded.userIndex).toBe(user(m.user));
      const bits = m.status ?? 0;
      expect([...decoded.status].sort()).toEqual(
        [
          ...(bits & 1 ? ['body-movement'] : []),
          ...(bits & 2 ? ['cuff-too-loose'] : []),
          ...(bits & 4 ? ['irregular-pulse'] : []),
          ...((bits & 24) === 8 ? ['pulse-rate-above-upper-limit'] : []),
          ...((bits & 24) === 16 ? ['pulse-rate-below-lower-limit'] : []),
          ...(bits & 32 ? ['improper-position'] : []),
        ].sort(),
      );
      expect(decoded.measurements[0]?.attributes.trailingBytes).toBe(m.trailing.length);
    }),
  );
});

test('a systolic value that is not above the diastolic one gives no value', () => {
  fc.assert(
    fc.property(sfloats, sfloats, (systolic, diastolic) => {
      fc.pre(Number(textOf(systolic)) <= Number(textOf(diastolic)));
      const bytes = [0, ...[systolic, diastolic, diastolic].flatMap(sfloatBytes)];
      expect(decodeGatt('2a35', Uint8Array.from(bytes))).toEqual({
        ok: false,
        reason: 'reserved-value',
      });
    }),
  );
});

test('heart rate: every flag on and off', () => {
  const model = fc.record({
    rate: u16,
    wide: fc.boolean(),
    contact: fc.integer({ min: 0, max: 3 }),
    energy: maybe(u16),
    intervals: fc.array(u16, { maxLength: 8 }),
    reserved: fc.integer({ min: 0, max: 7 }),
  });
  fc.assert(
    fc.property(model, (m) => {
      const rate = m.wide ? m.rate : m.rate & 0xff;
      const { flags, bytes } = flagged([
        field(3, m.energy, (energy) => little(energy, 2)),
        field(4, m.intervals.length > 0 ? m.intervals : undefined, (list) =>
          list.flatMap((interval) => little(interval, 2)),
        ),
      ]);
      const first = flags | (m.wide ? 1 : 0) | (m.contact << 1) | (m.reserved << 5);
      const decoded = result('2a37', [first, ...little(rate, m.wide ? 2 : 1), ...bytes]);
      expect(decoded.measurements[0]).toEqual({
        kind: 'heart-rate',
        quantities: { 'heart-rate': { value: String(rate), unit: '/min' } },
        attributes: {
          flags: first,
          sensorContact: ['unsupported', 'unsupported', 'not-detected', 'detected'][m.contact],
          ...(m.energy === undefined ? {} : { energyExpendedKJ: m.energy }),
          ...(m.intervals.length > 0 ? { rrRaw1024: m.intervals } : {}),
          trailingBytes: 0,
        },
      });
      expect(decoded.status).toEqual(m.contact === 2 ? ['contact-not-detected'] : []);
    }),
  );
});

test('temperature: every flag on and off', () => {
  const model = fc.record({
    fahrenheit: fc.boolean(),
    temperature: floats,
    time: maybe(times),
    type: maybe(fc.integer({ min: 1, max: 9 })),
    trailing,
  });
  fc.assert(
    fc.property(model, (m) => {
      const { flags, bytes } = flagged([
        field(1, m.time, timeBytes),
        field(2, m.type, (type) => [type]),
      ]);
      const decoded = result('2a1c', [
        flags | (m.fahrenheit ? 1 : 0) | 0xf8,
        ...floatBytes(m.temperature),
        ...bytes,
        ...m.trailing,
      ]);
      expect(decoded.measurements[0]?.quantities).toEqual({
        temperature: sent(m.temperature, m.fahrenheit ? '[degF]' : 'Cel'),
      });
      expect(decoded.deviceTime).toBe(m.time && timeText(m.time));
      expect(decoded.measurements[0]?.attributes.temperatureType).toBe(m.type);
    }),
  );
});

test('weight: every flag on and off, both units', () => {
  const model = fc.record({
    imperial: fc.boolean(),
    weight: fc.integer({ min: 0, max: 0xfffe }),
    time: maybe(times),
    user: maybe(u8),
    body: maybe(fc.tuple(u16, u16)),
    trailing,
  });
  fc.assert(
    fc.property(model, (m) => {
      const { flags, bytes } = flagged([
        field(1, m.time, timeBytes),
        field(2, m.user, (index) => [index]),
        field(3, m.body, ([bmi, height]) => [...little(bmi, 2), ...little(height, 2)]),
      ]);
      const decoded = result('2a9d', [
        flags | (m.imperial ? 1 : 0) | 0xf0,
        ...little(m.weight, 2),
        ...bytes,
        ...m.trailing,
      ]);
      const [bmi, height] = m.body ?? [];
      expect(decoded.measurements[0]?.quantities).toEqual({
        weight: m.imperial ? steps(m.weight, 0.01, 2, '[lb_av]') : steps(m.weight, 0.005, 3, 'kg'),
        ...(m.body ? { bmi: steps(bmi, 0.1, 1, 'kg/m2') } : {}),
        ...(m.body
          ? { height: m.imperial ? steps(height, 0.1, 1, '[in_i]') : steps(height, 0.001, 3, 'm') }
          : {}),
      });
      expect(decoded.deviceTime).toBe(m.time && timeText(m.time));
      expect(decoded.userIndex).toBe(user(m.user));
    }),
  );
});

test('body composition: every flag on and off, both units', () => {
  const value = maybe(fc.integer({ min: 0, max: 0xfffe }));
  const model = fc.record({
    imperial: fc.boolean(),
    more: fc.boolean(),
    fat: fc.integer({ min: 0, max: 0xfffe }),
    time: maybe(times),
    user: maybe(u8),
    values: fc.tuple(value, value, value, value, value, value, value, value, value),
    trailing,
  });
  fc.assert(
    fc.property(model, (m) => {
      const two = (raw: number) => little(raw, 2);
      const { flags, bytes } = flagged([
        field(1, m.time, timeBytes),
        field(2, m.user, (index) => [index]),
        ...m.values.map((raw, index) => field(3 + index, raw, two)),
      ]);
      const first = flags | (m.imperial ? 1 : 0) | (m.more ? 0x1000 : 0) | 0xe000;
      const decoded = result('2a9c', [...two(first), ...two(m.fat), ...bytes, ...m.trailing]);
      const [energy, percent, muscle, lean, soft, water, impedance, weight, height] = m.values;
      const mass = (raw: number | undefined) =>
        m.imperial ? steps(raw, 0.01, 2, '[lb_av]') : steps(raw, 0.005, 3, 'kg');
      expect(decoded.measurements[0]?.quantities).toEqual(
        JSON.parse(
          JSON.stringify({
            'body-fat': steps(m.fat, 0.1, 1, '%'),
            'basal-metabolism': steps(energy, 1, 0, 'kJ'),
            'muscle-percentage': steps(percent, 0.1, 1, '%'),
            'muscle-mass': mass(muscle),
            'fat-free-mass': mass(lean),
            'soft-lean-mass': mass(soft),
            'body-water-mass': mass(water),
            impedance: steps(impedance, 0.1, 1, 'Ohm'),
            weight: mass(weight),
            height: m.imperial ? steps(height, 0.1, 1, '[in_i]') : steps(height, 0.001, 3, 'm'),
          }),
        ),
      );
      expect(decoded.measurements[0]?.attributes.multiplePacket).toBe(m.more);
      expect(decoded.userIndex).toBe(user(m.user));
    }),
  );
});

/** Saturations and pulses that are numbers and not the codes for "no finger". */
const saturations = sfloats.filter((decimal) => ![0, 127, 255].includes(Number(textOf(decimal))));

test('spot oximeter: every flag on and off', () => {
  const model = fc.record({
    spo2: saturations,
    pulse: sfloats,
    time: maybe(times),
    status: maybe(u16),
    sensor: maybe(u24),
    amplitude: maybe(sfloats),
    clockNotSet: fc.boolean(),
    trailing,
  });
  fc.assert(
    fc.property(model, (m) => {
      const { flags, bytes } = flagged([
        field(0, m.time, timeBytes),
        field(1, m.status, (bits) => little(bits, 2)),
        field(2, m.sensor, (bits) => little(bits, 3)),
        field(3, m.amplitude, sfloatBytes),
      ]);
      const decoded = result('2a5e', [
        flags | (m.clockNotSet ? 0x10 : 0) | 0xe0,
        ...[m.spo2, m.pulse].flatMap(sfloatBytes),
        ...bytes,
        ...m.trailing,
      ]);
      expect(decoded.measurements[0]?.quantities).toEqual({
        spo2: sent(m.spo2, '%'),
        'pulse-rate': sent(m.pulse, '/min'),
        ...(m.amplitude ? { 'pulse-amplitude-index': sent(m.amplitude, '%') } : {}),
      });
      expect(decoded.deviceTime).toBe(m.time && timeText(m.time));
      expect(decoded.status.includes('device-clock-not-set')).toBe(m.clockNotSet);
      expect(decoded.status.includes('questionable')).toBe(((m.status ?? 0) & 0x4000) !== 0);
      expect(decoded.status.includes('low-perfusion')).toBe(((m.sensor ?? 0) & 0x20) !== 0);
    }),
  );
});

test('continuous oximeter: one measurement for each modality', () => {
  const pair = fc.tuple(saturations, sfloats);
  const model = fc.record({
    normal: pair,
    fast: maybe(pair),
    slow: maybe(pair),
    status: maybe(u16),
    sensor: maybe(u24),
    trailing,
  });
  fc.assert(
    fc.property(model, (m) => {
      const both = (values: [Decimal, Decimal]) => values.flatMap(sfloatBytes);
      const { flags, bytes } = flagged([
        field(0, m.fast, both),
        field(1, m.slow, both),
        field(2, m.status, (bits) => little(bits, 2)),
        field(3, m.sensor, (bits) => little(bits, 3)),
      ]);
      const decoded = result('2a5f', [flags, ...both(m.normal), ...bytes, ...m.trailing]);
      const wanted = [
        ['continuous', m.normal],
        ...(m.fast ? [['fast', m.fast]] : []),
        ...(m.slow ? [['slow', m.slow]] : []),
      ] as [string, [Decimal, Decimal]][];
      expect(
        decoded.measurements.map(({ attributes, quantities }) => [
          attributes.modality,
          quantities.spo2,
          quantities['pulse-rate'],
        ]),
      ).toEqual(
        wanted.map(([name, [spo2, pulse]]) => [name, sent(spo2, '%'), sent(pulse, '/min')]),
      );
    }),
  );
});

test('glucose: every flag on and off; the unit moves the exponent only', () => {
  const model = fc.record({
    sequence: u16,
    time: times,
    offset: maybe(fc.integer({ min: -1440, max: 1440 })),
    concentration: maybe(sfloats),
    moles: fc.boolean(),
    status: maybe(u16),
    context: fc.boolean(),
    trailing,
  });
  fc.assert(
    fc.property(model, (m) => {
      const { flags, bytes } = flagged([
        field(0, m.offset, (minutes) => little(minutes, 2)),
        field(1, m.concentration, (decimal) => [...sfloatBytes(decimal), 0x11]),
        field(3, m.status, (bits) => little(bits, 2)),
      ]);
      const decoded = result('2a18', [
        flags | (m.moles ? 4 : 0) | (m.context ? 0x10 : 0) | 0xe0,
        ...little(m.sequence, 2),
        ...timeBytes(m.time),
        ...bytes,
        ...m.trailing,
      ]);
      const shift = m.moles ? 3 : 5;
      const unit = m.moles ? 'mmol/L' : 'mg/dL';
      const shown = m.concentration && {
        mantissa: m.concentration.mantissa,
        exponent: m.concentration.exponent + shift,
      };
      expect(decoded.measurements[0]?.quantities.glucose).toEqual(
        sent(shown, unit) ?? { absent: 'unknown' },
      );
      expect(decoded.sequence).toBe(m.sequence);
      const minutes = (m.offset ?? 0) * 60_000;
      const shifted = new Date(Date.parse(`${timeText(m.time)}Z`) + minutes);
      expect(decoded.deviceTime).toBe(shifted.toISOString().slice(0, 19));
      expect(decoded.status.includes('result-too-low')).toBe(((m.status ?? 0) & 0x40) !== 0);
      expect(decoded.measurements[0]?.attributes.contextFollows).toBe(m.context);
    }),
  );
});

test('any bytes under any characteristic: a value, a refusal, never an exception', () => {
  const uuids = gattDecoders().map(({ uuid }) => uuid);
  expect(uuids.length).toBeGreaterThan(30);
  fc.assert(
    fc.property(
      fc.constantFrom(...uuids, '2b34'),
      fc.uint8Array({ maxLength: 64 }),
      (uuid, bytes) => {
        const before = bytes.slice();
        const decoded = decodeGatt(uuid, bytes);
        expect(JSON.parse(JSON.stringify(decoded))).toEqual(decoded);
        expect(decodeGatt(uuid, bytes)).toEqual(decoded);
        expect(bytes).toEqual(before);
      },
    ),
    { numRuns: 3000 },
  );
});
