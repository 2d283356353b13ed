import { createBluetooth } from '../../adapters/bluetooth/bluetooth.ts';
import { createBluez } from '../../adapters/bluetooth/radio/bluez.ts';
import { createHci } from '../../adapters/bluetooth/radio/hci.ts';
import { loadHci } from '../../adapters/bluetooth/radio/hci-noble.ts';
import { createRadio } from '../../adapters/bluetooth/radio/radio.ts';
import type { RadioError } from '../../adapters/bluetooth/radio/radio-error.ts';
import { setOwnZone } from '../../fhir/time.ts';
import { systemClockOf } from '../clock.ts';
import { CodedError } from '../errors.ts';
import { type HomeOptions, startHome } from '../home/home.ts';
import { keepRunning } from '../home/store/start-anew.ts';
import { createLog } from '../log.ts';
import { readStoreKey } from '../secrets.ts';
import { type Io, nothingMore, parse } from './io.ts';
import { municipalityOf } from './municipality-place.ts';
import { settings } from './settings.ts';

/** A program that does not close in this time is ended, ms. */
const CLOSE_MS_MAX = 15_000;

/** SIGTERM or SIGINT; a second one ends the program at once. */
async function signalled(): Promise<void> {
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  setTimeout(() => process.exit(1), CLOSE_MS_MAX).unref();
}

/** A program is told where it is by its configuration only: `--data` would be half of one. */
function parseRun(argv: readonly string[], usage: string) {
  const { values, positionals } = parse(argv, { config: { type: 'string' } }, usage);
  nothingMore(positionals, 0, usage);
  return values;
}

/** `iomt home`: the gateway. */
export async function homeCommand(argv: readonly string[], io: Io): Promise<number> {
  const values = parseRun(argv, 'home [--config FILE]');
  const config = settings(values, io);
  const { home } = config;
  if (!home)
    throw new CodedError(
      'config-no-home',
      'The configuration has no `home`',
      'Add it: see config/examples/home.yaml.',
    );
  setOwnZone(home.zone);
  const log = createLog({ level: config.log, program: 'home' });
  const key = readStoreKey({
    ...(home.keyFile === undefined ? {} : { keyFile: home.keyFile }),
    dataFolder: home.data,
    env: io.env,
  });
  const clock = systemClockOf(home.clock);
  const bluetooth = await radioOf(home.bluetooth);
  const { version } = io;
  const radio = bluetooth ? { bluetooth } : {};
  const stop = await keepRunning({
    start: (how) => startHome({ config: home, key, clock, log, version, ...how, ...radio }),
    ended: signalled(),
  });
  await stop();
  return 0;
}

async function radioOf(config: {
  backend: string;
  adapter: string;
}): Promise<HomeOptions['bluetooth'] | undefined> {
  if (config.backend === 'off') return undefined;
  if (config.backend === 'simulated') {
    throw new CodedError(
      'config-simulated',
      'Virtual devices live in the demo',
      'Run `iomt demo`, or set home.bluetooth.backend to bluez.',
    );
  }
  const { adapter } = config;
  const noble = config.backend === 'hci' ? await hciDriver() : undefined;
  return ({ adopted, now, note, lastRecord, localTime, userCodes }) => {
    const { bindings, pairing, remedies } = noble
      ? createHci({ adapter, note, noble })
      : createBluez({ adapter, note, localTime });
    const radio = createRadio({ bindings, pairing, now, note, remedies });
    return createBluetooth({ radio, adopted, now, note, lastRecord, localTime, userCodes });
  };
}

/** A driver that is missing is a matter of installation, like a wrong setting. */
function hciDriver() {
  return loadHci().catch((error: RadioError) => {
    throw new CodedError('config-hci-driver', error.message, error.hint);
  });
}

/** `iomt municipality`: relay and desk; `enrol` answers a gateway, `move` gives a person to another. */
export async function municipalityCommand(argv: readonly string[], io: Io): Promise<number> {
  if (argv[0] === 'enrol') {
    const { municipalityEnrol } = await import('./municipality-enrol.ts');
    return municipalityEnrol(argv.slice(1), io);
  }
  if (argv[0] === 'move') {
    const { municipalityMove } = await import('./municipality-move.ts');
    return municipalityMove(argv.slice(1), io);
  }
  const values = parseRun(argv, 'municipality [--config FILE]');
  const { config, municipality, key } = municipalityOf(values, io);
  const log = createLog({ level: config.log, program: 'municipality' });
  // Listened for before it says that it has started: it may be ended as soon as that.
  const ended = signalled();
  // A gateway starts without the code of the other side.
  const { startMunicipality } = await import('../municipality/municipality.ts');
  const running = await startMunicipality({
    config: municipality,
    key,
    clock: systemClockOf('system'),
    log,
    version: io.version,
  });
  await ended;
  await running.stop();
  return 0;
}
