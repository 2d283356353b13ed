import { setTimeout as delay } from 'node:timers/promises';
import { type Random, whole } from '../../adapters/simulated/random.ts';
import { ask } from '../../agent/cli/control.ts';
import { CodedError } from '../../agent/errors.ts';
import type { SharingPermission } from '../../fhir/consent.ts';
import type { ConsentHistory } from './consent-history.ts';
import { DEVICES, FED_KINDS, PEOPLE } from './devices.ts';
import { RECIPIENT } from './programs.ts';

/** Covers whatever was measured. */
const SINCE = '2000-01-01T00:00:00+01:00';
/** An end that never comes, but that nobody is sure of without a clock. */
const UNTIL = '2099-01-01T00:00:00+01:00';
/** Whose permissions have that end: an index in PEOPLE. */
const WITH_END = 2;
const PAIRING_LOOK_MS = 4;

interface Listed {
  readonly person: string;
  readonly permission: SharingPermission;
}
interface Changed {
  readonly permission: SharingPermission;
  readonly alreadyPast: readonly string[];
}
type Choice = 'give' | 'pause' | 'resume' | 'withdraw';

/**
 * What the people of the home do through the control socket, as the command line does it. Each call
 * rejects when the gateway dies over it; what it knew before is asked for again.
 */
export function createDecisions(deps: {
  /** Data folder of the gateway. */
  readonly folder: string;
  readonly history: ConsentHistory;
  readonly random: Random;
  /** Something was answered: what it rests on has been synced. */
  readonly onAnswer: () => void;
  /** A decision is on its way to the gateway. */
  readonly onAsked: () => void;
}) {
  const { folder, history, random } = deps;
  /** Ids of PEOPLE at the gateway. */
  let ids: readonly string[] = [];
  let known: readonly Listed[] = [];
  const get = <T>(path: string) => ask<T>(folder, 'GET', path);
  const post = async <T>(path: string, body: unknown): Promise<T> => {
    const answer = await ask<T>(folder, 'POST', path, body);
    deps.onAnswer();
    return answer;
  };

  /** A decision about sharing, written down before and after. */
  async function decide(person: number, path: string, body: unknown): Promise<void> {
    const asked = history.ask();
    try {
      const answered = post<SharingPermission | Changed>(path, body);
      deps.onAsked();
      const answer = await answered;
      const { permission, alreadyPast } =
        'alreadyPast' in answer ? answer : { permission: answer, alreadyPast: [] };
      asked.done(person, permission, alreadyPast);
    } catch (error) {
      // Not a refusal but silence: whether it was done is found out in the next life.
      if (error instanceof CodedError && error.code !== 'gateway-unreachable') asked.refused();
      throw error;
    }
  }

  const give = (person: number, kinds: readonly string[], from?: string, until?: string) =>
    decide(person, '/api/consents', {
      person: ids[person],
      recipient: RECIPIENT,
      kinds,
      from,
      until,
    });

  /** What stands at the gateway: people, and what they share. */
  async function look(): Promise<void> {
    const people = await get<{ id: string; name: string }[]>('/api/people');
    ids = PEOPLE.map((name) => people.find((one) => one.name === name)?.id ?? '');
    known = await get<Listed[]>('/api/consents');
    const owned = known.map(({ person, permission }) => {
      return [permission.id, { person: ids.indexOf(person), permission }] as const;
    });
    history.found(new Map(owned));
  }

  async function pairDevices(): Promise<number> {
    const list = () =>
      get<{ id: string; address: string; ready: boolean; owner?: string }[]>('/api/devices');
    let done = 0;
    for (const { address, name, owner } of DEVICES) {
      const find = async () => (await list()).find((one) => one.address === address && one.ready);
      let device = await find();
      if (!device) await post('/api/pairing', { address, name });
      for (; !device; device = await find()) await delay(PAIRING_LOOK_MS);
      if (device.owner !== undefined) continue;
      await post(`/api/devices/${device.id}/assign`, { owner: ids[owner] });
      done += 1;
    }
    return done;
  }

  return {
    look,
    /** People, devices and permissions, those that are not there yet: how many were not. */
    async furnish(): Promise<number> {
      await look();
      const missing = PEOPLE.filter((_, index) => ids[index] === '');
      for (const name of missing) await post('/api/people', { name });
      if (missing.length > 0) await look();
      const paired = await pairDevices();
      for (const [person] of PEOPLE.entries()) {
        if (known.some((one) => one.person === ids[person])) continue;
        await give(person, FED_KINDS, SINCE, person === WITH_END ? UNTIL : undefined);
      }
      return missing.length + paired;
    },

    /** Somebody decides something, whatever makes sense then; rather to stop it where there is something to stop. */
    async decideAnything(rather?: 'stop'): Promise<void> {
      const person = whole(random, 0, PEOPLE.length - 1);
      const own = known.filter((one) => one.person === ids[person]);
      const active = own.filter(({ permission }) => permission.state === 'active');
      const one = active[whole(random, 0, Math.max(0, active.length - 1))]?.permission;
      const isPaused = one?.pauses.some(({ until }) => until === undefined);
      const choices: Choice[] = [];
      if (one) choices.push('withdraw', isPaused ? 'resume' : 'pause');
      if (rather !== 'stop' || !one || isPaused) choices.push('give');
      const choice = choices[whole(random, 0, choices.length - 1)];
      if (choice !== 'give') return decide(person, `/api/consents/${one?.id}/${choice}`, {});
      const kinds = FED_KINDS.filter(() => random() < 0.7);
      return give(
        person,
        kinds.length === 0 ? FED_KINDS : kinds,
        random() < 0.5 ? SINCE : undefined,
        person === WITH_END ? UNTIL : undefined,
      );
    },

    /** Everybody ends every pause and lets everything go, whenever it was measured. */
    async giveAll(): Promise<void> {
      await look();
      for (const { person, permission } of known) {
        const isPaused = permission.pauses.some(({ until }) => until === undefined);
        if (!isPaused || permission.state !== 'active') continue;
        await decide(ids.indexOf(person), `/api/consents/${permission.id}/resume`, {});
      }
      for (const [person] of PEOPLE.entries()) await give(person, FED_KINDS, SINCE);
    },

    /** Envelopes that have not reached their end. */
    async unfinished(): Promise<number> {
      const counts = await get<{ state: string; n: number }[]>('/api/outbox');
      const open = counts.filter(({ state }) => !['received', 'read', 'withdrawn'].includes(state));
      return open.reduce((sum, { n }) => sum + n, 0);
    },
    /** Answers what the gateway asks: when that was which no clock dates. How many questions stand. */
    async answerHeld(at: string): Promise<number> {
      const held = await get<{ id: string; held: string }[]>('/api/readings?state=held');
      for (const { id } of held.filter((one) => one.held === 'clock')) {
        await post(`/api/readings/${id}/date`, { at });
      }
      return held.length;
    },
    /** What the gateway says of itself, for whoever looks for a fault. */
    async words() {
      const paths = ['status', 'readings', 'outbox', 'consents', 'audit', 'devices'];
      return Promise.all(paths.map((path) => get(`/api/${path}`).catch(String)));
    },
  };
}

export type Decisions = ReturnType<typeof createDecisions>;
