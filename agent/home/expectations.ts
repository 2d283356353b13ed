import type { Kind } from '../../adapters/measurement.ts';
import { localMeaning, localMs } from '../../fhir/time.ts';
import type { RoundParts } from './daily-round.ts';
import { type DeviceTrouble, troubleOf } from './device-trouble.ts';
import { causeOf, isDue, type MissingFacts } from './missing.ts';
import { ENTRIES } from './people/devices.ts';

/** Below this, in percent, a device's battery is told as a technical cause. */
const BATTERY_LOW_PERCENT = 10;

/** Of several, the one that a person can mend comes first. */
const TROUBLES: readonly DeviceTrouble[] = ['bond-lost', 'not-fetched', 'out-of-range'];

interface Day {
  /** `2026-11-20`, local. */
  readonly name: string;
  /** Its beginning, ms UTC, and now. */
  readonly from: number;
  readonly now: number;
}

/** Missing is said (promise 7): once a day and expectation, with one cause. Remembers in the store. */
export function createExpectations(
  parts: Pick<
    RoundParts,
    | 'db'
    | 'config'
    | 'clock'
    | 'devices'
    | 'deliveries'
    | 'routing'
    | 'events'
    | 'links'
    | 'health'
    | 'states'
  >,
) {
  const { db, config, clock } = parts;
  const save = db.prepare(
    'INSERT INTO meta VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
  );
  const load = db.prepare<[string], string>('SELECT value FROM meta WHERE name = ?').pluck();
  const ofDay = db.prepare<
    [string, number, number],
    { state: string; held: string | null; person: string | null; id: string }
  >(
    'SELECT id, state, held, person FROM reading WHERE kind = ? AND coalesce(measured_at, captured_at) BETWEEN ? AND ?',
  );
  const devicesOf = db
    .prepare<[string], string>(
      `SELECT DISTINCT device FROM reading WHERE kind = ?
       AND device NOT IN (SELECT id FROM device WHERE key LIKE '${ENTRIES}%')`,
    )
    .pluck();
  let lastRoundAt: number | undefined;

  const remember = (name: string, value: string) => void save.run(name, value);
  const recall = (name: string) => load.get(name);

  function today(): string {
    return new Date(localMs(clock.now(), config.zone)).toISOString().slice(0, 10);
  }

  function dayOf(now: number): Day {
    const name = today();
    const begin = localMeaning(`${name}T00:00:00`, config.zone);
    // Where midnight itself is skipped, the day begins an hour later: nothing was measured between.
    const from =
      begin.kind === 'one'
        ? begin.ms
        : begin.kind === 'two'
          ? begin.earlier
          : now - (localMs(now, config.zone) % 86_400_000);
    return { name, from, now };
  }

  /** Share of the day so far in which the gateway ran and its radio worked, 0 to 1; a short restart does not count against it. */
  function listened({ name, from, now }: Day): number {
    const [day, ms] = (recall('listened') ?? '').split(' ');
    const before = day === name ? Number(ms) : 0;
    const began = parts.health.listening() ? lastRoundAt : undefined;
    const since = began === undefined ? 0 : Math.max(0, now - Math.max(began, from));
    lastRoundAt = now;
    const total = Math.min(before + since, now - from);
    remember('listened', `${name} ${total}`);
    return now > from ? total / (now - from) : 0;
  }

  function factsOf(
    person: string,
    kind: Kind,
    recipient: string,
    { from, now, share }: Day & { readonly share: number },
  ): MissingFacts | 'came' {
    const rows = ofDay.all(kind, from, now);
    const deliveries = rows
      .filter((row) => row.person === person && ['ready', 'corrected'].includes(row.state))
      .flatMap((row) => parts.deliveries.ofReading(row.id))
      .filter((one) => one.recipient === recipient && one.person === person);
    if (deliveries.some(({ state }) => state === 'received' || state === 'read')) return 'came';
    const measuring = new Set(devicesOf.all(kind));
    const devices = parts.devices
      .list()
      .filter((one) => one.owner === person || Object.values(one.slots).includes(person))
      .filter((one) => measuring.size === 0 || measuring.has(one.id));
    const states = new Map(parts.states().map((state) => [state.address, state]));
    const troubles = devices.flatMap(({ address }) => {
      const state = states.get(address);
      const trouble = troubleOf(state);
      // A key stays lost over night; what could not be fetched yesterday is yesterday's.
      const since = trouble === 'bond-lost' ? 0 : from;
      return trouble !== undefined && (state?.failedAt ?? 0) >= since ? [trouble] : [];
    });
    const decision = parts.routing.askAbout(person, recipient, kind, clock.now());
    return {
      paused: !decision.allowed && decision.because === 'paused',
      unsent: deliveries.some(({ state }) => ['queued', 'sent', 'rejected'].includes(state)),
      online: parts.links.link(recipient)?.state().online ?? true,
      heldForPerson: rows.some((row) => row.held === 'person'),
      heldForClock: rows.some((row) => row.held === 'clock'),
      batteryLow: devices.some(
        ({ battery }) => battery !== undefined && Number(battery) < BATTERY_LOW_PERCENT,
      ),
      trouble: TROUBLES.find((one) => troubles.includes(one)),
      listened: share,
    };
  }

  /** One event with one cause, for each recipient that may know. `known` are the people of the household. */
  function sayMissing(known: ReadonlySet<string>): void {
    if (!clock.trusted()) return;
    const now = clock.now();
    const day = dayOf(now);
    const share = listened(day);
    for (const expectation of config.expectations) {
      const { person } = expectation;
      const kind = expectation.kind as Kind;
      const name = `expected/${person}/${kind}`;
      // Somebody the configuration names and the household does not know: nothing can be said of them.
      if (!known.has(person) || !isDue(expectation, localMs(now, config.zone))) continue;
      if (recall(name) === day.name) continue;
      remember(name, day.name);
      for (const { id } of config.recipients) {
        const facts = factsOf(person, kind, id, { ...day, share });
        if (facts === 'came') continue;
        parts.events.add(id, {
          kind: 'missing',
          cause: causeOf(facts),
          person,
          measurement: kind,
        });
      }
    }
  }

  return { sayMissing, today, remember, recall };
}
