import { expect, test, vi } from 'vitest';
import type { BleLink } from '../../../../adapters/bluetooth/radio/radio.ts';
import { RadioError } from '../../../../adapters/bluetooth/radio/radio-error.ts';
import { fc } from '../../../support/property.ts';
import { ADAPTER_PATH, busError } from './fake-bluetoothd.ts';
import { hasDbusDaemon } from './mock-bluez-bus.ts';
import {
  CHARACTERISTIC,
  DEVICE,
  ID,
  never,
  openWorld,
  virtualTime,
  type World,
} from './mock-bluez-world.ts';

const RUNS = 12;
/** Longer than any wait of ours for bluetoothd: after it, whatever was asked has an end. */
const CALM_MS = 65_000;

const MEMBERS = ['Connect', 'Disconnect', 'ReadValue', 'StartNotify', 'StartDiscovery'];
const ANSWERS: Readonly<Record<string, () => unknown>> = {
  silence: never,
  refusal: () => Promise.reject(busError('org.bluez.Error.Failed')),
  busy: () => Promise.reject(busError('org.bluez.Error.InProgress')),
};

type Simple =
  | 'connect'
  | 'abort'
  | 'close'
  | 'read'
  | 'subscribe'
  | 'value'
  | 'hangUp'
  | 'forget'
  | 'find'
  | 'vanish'
  | 'arrive'
  | 'off'
  | 'on'
  | 'settle';
type Action =
  | { do: Simple }
  | { do: 'answer'; member: string; how: string }
  | { do: 'pass'; ms: number };

/** What breaks is mended soon, or little would ever come about. */
const WEIGHTS: Readonly<Record<Simple, number>> = {
  connect: 6,
  read: 6,
  subscribe: 3,
  value: 6,
  abort: 1,
  close: 2,
  hangUp: 3,
  forget: 1,
  find: 3,
  vanish: 1,
  arrive: 4,
  off: 1,
  on: 4,
  settle: 8,
};

const action: fc.Arbitrary<Action> = fc.oneof(
  ...(Object.keys(WEIGHTS) as Simple[]).map((one) => ({
    weight: WEIGHTS[one],
    arbitrary: fc.constant<Action>({ do: one }),
  })),
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('answer' as const),
      member: fc.constantFrom(...MEMBERS),
      how: fc.constantFrom('silence', 'refusal', 'busy', 'late', 'well', 'well', 'well'),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      ms: fc.integer({ min: 0, max: 4_000 }),
    }),
  },
);

/** One disorder: what a test does to the radio and to bluetoothd, and what must come of it. */
class Disorder {
  readonly #world: World;
  readonly sent: number[] = [];
  readonly told: number[] = [];
  readonly #asked: Promise<unknown>[] = [];
  open = 0;
  readonly #late: (() => void)[] = [];
  #abort = new AbortController();
  #link: Promise<BleLink> | undefined;
  #paths: { path: string; indication: string };

  constructor(world: World, paths: { path: string; indication: string }) {
    this.#world = world;
    this.#paths = paths;
    world.radio.onValue(({ bytes }) => this.told.push(bytes[0] ?? -1));
  }

  async run(one: Action): Promise<void> {
    const { daemon, radio } = this.#world;
    const link = this.#link;
    if (one.do === 'pass') await this.#world.pass(one.ms);
    if (one.do === 'connect') {
      this.#abort = new AbortController();
      this.#link = radio.connect(ID, this.#abort.signal);
      this.#track(this.#link);
    }
    if (one.do === 'abort') this.#abort.abort();
    if (one.do === 'close') this.#track(link?.then((made) => made.disconnect()));
    const ready = async () => {
      const made = await link;
      await made?.services();
      return made;
    };
    if (one.do === 'read') this.#track(ready().then((made) => made?.read('180a', '2a24')));
    if (one.do === 'subscribe') {
      this.#track(ready().then((made) => made?.subscribe('1810', '2a35')));
    }
    if (one.do === 'answer') this.#answer(one.member, one.how);
    if (one.do === 'arrive') await this.#arrive();
    if (one.do === 'settle' || one.do === 'vanish') await this.#world.settle();
    if (daemon.running) await this.#toBluetoothd(one);
  }

  /** Everything is well again: what was asked ends, and a new visit works. */
  async calm(): Promise<void> {
    const { daemon, radio } = this.#world;
    daemon.answers.clear();
    for (const answer of this.#late.splice(0)) answer();
    await this.#arrive();
    daemon.changed(ADAPTER_PATH, 'org.bluez.Adapter1', { Powered: true });
    this.#paths = await this.#cuffThere();
    await this.#world.pass(CALM_MS);
    expect(this.open, 'promises that never settle').toBe(0);
    await this.#world.heard(this.#paths.path);
    const link = await radio.connect(ID, new AbortController().signal);
    await link.services();
    await link.subscribe('1810', '2a35');
    await this.run({ do: 'value' });
    await this.#world.settle();
    expect(this.told).toEqual(this.sent);
    await Promise.all(this.#asked);
  }

  /** From now on bluetoothd answers so; what waited for a late answer gets it. */
  #answer(member: string, how: string): void {
    const { answers } = this.#world.daemon;
    for (const answer of this.#late.splice(0)) answer();
    const fixed = ANSWERS[how];
    if (fixed) answers.set(member, fixed);
    else if (how !== 'late') answers.delete(member);
    else answers.set(member, () => new Promise<void>((resolve) => this.#late.push(resolve)));
  }

  async #toBluetoothd(one: Action): Promise<void> {
    const { daemon } = this.#world;
    const { path, indication } = this.#paths;
    const power = (on: boolean) =>
      daemon.changed(ADAPTER_PATH, 'org.bluez.Adapter1', { Powered: on });
    if (one.do === 'on') power(true);
    if (one.do === 'off') power(false);
    if (one.do === 'forget') daemon.removed(path);
    if (one.do === 'find') this.#paths = await this.#cuffThere();
    if (one.do === 'vanish') daemon.vanish();
    if (one.do === 'hangUp' && daemon.objects[path]) {
      daemon.changed(path, DEVICE, { Connected: false, ServicesResolved: false });
    }
    if (one.do === 'value' && daemon.objects[indication]) {
      this.sent.push(this.sent.length);
      const value = { Value: Buffer.from([this.sent.length - 1]) };
      daemon.changed(indication, CHARACTERISTIC, value);
    }
  }

  async #arrive(): Promise<void> {
    const { daemon } = this.#world;
    if (daemon.running) return;
    const device = daemon.objects[this.#paths.path]?.[DEVICE];
    if (device) Object.assign(device, { Connected: false, ServicesResolved: false });
    await daemon.arrive();
  }

  async #cuffThere(): Promise<{ path: string; indication: string }> {
    if (!this.#world.daemon.objects[this.#paths.path]) return await this.#world.cuff();
    await this.#world.heard(this.#paths.path);
    return this.#paths;
  }

  #track(promise: Promise<unknown> | undefined): void {
    if (!promise) return;
    this.open += 1;
    const settled = promise
      .catch((error: unknown) => expect(error).toBeInstanceOf(RadioError))
      .finally(() => {
        this.open -= 1;
      });
    this.#asked.push(settled);
    settled.catch(() => undefined);
  }
}

test.skipIf(!hasDbusDaemon())(
  'whatever bluetoothd does, everything asked has an end and no value is lost or doubled',
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(action, { minLength: 20, maxLength: 60, size: 'max' }),
        async (actions) => {
          const world = await openWorld();
          try {
            virtualTime();
            await world.up();
            const disorder = new Disorder(world, await world.cuff());
            for (const one of actions) await disorder.run(one);
            await disorder.calm();
          } finally {
            world.daemon.answers.clear();
            vi.useRealTimers();
            await world[Symbol.asyncDispose]();
          }
        },
      ),
      { numRuns: RUNS, endOnFailure: true },
    );
  },
);
