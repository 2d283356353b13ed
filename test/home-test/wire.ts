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
  /** Bytes written so far, as seen last. */
  written: number;
  /** Bytes that had been written when something was read last: what came after is not answered. */
  answered: number;
}

type Asked = 'nothing' | 'ping' | 'more';

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
    // Until it is connected it has asked for that.
    const watched = { written: 0, answered: -1 };
    sockets.set(socket, watched);
    socket.once('close', () => sockets.delete(socket));
    socket.prependListener('data', (bytes: Buffer) => {
      watched.answered = socket.bytesWritten;
      heard(bytes.length);
    });
    lastByte = realNow();
  });

  function heard(bytes: number): void {
    lastByte = realNow();
    if (bytes <= PING_BYTES) return;
    quietFrom = lastByte + QUIET_MS;
    mayBeUnanswered = true;
  }

  function asked(): Asked {
    let most: Asked = 'nothing';
    for (const [socket, watched] of sockets) {
      const written = socket.bytesWritten - watched.written;
      watched.written += written;
      if (written > 0) heard(written);
      if (written > PUBACKS_BYTES_MAX) sent();
      const open = watched.written - watched.answered;
      const acknowledges = open % PUBACK_BYTES === 0 && open <= PUBACKS_BYTES_MAX;
      if (acknowledges) continue;
      if (open !== PING_BYTES) most = 'more';
      else if (most === 'nothing') most = 'ping';
    }
    return most;
  }

  return {
    busy() {
      const open = asked();
      const now = realNow();
      if (now < quietFrom) return 'more';
      if (now - lastByte > SILENT_MS) return 'no';
      if (open !== 'nothing') return open;
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
