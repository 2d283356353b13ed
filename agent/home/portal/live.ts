import type { FastifyReply } from 'fastify';
import type { Database } from '../../store.ts';
import { type Change, onChanges } from '../journal/changes.ts';
import { type Devices, concerns as isOf } from '../people/devices.ts';
import { may, type Who } from './access/rights.ts';
import { type PortalApp, route } from './route.ts';

/** Pages open at once that are told; a home has fewer, and each holds a connection. */
const OPEN_MAX = 40;
/** Of one session: a browser has six connections to one address, and needs some for its pages. */
const OPEN_OF_SESSION_MAX = 4;
/** What comes in this time is told in one go: a device hands over many readings at once, ms. */
const GATHER_MS = 100;
/** A line that says nothing keeps the connection, and asks whether the session lasts, ms. */
const BEAT_MS = 25_000;
/** A browser that lost the connection comes again after this, ms. */
const AGAIN_MS = 3_000;

/** Bytes that a browser may leave unread. */
const UNREAD_BYTES_MAX = 16 * 1024;

interface Open {
  readonly session: string;
  readonly who: Who;
  /** Whether its session still lasts. */
  readonly isSignedIn: () => boolean;
  readonly tell: (text: string) => void;
  readonly end: () => void;
}

/**
 * Tells open pages that something they show is different: only what kind of thing, never a value, to
 * those whom it concerns. They fetch it as they fetch any page.
 */
export function createLive(db: Database, devices: Pick<Devices, 'byId'>) {
  const open = new Set<Open>();
  let waiting: Change[] = [];
  let timer: NodeJS.Timeout | undefined;
  const unwatch = onChanges(db, (changes) => {
    if (open.size === 0) return;
    waiting.push(...changes);
    timer ??= setTimeout(tell, GATHER_MS);
  });

  function tell(): void {
    timer = undefined;
    const changes = waiting;
    waiting = [];
    for (const page of open) {
      const heard = changes.filter((change) => concerns(change, page.who));
      const kinds = new Set(heard.map(({ what }) => what));
      if (kinds.size === 0) continue;
      if (!page.isSignedIn()) page.end();
      else page.tell([...kinds].map((kind) => `event: ${kind}\ndata: \n\n`).join(''));
    }
  }

  function concerns({ what, person, device }: Change, who: Who): boolean {
    const right = what === 'device' ? 'devices' : what === 'question' ? 'answer' : 'see-values';
    if (!may(who, right)) return false;
    if (person !== undefined) return person === who.person.id;
    const row = device === undefined ? undefined : devices.byId(device);
    return row === undefined || isOf(row, who.person.id);
  }

  return {
    /**
     * Holds the connection of a page until it goes, or its session ends; false when there are too many.
     * Of too many of one session the oldest is told to be quiet until it is looked at again.
     */
    attach(
      reply: FastifyReply,
      { session, who, isSignedIn }: Pick<Open, 'session' | 'who' | 'isSignedIn'>,
    ): boolean {
      const same = [...open].filter((page) => page.session === session);
      const [oldest] = same;
      if (oldest && same.length >= OPEN_OF_SESSION_MAX) {
        oldest.tell('event: enough\ndata: \n\n');
        oldest.end();
      }
      if (open.size >= OPEN_MAX) return false;
      const { raw } = reply;
      reply.hijack();
      raw.writeHead(200, {
        ...Object.fromEntries(Object.entries(reply.getHeaders()).map(([n, v]) => [n, String(v)])),
        'content-type': 'text/event-stream; charset=utf-8',
      });
      raw.write(`retry: ${AGAIN_MS}\n\n`);
      const page: Open = {
        session,
        who,
        isSignedIn,
        // Who does not read is let go, and comes again when awake.
        tell: (text) =>
          void (raw.writableLength > UNREAD_BYTES_MAX ? raw.destroy() : raw.write(text)),
        // It may stay open behind what is unread: to write to it then would end the program.
        end() {
          forget();
          raw.end();
        },
      };
      const beat = setInterval(() => (isSignedIn() ? raw.write(':\n\n') : page.end()), BEAT_MS);
      const forget = () => {
        clearInterval(beat);
        open.delete(page);
      };
      open.add(page);
      raw.on('close', forget);
      return true;
    },
    close(): void {
      unwatch();
      clearTimeout(timer);
      for (const page of open) page.end();
    },
  };
}

type Live = ReturnType<typeof createLive>;

/** `/live`: server-sent events `reading`, `delivery`, `question` and `device`, without content. */
export function registerLive(app: PortalApp, live: Live): void {
  route(app, {
    method: 'GET',
    url: '/live',
    access: 'signed-in',
    handle({ reply, who, session, isSignedIn }) {
      const page = { session: session.id, who, isSignedIn };
      return live.attach(reply, page) ? reply : reply.code(503).send({ code: 'busy' });
    },
  });
}
