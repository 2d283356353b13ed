import { createFakeTransport } from '../../../support/fake-transport.ts';
import type { Household } from '../household.ts';

/*
 * One recipient, `care`: what it is handed, and what is on disk of it.
 */

export const care = (home: Household) => {
  const transport = home.transports.get('care');
  if (!transport) throw new Error('no transport');
  return transport;
};
/** As it is on disk. */
export const stored = (home: Household, id: string) =>
  home.deliveries.recent(99).find((one) => one.id === id);
export const delivery = (home: Household, id: string) => {
  home.committer.flush();
  return stored(home, id);
};
export const queuedId = (home: Household) => home.deliveries.queued('care', 0, 1)[0]?.id ?? '';
export const firstId = (home: Household) => home.received()[0]?.id ?? '';
export const impatient = () =>
  new Map([['care', createFakeTransport({ recipient: 'care', deliverTimeoutMs: 30 })]]);
export const receipt = (id: string, state: 'received' | 'read' | 'rejected' = 'received') => ({
  id,
  state,
});
