import { expect, test } from 'vitest';
import { decodeGatt } from '../../../../adapters/bluetooth/gatt/index.ts';
import { contextOf, modelOf } from '../../../../adapters/bluetooth/models/index.ts';
import { procedureFor } from '../../../../adapters/bluetooth/proprietary/index.ts';
import { bytesOf, createScriptedLink, read, visited } from './scripted-link.ts';

const YONKER = 'yonker-yk-ibpa1';
const RESULT = '818367510000190b18131200000000';
const YONKER_NOTIFIES = 'cdeacd8152354c07884693a37ee6b86d';
const NONIN_NOTIFIES = '0aad7ea00d6011e28e3c0002a5d5c51b';
const BCI_NOTIFIES = '495353431e4d4bd9ba6123c647249616';

const device = (service: string, notifies: string) =>
  createScriptedLink([
    { uuid: service, characteristics: [{ uuid: notifies, properties: ['notify'] }] },
  ]);

test('Yonker: the result, not the pressure on its way there', async () => {
  const link = device('cdeacd8052354c07884693a37ee6b86d', YONKER_NOTIFIES);
  const { done, taken } = await visited(YONKER, link);
  expect(done).toEqual({ complete: true, live: true, stream: false });
  for (const hex of ['800064000000', RESULT, '8000']) link.notify(YONKER_NOTIFIES, bytesOf(hex));
  expect(taken).toEqual([{ characteristic: YONKER_NOTIFIES, hex: RESULT }]);
  const [result] = taken;
  expect(result && read(YONKER, result)).toMatchObject({ deviceTime: '2024-11-25T19:18:00' });
});

test('the same bytes of an unknown model are nothing: an oximeter sends such ones too', () => {
  expect(decodeGatt(YONKER_NOTIFIES, bytesOf(RESULT))).toEqual({
    ok: false,
    reason: 'unsupported',
  });
  expect(procedureFor('no-such-model')).toBeUndefined();
  expect(procedureFor(undefined)).toBeUndefined();
});

test('Nonin: each second as it came; no finger is no measurement', async () => {
  const link = device('46a970e00d5f11e28b5e0002a5d5c51b', NONIN_NOTIFIES);
  const { done, taken } = await visited('nonin-3230', link);
  expect(done).toEqual({ complete: true, live: true, stream: true });
  link.notify(NONIN_NOTIFIES, bytesOf('0a011f00120007620048'));
  expect(taken.map((one) => read('nonin-3230', one))).toMatchObject([
    {
      measurements: [
        {
          kind: 'oxygen-saturation',
          quantities: { spo2: { value: '98', unit: '%' }, 'pulse-rate': { value: '72' } },
          attributes: { modality: 'continuous', counter: 7 },
        },
      ],
    },
  ]);
  const none = bytesOf('0a011f001200077f01ff');
  expect(decodeGatt(NONIN_NOTIFIES, none)).toEqual({ ok: false, reason: 'not-a-result' });
  expect(decodeGatt(NONIN_NOTIFIES, none.subarray(1))).toMatchObject({ ok: false });
});

test('finger clips: one frame a second, wherever the notifications cut the stream', async () => {
  const link = device('49535343fe7d4ae58fa99fafd205e455', BCI_NOTIFIES);
  const { taken } = await visited('berry-bm1000', link);
  const frame = [0x84, 0x20, 0x45, 0x02, 0x61];
  const stream = Array.from({ length: 250 }, () => frame).flat();
  for (let at = 2; at < stream.length; at += 7) {
    link.notify(BCI_NOTIFIES, Uint8Array.from(stream.slice(at, at + 7)));
  }
  expect(taken).toHaveLength(3);
  for (const one of taken) {
    expect(read('berry-bm1000', one)).toMatchObject({
      // Bit 6 of the third byte is the pulse's eighth.
      measurements: [
        { quantities: { spo2: { value: '97' }, 'pulse-rate': { value: '130', unit: '/min' } } },
      ],
    });
  }
});

test('finger clips without a finger measure nothing', async () => {
  const link = device('49535343fe7d4ae58fa99fafd205e455', BCI_NOTIFIES);
  const { taken } = await visited('berry-bm1000', link);
  link.notify(BCI_NOTIFIES, Uint8Array.of(0x80, 0, 0x40, 0x7f, 0x7f));
  const [none] = taken;
  expect(none && read('berry-bm1000', none)).toEqual({ ok: false, reason: 'not-a-result' });
});

test('what a model cannot measure is no value: not a pulse above what its maker states', () => {
  const nonin = contextOf(modelOf('nonin-3230'));
  const frame = (pulse: string) => bytesOf(`0a011f0012000762${pulse}`);
  expect(decodeGatt(NONIN_NOTIFIES, frame('0141'), nonin)).toMatchObject({ ok: true });
  const refused = { ok: false, reason: 'reserved-value' };
  expect(decodeGatt(NONIN_NOTIFIES, frame('0142'), nonin)).toEqual(refused);
  expect(decodeGatt(NONIN_NOTIFIES, frame('0011'), nonin)).toEqual(refused);
  // Of a model that states no range, nothing is refused for being extreme.
  expect(decodeGatt(NONIN_NOTIFIES, frame('0142'))).toMatchObject({ ok: true });
});
