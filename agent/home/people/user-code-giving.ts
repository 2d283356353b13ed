import type { Clock } from '../../clock.ts';
import type { Database } from '../../store.ts';
import type { Audit } from '../audit.ts';
import type { Committer } from '../journal/committer.ts';
import type { Devices } from './devices.ts';
import {
  createUserCodes,
  parseUserCode,
  USER_CODES,
  type UserCode,
  type UserCodeState,
} from './user-codes.ts';

export interface UserCodesGiven {
  readonly device: string;
  readonly name: string;
  readonly users: readonly UserCodeState[];
}

/** A person gives a device's user codes, or has a user registered; without the codes in trail or answer. */
export function createUserCodeGiving(parts: {
  readonly db: Database;
  readonly devices: Devices;
  readonly committer: Committer;
  readonly audit: Audit;
  readonly clock: Clock;
  /** One of so many whole numbers from 0 on, which nobody can foresee. */
  readonly random: (count: number) => number;
}) {
  const { devices, committer, audit, clock } = parts;
  const codes = createUserCodes(parts.db);

  function decide(
    actor: string,
    what: string,
    action: string,
    work: (device: string) => Record<string, unknown>,
  ): Promise<UserCodesGiven> {
    return committer.commit(() => {
      const { id, name } = devices.find(what);
      const detail = { device: id, ...work(id) };
      audit.append({ at: clock.now(), actor, action, detail });
      return { device: id, name, users: codes.states(id) };
    });
  }

  return {
    /** Fulfils when it is on disk; throws `device-unknown`, `user-invalid` or `user-code-invalid`. */
    give: (actor: string, what: string, user: number, text: string) =>
      decide(actor, what, 'user-code-given', (device) => {
        codes.give(device, user, parseUserCode(text));
        return { user };
      }),
    /** The device makes a new user at its next visit; the code is the gateway's own. */
    register: (actor: string, what: string) =>
      decide(actor, what, 'user-registration-asked', (device) => {
        codes.register(device, parts.random(USER_CODES));
        return {};
      }),
    list(what: string): UserCodesGiven {
      const { id, name } = devices.find(what);
      return { device: id, name, users: codes.states(id) };
    },
    /** For the radio, which knows devices by their address. */
    userCodes: {
      of: (address: string) => codes.of(devices.byAddress(address)?.id ?? ''),
      answered: (address: string, user: UserCode, answer: string, index?: number): Promise<void> =>
        committer.commit(() => {
          const device = devices.byAddress(address);
          if (device) codes.answered(device.id, user, answer, index);
        }),
    },
  };
}

export type UserCodeGiving = ReturnType<typeof createUserCodeGiving>;
