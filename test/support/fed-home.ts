import { once } from 'node:events';
import { join } from 'node:path';
import { startHome } from '../../agent/home/home.ts';
import { keepRunning } from '../../agent/home/store/start-anew.ts';
import { createLog } from '../../agent/log.ts';
import { readStoreKey } from '../../agent/secrets.ts';
import { loadConfig, problemsText } from '../../config/load.ts';
import { setOwnZone } from '../../fhir/time.ts';
import { createFedAdapter, createFedClock } from './fed-adapter.ts';

/**
 * A process of its own: the gateway as it ships, but that its devices are fed over `DATA/fed.sock`
 * and its clock is what the feeder says (`FED_CLOCK` at the start, see createFedClock). Its
 * configuration is the first argument. SIGTERM ends it in order.
 */
async function main(): Promise<void> {
  const loaded = loadConfig({ file: process.argv[2] ?? '', env: {} });
  const home = loaded.ok ? loaded.config.home : undefined;
  if (!loaded.ok || !home) throw new Error(loaded.ok ? 'no home' : problemsText(loaded.problems));
  setOwnZone(home.zone);
  // Before it says that it has started: then somebody may end it.
  const ended = once(process, 'SIGTERM');
  const clock = createFedClock(process.env.FED_CLOCK);
  const key = readStoreKey({ keyFile: home.keyFile, dataFolder: home.data, env: process.env });
  const log = createLog({ level: loaded.config.log, program: 'home' });
  const bluetooth = () => createFedAdapter({ socket: join(home.data, 'fed.sock'), clock });
  const common = { config: home, key, clock, log, version: '0.0.0', bluetooth };
  const stop = await keepRunning({ start: (how) => startHome({ ...common, ...how }), ended });
  await stop();
  process.exit(0);
}

// No await at this level: a bundle of it is CommonJS.
main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
