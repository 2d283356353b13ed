import { appendFileSync, fsyncSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { RadioFaults } from '../../adapters/simulated/bindings.ts';
import type { Fault } from './fault-plan.ts';
import type { Moments } from './moments.ts';
import type { BootSettings } from './settings.ts';
import type { VirtualTime } from './virtual-time.ts';

/** A fault whose moment does not come hits all the same after this, ms. */
const MOMENT_MS_MAX = 12 * 3_600_000;
/** Faults that fell into an outage come this long after the boot, one after another, ms. */
const AFTER_BOOT_MS = 10 * 60_000;

/** Plans reach further than a timer can, ms. */
const LOOK_MS = 20_000;

/** A fault that happened: a line of `faults.ndjson`. */
export interface FaultLine {
  readonly at: number;
  readonly kind: Fault['kind'] | 'clock-jumped';
  /** Its place in the plan. */
  readonly planned?: number;
  readonly byMs?: number;
}

/** Lets each planned fault happen at its time and moment; writes it down first, synced. */
export function startFaults(parts: {
  readonly settings: BootSettings;
  readonly time: VirtualTime;
  readonly moments: Moments;
  readonly radio: RadioFaults;
}): void {
  const { settings, time, moments, radio } = parts;
  const file = openSync(join(settings.data, 'faults.ndjson'), 'a', 0o600);
  const write = (line: Omit<FaultLine, 'at'>) => {
    appendFileSync(file, `${JSON.stringify({ at: Math.round(time.trueNow()), ...line })}\n`);
    fsyncSync(file);
  };

  function happen(fault: Fault): void {
    write({ kind: fault.kind, planned: fault.at });
    if (fault.kind === 'power-cut') process.kill(process.pid, 'SIGKILL');
    if (fault.kind === 'bluetoothd-killed') {
      radio.bluetoothdKilled();
      setTimeout(() => radio.bluetoothdBack(), fault.backAfterMs);
    }
    if (fault.kind === 'adapter-lost') {
      radio.adapterGone();
      setTimeout(() => radio.adapterBack(), fault.backAfterMs);
    }
  }

  function arm(fault: Fault): void {
    let isOver = false;
    const once = () => {
      if (isOver) return;
      isOver = true;
      if (fault.afterMs === 0) happen(fault);
      else setTimeout(() => happen(fault), fault.afterMs);
    };
    if (fault.moment === 'none') once();
    else moments.next(fault.moment, once);
    setTimeout(once, MOMENT_MS_MAX);
  }

  let overdue = 0;
  const due = settings.faults.map((fault) => {
    const at =
      fault.at > settings.bootsAt ? fault.at : settings.bootsAt + ++overdue * AFTER_BOOT_MS;
    return { at, fault };
  });
  setInterval(() => {
    while (due[0] && due[0].at <= time.trueNow()) arm((due.shift() as (typeof due)[0]).fault);
  }, LOOK_MS);
  for (const { afterMs, byMs } of settings.clock?.steps ?? []) {
    setTimeout(() => write({ kind: 'clock-jumped', byMs }), afterMs);
  }
  const { clock } = settings;
  if (clock) setTimeout(() => write({ kind: 'clock-jumped' }), clock.trustedAfterMs);
}
