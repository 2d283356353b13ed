import type { SimulatedPerson, SimulatedUnit } from './models.ts';

const DEMO_FIRMWARE = '1.0.4';

/** Invented people of the demo's home. */
export const PEOPLE: readonly SimulatedPerson[] = [
  { key: 'kari', name: 'Kari Eksempel' },
  { key: 'ola', name: 'Ola Eksempel' },
];

/** The home of the demo: seven devices as people have them, two of them with wrong clocks, and a new one. */
export const UNITS: readonly SimulatedUnit[] = [
  {
    name: 'Karis blodtrykksmåler',
    modelKey: 'example-cuff',
    number: 1,
    serial: 'EX-0001',
    firmware: DEMO_FIRMWARE,
    batteryPercent: 81,
    owner: { mode: 'mine', person: 'kari' },
    quirks: [{ name: 'clock-offset', seconds: -7 * 60 - 12 }],
  },
  {
    name: 'Felles blodtrykksmåler',
    modelKey: 'example-cuff-two-users',
    number: 2,
    serial: 'EX-0002',
    firmware: DEMO_FIRMWARE,
    batteryPercent: 64,
    owner: { mode: 'shared', slots: { 1: 'kari', 2: 'ola' } },
    quirks: [{ name: 'resends-everything', recordsMax: 30 }, { name: 'nan-mean' }],
  },
  {
    name: 'Olas vekt',
    modelKey: 'example-scale',
    number: 3,
    serial: 'EX-0003',
    firmware: DEMO_FIRMWARE,
    batteryPercent: 92,
    owner: { mode: 'mine', person: 'ola' },
    quirks: [{ name: 'clock-offset', seconds: 4 }],
  },
  {
    name: 'Karis badevekt',
    modelKey: 'example-body-scale',
    number: 4,
    serial: 'EX-0004',
    firmware: DEMO_FIRMWARE,
    batteryPercent: 77,
    owner: { mode: 'mine', person: 'kari' },
    quirks: [],
  },
  {
    name: 'Karis termometer',
    modelKey: 'example-thermometer',
    number: 5,
    serial: 'EX-0005',
    firmware: DEMO_FIRMWARE,
    batteryPercent: 58,
    owner: { mode: 'mine', person: 'kari' },
    quirks: [],
  },
  {
    name: 'Karis oksygenmåler',
    modelKey: 'example-oximeter',
    number: 6,
    serial: 'EX-0006',
    firmware: DEMO_FIRMWARE,
    batteryPercent: 43,
    owner: { mode: 'mine', person: 'kari' },
    quirks: [{ name: 'clock-not-set' }],
  },
  {
    name: 'Olas pulsbelte',
    modelKey: 'example-strap',
    number: 7,
    serial: 'EX-0007',
    firmware: DEMO_FIRMWARE,
    batteryPercent: 88,
    owner: { mode: 'mine', person: 'ola' },
    quirks: [],
  },
  {
    name: 'New cuff',
    modelKey: 'example-cuff-passkey',
    number: 8,
    serial: 'EX-0008',
    firmware: DEMO_FIRMWARE,
    batteryPercent: 100,
    owner: { mode: 'mine', person: 'kari' },
    quirks: [],
    passkey: '471203',
    isNew: true,
  },
];
