import { systemClock } from '../../../agent/clock.ts';
import { createLog } from '../../../agent/log.ts';
import { startMunicipality } from '../../../agent/municipality/municipality.ts';
import { municipalitySchema } from '../../../config/schema.ts';

/** A municipality of its own process, to be killed: settings in the first argument, as JSON. */
const { mqttUrl } = await startMunicipality({
  config: municipalitySchema.parse(JSON.parse(process.argv[2] ?? '{}')),
  key: new Uint8Array(32).fill(9),
  clock: systemClock,
  log: createLog({ level: 'silent', program: 'test' }),
  version: '0.0.0',
});
process.stdout.write(`${mqttUrl}\n`);
