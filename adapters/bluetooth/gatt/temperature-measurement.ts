import type { Attribute, Decoded } from '../../measurement.ts';
import { bit, createCursor } from './cursor.ts';
import { measured, present, refused } from './decoded.ts';
import { ieee11073Quantity } from './ieee-11073-float.ts';
import { temperatureSite } from './temperature-type.ts';

/** Temperature Measurement (0x2A1C), in Cel or [degF] as sent. */
export function temperatureMeasurement(bytes: Uint8Array): Decoded {
  const frame = createCursor(bytes);
  const flags = frame.u8();
  const temperature = frame.float();
  const deviceTime = bit(flags, 1) ? frame.dateTime() : undefined;
  const temperatureType = bit(flags, 2) ? frame.u8() : undefined;
  if (frame.short()) return refused('too-short');
  const site = temperatureType === undefined ? undefined : temperatureSite(temperatureType);
  return measured(
    [
      {
        kind: 'body-temperature',
        quantities: {
          temperature: ieee11073Quantity(temperature, bit(flags, 0) ? '[degF]' : 'Cel'),
        },
        attributes: present<Attribute>({
          flags,
          temperatureType,
          site,
          trailingBytes: frame.left(),
        }),
      },
    ],
    { deviceTime },
  );
}
