import { localMs } from '../../fhir/time.ts';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { Health } from './health.ts';
import type { Captures } from './journal/captures.ts';
import type { Devices } from './people/devices.ts';

/** What the home tells a radio that asks, and hears from it. */
export interface KnownToRadio {
  /** Something happened that is counted and logged; without values. */
  readonly note: (
    event: string,
    fields?: Readonly<Record<string, string | number | boolean>>,
  ) => void;
  /** The numbered record of a service that came last from a device, as it was sent. */
  readonly lastRecord: (address: string, service: string) => Uint8Array | undefined;
  /** The wall clock as if it were UTC, ms; undefined while the gateway's clock is not to be trusted. */
  readonly localTime: () => number | undefined;
}

/** Of this household's devices, captures and clock. */
export function createKnownToRadio(parts: {
  readonly devices: Pick<Devices, 'byAddress'>;
  readonly captures: Pick<Captures, 'lastRecord'>;
  readonly health: Pick<Health, 'radio'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly zone: string;
}): KnownToRadio {
  const { devices, captures, health, clock, log, zone } = parts;
  return {
    note(event, fields = {}) {
      health.radio(event, fields);
      log.info({ event, ...fields });
    },
    lastRecord(address, service) {
      const device = devices.byAddress(address);
      return device && captures.lastRecord(device.id, service);
    },
    localTime: () => (clock.trusted() ? localMs(clock.now(), zone) : undefined),
  };
}
