import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';

/** After bytes came, what they cause may still be on its way for so long, real ms. */
const QUIET_MS = 4;
/** PINGREQ and PINGRESP (MQTT 3.1.1, 3.12): nothing else hangs on them. */
const PING_BYTES = 2;
/** A PUBACK, which nobody answers (MQTT 3.1.1, 3.4); several may leave together. */
const PUBACK_BYTES = 4;
const PUBACKS_BYTES_MAX = 80;
/** A receipt follows within this, unless something is wrong, real ms. */
const ANSWERED_MS = 200;
/** Without any byte for so long, whatever is waited for is not coming, real ms. */
const SILENT_MS = 1_000;

interface Watched {
  written: number;
  read: number;
  /** What was written since anything was read, and is answered. */
  asked: 'nothing' | 'ping' | 'more';
}

export interface Wire {
  /** Whether something was sent whose answer may be on the way: a mere ping, or more. */
  busy(): 'no' | 'ping' | 'more';
  /** Called with each packet that leaves, in the step it was written in. */
  onSent(listener: () => void): void;
}

/**
 * Watches the sockets that this process opens: virtual time must not run ahead of what is on them.
 * @param options.unanswered envelopes that are handed over and not answered
 * @param options.realNow real monotonic time, ms
 */
export function watchWire(options: {
  readonly unanswered: () => boolean;
  readonly realNow: () => number;
}): Wire {
  const { unanswered, realNow } = options;
  const sockets = new Map<Socket, Watched>();
  let quietFrom = 0;
  let lastByte = 0;
  let mayBeUnanswered = false;
  let sent = () => {};
  subscribe('net.client.socket', (message) => {
    const { socket } = message as { socket: Socket };
    // A connection that is being made is waited for as an answer is.
    sockets.set(socket, { written: 0, read: 0, asked: 'more' });
    socket.once('close', () => sockets.delete(socket));
    lastByte = realNow();
  });

  function look(): void {
    for (const [socket, known] of sockets) {
      const { bytesWritten, bytesRead } = socket;
      const written = bytesWritten - known.written;
      const read = bytesRead - known.read;
      if (written === 0 && read === 0) continue;
      lastByte = realNow();
      if (read !== PING_BYTES && read > 0) quietFrom = lastByte + QUIET_MS;
      const acknowledges = written % PUBACK_BYTES === 0 && written <= PUBACKS_BYTES_MAX;
      if (Math.max(read, written) > PING_BYTES) mayBeUnanswered = true;
      if (read > 0) known.asked = 'nothing';
      else if (!acknowledges) known.asked = written === PING_BYTES ? 'ping' : 'more';
      known.written = bytesWritten;
      known.read = bytesRead;
      if (written > PUBACKS_BYTES_MAX) sent();
    }
  }

  const isAsked = (what: Watched['asked']) =>
    [...sockets.values()].some(({ asked }) => asked === what);

  return {
    busy() {
      look();
      const now = realNow();
      if (now < quietFrom) return 'more';
      if (now - lastByte > SILENT_MS) return 'no';
      if (isAsked('more')) return 'more';
      if (isAsked('ping')) return 'ping';
      mayBeUnanswered &&= now - lastByte < ANSWERED_MS && unanswered();
      if (!mayBeUnanswered) return 'no';
      quietFrom = now + QUIET_MS;
      return 'more';
    },
    onSent: (listener) => {
      sent = listener;
    },
  };
}
