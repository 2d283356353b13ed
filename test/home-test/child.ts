import { randomUUID } from 'node:crypto';
import { prolongKeepAlive } from './keep-alive.ts';
import type { BootSettings } from './settings.ts';
import { installVirtualTime } from './virtual-time.ts';

// One boot of the virtual gateway. Time is replaced before anything of the agent is imported.
const settings = JSON.parse(process.env.HOME_TEST ?? '') as BootSettings;
const time = installVirtualTime({
  trueStart: settings.bootsAt,
  wallStart: settings.bootsAt + (settings.clock?.offsetMs ?? 0),
  bootId: randomUUID(),
});
prolongKeepAlive();
const { runBoot } = await import('./boot.ts');
await runBoot(settings, time);
