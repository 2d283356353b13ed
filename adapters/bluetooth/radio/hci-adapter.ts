import type { Note } from '../../adapter.ts';
import type { NobleHciBindings, NobleHciConstructor } from './hci-noble.ts';
import { nameOf } from './radio-error.ts';

/**
 * How often the controller is asked for its address, and an adapter that is not there is looked
 * for, ms: what has not answered when it is asked again is dead.
 */
const WATCH_MS = 10_000;
/** Reason of a disconnection that nobody told us of: terminated by the local host. */
const LOCAL_HOST = 0x16;

export interface HciAdapterDeps {
  readonly noble: NobleHciConstructor;
  readonly index: number;
  readonly note: Note;
  /** noble's bindings on an adapter that is ours, before they ask it anything. */
  readonly onOpen: (inner: NobleHciBindings) => void;
  readonly onState: (state: string) => void;
}

export interface HciAdapter {
  start(): void;
  stop(): void;
  /** Ends every connection and has the controller begin anew. */
  reset(): void;
  /** Undefined while the adapter is not ours. */
  inner(): NobleHciBindings | undefined;
}

/**
 * Holds one adapter for noble's bindings: opens it as soon as it can be had, tells when it died,
 * opens it again when it was pulled out and comes back.
 */
export function createHciAdapter(deps: HciAdapterDeps): HciAdapter {
  const { note, onState } = deps;
  /** Made, and not bound to the adapter yet: its socket is used again, since noble closes none. */
  let waiting: NobleHciBindings | undefined;
  let inner: NobleHciBindings | undefined;
  let watch: ReturnType<typeof setInterval> | undefined;
  let alive = false;
  let failure: string | undefined;

  function open(): void {
    if (!watch || inner) return;
    try {
      waiting ??= new deps.noble({ deviceId: deps.index });
      const { _socket: socket } = waiting._hci;
      const bound = socket.bindUser(deps.index);
      // It can be bound once.
      socket.bindUser = () => bound;
    } catch (error) {
      closed(error);
      return;
    }
    const opened = waiting;
    waiting = undefined;
    inner = opened;
    alive = true;
    failure = undefined;
    guard(opened);
    deps.onOpen(opened);
    withoutHandlers(() => opened.init());
  }

  function closed(error: unknown): void {
    const code = nameOf(error);
    if (code !== failure) note('hci-not-open', { code });
    failure = code;
    onState(/EPERM|EACCES/.test(code) ? 'unauthorized' : 'unsupported');
  }

  /** Whatever comes over the air may not end the process, nor may noble print or exit. */
  function guard(opened: NobleHciBindings): void {
    const { _hci: hci } = opened;
    const take = hci.onSocketData.bind(hci);
    hci.onSocketData = (data) => {
      alive = true;
      try {
        take(data);
      } catch (error) {
        note('hci-packet-refused', { code: nameOf(error) });
      }
    };
    // A refused write: the adapter was pulled out, or somebody took it down.
    hci.onSocketError = (error) => lost(opened, error);
    const flush = hci.flushAcl.bind(hci);
    hci.flushAcl = async () => {
      // noble falls over packets of a connection that ended while they were made.
      hci._aclQueue = hci._aclQueue.filter(({ handle }) => hci._aclConnections.has(handle));
      await flush();
    };
    opened.onStateChange = (state) => {
      // noble does not ask in user-channel mode, and sends no data without the answer.
      if (state === 'poweredOn') hci.readLeBufferSize();
      onState(state);
    };
  }

  function lost(opened: NobleHciBindings, error: unknown): void {
    if (inner !== opened) return;
    opened._hci._socket.stop();
    inner = undefined;
    forget(opened);
    closed(error);
  }

  /** The controller's connections are gone, whether it says so or not. */
  function forget(opened: NobleHciBindings): void {
    opened._connectionQueue = [];
    opened._pendingConnectionUuid = null;
    for (const handle of Object.keys(opened._aclStreams)) {
      opened.onDisconnComplete(Number(handle), LOCAL_HOST);
    }
    opened._hci._aclQueue = [];
    opened._hci._aclConnections.clear();
  }

  function reset(): void {
    const opened = inner;
    if (!opened) return;
    forget(opened);
    onState('poweredOff');
    // Or it would not be set up again.
    opened._hci._state = null;
    opened._hci.reset();
  }

  function look(): void {
    if (!inner) open();
    else if (alive) {
      alive = false;
      inner._hci.readBdAddr();
    } else {
      note('hci-silent');
      reset();
    }
  }

  return {
    start() {
      if (watch) return;
      watch = setInterval(look, WATCH_MS);
      // Who starts it is about to listen.
      queueMicrotask(open);
    },
    stop() {
      clearInterval(watch);
      watch = undefined;
      const opened = inner;
      inner = undefined;
      if (!opened) return;
      // The socket stays ours until the process ends, so the controller is left in silence.
      opened.stopScanning();
      for (const handle of Object.values(opened._handles)) {
        if (typeof handle === 'string') opened.disconnect(handle);
      }
      opened._hci._socket.stop();
    },
    reset,
    inner: () => inner,
  };
}

/** noble ends the process at SIGINT; this program ends by itself, in order. */
function withoutHandlers(run: () => void): void {
  const events = ['SIGINT', 'exit'] as const;
  const before = events.map((event) => new Set(process.listeners(event as 'exit')));
  try {
    run();
  } finally {
    for (const [at, event] of events.entries()) {
      for (const listener of process.listeners(event as 'exit')) {
        if (!before[at]?.has(listener)) process.removeListener(event, listener);
      }
    }
  }
}
