import type { RecipientConfig } from '../../../config/schema.ts';
import type { Receipt } from '../../contract/messages.ts';
import type { DeferredBecause, Transport } from '../transport/transport.ts';
import {
  type Deliveries,
  type DeliveryRow,
  type DeliveryState,
  MAY_HAVE_ARRIVED,
  NOT_LEFT,
  REFUSED,
  type Reach,
} from './deliveries.ts';
import { createJoining, type Joining } from './joining.ts';
import { createLane, type Lane } from './lane.ts';
import { createWay, type Mark, type Way, type WayLimits } from './way.ts';

/** Several readings of one recipient in one transaction. */
export interface JoinedBody {
  /** UUID of the Bundle; each reading keeps its own envelope id for its receipt. */
  readonly id: string;
  readonly body: string;
  /** How many of the rows asked for are in it: the first so many. */
  readonly count: number;
}

export interface OutboxLimits extends WayLimits {
  readonly inFlightMax: number;
  readonly receiptWaitMs: number;
}

/** One recipient's: in which order its queue leaves, how its way is, and how many leave joined. */
export interface Route {
  readonly id: string;
  readonly transport: Transport;
  readonly lane: Lane;
  readonly way: Way;
  readonly joining: Joining;
  /** Tried out of its turn while nothing was answered. */
  scout?: string;
}

/** A row of the queue that consent covers now, with what its hand-over was noted with. */
export interface Going {
  readonly row: DeliveryRow;
  readonly permission: string;
  readonly mark: Mark;
}

/** What a receipt makes of a delivery. */
export const STATE_OF_RECEIPT: Record<Receipt['state'], DeliveryState> = {
  received: 'received',
  read: 'read',
  rejected: 'rejected',
  retracted: 'received',
};

/** One route for each recipient that has a way out, by its id. */
export function createRoutes(parts: {
  readonly recipients: readonly Pick<RecipientConfig, 'id'>[];
  readonly transports: ReadonlyMap<string, Transport>;
  readonly deliveries: Deliveries;
  readonly limits: OutboxLimits;
  readonly realNow: () => number;
  readonly random: () => number;
  readonly isBusy: (envelope: string) => boolean;
}): ReadonlyMap<string, Route> {
  const { deliveries, limits, realNow, random, isBusy } = parts;
  const routes = new Map<string, Route>();
  for (const { id } of parts.recipients) {
    const transport = parts.transports.get(id);
    if (!transport) continue;
    routes.set(id, {
      id,
      transport,
      lane: createLane(id, { deliveries, isBusy, realNow }),
      way: createWay({ limits, realNow, random }),
      joining: createJoining(Math.min(transport.joinMax ?? 1, limits.inFlightMax)),
    });
  }
  return routes;
}

/** There was no connection. */
const NOTHING_LEFT: ReadonlySet<DeferredBecause> = new Set(['offline', 'untrusted']);
/** It was answered, and nobody has it. */
const WAS_REFUSED: ReadonlySet<DeferredBecause> = new Set([
  'busy',
  'no-subscriber',
  'unauthorised',
]);

/** How far an envelope came that was put off. `hasLeft`: some of it went to the socket. */
export function reachOf(because: DeferredBecause, hasLeft: boolean): Reach {
  if (!hasLeft || NOTHING_LEFT.has(because)) return NOT_LEFT;
  return WAS_REFUSED.has(because) ? REFUSED : MAY_HAVE_ARRIVED;
}
