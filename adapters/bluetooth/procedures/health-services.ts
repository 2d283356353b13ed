/**
 * The standard health services and where their results come from (Bluetooth SIG assigned numbers).
 * A device with a measurement that is not here needs a procedure of its own.
 */
interface HealthService {
  /** Characteristics that deliver results of themselves once subscribed to. */
  readonly measurements: readonly string[];
  /** The service's specification asks for an encrypted link: bond before the first access. */
  readonly bonded: boolean;
  /** Read before the subscriptions: what the measurements cannot be understood without. */
  readonly facts?: readonly string[];
  /** Results that can be read at any time; they notify as well, or not. */
  readonly readings?: readonly string[];
  /** Characteristic that stored records come on, where record access hands them over. */
  readonly records?: string;
}

export const HEALTH_SERVICES: Readonly<Record<string, HealthService>> = {
  // Blood Pressure
  '1810': { measurements: ['2a35'], bonded: true },
  // Heart Rate
  '180d': { measurements: ['2a37'], bonded: false },
  // Health Thermometer: the site stands in Temperature Type where the measurement does not name it
  '1809': { measurements: ['2a1c'], bonded: true, facts: ['2a1d'] },
  // Weight Scale
  '181d': { measurements: ['2a9d'], bonded: true },
  // Body Composition
  '181b': { measurements: ['2a9c'], bonded: true },
  // Glucose: all of it from memory, through record access
  '1808': { measurements: ['2a18', '2a34'], bonded: true, records: '2a18' },
  // Pulse Oximeter: spot-check and continuous
  '1822': { measurements: ['2a5e', '2a5f'], bonded: true, records: '2a5e' },
  // Continuous Glucose Monitoring: feature, session start, time in the session, session's length
  '181f': {
    measurements: ['2aa7'],
    bonded: true,
    facts: ['2aa8', '2aaa', '2aa9', '2aab'],
    records: '2aa7',
  },
  // Environmental Sensing: temperature, humidity, pressure of a room
  '181a': {
    measurements: ['2a6e', '2a6f', '2a6d'],
    bonded: false,
    readings: ['2a6e', '2a6f', '2a6d'],
  },
};

/** Record Access Control Point: hands over what the device has stored, when asked. */
export const RECORD_ACCESS = '2a52';
export const GLUCOSE_MEASUREMENT = '2a18';
export const CGM_MEASUREMENT = '2aa7';
/** What the person noted beside a glucose measurement, in a frame of its own. */
export const GLUCOSE_CONTEXT = '2a34';

/** Who is using the device: a user's index and code, told to its User Control Point. */
export const USER_CONTROL = { service: '181c', characteristic: '2a9f' } as const;

/** What answers requests and measures nothing. */
export const CONTROL_POINTS: ReadonlySet<string> = new Set([
  RECORD_ACCESS,
  USER_CONTROL.characteristic,
]);

export const BATTERY = { service: '180f', characteristic: '2a19' } as const;

/** Deliver as long as they are worn: their visits end when they fall silent. */
export const STREAMS: ReadonlySet<string> = new Set(['2a37', '2a5f']);

/** Device Information: System ID, model, serial, firmware, hardware, software, maker, IEEE list. */
export const DEVICE_INFORMATION = {
  service: '180a',
  characteristics: ['2a23', '2a24', '2a25', '2a26', '2a27', '2a28', '2a29', '2a2a'],
} as const;

export const CURRENT_TIME = { service: '1805', characteristic: '2a2b' } as const;
/** Date Time, which some makers put into the health service instead of Current Time. */
export const DATE_TIME = '2a08';

/** Where results come from, of any device. */
export const RESULTS = Object.entries(HEALTH_SERVICES).flatMap(([service, { measurements }]) =>
  measurements.map((characteristic) => ({ service, characteristic })),
);

export const isHealthService = (uuid: string): boolean => Object.hasOwn(HEALTH_SERVICES, uuid);

export const asksForBond = (services: readonly string[]): boolean =>
  services.some((uuid) => HEALTH_SERVICES[uuid]?.bonded);
