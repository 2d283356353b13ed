import { Socket } from 'node:net';

/**
 * For a connection of small packets in both directions: without this, TCP holds a packet back until the
 * one before is acknowledged (Nagle), and the other side delays that by up to 40 ms.
 */
export function sendAtOnce(stream: unknown): void {
  if (stream instanceof Socket) stream.setNoDelay(true);
}
