import { setTimeout as delay } from 'node:timers/promises';
import type { Household } from '../../adapters/simulated/household.ts';
import { keyOf } from '../../agent/demo-accounts.ts';
import { codeOf } from '../../agent/errors.ts';
import type { Home } from '../../agent/home/home.ts';
import { instantText } from '../../fhir/time.ts';
import type { Taken } from './judge.ts';
import { readTruth } from './judge-files.ts';
import { type HeldLine, type PersonLine, RECIPIENT, SHARED_KINDS, ZONE } from './settings.ts';

/** People look at the gateway's page this often, virtual ms: everything is answered within a day. */
const LOOK_MS = 5 * 3_600_000;
const MINUTE_MS = 60_000;
/** One try to pair, ms; the device is in pairing mode so long. */
const PAIRING_MS_MAX = 120_000;
const PAIRINGS_MAX = 8;
const ACTOR = 'home-test';

type Box = Household['devices'][number];
type Reading = ReturnType<Home['views']['readings']>[number];

/**
 * The people of the home, as the gateway meets them: they set it up, answer what it asks, and do what
 * it says has to be done. They know what they measured, and when.
 */
export function createPerson(parts: {
  readonly home: Home;
  readonly household: Household;
  /** Folder of the run. */
  readonly data: string;
  /** The gateway knows what time it is. */
  readonly trusted: () => boolean;
}) {
  const { home, household, data, trusted } = parts;
  const { views, decisions } = home;
  const systemIdOf = (device: string) => {
    const address = views.devices().find(({ id }) => id === device)?.address;
    return household.devices.find((one) => one.address === address)?.systemId ?? '';
  };

  async function setUp(): Promise<void> {
    const known = new Map(views.people().map(({ name, id }) => [name, id]));
    const ids = new Map<string, string>();
    for (const { key, name } of household.people) {
      ids.set(key, known.get(name) ?? (await decisions.addPerson(ACTOR, name)).id);
    }
    if (views.permissions().length === 0) {
      for (const id of ids.values()) {
        const ask = { person: id, recipient: RECIPIENT, kinds: SHARED_KINDS };
        await decisions.givePermission(ACTOR, ask);
      }
    }
    const paired = new Set(views.devices().flatMap((one) => (one.ready ? [one.address] : [])));
    for (const device of household.devices) {
      if (paired.has(device.address)) continue;
      await pair(device);
      await assign(device, (key) => ids.get(key) ?? key);
    }
  }

  /** Puts the device into pairing mode and pairs it; again when it did not work. */
  async function pair({ address, name, passkey }: Box): Promise<void> {
    const dialog = {
      enterPasskey: () => Promise.resolve(Number(passkey)),
      showPasskey: () => undefined,
      confirmPasskey: () => Promise.resolve(true),
    };
    for (let tries = 1; ; tries += 1) {
      household.repair(name);
      const given = new AbortController();
      const timer = setTimeout(() => given.abort(), PAIRING_MS_MAX);
      try {
        const options = { address, name, simulated: true };
        await home.adoption.pair(ACTOR, options, given.signal, { dialog });
        return;
      } catch (error) {
        if (tries === PAIRINGS_MAX) throw error;
        console.error(`not paired: ${codeOf(error)}`);
        await delay(PAIRING_MS_MAX);
      } finally {
        clearTimeout(timer);
      }
    }
  }

  async function assign({ address, owner }: Box, id: (key: string) => string): Promise<void> {
    const device = views.devices().find((one) => one.address === address)?.id ?? '';
    const slots = owner.mode === 'shared' ? Object.entries(owner.slots) : [];
    const whose =
      owner.mode === 'mine'
        ? { owner: id(owner.person) }
        : {
            slots: Object.fromEntries(slots.map(([slot, key]) => [slot, id(key)])),
            slotKind: 'chosen' as const,
          };
    await decisions.assignDevice(ACTOR, device, whose);
  }

  /** Only what the gateway says has lost its bond is paired again. */
  async function repairBonds(): Promise<void> {
    for (const { address, trouble } of views.devices()) {
      const device = household.devices.find((one) => one.address === address);
      if (trouble !== 'bond-lost' || !device) continue;
      await pair(device);
    }
  }

  async function answerHeld(): Promise<void> {
    const { taken, handedOver } = readTruth(data);
    const byKey = Map.groupBy(taken, keyOf);
    const ids = new Map(views.people().map(({ name, id }) => [name, id]));
    const meant = new Set<Taken>();
    for (const reading of views.readings('held')) {
      const key = keyOf({
        device: systemIdOf(reading.device),
        kind: reading.kind,
        values: textsOf(reading.quantities),
      });
      // Of two alike it is the one that the device gave away when the gateway got this.
      const late = ({ n }: Taken) => Math.abs((handedOver.get(n) ?? 0) - reading.capturedAt);
      const [one] = (byKey.get(key) ?? [])
        .filter((candidate) => !meant.has(candidate))
        .toSorted((a, b) => late(a) - late(b));
      if (!one) continue;
      meant.add(one);
      await answer(reading, one, ids).catch((error: unknown) =>
        console.error(`no answer: ${codeOf(error)}`),
      );
    }
  }

  /** When it was, to the minute, and whose it is, where the gateway asks for it. */
  async function answer(reading: Reading, one: Taken, ids: ReadonlyMap<string, string>) {
    let { held } = reading;
    if (held === 'clock') {
      if (!trusted()) return;
      const minute = Math.round(one.at / MINUTE_MS) * MINUTE_MS;
      const at = instantText(minute, ZONE);
      held = (await decisions.stateTime(ACTOR, reading.id, at)).held;
    }
    if (held === 'person') {
      await decisions.assignReading(ACTOR, reading.id, ids.get(one.person) ?? one.person);
    }
  }

  return {
    setUp,
    begin(): void {
      let looking = false;
      setInterval(() => {
        if (looking) return;
        looking = true;
        answerHeld()
          .then(repairBonds)
          .catch((error: unknown) => console.error(`not answered: ${codeOf(error)}`))
          .finally(() => {
            looking = false;
          });
      }, LOOK_MS);
    },
    pseudonyms: (): PersonLine[] => {
      const names = new Map(views.people().map(({ id, name }) => [id, name]));
      return views.permissions().map(({ person, permission }) => ({
        pseudonym: `urn:uuid:${permission.pseudonym}`,
        person: names.get(person) ?? '',
      }));
    },
    /** What the gateway has and the municipality has not, with the reason. */
    held: (): HeldLine[] =>
      [...views.accounts()]
        .filter(({ place }) => place !== 'received' && place !== 'removed')
        .map((reading) => ({
          device: reading.systemId,
          kind: reading.kind,
          at: reading.measuredAt ?? reading.capturedAt,
          values: textsOf(reading.quantities),
          because: reading.because ?? reading.place,
        })),
  };
}

function textsOf(quantities: Reading['quantities']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(quantities).flatMap(([name, quantity]) =>
      'value' in quantity ? [[name, quantity.value]] : [],
    ),
  );
}
