import { collect, openHousehold } from './collector.ts';

/**
 * A household and a gateway in a process of their own, to be killed.
 * Arguments: folder, speed, and `sent` (die as the first bytes are sent) or milliseconds to live.
 */
const [folder = '', speed = '1', life = 'sent'] = process.argv.slice(2);
const { household, bindings } = openHousehold(folder, Number(speed));
household.start();
if (life !== 'sent') setTimeout(() => process.kill(process.pid, 'SIGKILL'), Number(life));
await collect(bindings, (id, hex) => {
  process.stdout.write(`${id} ${hex}\n`);
  if (life === 'sent') process.kill(process.pid, 'SIGKILL');
});
