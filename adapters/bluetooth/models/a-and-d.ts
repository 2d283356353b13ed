import type { DeviceModel } from './model.ts';
import { MEASURE, PAIR } from './words.ts';

const COMMON = {
  vendor: 'A&D',
  bond: 'just-works',
  oneHostOnly: false,
  // Date Time inside the health service where there is no Current Time service.
  clock: { access: 'write', where: ['2a2b', '2a08'] },
  storage: 'unknown',
  regulated: 'unknown',
  slots: 'unknown',
} as const;

const CUFF = {
  ...COMMON,
  measures: ['blood-pressure'],
  quirks: ['advertises-briefly', 'maker-app-first'],
  instructions: { pair: PAIR.untilPr, measure: MEASURE.cuff },
} as const;

/** Cuffs, a scale and a thermometer that follow the Bluetooth SIG's profiles. */
export const A_AND_D: readonly DeviceModel[] = [
  {
    ...CUFF,
    key: 'ad-ua-651ble',
    name: 'UA-651BLE',
    identity: { name: /^A&D_UA-651BLE/, model: /^UA-651BLE/, services: ['1810'] },
    example: { name: 'A&D_UA-651BLE_000001', services: ['1810'] },
    evidence: [
      { kind: 'issue', reference: 'derdilla/blood-pressure-monitor-fl#724' },
      { kind: 'issue', reference: 'weliem/blessed-android README' },
    ],
  },
  {
    ...CUFF,
    key: 'ad-ua-1200ble',
    name: 'UA-1200BLE',
    identity: { name: /^A&D_UA-1200BLE/, model: /^UA-1200BLE/, services: ['1810'] },
    example: { model: 'UA-1200BLE', services: ['1810', '180a'] },
    evidence: [{ kind: 'issue', reference: 'derdilla/blood-pressure-monitor-fl#724' }],
  },
  {
    ...CUFF,
    key: 'ad-ub-1100ble',
    name: 'UB-1100BLE',
    identity: { name: /^(A&D_)?UB-1100BLE/, model: /^UB-1100BLE/, services: ['1810'] },
    example: { model: 'UB-1100BLE', services: ['1810', '180a'] },
    evidence: [{ kind: 'issue', reference: 'weliem/blessed-bluez#26' }],
  },
  {
    ...COMMON,
    key: 'ad-uc-352ble',
    name: 'UC-352BLE',
    measures: ['body-weight'],
    identity: { name: /^A&D_UC-352BLE/, model: /^UC-352BLE/, services: ['181d'] },
    example: { name: 'A&D_UC-352BLE_000001', services: ['181d'] },
    quirks: ['advertises-briefly'],
    instructions: { pair: PAIR.asManual, measure: MEASURE.scale },
    evidence: [{ kind: 'issue', reference: 'oliexdev/openScale#1505' }],
  },
  {
    ...COMMON,
    key: 'ad-ut-201ble',
    name: 'UT-201BLE',
    measures: ['body-temperature'],
    // It hands over what it has not yet sent, and no other.
    storage: 'deletes-after-transfer',
    identity: { name: /^A&D_UT-?201BLE/, model: /^UT-?201BLE/, services: ['1809'] },
    example: { name: 'A&D_UT201BLE_000001', services: ['1809'] },
    quirks: ['advertises-briefly'],
    slots: 'none',
    instructions: { pair: PAIR.asManual, measure: MEASURE.thermometer },
    evidence: [{ kind: 'issue', reference: 'obniz/obniz UT201BLE' }],
  },
];
