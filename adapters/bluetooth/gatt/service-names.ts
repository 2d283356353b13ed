import { shortUuid } from './index.ts';

/** Services as the Bluetooth SIG assigned them; those that health and home devices offer. */
const NAMES: Readonly<Record<string, string>> = {
  '1800': 'Generic Access',
  '1801': 'Generic Attribute',
  '1802': 'Immediate Alert',
  '1803': 'Link Loss',
  '1804': 'Tx Power',
  '1805': 'Current Time',
  '1808': 'Glucose',
  '1809': 'Health Thermometer',
  '180a': 'Device Information',
  '180d': 'Heart Rate',
  '180f': 'Battery',
  '1810': 'Blood Pressure',
  '1812': 'Human Interface Device',
  '1814': 'Running Speed and Cadence',
  '1816': 'Cycling Speed and Cadence',
  '1818': 'Cycling Power',
  '1819': 'Location and Navigation',
  '181a': 'Environmental Sensing',
  '181b': 'Body Composition',
  '181c': 'User Data',
  '181d': 'Weight Scale',
  '181e': 'Bond Management',
  '181f': 'Continuous Glucose Monitoring',
  '1822': 'Pulse Oximeter',
  '1826': 'Fitness Machine',
  '183a': 'Insulin Delivery',
  '183b': 'Binary Sensor',
  '183e': 'Physical Activity Monitor',
  '183f': 'Elapsed Time',
  '1840': 'Generic Health Sensor',
  '1847': 'Device Time',
  fcd2: 'BTHome',
  fe59: 'Nordic firmware update',
  fe95: 'Xiaomi MiBeacon',
};

/** Name of an assigned service; undefined for a maker's own. */
export function serviceName(uuid: string): string | undefined {
  return NAMES[shortUuid(uuid)];
}
