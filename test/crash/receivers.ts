import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connect } from 'mqtt';
import { type Random, whole } from '../../adapters/simulated/random.ts';
import { startMosquitto } from '../support/mosquitto.ts';
import { freePorts, type Programs, startProgram, writeConfigs } from './programs.ts';
import { type Fate, type Passing, startWiretap } from './wiretap.ts';

/** Envelopes remembered, to be delivered again later by a broker that repeats itself. */
const REMEMBERED_MAX = 60;
/** A broker that died is away for so long at most, ms. */
const BROKER_AWAY_MS_MAX = 100;
/** Tries to start one again: somebody may have been given its port meanwhile. */
const BROKER_STARTS_MAX = 50;

/** Where a home sends to: a broker behind a wiretap, and a municipality; both can die. */
export async function startReceivers(options: {
  readonly folder: string;
  readonly programs: Programs;
  readonly random: Random;
  readonly onPacket: (passing: Passing) => Fate;
}) {
  const { folder, programs, random, onPacket } = options;
  const broker = await startMosquitto({ lines: ['set_tcp_nodelay true'] });
  const ports = await freePorts(broker.port);
  const configs = writeConfigs(folder, ports);
  const wiretap = await startWiretap({ port: ports.wiretap, broker: ports.broker, onPacket });
  const log = join(folder, 'municipality.log');
  const argv = [programs.iomt, 'municipality', '--config', configs.municipality];
  let municipality = startProgram(argv, log);
  const repeater = connect(broker.url, { protocolVersion: 5, reconnectPeriod: 100 });
  repeater.on('error', () => undefined);
  const remembered: { topic: string; payload: Buffer }[] = [];
  const publish = (topic: string, payload: Buffer) => {
    if (repeater.connected) repeater.publish(topic, payload, { qos: 1 });
  };

  async function startAgain(tries = 1): Promise<void> {
    try {
      await broker.start();
    } catch (error) {
      if (tries === BROKER_STARTS_MAX) throw error;
      await delay(BROKER_AWAY_MS_MAX);
      await startAgain(tries + 1);
    }
  }

  return {
    ports,
    configs,
    quiet: wiretap.quiet,
    remember(topic: string, payload: Buffer): void {
      remembered.push({ topic, payload: Buffer.from(payload) });
      if (remembered.length > REMEMBERED_MAX) remembered.shift();
    },
    /** The broker delivers the last one again, under another number. */
    repeatLast(): void {
      const last = remembered.at(-1);
      if (last) publish(last.topic, last.payload);
    },
    /** The same with any of those remembered. */
    repeatAny(): void {
      const one = remembered[whole(random, 0, remembered.length - 1)];
      if (one) publish(one.topic, one.payload);
    },
    async killMunicipality(): Promise<void> {
      municipality.kill();
      await municipality.ended;
      municipality = startProgram(argv, log);
    },
    /** A broker without persistence: what it acknowledged and had not delivered is forgotten. */
    async killBroker(): Promise<void> {
      await broker.stop('SIGKILL');
      await delay(whole(random, 0, BROKER_AWAY_MS_MAX));
      await startAgain();
    },
    async close(): Promise<void> {
      repeater.end(true);
      municipality.kill();
      await municipality.ended;
      await wiretap.close();
      await broker[Symbol.asyncDispose]();
    },
  };
}

export type Receivers = Awaited<ReturnType<typeof startReceivers>>;
