import { currentTime, dateTime, localTimeOf, systemId, u8 } from './encode.ts';
import type { SimulatedModel, SimulatedUnit } from './models.ts';
import { quirkOf } from './quirks.ts';

interface VirtualCharacteristic {
  readonly uuid: string;
  readonly properties: readonly ('read' | 'write' | 'notify' | 'indicate')[];
  /** Results, and what is written, are for a bonded collector only. */
  readonly secured?: true;
  /** Present when it can be read. */
  readonly read?: () => Buffer;
  /** Present when it can be written; false refuses the bytes. */
  readonly write?: (bytes: Buffer) => boolean;
}

export interface VirtualService {
  readonly uuid: string;
  readonly characteristics: readonly VirtualCharacteristic[];
}

function readable(uuid: string, read: () => Buffer): VirtualCharacteristic {
  return { uuid, properties: ['read'], read };
}

/** Record Access Control Point (0x2A52) and the context of a glucose result (0x2A34). */
export const RECORD_ACCESS = '2a52';
export const CONTEXT = '2a34';

/** A clock that can be read, and written where the model allows it. */
function clock(
  uuid: '2a2b' | '2a08',
  options: Parameters<typeof gattTable>[0],
): VirtualCharacteristic {
  const { model, localTime, setLocalTime } = options;
  const shown = readable(uuid, () =>
    uuid === '2a2b' ? currentTime(localTime()) : dateTime(localTime()),
  );
  if (!model.clockWritable || !setLocalTime) return shown;
  const write = (bytes: Buffer) => {
    const local = localTimeOf(bytes);
    if (local !== undefined) setLocalTime(local);
    return local !== undefined;
  };
  return { ...shown, properties: ['read', 'write'], ...securedBy(model), write };
}

const securedBy = ({ bond }: SimulatedModel) => (bond === 'none' ? {} : { secured: true as const });

/**
 * The services of a unit.
 * @param options.localTime the device's own wall clock now, as milliseconds that read so in UTC
 * @param options.setLocalTime sets it, where the model allows that
 */
export function gattTable(options: {
  readonly unit: SimulatedUnit;
  readonly model: SimulatedModel;
  readonly eui64: string;
  readonly localTime: () => number;
  readonly setLocalTime?: (local: number) => void;
  readonly batteryPercent?: () => number;
}): readonly VirtualService[] {
  const { unit, model, eui64, batteryPercent = () => unit.batteryPercent } = options;
  const text = (value: string) => () => Buffer.from(value, 'utf8');
  const clockPlace = quirkOf(unit, 'no-clock') ? 'none' : model.clock;
  const asked = model.memory === 'record-access';
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
      characteristics: [
        { uuid: '2a19', properties: ['read', 'notify'], read: () => u8(batteryPercent()) },
      ],
    },
    ...(clockPlace === 'current-time'
      ? [{ uuid: '1805', characteristics: [clock('2a2b', options)] }]
      : []),
    {
      uuid: model.service,
      characteristics: [
        { uuid: model.characteristic, properties: [model.transfer], ...securedBy(model) },
        ...(asked
          ? [
              { uuid: CONTEXT, properties: ['notify' as const], ...securedBy(model) },
              {
                uuid: RECORD_ACCESS,
                properties: ['write' as const, 'indicate' as const],
                ...securedBy(model),
              },
            ]
          : []),
        ...Object.entries(model.readable).map(([uuid, hex]) =>
          readable(uuid, () => Buffer.from(hex, 'hex')),
        ),
        ...(clockPlace === 'date-time' ? [clock('2a08', options)] : []),
      ],
    },
  ];
}
