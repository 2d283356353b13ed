import type { DeviceModel } from '../models/model.ts';
import type { GattService } from '../radio/radio.ts';
import { CURRENT_TIME, DATE_TIME, isHealthService } from './health-services.ts';

/** Where a device shows its time. */
export interface ClockPlace {
  readonly service: string;
  readonly characteristic: string;
  /** It can be written, and its model is not known to be spoilt by that or to ignore it. */
  readonly settable: boolean;
}

/** Current Time first, then Date Time inside the health service, as some makers have it. */
const ORDER = [CURRENT_TIME.characteristic, DATE_TIME] as const;

/**
 * The clock of a device that can be read: as its model's block says, else the first that is there.
 * None of a model without one, whatever it offers: such a time was never set.
 */
export function clockPlaceOf(
  services: readonly GattService[],
  model?: Pick<DeviceModel, 'clock' | 'quirks'>,
): ClockPlace | undefined {
  const { clock = { access: 'unknown' }, quirks = [] } = model ?? {};
  if (clock.access === 'none') return undefined;
  const kept =
    clock.access === 'read' ||
    quirks.includes('clock-write-ignored') ||
    quirks.includes('memory-never-written');
  for (const characteristic of 'where' in clock ? clock.where : ORDER) {
    for (const service of services) {
      if (
        characteristic === DATE_TIME
          ? !isHealthService(service.uuid)
          : service.uuid !== CURRENT_TIME.service
      )
        continue;
      const one = service.characteristics.find(({ uuid }) => uuid === characteristic);
      if (!one?.properties.includes('read')) continue;
      return {
        service: service.uuid,
        characteristic,
        settable: !kept && one.properties.includes('write'),
      };
    }
  }
  return undefined;
}
