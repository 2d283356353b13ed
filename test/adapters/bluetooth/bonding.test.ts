import { expect, test } from 'vitest';
import { bondAndOpen } from '../../../adapters/bluetooth/bonding.ts';
import { identify, MODELS } from '../../../adapters/bluetooth/models/index.ts';
import type { VisitOpened } from '../../../adapters/bluetooth/procedures/visit.ts';
import type { Advertisement, Radio } from '../../../adapters/bluetooth/radio/radio.ts';
import { RadioError } from '../../../adapters/bluetooth/radio/radio-error.ts';

const ADDRESS = '00005e005311';
const IDENTITY = '00005e0053aa';
const OPENED: VisitOpened = {
  services: ['1810'],
  subscribed: 1,
  refused: 0,
  stream: false,
  records: [],
  moreUsers: [],
};
const refusing = { ...OPENED, subscribed: 0, refused: 1 };
const fails = (code: ConstructorParameters<typeof RadioError>[0]) => () =>
  Promise.reject(new RadioError(code));

/** A radio that heard one device, bonds as told, and hears the device again whenever one waits. */
function stage(over: {
  pair?: () => Promise<string>;
  bonded?: boolean;
  /** What becomes of each visit, in order. */
  visits: (() => Promise<VisitOpened>)[];
}) {
  const done: string[] = [];
  let bonded = over.bonded ?? false;
  const radio = {
    heard: () => [],
    onSeen(listener: (seen: Advertisement) => void) {
      setImmediate(() => listener(seen({ address: bonded ? IDENTITY : ADDRESS })));
      return () => undefined;
    },
    isBonded: async () => bonded,
    async pair(address: string) {
      done.push(`bond ${address}`);
      const identity = await (over.pair ?? (async () => IDENTITY))();
      bonded = true;
      return identity;
    },
    async unpair(address: string) {
      done.push(`unbond ${address}`);
      bonded = false;
    },
  } as Partial<Radio> as Radio;
  const begin = async (address: string) => {
    done.push(`visit ${address}`);
    const next = over.visits.shift();
    if (!next) throw new Error('a visit too many');
    return await next();
  };
  const noted: unknown[] = [];
  const run = (advertisement: Advertisement, model?: string) =>
    bondAndOpen(advertisement, {
      radio,
      model,
      note: (event, fields) => noted.push({ event, ...fields }),
      onProgress: () => undefined,
      begin,
      endVisit: async () => undefined,
      signal: AbortSignal.timeout(60_000),
      dialog: undefined,
    });
  return { run, done, noted };
}

const seen = (more: Partial<Advertisement> = {}): Advertisement => ({
  address: ADDRESS,
  services: ['1810'],
  serviceData: [],
  rssi: -50,
  connectable: true,
  at: 0,
  ...more,
});
const ok = async () => OPENED;

const modelWith = (isWanted: (bond: string) => boolean) => {
  const named = MODELS.filter(({ example, bond }) => isWanted(bond) && example.name !== undefined);
  const model = named.find(({ example, key }) => {
    const { name, services } = example;
    return identify({ name, services })?.key === key;
  });
  if (!model) throw new Error('no such model');
  return model;
};

test('a model that has no bond is never asked for one, though its service would, or it refuses', async () => {
  const { example } = modelWith((bond) => bond === 'none');
  const advertisement = seen({ name: example.name ?? '', services: example.services ?? [] });
  const { run, done } = stage({ visits: [async () => refusing] });
  await expect(run(advertisement)).rejects.toMatchObject({ code: 'radio-gatt-refused' });
  expect(done.filter((one) => one.startsWith('bond'))).toEqual([]);
});

test('a model that has one is bonded first, though its service would not ask', async () => {
  const { key } = modelWith((bond) => bond !== 'none');
  const { run, done } = stage({ visits: [ok] });
  expect(await run(seen({ services: ['180d'] }), key)).toMatchObject({ address: IDENTITY });
  expect(done).toEqual([`bond ${ADDRESS}`, `visit ${IDENTITY}`]);
});

test('of an unknown model its service decides, and then what it refuses', async () => {
  const first = stage({ visits: [ok] });
  await first.run(seen());
  expect(first.done).toEqual([`bond ${ADDRESS}`, `visit ${IDENTITY}`]);
  const later = stage({ visits: [async () => refusing, ok] });
  await later.run(seen({ services: ['180d'] }));
  expect(later.done).toEqual([`visit ${ADDRESS}`, `bond ${ADDRESS}`, `visit ${IDENTITY}`]);
});

test('one that hangs up without a bond is asked for one, if nothing is known of it', async () => {
  const { run, done } = stage({ visits: [fails('radio-disconnected'), ok] });
  await run(seen({ services: ['180d'] }));
  expect(done).toEqual([`visit ${ADDRESS}`, `bond ${ADDRESS}`, `visit ${IDENTITY}`]);
  const { key } = modelWith((bond) => bond === 'none');
  const known = stage({ visits: [fails('radio-disconnected')] });
  await expect(known.run(seen({ services: ['180d'] }), key)).rejects.toMatchObject({
    code: 'radio-disconnected',
  });
});

test('one that bonds and hangs up is waited for, and is not bonded with again', async () => {
  const { run, done } = stage({
    visits: [fails('radio-disconnected'), fails('radio-connect-failed'), ok],
  });
  expect(await run(seen())).toMatchObject({ address: IDENTITY });
  expect(done).toEqual([`bond ${ADDRESS}`, ...Array(3).fill(`visit ${IDENTITY}`)]);
});

test('one that bluetoothd knows no more is heard again first: a retry costs nothing', async () => {
  let tries = 0;
  const { run, done } = stage({
    pair: async () => {
      tries += 1;
      if (tries === 1) throw new RadioError('radio-not-heard');
      return IDENTITY;
    },
    visits: [ok],
  });
  await run(seen());
  expect(done).toEqual([`bond ${ADDRESS}`, `bond ${ADDRESS}`, `visit ${IDENTITY}`]);
  const strap = stage({ visits: [fails('radio-not-heard'), ok] });
  await strap.run(seen({ services: ['180d'] }));
  expect(strap.done).toEqual([`visit ${ADDRESS}`, `visit ${ADDRESS}`]);
});

test('a bond that was made is kept whatever comes after', async () => {
  const { run, done } = stage({ visits: [async () => refusing] });
  await expect(run(seen())).rejects.toMatchObject({ code: 'radio-gatt-refused' });
  expect(done).not.toContain(`unbond ${IDENTITY}`);
});

test('of a bond that failed nothing is left, and its own failure is told', async () => {
  const { run, done } = stage({
    pair: fails('radio-pairing-failed'),
    visits: [fails('radio-connect-failed')],
  });
  await expect(run(seen())).rejects.toMatchObject({ code: 'radio-pairing-failed' });
  expect(done.at(-1)).toBe(`unbond ${ADDRESS}`);
});

test.each(['radio-connect-failed', 'radio-disconnected'] as const)(
  'a bond whose link fails (%s) is tried again when the device is heard again, and each failure noted',
  async (code) => {
    const tries = [fails(code), fails(code), async () => IDENTITY];
    const { run, done, noted } = stage({
      pair: () => tries.shift()?.() ?? fails(code)(),
      visits: [ok],
    });
    expect(await run(seen())).toMatchObject({ address: IDENTITY });
    const bonds = Array(3).fill(`bond ${ADDRESS}`);
    expect(done).toEqual([...bonds, `visit ${IDENTITY}`]);
    expect(noted).toEqual(Array(2).fill({ event: 'bond-not-made', code }));

    const never = stage({ pair: fails(code), visits: [ok] });
    expect(await never.run(seen())).toMatchObject({ address: ADDRESS });
    expect(never.done).toEqual([...bonds, `visit ${ADDRESS}`]);
  },
);

test('a device that refuses to bond and hands over without is taken as it is', async () => {
  const { run, done } = stage({ pair: fails('radio-pairing-failed'), visits: [ok] });
  expect(await run(seen())).toMatchObject({ address: ADDRESS });
  expect(done).toEqual([`bond ${ADDRESS}`, `visit ${ADDRESS}`]);
});

test('a bond that works is used; one that the device has forgotten is made anew', async () => {
  const works = stage({ bonded: true, visits: [ok] });
  await works.run(seen());
  expect(works.done).toEqual([`visit ${ADDRESS}`]);
  const lost = stage({ bonded: true, visits: [fails('radio-bond-lost'), ok] });
  await lost.run(seen());
  expect(lost.done).toEqual([
    `visit ${ADDRESS}`,
    `unbond ${ADDRESS}`,
    `bond ${ADDRESS}`,
    `visit ${IDENTITY}`,
  ]);
});
