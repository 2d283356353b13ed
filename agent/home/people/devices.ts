import { randomUUID } from 'node:crypto';
import { modelOf } from '../../../adapters/bluetooth/models/index.ts';
import type { DeviceFacts } from '../../../fhir/reading.ts';
import { CodedError } from '../../errors.ts';
import type { Database } from '../../store.ts';
import { noteChange } from '../journal/changes.ts';
import { onRollback } from '../journal/committer.ts';

export type SlotKind = 'chosen' | 'guessed' | 'none' | 'unknown';

/** The household's own unit: what it is, and whose. */
export interface DeviceRow {
  readonly id: string;
  readonly address: string;
  readonly key: string;
  readonly name: string;
  readonly model: string | undefined;
  readonly facts: DeviceFacts;
  readonly ownership: 'unassigned' | 'mine' | 'shared';
  readonly owner: string | undefined;
  readonly slotKind: SlotKind;
  readonly slots: Readonly<Record<number, string>>;
  readonly clockEpoch: number;
  readonly simulated: boolean;
  readonly adoptedAt: number;
  readonly lastHeardAt: number | undefined;
  readonly battery: string | undefined;
}

interface Raw {
  id: string;
  address: string;
  key: string;
  name: string;
  model: string | null;
  facts: string;
  ownership: DeviceRow['ownership'];
  owner: string | null;
  slot_kind: SlotKind;
  slots: string;
  clock_epoch: number;
  simulated: number;
  adopted_at: number;
  last_heard_at: number | null;
  battery: string | null;
}

function row(raw: Raw): DeviceRow {
  return {
    id: raw.id,
    address: raw.address,
    key: raw.key,
    name: raw.name,
    model: raw.model ?? undefined,
    facts: JSON.parse(raw.facts) as DeviceFacts,
    ownership: raw.ownership,
    owner: raw.owner ?? undefined,
    slotKind: raw.slot_kind,
    slots: JSON.parse(raw.slots) as Record<number, string>,
    clockEpoch: raw.clock_epoch,
    simulated: raw.simulated === 1,
    adoptedAt: raw.adopted_at,
    lastHeardAt: raw.last_heard_at ?? undefined,
    battery: raw.battery ?? undefined,
  };
}

const guesses = ({ model }: DeviceRow) => modelOf(model)?.slots === 'guessed';

/** Begins the key of a row that holds a person's own entries; what follows is the person's id. */
export const ENTRIES = 'typed:';

/** Longest name of a device, characters: it stands in headings and on buttons. */
export const NAME_MAX = 80;

/** A device is heard more often than its row is worth a write: so far the stored instant may lag, ms. */
const HEARD_LAG_MS = 60_000;

/** Rows in memory, one set for a store: whoever writes a device, everybody reads it. */
interface Memory {
  /** By id, in the order of adoption. */
  rows: Map<string, DeviceRow> | undefined;
  byAddress: Map<string, string>;
  /** When each was last heard as its stored row says. */
  heardAt: Map<string, number>;
}
const memories = new WeakMap<Database, Memory>();

function memoryOf(db: Database): Memory {
  const known = memories.get(db);
  if (known) return known;
  const made: Memory = { rows: undefined, byAddress: new Map(), heardAt: new Map() };
  memories.set(db, made);
  onRollback(db, () => {
    made.rows = undefined;
  });
  return made;
}

/**
 * Whom a device is shown to, and whose questions it may bring: its owner; of a shared one those who
 * have a user on it, or everybody where none was named. One that nobody claimed is shown to everybody,
 * since one of them must claim it; what it measured is asked of nobody before.
 */
export function concerns(
  { ownership, owner, slots }: Pick<DeviceRow, 'ownership' | 'owner' | 'slots'>,
  person: string,
): boolean {
  if (ownership === 'mine') return owner === person;
  const users = Object.values(slots);
  return ownership === 'unassigned' || users.length === 0 || users.includes(person);
}

/**
 * Adopted while the gateway did not know the time: all that the device holds counts as from before
 * the pairing, hence as a question, until the clock is known.
 */
export const ADOPTED_UNDATED = Number.MAX_SAFE_INTEGER;

/** Devices that the household has adopted. Rows are cached: they change only through here. */
export function createDevices(db: Database, options: { readonly now: () => number }) {
  const load = db.prepare<[], Raw>(
    'SELECT * FROM device WHERE removed_at IS NULL ORDER BY adopted_at, id',
  );
  const byId = db.prepare<[string], Raw>('SELECT * FROM device WHERE id = ?');
  const insert =
    db.prepare(`INSERT INTO device (id, address, key, name, model, facts, slot_kind, simulated, adopted_at)
    VALUES (@id, @address, @key, @name, @model, @facts, @slotKind, @simulated, @adoptedAt)`);
  const assign = db.prepare(
    'UPDATE device SET ownership = ?, owner = ?, slots = ?, slot_kind = ? WHERE id = ?',
  );
  const setName = db.prepare('UPDATE device SET name = ? WHERE id = ?');
  const setFacts = db.prepare('UPDATE device SET facts = ? WHERE id = ?');
  const setHeard = db.prepare(
    'UPDATE device SET last_heard_at = ?, battery = coalesce(?, battery) WHERE id = ?',
  );
  const setEpoch = db.prepare('UPDATE device SET clock_epoch = ? WHERE id = ?');
  const identify = db.prepare(`UPDATE device SET address = ?, key = ?, facts = ?,
    model = coalesce(?, model), slot_kind = coalesce(?, slot_kind) WHERE id = ?`);
  const entries = db.prepare<[string], Raw>('SELECT * FROM device WHERE key = ?');
  const addEntries = db.prepare(`INSERT INTO device
    (id, address, key, name, facts, ownership, owner, slot_kind, simulated, adopted_at, removed_at)
    VALUES (@id, 'typed', @key, '', @facts, 'mine', @person, 'none', @simulated, 0, 0)`);
  const remove = db.prepare('UPDATE device SET removed_at = ? WHERE id = ?');
  const date = db.prepare('UPDATE device SET adopted_at = ? WHERE adopted_at = ?');
  const memory = memoryOf(db);

  function rows(): Map<string, DeviceRow> {
    if (memory.rows) return memory.rows;
    const all = load.all().map(row);
    memory.byAddress = new Map(all.map(({ address, id }) => [address, id]));
    memory.heardAt.clear();
    memory.rows = new Map(all.map((device) => [device.id, device]));
    return memory.rows;
  }

  function find(text: string): DeviceRow {
    const all = [...rows().values()];
    const named = all.filter(
      (device) =>
        device.id === text ||
        device.address === text.replaceAll(':', '').toLowerCase() ||
        device.name === text,
    );
    const [only] = named;
    if (only && named.length === 1) return only;
    throw new CodedError('device-unknown', 'There is no such device', 'See `iomt devices list`.');
  }

  return {
    list: () => [...rows().values()],
    byAddress: (address: string) => {
      const all = rows();
      const id = memory.byAddress.get(address);
      return id === undefined ? undefined : all.get(id);
    },
    /** Also a removed one: old readings still name it. */
    byId(id: string): DeviceRow | undefined {
      const known = rows().get(id);
      if (known) return known;
      const raw = byId.get(id);
      return raw && row(raw);
    },
    find,
    /**
     * Where the readings lie that a person types in: captures and readings name a row here, by which
     * they are erased with the person and leave in their order. It is no device, and never was one:
     * removed from the beginning, so that no list, page, radio or recipient has it.
     */
    entriesOf(person: string, simulated: boolean): DeviceRow {
      const key = `${ENTRIES}${person}`;
      if (!entries.get(key)) {
        const facts: DeviceFacts = { key, regulated: 'unknown', hasClock: false };
        const own = { id: randomUUID(), key, person, simulated: simulated ? 1 : 0 };
        addEntries.run({ ...own, facts: JSON.stringify(facts) });
      }
      const raw = entries.get(key);
      if (!raw) throw new TypeError('a row that was written is there');
      return row(raw);
    },
    adopt(device: {
      address: string;
      key: string;
      name: string;
      model?: string | undefined;
      facts: DeviceFacts;
      slotKind: SlotKind;
      simulated: boolean;
      adoptedAt: number;
    }): DeviceRow {
      const id = randomUUID();
      insert.run({
        ...device,
        id,
        model: device.model ?? null,
        facts: JSON.stringify(device.facts),
        simulated: device.simulated ? 1 : 0,
      });
      memory.rows = undefined;
      return find(id);
    },
    /** What the household calls it. Throws `device-name-invalid`. */
    rename(id: string, text: string): void {
      const name = text.trim();
      if (name === '' || name.length > NAME_MAX) {
        throw new CodedError(
          'device-name-invalid',
          'The name is empty or too long',
          `Give 1 to ${NAME_MAX} characters.`,
        );
      }
      setName.run(name, find(id).id);
      memory.rows = undefined;
    },
    /**
     * Whose it is: one person's only, or shared with slots. Slots of `chosen` kind are certain;
     * refused for a model that is known to guess them (promise 3).
     */
    assign(
      id: string,
      to: { owner: string } | { slots: Record<number, string>; slotKind?: SlotKind },
    ): void {
      const device = find(id);
      if ('slotKind' in to && to.slotKind === 'chosen' && guesses(device)) {
        throw new CodedError(
          'slots-guessed',
          'This model guesses which of its users it measured',
          'Leave out --slots chosen: you are asked whose each reading is.',
        );
      }
      if ('owner' in to) assign.run('mine', to.owner, '{}', device.slotKind, device.id);
      else
        assign.run(
          'shared',
          null,
          JSON.stringify(to.slots),
          to.slotKind ?? device.slotKind,
          device.id,
        );
      memory.rows = undefined;
    },
    /** What it is; `model` and `slotKind` stay as they were where they are not given. */
    identify(
      id: string,
      as: {
        address: string;
        key: string;
        facts: DeviceFacts;
        model?: string | undefined;
        slotKind?: SlotKind | undefined;
      },
    ): void {
      const { address, key, facts, model = null, slotKind = null } = as;
      identify.run(address, key, JSON.stringify(facts), model, slotKind, id);
      memory.rows = undefined;
    },
    learn(id: string, facts: DeviceFacts): void {
      setFacts.run(JSON.stringify(facts), id);
      memory.rows = undefined;
    },
    heard(id: string, at: number, battery?: string): void {
      const known = rows().get(id);
      const stored = memory.heardAt.get(id) ?? Number.NEGATIVE_INFINITY;
      if (battery !== undefined || Math.abs(at - stored) >= HEARD_LAG_MS) {
        setHeard.run(at, battery ?? null, id);
        memory.heardAt.set(id, at);
        noteChange(db, { what: 'device', device: id });
      }
      if (!known) return;
      memory.rows?.set(id, { ...known, lastHeardAt: at, battery: battery ?? known.battery });
    },
    newTimeline(id: string, epoch: number): void {
      setEpoch.run(epoch, id);
      memory.rows = undefined;
    },
    remove(id: string): void {
      remove.run(options.now(), find(id).id);
      memory.rows = undefined;
    },
    /** The person was removed: their devices are nobody's, and what they bring is a question. */
    release(person: string): void {
      for (const device of rows().values()) {
        const slots = Object.entries(device.slots).filter(([, bound]) => bound !== person);
        const isUser = slots.length < Object.keys(device.slots).length;
        const kept = JSON.stringify(Object.fromEntries(slots));
        // The last of its users: it is not everybody's for that.
        if (device.owner === person || (isUser && slots.length === 0)) {
          assign.run('unassigned', null, '{}', device.slotKind, device.id);
        } else if (isUser) {
          assign.run(device.ownership, device.owner ?? null, kept, device.slotKind, device.id);
        }
      }
      memory.rows = undefined;
    },
    /** The clock is known: devices adopted without one were adopted before now. */
    dateAdoptions(now: number): void {
      date.run(now, ADOPTED_UNDATED);
      memory.rows = undefined;
    },
  };
}

export type Devices = ReturnType<typeof createDevices>;
