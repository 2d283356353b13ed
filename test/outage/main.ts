import { parseArgs } from 'node:util';
import { READINGS_A_DAY } from './plan.ts';
import { runOutage } from './run.ts';

/**
 * `node test/outage/main.ts [--days N] [--readings N]`: a gateway without its broker, by default for
 * 14 days at three people's rates, then the drain. Prints what came of it; exit 1 when anything is
 * missing or out of order.
 */
const { values } = parseArgs({
  options: { days: { type: 'string', default: '14' }, readings: { type: 'string' } },
});
const readings = values.readings === undefined ? undefined : Number(values.readings);
const days = readings === undefined ? Number(values.days) : Math.ceil(readings / READINGS_A_DAY);
const result = await runOutage({ days, ...(readings === undefined ? {} : { readings }) });
process.stdout.write(`${JSON.stringify(result)}\n`);
process.exitCode = result.arrived === result.handedOver && result.outOfOrder === 0 ? 0 : 1;
