import { expect, test } from 'vitest';
import { decodeCommand } from '../../agent/decode.ts';

async function run(argv: readonly string[], input: readonly (string | Buffer)[] = []) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await decodeCommand(argv, {
    stdin: (async function* () {
      yield* input;
    })(),
    out: (line) => out.push(line),
    err: (line) => err.push(line),
  });
  return { code, out, err };
}

const CUFF = '1e8a0054006600ea070b14071c2a4700010500';

test.each(['2a35', '0x2A35', '2A35', '00002a35-0000-1000-8000-00805f9b34fb'])(
  'gatt %s: the measurement as JSON, exit 0',
  async (uuid) => {
    const { code, out, err } = await run(['gatt', uuid, CUFF]);
    expect({ code, err }).toEqual({ code: 0, err: [] });
    expect(out).toHaveLength(1);
    expect(JSON.parse(out[0] ?? '')).toEqual({
      ok: true,
      measurements: [
        {
          kind: 'blood-pressure',
          quantities: {
            systolic: { value: '138', unit: 'mm[Hg]' },
            diastolic: { value: '84', unit: 'mm[Hg]' },
            mean: { value: '102', unit: 'mm[Hg]' },
            'pulse-rate': { value: '71', unit: '/min' },
          },
          attributes: { flags: 30, measurementStatus: 5, pulseRange: 'in-range', trailingBytes: 0 },
        },
      ],
      deviceTime: '2026-11-20T07:28:42',
      userIndex: 1,
      status: ['body-movement', 'irregular-pulse'],
    });
  },
);

test('a refusal is data too, exit 1', async () => {
  expect(await run(['gatt', '2a35', '1e8a'])).toEqual({
    code: 1,
    out: ['{"ok":false,"reason":"too-short"}'],
    err: [],
  });
  expect(await run(['gatt', 'ffff', '00'])).toMatchObject({
    code: 1,
    out: ['{"ok":false,"reason":"unsupported"}'],
  });
});

test('advertisement by service data, with address and key', async () => {
  const words = [
    'advertisement',
    '--service-data',
    '0xFE95',
    '--address',
    '2C:11:65:25:70:04',
    '--key',
    'b2cf9a553d53571b5657defd582d676e',
    '48590312a41b776e7c96add7000000f2bf545b',
  ];
  const { code, out } = await run(words);
  expect(code).toBe(0);
  expect(JSON.parse(out[0] ?? '').measurements[0].quantities).toEqual({
    humidity: { value: '45', unit: '%' },
  });
  const withoutKey = words.filter((_, index) => index !== 5 && index !== 6);
  expect(await run(withoutKey)).toMatchObject({
    code: 1,
    out: ['{"ok":false,"reason":"encrypted"}'],
  });
});

test.each(['0499', '0x0499', '499'])('advertisement by manufacturer %s', async (id) => {
  const { code, out } = await run([
    'advertisement',
    '--manufacturer',
    id,
    '03291a1ece1efc18f94202ca0b53',
  ]);
  expect(code).toBe(0);
  expect(out[0]).toContain('"temperature":{"value":"26.30","unit":"Cel"}');
});

test.each([
  [[]],
  [['gat', '2a35', '00']],
  [['gatt', '2a35']],
  [['gatt', '2a35', '0']],
  [['gatt', '2a35', 'zz']],
  [['gatt', '2a35', '00', '00']],
  [['gatt', 'blood', '00']],
  [['advertisement', '00']],
  [['advertisement', '--service-data', 'fcd2']],
  [['advertisement', '--service-data', 'fcd2', '--manufacturer', '1', '00']],
  [['advertisement', '--service-data', 'fcd2', '--key', '00', '00']],
  [['advertisement', '--service-data', 'fcd2', '--address', '00', '00']],
  [['advertisement', '--service-data', 'fcd2', '--colour', 'red', '00']],
])('%j is not a request: nothing on standard output, exit 2', async (argv) => {
  const { code, out, err } = await run(argv);
  expect({ code, out }).toEqual({ code: 2, out: [] });
  expect(err.length).toBeGreaterThan(1);
});

test('every problem of a request is listed', async () => {
  const { err } = await run(['advertisement', '--address', 'x', '--key', 'y', 'zz']);
  expect(err).toHaveLength(5); // neither source, address, key, bytes, and the usage
});

test('lines: one answer each in order, wherever the chunks end; exit 1 when one was refused', async () => {
  const good = await run(
    ['-'],
    [
      'gatt 2a19 64\r\nga',
      Buffer.from('tt 2a37 0050\n\n  '),
      'advertisement --service-data 180f 21',
    ],
  );
  expect(good.code).toBe(0);
  expect(good.out.map((line) => JSON.parse(line).measurements[0].kind)).toEqual([
    'battery',
    'heart-rate',
    'battery',
  ]);
  const mixed = await run(['-'], ['gatt 2a19 64\nnonsense\ngatt 2a19\ngatt 2a19 ff\n']);
  expect(mixed.code).toBe(1);
  expect(mixed.out.map((line) => JSON.parse(line))).toMatchObject([
    { ok: true },
    { ok: false, reason: 'usage' },
    { ok: false, reason: 'usage' },
    { ok: false, reason: 'reserved-value' },
  ]);
});

test('lines: a refusal alone makes exit 1', async () => {
  expect((await run(['-'], ['gatt 2a19 ff\ngatt 2a19 64\n'])).code).toBe(1);
});

test('a line without end is answered once and not kept', async () => {
  const { code, out } = await run(
    ['-'],
    [...Array(64)].map(() => 'a'.repeat(4096)),
  );
  expect(code).toBe(1);
  expect(out).toHaveLength(1);
  expect(out[0]?.length).toBeLessThan(200);
});

test('the list names what can be decoded', async () => {
  const { code, out } = await run(['--list']);
  expect(code).toBe(0);
  const list = JSON.parse(out[0] ?? '');
  expect(list.gatt).toContainEqual({ uuid: '2a35', name: 'Blood Pressure Measurement' });
  expect(list.serviceData).toContainEqual({ serviceData: 'fcd2', name: 'BTHome v2' });
  expect(list.manufacturer).toContainEqual({ manufacturer: '0x0499', name: 'RuuviTag' });
});
