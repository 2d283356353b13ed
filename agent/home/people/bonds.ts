import { modelOf } from '../../../adapters/bluetooth/models/index.ts';
import { CodedError } from '../../errors.ts';
import type { DeviceRow } from './devices.ts';

/**
 * The `hci` backend keeps no bond: throws `config-bond-needed` with every device of the household
 * whose model needs one, by its id and product, since names are people's own.
 */
export function mustNeedNoBond(devices: readonly Pick<DeviceRow, 'id' | 'model'>[]): void {
  const bonded = devices.flatMap(({ id, model }) => {
    const known = modelOf(model);
    return known && known.bond !== 'none' ? [`${known.vendor} ${known.name} (${id})`] : [];
  });
  if (bonded.length === 0) return;
  throw new CodedError(
    'config-bond-needed',
    `These devices must be bonded, which the hci backend cannot do: ${bonded.join(', ')}`,
    'Set home.bluetooth.backend to bluez, or remove them: `iomt devices unpair DEVICE`.',
  );
}
