import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { decodeAdvertisement } from '../../../../adapters/bluetooth/advertisements/index.ts';
import { decodeGatt } from '../../../../adapters/bluetooth/gatt/index.ts';
import { contextOf, MODELS } from '../../../../adapters/bluetooth/models/index.ts';
import type { DeviceModel } from '../../../../adapters/bluetooth/models/model.ts';
import type { Decoded } from '../../../../adapters/measurement.ts';
import { bytesOf, decodeLike, type Vector, vectors } from '../gatt/vectors.ts';

/**
 * What each model sends: a vector, where bytes of such a device or of its format were published, or
 * a frame that is put together as its specification says.
 */
type Fixture =
  | { readonly vector: string }
  | { readonly characteristic: string; readonly hex: string }
  | { readonly serviceData: string; readonly hex: string };

const root = join(import.meta.dirname, '../../../..');
const fixtures: Readonly<Record<string, readonly Fixture[]>> = JSON.parse(
  readFileSync(join(root, 'test/fixtures/models.json'), 'utf8'),
);

function decode(fixture: Fixture, model: DeviceModel): Decoded {
  if ('vector' in fixture) {
    const vector = vectors.find(({ id }) => id === fixture.vector) as Vector;
    return decodeLike(vector, bytesOf(vector));
  }
  const bytes = Uint8Array.from(Buffer.from(fixture.hex, 'hex'));
  if ('serviceData' in fixture) return decodeAdvertisement(fixture, bytes);
  return decodeGatt(fixture.characteristic, bytes, contextOf(model));
}

test('each model has its frames, and no frame is of nobody', () => {
  expect(Object.keys(fixtures).sort()).toEqual(MODELS.map(({ key }) => key).sort());
  expect(Object.values(fixtures).filter((frames) => frames.length === 0)).toEqual([]);
});

test.each(MODELS)('$key: its frames are read as what it measures', (model) => {
  const kinds = (fixtures[model.key] ?? []).flatMap((fixture) => {
    const decoded = decode(fixture, model);
    if (!decoded.ok || !('measurements' in decoded)) throw new Error(JSON.stringify(decoded));
    return decoded.measurements.map(({ kind }) => kind);
  });
  for (const kind of model.measures) expect(kinds).toContain(kind);
});
