import { hasMosquitto, startMosquitto } from './mosquitto.ts';
import { hasNats, startNats } from './nats.ts';

/** Two brokers by different makers, one for each version of MQTT that the gateway speaks. */
export const BROKERS = [
  { title: 'MQTT 5, Mosquitto', version: 5, has: hasMosquitto(), start: startMosquitto },
  { title: 'MQTT 3.1.1, NATS', version: 4, has: hasNats(), start: startNats },
] as const;
