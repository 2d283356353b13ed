import type { Kind, Measurement } from '../../adapters/measurement.ts';

/**
 * The code table a second time, entered apart from the first: kind, quantity, attributes, accepted
 * units, MDC number, LOINC and its display. A slip in either list shows as a difference.
 */
export const TABLE: readonly {
  kind: Kind;
  quantity: string;
  attributes?: Measurement['attributes'];
  units: readonly string[];
  mdc: string;
  refid: string;
  loinc?: readonly [code: string, display: string][];
  vital?: string;
}[] = [
  {
    kind: 'blood-pressure',
    quantity: 'systolic',
    units: ['mm[Hg]', 'kPa'],
    mdc: '150021',
    refid: 'MDC_PRESS_BLD_NONINV_SYS',
    loinc: [['8480-6', 'Systolic blood pressure']],
    vital: 'bp',
  },
  {
    kind: 'blood-pressure',
    quantity: 'diastolic',
    units: ['mm[Hg]', 'kPa'],
    mdc: '150022',
    refid: 'MDC_PRESS_BLD_NONINV_DIA',
    loinc: [['8462-4', 'Diastolic blood pressure']],
    vital: 'bp',
  },
  {
    kind: 'blood-pressure',
    quantity: 'mean',
    units: ['mm[Hg]', 'kPa'],
    mdc: '150023',
    refid: 'MDC_PRESS_BLD_NONINV_MEAN',
    loinc: [['8478-0', 'Mean blood pressure']],
    vital: 'bp',
  },
  {
    kind: 'blood-pressure',
    quantity: 'pulse-rate',
    units: ['/min'],
    mdc: '149546',
    refid: 'MDC_PULS_RATE_NON_INV',
    loinc: [['8867-4', 'Heart rate']],
    vital: 'heartrate',
  },
  {
    kind: 'heart-rate',
    quantity: 'heart-rate',
    units: ['/min'],
    mdc: '147842',
    refid: 'MDC_ECG_HEART_RATE',
    loinc: [['8867-4', 'Heart rate']],
    vital: 'heartrate',
  },
  {
    kind: 'oxygen-saturation',
    quantity: 'pulse-rate',
    units: ['/min'],
    mdc: '149530',
    refid: 'MDC_PULS_OXIM_PULS_RATE',
    loinc: [['8867-4', 'Heart rate']],
    vital: 'heartrate',
  },
  {
    kind: 'oxygen-saturation',
    quantity: 'spo2',
    units: ['%'],
    mdc: '150456',
    refid: 'MDC_PULS_OXIM_SAT_O2',
    loinc: [
      ['2708-6', 'Oxygen saturation in Arterial blood'],
      ['59408-5', 'Oxygen saturation in Arterial blood by Pulse oximetry'],
    ],
    vital: 'oxygensat',
  },
  {
    kind: 'oxygen-saturation',
    quantity: 'pulse-amplitude-index',
    units: ['%'],
    mdc: '150488',
    refid: 'MDC_BLD_PERF_INDEX',
  },
  ...(
    [
      [undefined, '150364', 'MDC_TEMP_BODY'],
      ['body', '150364', 'MDC_TEMP_BODY'],
      ['armpit', '188452', 'MDC_TEMP_AXILLA'],
      ['ear', '188428', 'MDC_TEMP_EAR'],
      ['tympanum', '150392', 'MDC_TEMP_TYMP'],
      ['mouth', '188424', 'MDC_TEMP_ORAL'],
      ['rectum', '188420', 'MDC_TEMP_RECT'],
      ['finger', '188432', 'MDC_TEMP_FINGER'],
      ['gastro-intestinal-tract', '188456', 'MDC_TEMP_GIT'],
      ['toe', '188448', 'MDC_TEMP_TOE'],
    ] as const
  ).map(([site, mdc, refid]) => ({
    kind: 'body-temperature' as const,
    quantity: 'temperature',
    ...(site && { attributes: { site } }),
    units: ['Cel', '[degF]'],
    mdc,
    refid,
    loinc: [['8310-5', 'Body temperature'] as [string, string]],
    vital: 'bodytemp',
  })),
  {
    kind: 'body-weight',
    quantity: 'weight',
    units: ['kg', 'g', '[lb_av]'],
    mdc: '188736',
    refid: 'MDC_MASS_BODY_ACTUAL',
    loinc: [['29463-7', 'Body weight']],
    vital: 'bodyweight',
  },
  {
    kind: 'body-weight',
    quantity: 'height',
    units: ['cm', '[in_i]', 'm'],
    mdc: '188740',
    refid: 'MDC_LEN_BODY_ACTUAL',
    loinc: [['8302-2', 'Body height']],
    vital: 'bodyheight',
  },
  {
    kind: 'body-weight',
    quantity: 'bmi',
    units: ['kg/m2'],
    mdc: '188752',
    refid: 'MDC_RATIO_MASS_BODY_LEN_SQ',
    loinc: [['39156-5', 'Body mass index (BMI) [Ratio]']],
    vital: 'bmi',
  },
  {
    kind: 'body-composition',
    quantity: 'body-fat',
    units: ['%'],
    mdc: '188748',
    refid: 'MDC_BODY_FAT',
    loinc: [['41982-0', 'Percentage of body fat Measured']],
  },
  {
    kind: 'body-composition',
    quantity: 'fat-free-mass',
    units: ['kg', '[lb_av]'],
    mdc: '188756',
    refid: 'MDC_MASS_BODY_FAT_FREE',
  },
  {
    kind: 'body-composition',
    quantity: 'soft-lean-mass',
    units: ['kg', '[lb_av]'],
    mdc: '188760',
    refid: 'MDC_MASS_BODY_SOFT_LEAN',
  },
  {
    kind: 'body-composition',
    quantity: 'body-water-mass',
    units: ['kg', '[lb_av]'],
    mdc: '188764',
    refid: 'MDC_BODY_WATER',
  },
  ...(
    [
      [
        'capillary-whole-blood',
        'mmol/L',
        '160184',
        'CAPILLARY_WHOLEBLOOD',
        '15074-8',
        'Glucose [Moles/volume] in Blood',
      ],
      [
        'capillary-whole-blood',
        'mg/dL',
        '160184',
        'CAPILLARY_WHOLEBLOOD',
        '2339-0',
        'Glucose [Mass/volume] in Blood',
      ],
      [
        'capillary-plasma',
        'mmol/L',
        '160188',
        'CAPILLARY_PLASMA',
        '14749-6',
        'Glucose [Moles/volume] in Serum or Plasma',
      ],
      ['capillary-plasma', 'mg/dL', '160188', 'CAPILLARY_PLASMA', undefined, undefined],
      ['venous-whole-blood', 'mmol/L', '160192', 'VENOUS_WHOLEBLOOD', undefined, undefined],
      ['venous-plasma', 'mmol/L', '160196', 'VENOUS_PLASMA', undefined, undefined],
      ['arterial-whole-blood', 'mmol/L', '160200', 'ARTERIAL_WHOLEBLOOD', undefined, undefined],
      ['arterial-plasma', 'mmol/L', '160204', 'ARTERIAL_PLASMA', undefined, undefined],
      [
        'undetermined-whole-blood',
        'mmol/L',
        '160364',
        'UNDETERMINED_WHOLEBLOOD',
        undefined,
        undefined,
      ],
      ['undetermined-plasma', 'mmol/L', '160368', 'UNDETERMINED_PLASMA', undefined, undefined],
      [
        'interstitial-fluid',
        'mmol/L',
        '160212',
        'ISF',
        '105272-9',
        'Glucose [Moles/volume] in Interstitial fluid',
      ],
      [
        'interstitial-fluid',
        'mg/dL',
        '160212',
        'ISF',
        '99504-3',
        'Glucose [Mass/volume] in Interstitial fluid',
      ],
      ['', 'mmol/L', '160020', 'GEN', undefined, undefined],
    ] as const
  ).map(([type, unit, mdc, refid, loinc, display]) => ({
    kind: type === 'interstitial-fluid' ? ('glucose-interstitial' as const) : ('glucose' as const),
    quantity: 'glucose',
    attributes: { type },
    units: [unit],
    mdc,
    refid: `MDC_CONC_GLU_${refid}`,
    ...(loinc && { loinc: [[loinc, display] as [string, string]] }),
  })),
];
