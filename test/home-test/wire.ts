import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';

/** After bytes passed, an answer may still be on its way for so long, real ms. */
const QUIET_MS = 4;
/** The same after a whole envelope or receipt, which is answered once it is on the other's disk. */
const ANSWER_MS = 12;
/** A ping and its answer, which nobody waits for. */
const PING_BYTES = 2;
/** Without any byte for so long, whatever is waited for is not coming, real ms. */
const SILENT_MS = 400;

export interface Wire {
  /** Something was sent and its answer may be on the way. */
  busy(): boolean;
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
  const sockets = new Map<Socket, { written: number; read: number }>();
  let quietFrom = 0;
  let lastByte = 0;
  let sent = () => {};
  subscribe('net.client.socket', (message) => {
    const { socket } = message as { socket: Socket };
    sockets.set(socket, { written: 0, read: 0 });
    socket.once('close', () => sockets.delete(socket));
    quietFrom = realNow() + ANSWER_MS;
  });

  function look(): void {
    for (const [socket, known] of sockets) {
      const { bytesWritten: written, bytesRead: read } = socket;
      if (written === known.written && read === known.read) continue;
      const now = realNow();
      const isPing = written - known.written <= PING_BYTES && read - known.read <= PING_BYTES;
      const wasSent = written > known.written;
      known.written = written;
      known.read = read;
      lastByte = now;
      quietFrom = Math.max(quietFrom, now + (isPing ? QUIET_MS : ANSWER_MS));
      if (wasSent && !isPing) sent();
      // The answer to a ping is all that was waited for.
      if (isPing && !wasSent) quietFrom = now;
    }
  }

  return {
    busy() {
      look();
      const now = realNow();
      if (now < quietFrom) return true;
      if (now - lastByte > SILENT_MS || !unanswered()) return false;
      quietFrom = now + QUIET_MS;
      return true;
    },
    onSent: (listener) => {
      sent = listener;
    },
  };
}
