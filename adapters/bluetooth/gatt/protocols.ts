import type { Decode } from '../../measurement.ts';
import { bciOximeter } from './bci-oximeter.ts';
import { microlifeRecord } from './microlife-blood-pressure.ts';
import { noninOximetry } from './nonin-oximetry.ts';
import { OMRON_LAYOUTS, omronAnswer } from './omron-memory.ts';
import { yonkerNotification } from './yonker-blood-pressure.ts';

/** Characteristics of makers, whose bytes mean what the model says: some are shared by several. */
export const OMRON_FROM_CUFF = '49123040aee811e1a74d0002a5d5c51b';
export const MICROLIFE_FROM_CUFF = 'fff1';
export const YONKER_RESULT = 'cdeacd8152354c07884693a37ee6b86d';
export const NONIN_OXIMETRY = '0aad7ea00d6011e28e3c0002a5d5c51b';
export const BCI_STREAM = '495353431e4d4bd9ba6123c647249616';

type Rows = Readonly<Record<string, Decode>>;

const omron = (layout: keyof typeof OMRON_LAYOUTS): Rows => ({
  [OMRON_FROM_CUFF]: omronAnswer(OMRON_LAYOUTS[layout]),
});

/** Protocols of makers by name, with the decoders of what they send. A model's block names its own. */
export const PROTOCOLS = {
  'omron-hem-7142t2': omron('hem-7142t2'),
  'omron-hem-7155t': omron('hem-7155t'),
  'omron-hem-7361t': omron('hem-7361t'),
  'omron-hem-7380t1': omron('hem-7380t1'),
  'omron-hem-7600t': omron('hem-7600t'),
  microlife: { [MICROLIFE_FROM_CUFF]: microlifeRecord },
  yonker: { [YONKER_RESULT]: yonkerNotification },
  nonin: { [NONIN_OXIMETRY]: noninOximetry },
  bci: { [BCI_STREAM]: bciOximeter },
} as const satisfies Record<string, Rows>;

export type Protocol = keyof typeof PROTOCOLS;

/** The decoder of a model's own bytes; undefined where its protocol has none for the characteristic. */
export function protocolDecoder(protocol: string, characteristic: string): Decode | undefined {
  const rows: Rows | undefined = Object.hasOwn(PROTOCOLS, protocol)
    ? PROTOCOLS[protocol as Protocol]
    : undefined;
  return rows && Object.hasOwn(rows, characteristic) ? rows[characteristic] : undefined;
}
