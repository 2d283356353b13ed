import type { DeviceState } from '../adapter.ts';
import type { Advertisement } from './radio/radio.ts';

export interface DeviceStates {
  heard(advertisement: Advertisement): void;
  visited(address: string): void;
  failed(address: string, code: string, linked: boolean): void;
  forget(address: string): void;
  all(): readonly DeviceState[];
}

/** Ended by us for another's sake or at the stop: says nothing of the device. */
const NOBODYS_FAULT: ReadonlySet<string> = new Set(['radio-aborted', 'radio-off', 'radio-busy']);

export function createDeviceStates(now: () => number): DeviceStates {
  const states = new Map<string, DeviceState>();
  const change = (address: string, fresh: Partial<DeviceState>) =>
    void states.set(address, { ...states.get(address), address, ...fresh });
  return {
    heard: ({ address, rssi, at }) => change(address, { heardAt: at, rssi }),
    visited(address) {
      const {
        failedAt: _at,
        failure: _code,
        linked: _link,
        ...well
      } = states.get(address) ?? { address };
      states.set(address, { ...well, visitedAt: now() });
    },
    failed(address, failure, linked) {
      if (!NOBODYS_FAULT.has(failure)) change(address, { failedAt: now(), failure, linked });
    },
    forget: (address) => void states.delete(address),
    all: () => [...states.values()],
  };
}
