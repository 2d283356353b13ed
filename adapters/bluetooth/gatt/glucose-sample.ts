const TYPES: Readonly<Record<number, string>> = {
  1: 'capillary-whole-blood',
  2: 'capillary-plasma',
  3: 'venous-whole-blood',
  4: 'venous-plasma',
  5: 'arterial-whole-blood',
  6: 'arterial-plasma',
  7: 'undetermined-whole-blood',
  8: 'undetermined-plasma',
  9: 'interstitial-fluid',
  10: 'control-solution',
};

const LOCATIONS: Readonly<Record<number, string>> = {
  1: 'finger',
  2: 'alternate-site',
  3: 'earlobe',
  4: 'control-solution',
  15: 'not-available',
};

/** Type (low nibble) and sample location (high nibble) of a glucose sample; reserved codes have no name. */
export function glucoseSample(byte: number): {
  readonly type: string | undefined;
  readonly sampleLocation: string | undefined;
} {
  return { type: TYPES[byte & 0x0f], sampleLocation: LOCATIONS[byte >> 4] };
}
