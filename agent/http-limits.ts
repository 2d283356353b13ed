import type { IncomingMessage, Server, ServerOptions, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** How slow a client may be and how many may come, so that none of them holds up the others. */
export interface HttpLimits {
  /** Until the headers of a request are there, of a first one since the connection, ms. */
  readonly headersMs: number;
  /** Until the whole of a request is there, ms. */
  readonly requestMs: number;
  /** How often it is looked whether one is late, ms. */
  readonly checkMs: number;
  /** Open between two requests, ms. */
  readonly idleMs: number;
  /** Nothing came, went or was read, ms. */
  readonly silentMs: number;
  readonly connectionsMax: number;
}

export const HTTP_LIMITS: HttpLimits = {
  // A phone at the edge of the home's network; what has none of its headers by then sends none.
  headersMs: 10_000,
  // A joined backlog of 8 MiB by a line of 2 Mbit/s.
  requestMs: 40_000,
  checkMs: 2_000,
  // Whoever reads a page asks for the next one; where places are few, these are the first to go.
  idleMs: 60_000,
  // An open page is written to each 25 s.
  silentMs: 60_000,
  // A household has a few browsers with a few connections each; memory is the box's.
  connectionsMax: 200,
};

/** What a server of Node's is made with. */
export const serverOptions = (limits: HttpLimits): ServerOptions => ({
  headersTimeout: limits.headersMs,
  requestTimeout: limits.requestMs,
  connectionsCheckingInterval: limits.checkMs,
  keepAliveTimeout: limits.idleMs,
});

interface Connection {
  readonly socket: Socket;
  readonly requests: Set<IncomingMessage>;
}

const isAnswered = ({ requests }: Connection) => [...requests].some(({ complete }) => complete);
const isUnread = ({ requests }: Connection) =>
  [...requests].some(({ socket }) => socket.writableLength > 0);

/** The same of a connection as it came and of the one inside its TLS. */
const nameOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`;

/**
 * Connections, `max` at most. For a new one the oldest is hung up on that has asked for nothing whole,
 * else the oldest that leaves unread what it asked for: who waits in silence keeps nobody out.
 */
export function createConnections(max: number) {
  const open = new Map<string, Connection>();

  function makeRoom(): boolean {
    if (open.size < max) return true;
    const all = [...open.values()];
    const out = all.find((one) => !isAnswered(one)) ?? all.find(isUnread);
    if (!out) return false;
    open.delete(nameOf(out.socket));
    out.socket.destroy();
    return true;
  }

  return {
    /** Called with each new connection. */
    admit(socket: Socket): void {
      if (!makeRoom()) return void socket.destroy();
      const name = nameOf(socket);
      const connection = { socket, requests: new Set<IncomingMessage>() };
      open.set(name, connection);
      socket.on('close', () => open.get(name) === connection && open.delete(name));
    },
    /** Called with each request, in a connection or in the TLS inside it. */
    asked(request: IncomingMessage, response: ServerResponse): void {
      const requests = open.get(nameOf(request.socket))?.requests;
      requests?.add(request);
      response.on('close', () => requests?.delete(request));
    },
    destroyAll(): void {
      for (const { socket } of open.values()) socket.destroy();
    },
  };
}

/** Holds a plain server to its limits; those of {@link serverOptions} it was made with. */
export function holdTo(server: Server, limits: HttpLimits): void {
  const { admit, asked } = createConnections(limits.connectionsMax);
  server.timeout = limits.silentMs;
  server.on('connection', admit);
  server.on('request', asked);
}
