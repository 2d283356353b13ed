import { connectAsync } from 'mqtt';
import { afterEach, expect, test } from 'vitest';
import { hasMosquitto, startMosquitto } from '../../support/mosquitto.ts';
import { until } from '../../support/until.ts';
import {
  clockFrame,
  createCleanup,
  cuffFrame,
  furnish,
  type HomeBench,
  panels,
  startHomeBench,
  startReceiver,
} from './bench.ts';

const cleanup = createCleanup();
afterEach(() => cleanup.run());

/** A home that sends to a municipality over MQTT and to a hospital over HTTP on this machine. */
async function setUp(shared: readonly string[]) {
  const broker = await startMosquitto();
  cleanup.add(() => broker[Symbol.asyncDispose]());
  const municipality = await startReceiver(cleanup, broker.url);
  const hospital = await startReceiver(cleanup);
  const bench = await startHomeBench(cleanup, {
    recipients: [
      { id: 'home-care', name: 'Test care', transport: { type: 'mqtt', url: broker.url } },
      { id: 'ward', name: 'Test ward', transport: { type: 'https', url: hospital.fhirUrl } },
    ],
  });
  const people = await furnish(bench.home, shared);
  return { bench, municipality, hospital, ...people };
}

async function measure(bench: HomeBench, systolic: number): Promise<string> {
  const before = new Set(bench.home.views.readings('all').map(({ id }) => id));
  const at = bench.now();
  await bench.hand([clockFrame(at), cuffFrame({ systolic, at })]);
  const fresh = bench.home.views.readings('all').find(({ id }) => !before.has(id));
  if (!fresh) throw new Error('no reading');
  return fresh.id;
}

const states = (bench: HomeBench, id: string) =>
  bench.home.views
    .readings('all')
    .find((reading) => reading.id === id)
    ?.deliveries.map(({ recipient, action, state }) => `${recipient} ${action} ${state}`);

const delivered = (bench: HomeBench, id: string, expected: readonly string[]) =>
  until(
    () => JSON.stringify(states(bench, id)) === JSON.stringify(expected),
    expected.join(', '),
  ).catch((error) => {
    throw new Error(`${error.message}; it is ${states(bench, id)?.join(', ')}`);
  });

test.skipIf(!hasMosquitto())(
  'one reading reaches both recipients, under a pseudonym of its own at each',
  async () => {
    const { bench, municipality, hospital } = await setUp(['home-care', 'ward']);
    const id = await measure(bench, 143);
    await delivered(bench, id, ['home-care new received', 'ward new received']);
    const [care] = await panels(municipality.fhirUrl);
    const [ward] = await panels(hospital.fhirUrl);
    expect(care).toMatchObject({ status: 'final', systolic: 143 });
    expect(ward).toMatchObject({ status: 'final', systolic: 143 });
    expect(care?.subject).toMatch(/^urn:uuid:/);
    expect(care?.subject).not.toBe(ward?.subject);
    expect(bench.home.views.outcomes()).toEqual([
      expect.objectContaining({ recipient: 'home-care', waiting: 0 }),
      expect.objectContaining({ recipient: 'ward', waiting: 0 }),
    ]);
  },
);

test.skipIf(!hasMosquitto())(
  'withheld for the one and sent to the other, until a person says so',
  async () => {
    const { bench, hospital, alfa } = await setUp(['home-care']);
    const id = await measure(bench, 139);
    await delivered(bench, id, ['home-care new received', 'ward new withheld']);
    expect(await panels(hospital.fhirUrl)).toEqual([]);
    await bench.home.decisions.givePermission('test', {
      person: alfa.id,
      recipient: 'ward',
      kinds: ['blood-pressure'],
      from: new Date(bench.now() - 3_600_000).toISOString(),
    });
    await delivered(bench, id, ['home-care new received', 'ward new received']);
  },
);

test.skipIf(!hasMosquitto())('"not mine" takes it back, without value, where it went', async () => {
  const { bench, municipality, hospital } = await setUp(['home-care']);
  const id = await measure(bench, 151);
  await delivered(bench, id, ['home-care new received', 'ward new withheld']);
  await bench.home.decisions.removeReading('test', id);
  await delivered(bench, id, [
    'home-care new received',
    'ward new withdrawn',
    'home-care retraction received',
  ]);
  expect(await panels(municipality.fhirUrl)).toEqual([
    expect.objectContaining({ status: 'entered-in-error', systolic: undefined }),
  ]);
  expect(await panels(hospital.fhirUrl)).toEqual([]);
  const metrics = await (await fetch(`${municipality.deskUrl}/metrics`)).text();
  expect(metrics).toContain('iomt_envelopes_total{state="retracted"} 1');
});

test.skipIf(!hasMosquitto())(
  "moved to another person, and back: each time a new Observation, the former one in error, nobody's twice",
  async () => {
    const { bench, municipality, hospital, alfa, beta } = await setUp(['home-care', 'ward']);
    await bench.home.decisions.givePermission('test', {
      person: beta.id,
      recipient: 'home-care',
      kinds: ['blood-pressure'],
    });
    const id = await measure(bench, 147);
    await delivered(bench, id, ['home-care new received', 'ward new received']);
    const first = (await panels(municipality.fhirUrl))[0]?.subject;

    await bench.home.decisions.assignReading('test', id, beta.id);
    const moved = [
      'home-care new received',
      'ward new received',
      'home-care retraction received',
      'ward retraction received',
      'home-care new received',
      'ward new withheld',
    ];
    await delivered(bench, id, moved);
    const two = await panels(municipality.fhirUrl);
    expect(two.map(({ status, systolic }) => [status, systolic]).sort()).toEqual([
      ['entered-in-error', undefined],
      ['final', 147],
    ]);
    const now = two.find(({ status }) => status === 'final')?.subject;
    expect(now).not.toBe(first);
    expect(two.find(({ status }) => status === 'entered-in-error')?.subject).toBe(first);
    expect((await panels(hospital.fhirUrl)).map(({ status }) => status)).toEqual([
      'entered-in-error',
    ]);

    await bench.home.decisions.assignReading('test', id, alfa.id);
    await until(async () => {
      const final = (await panels(municipality.fhirUrl)).filter(({ status }) => status === 'final');
      return final.length === 1 && final[0]?.subject === first;
    }, "the reading is the first person's again");
    await until(
      async () => (await panels(hospital.fhirUrl)).some(({ status }) => status === 'final'),
      'the ward has it again',
    );
    const at = await panels(municipality.fhirUrl);
    expect(at.map(({ status }) => status).sort()).toEqual([
      'entered-in-error',
      'entered-in-error',
      'final',
    ]);
    const ward = await panels(hospital.fhirUrl);
    expect(ward.map(({ status, systolic }) => [status, systolic]).sort()).toEqual([
      ['entered-in-error', undefined],
      ['final', 147],
    ]);
  },
);

test.skipIf(!hasMosquitto())(
  'sent, unanswered and then moved: what is repeated after that is the taking back, never the value',
  async () => {
    const broker = await startMosquitto();
    cleanup.add(() => broker[Symbol.asyncDispose]());
    // Somebody listens, and answers nothing.
    const listener = await connectAsync(broker.url, { protocolVersion: 5 });
    cleanup.add(() => listener.endAsync(true));
    const heard: string[] = [];
    listener.on('message', (_topic, payload) => heard.push(payload.toString()));
    await listener.subscribeAsync('iomt/1/+/observations/#', { qos: 1 });
    const bench = await startHomeBench(cleanup, {
      recipients: [
        { id: 'home-care', name: 'Test care', transport: { type: 'mqtt', url: broker.url } },
      ],
      limits: { receiptWaitMs: 300 },
    });
    const { beta } = await furnish(bench.home, ['home-care']);
    const id = await measure(bench, 143);
    await until(() => heard.length > 1, 'it is sent, and again');
    await bench.home.decisions.assignReading('test', id, beta.id);
    const isTakingBack = (body: string) => body.includes('entered-in-error');
    await until(() => heard.some(isTakingBack), 'it is taken back');
    const from = heard.findIndex(isTakingBack);
    await until(() => heard.length > from + 3, 'the taking back is repeated');
    expect(heard.slice(from).filter((body) => !isTakingBack(body))).toEqual([]);
  },
);
