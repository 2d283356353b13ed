import type { FastifyInstance } from 'fastify';
import type { Relay } from '../relay.ts';
import type { RelayStore } from '../relay-store.ts';

export interface DeskDeps {
  readonly store: RelayStore;
  readonly relay: Relay;
}

/** The desk's pages and API. */
export function registerDesk(app: FastifyInstance, deps: DeskDeps): void {
  app.get('/api/readings', async () => deps.store.readings({ count: 50 }));
}
