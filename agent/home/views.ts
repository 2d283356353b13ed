import type { DeviceState } from '../../adapters/adapter.ts';
import type { Database } from '../store.ts';
import { createAudit } from './audit.ts';
import { createPermissions } from './consent/permissions.ts';
import { troubleOf } from './device-trouble.ts';
import { createCaptures } from './journal/captures.ts';
import { createReadings, type StoredReading } from './journal/readings.ts';
import { createDeliveries, type DeliveryRow } from './outbox/deliveries.ts';
import { createOutcomes } from './outbox/outcomes.ts';
import { createAdvertisementKeys } from './people/advertisement-keys.ts';
import { createDevices } from './people/devices.ts';
import { createPeople } from './people/people.ts';

/** Counts of readings by what became of them, each in exactly one place. */
export interface Summary {
  captured: number;
  held: number;
  withheld: number;
  queued: number;
  sent: number;
  received: number;
  rejected: number;
  removed: number;
  kinds: string[];
}

type Place = keyof Omit<Summary, 'kinds' | 'captured'>;

const NONE = {
  captured: 0,
  held: 0,
  withheld: 0,
  queued: 0,
  sent: 0,
  received: 0,
  rejected: 0,
  removed: 0,
} satisfies Omit<Summary, 'kinds'>;

/** Why readings are held or withheld, with how many. */
export interface Cause {
  readonly place: 'held' | 'withheld';
  readonly because: string;
  readonly n: number;
}

const READINGS_MAX = 500;

/**
 * What the store says, read only: the API and the command line share it, and it works on a store
 * opened read-only while the gateway is down.
 */
export function createViews(
  db: Database,
  options: {
    readonly now: () => number;
    /** How it goes with the devices, as the radio knows it; without a radio nothing is known. */
    readonly states?: () => readonly DeviceState[];
  },
) {
  const people = createPeople(db, options);
  const devices = createDevices(db, options);
  const keys = createAdvertisementKeys(db);
  const permissions = createPermissions(db);
  const readings = createReadings(db);
  const deliveries = createDeliveries(db);
  const captures = createCaptures(db);
  const audit = createAudit(db);
  const comments = db.prepare<[string], { id: string; comment: string }>(
    'SELECT id, comment FROM reading WHERE person = ? AND comment IS NOT NULL',
  );
  // By row, in which readings and deliveries lie as they came: by id each would be looked for alone.
  // Delivered outranks waiting: a reading that one recipient has is not lost to another's withheld, and
  // is withheld only when none gets it.
  const placed = (columns: string) => `
    SELECT CASE
      WHEN r.state = 'held' THEN 'held'
      WHEN r.state = 'removed' THEN 'removed'
      ELSE CASE max(CASE d.state WHEN 'received' THEN 4 WHEN 'read' THEN 4 WHEN 'sent' THEN 3
          WHEN 'queued' THEN 2 WHEN 'rejected' THEN 1 ELSE 0 END)
        WHEN 4 THEN 'received' WHEN 3 THEN 'sent' WHEN 2 THEN 'queued' WHEN 1 THEN 'rejected'
        ELSE 'withheld' END
      END AS place, ${columns}
    FROM reading r
    LEFT JOIN delivery d ON d.near = r.near AND d.reading = r.id AND d.action = 'new'
    GROUP BY r.rowid`;
  const placeOf = db.prepare<[], { id: string; place: string }>(placed('r.id AS id'));
  // Those received are what is left of all, so that nearly all need not be sorted.
  const places = db.prepare<[], { place: Exclude<Place, 'received'>; because: string; n: number }>(`
    SELECT place, coalesce(CASE place WHEN 'held' THEN held_because WHEN 'withheld' THEN withheld END, '')
      AS because,
      count(*) AS n
    FROM (${placed(`r.held_because,
      max(CASE d.state WHEN 'withheld' THEN d.because END) AS withheld`)})
    WHERE place <> 'received'
    GROUP BY 1, 2 ORDER BY place, n DESC, because`);

  const all = db.prepare<[], number>('SELECT count(*) FROM reading').pluck();

  const trail = () => ({ firstBroken: audit.firstBroken(), head: audit.head() });

  /** Where all readings are and, of those that stay at home, why. */
  const counts = db.transaction((): { summary: Omit<Summary, 'kinds'>; causes: Cause[] } => {
    const captured = all.get() ?? 0;
    const summary = { ...NONE, captured, received: captured };
    const causes: Cause[] = [];
    for (const { place, because, n } of places.all()) {
      summary[place] += n;
      summary.received -= n;
      if (place === 'held' || place === 'withheld') causes.push({ place, because, n });
    }
    return { summary, causes };
  });

  return {
    people: () => people.list(),
    devices() {
      const states = new Map((options.states?.() ?? []).map((one) => [one.address, one]));
      return devices.list().map((device) => ({
        id: device.id,
        name: device.name,
        address: device.address,
        model: [device.facts.manufacturer, device.facts.model].filter(Boolean).join(' '),
        ownership: device.ownership,
        owner: device.owner,
        slots: device.slots,
        slotKind: device.slotKind,
        battery: device.battery,
        /** Of one that broadcasts encrypted: without its key nothing of it can be read. */
        key: keys.state(device.id),
        lastHeardAt: device.lastHeardAt,
        adoptedAt: device.adoptedAt,
        simulated: device.simulated,
        ready: !isPending(device.key),
        trouble: troubleOf(states.get(device.address)),
        modelKey: device.model,
      }));
    },
    permissions: () => permissions.list(),
    readings(state: 'held' | 'all') {
      return (state === 'held' ? readings.held() : readings.recent(READINGS_MAX)).map(
        (reading) => ({
          ...shown(reading),
          deliveries: deliveries.ofReading(reading.id).map(deliveryShown),
        }),
      );
    },
    outbox: () => deliveries.counts(),
    openOutbox: () => deliveries.openCounts(),
    outcomes: createOutcomes(db),
    captures: () => captures.counts(),
    audit: () => ({ entries: audit.list(), ...trail() }),
    trail,
    export(who: string) {
      const person = people.find(who);
      const words = new Map(comments.all(person.id).map(({ id, comment }) => [id, comment]));
      return {
        person,
        readings: readings.ofPerson(person.id).map((reading) => ({
          ...shown(reading),
          comment: words.get(reading.id),
          deliveries: deliveries.ofReading(reading.id).map(deliveryShown),
        })),
        permissions: permissions
          .list()
          .filter((row) => row.person === person.id)
          .map((row) => row.permission),
      };
    },
    counts,
    summary: (): Summary => ({ ...counts().summary, kinds: readings.kinds() }),
    /** Every reading with its place: for accounting. */
    *accounts() {
      for (const { id, place } of placeOf.iterate()) {
        const reading = readings.get(id);
        if (!reading) continue;
        const device = devices.byId(reading.device);
        yield {
          ...shown(reading),
          place,
          systemId: device?.facts.systemId ?? device?.address ?? '',
        };
      }
    },
  };
}

export type Views = ReturnType<typeof createViews>;

/** A device whose identity is not known yet: its captures wait. */
export function isPending(key: string): boolean {
  return key.startsWith('pending:');
}

/** Where a delivery is, why, and when it took each step. */
function deliveryShown(row: DeliveryRow) {
  const { recipient, action, state, because, sentAt, receivedAt, readAt } = row;
  return { recipient, action, state, because, sentAt, receivedAt, readAt };
}

function shown(reading: StoredReading) {
  const [measurement] = reading.content.measurements;
  return {
    id: reading.id,
    kind: reading.kind,
    device: reading.device,
    state: reading.state,
    held: reading.held,
    because: reading.heldBecause,
    person: reading.person,
    basis: reading.basis,
    capturedAt: reading.capturedAt,
    measuredAt: reading.measuredAt,
    effective: reading.time?.effective,
    quantities: measurement?.quantities ?? {},
    reported: reading.content.status,
  };
}
