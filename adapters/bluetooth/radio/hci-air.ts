import type { NobleHciBindings } from './hci-noble.ts';

/** Peripherals that noble may remember at once; others' addresses rotate and never come back. */
const HEARD_MAX = 500;

export interface HciAir {
  /** To be called once for each opening of the adapter. */
  listen(inner: NobleHciBindings): void;
  stop(inner: NobleHciBindings | undefined): void;
}

/**
 * Scanning over noble's bindings. They take the controller's answer to any scan command for the one
 * to theirs, so a refused start would count as one; and they forget nobody that they ever heard.
 * Emits `scanStart`, `scanStop`, `discover`, and `gattError` of a refused start.
 */
export function createHciAir(emit: (event: string, ...args: unknown[]) => void): HciAir {
  /** What each scan command that is not answered yet was for: answers come in order. */
  let commands: ('start' | 'stop' | 'prepare')[] = [];
  let stopping = false;
  /** Oldest first. */
  const heard = new Set<string>();

  function answered(status: number): void {
    const command = commands.shift();
    if (command === 'stop') emit('scanStop');
    if (command !== 'start') return;
    if (status === 0) emit('scanStart', false);
    else emit('gattError', { op: 'scan', id: '', error: refused(status) });
  }

  function remember(inner: NobleHciBindings, id: string): void {
    heard.delete(id);
    heard.add(id);
    for (const oldest of heard) {
      if (heard.size <= HEARD_MAX) return;
      heard.delete(oldest);
      if (inner._gatts[oldest] || inner._pendingConnectionUuid === oldest) continue;
      const address = inner._addresses[oldest];
      if (address !== undefined) delete inner._gap._discoveries[address];
      delete inner._addresses[oldest];
      delete inner._addresseTypes[oldest];
      delete inner._connectable[oldest];
      delete inner.scannable[oldest];
    }
  }

  return {
    listen(inner) {
      const { _hci: hci } = inner;
      commands = [];
      heard.clear();
      const setScanEnabled = hci.setScanEnabled.bind(hci);
      hci.setScanEnabled = (on, filterDuplicates) => {
        commands.push(on ? 'start' : stopping ? 'stop' : 'prepare');
        setScanEnabled(on, filterDuplicates);
      };
      hci.on('leScanEnableSet', answered);
      inner.on('discover', (id: string, ...rest: unknown[]) => {
        remember(inner, id);
        emit('discover', id, ...rest);
      });
    },
    stop(inner) {
      stopping = true;
      inner?.stopScanning();
      stopping = false;
    },
  };
}

const refused = (status: number) =>
  Object.assign(new Error('scan refused'), { code: `hci-0x${status.toString(16)}` });
