import type { DeviceModel } from './model.ts';
import { MEASURE, PAIR } from './words.ts';

/** Glucose Service: stored results through record access, a passkey that is read off the meter. */
const METER = {
  vendor: 'Accu-Chek',
  measures: ['glucose'],
  bond: 'passkey',
  oneHostOnly: false,
  clock: { access: 'unknown' },
  storage: 'record-access',
  quirks: [],
  regulated: 'unknown',
  slots: 'none',
  instructions: { pair: PAIR.code, measure: MEASURE.meter },
} as const;

const SPECIFICATION = { kind: 'specification', reference: 'Glucose Service 1.0' } as const;
/** The Model Number String is a number of three digits: Roche's, hence only beside its name. */
const ROCHE = /^Roche/i;
const example = (model: string) => ({ manufacturer: 'Roche', model, services: ['1808', '180a'] });

/** Roche's meters. Their names, `meter+` and a serial number, do not tell the model. */
export const ACCU_CHEK: readonly DeviceModel[] = [
  {
    ...METER,
    key: 'accu-chek-guide',
    name: 'Guide',
    identity: {
      manufacturer: ROCHE,
      model: /^(912|922|923|925|926|929|930|932)$/,
      services: ['1808'],
    },
    example: example('923'),
    evidence: [SPECIFICATION],
  },
  {
    ...METER,
    key: 'accu-chek-guide-me',
    name: 'Guide Me',
    identity: {
      manufacturer: ROCHE,
      model: /^(897|898|901|902|903|904|905)$/,
      services: ['1808'],
    },
    example: example('903'),
    evidence: [SPECIFICATION],
  },
  {
    ...METER,
    key: 'accu-chek-instant',
    name: 'Instant',
    identity: {
      manufacturer: ROCHE,
      model: /^(958|959|96[0-5]|97[235-9]|980)$/,
      services: ['1808'],
    },
    example: example('959'),
    evidence: [SPECIFICATION, { kind: 'issue', reference: 'weliem/blessed-android README' }],
  },
  {
    ...METER,
    key: 'accu-chek-mobile',
    name: 'Mobile',
    identity: { name: /^Accu-Chek Mobile/i, services: ['1808'] },
    example: { name: 'Accu-Chek Mobile', services: ['1808'] },
    evidence: [SPECIFICATION],
  },
];
