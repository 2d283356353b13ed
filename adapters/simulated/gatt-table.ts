import { currentTime, dateTime, systemId, u8 } from './encode.ts';
import type { SimulatedModel, SimulatedUnit } from './models.ts';

interface VirtualCharacteristic {
  readonly uuid: string;
  readonly properties: readonly ('read' | 'notify' | 'indicate')[];
  /** Answers only a bonded collector. */
  readonly secured?: true;
  /** Present when it can be read. */
  readonly read?: () => Buffer;
}

export interface VirtualService {
  readonly uuid: string;
  readonly characteristics: readonly VirtualCharacteristic[];
}

function readable(uuid: string, read: () => Buffer): VirtualCharacteristic {
  return { uuid, properties: ['read'], read };
}

/**
 * The services of a unit.
 * @param options.localTime the device's own wall clock now, as milliseconds that read so in UTC
 */
export function gattTable(options: {
  readonly unit: SimulatedUnit;
  readonly model: SimulatedModel;
  readonly eui64: string;
  readonly localTime: () => number;
}): readonly VirtualService[] {
  const { unit, model, eui64, localTime } = options;
  const text = (value: string) => () => Buffer.from(value, 'utf8');
  const battery = () => u8(unit.batteryPercent);
  return [
    {
      uuid: '180a',
      characteristics: [
        readable('2a23', () => systemId(eui64)),
        readable('2a24', text(model.model)),
        readable('2a25', text(unit.serial)),
        readable('2a26', text(unit.firmware)),
        readable('2a29', text(model.maker)),
      ],
    },
    {
      uuid: '180f',
      characteristics: [{ uuid: '2a19', properties: ['read', 'notify'], read: battery }],
    },
    ...(model.clock === 'current-time'
      ? [{ uuid: '1805', characteristics: [readable('2a2b', () => currentTime(localTime()))] }]
      : []),
    {
      uuid: model.service,
      characteristics: [
        {
          uuid: model.characteristic,
          properties: [model.transfer],
          ...(model.bond !== 'none' ? { secured: true as const } : {}),
        },
        ...Object.entries(model.readable).map(([uuid, hex]) =>
          readable(uuid, () => Buffer.from(hex, 'hex')),
        ),
        ...(model.clock === 'date-time' ? [readable('2a08', () => dateTime(localTime()))] : []),
      ],
    },
  ];
}
