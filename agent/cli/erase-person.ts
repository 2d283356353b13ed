import type { Erasure } from '../home/people/erasure.ts';
import { ask } from './control.ts';
import type { Io } from './io.ts';
import { homeFolder, type Where } from './settings.ts';

/** `iomt people erase`: it is done, and what cannot be reached from the gateway is said. */
export async function erasePerson(
  where: Where & { readonly json?: boolean },
  io: Io,
  who: string,
): Promise<number> {
  const path = `/api/people/${encodeURIComponent(who)}/erase`;
  const done = await ask<Erasure>(homeFolder(where, io), 'POST', path);
  if (where.json) {
    io.out(JSON.stringify(done));
    return 0;
  }
  const { readings, frames, deliveries, events, permissions } = done.erased;
  io.out(
    `Erased: ${readings} readings, ${frames} raw frames, ${deliveries} deliveries, ${events} events, ${permissions} permissions.`,
  );
  for (const line of notReached(done)) io.err(line);
  return 0;
}

/** What erasing cannot reach, and who can. */
function notReached(done: Erasure): string[] {
  return [
    ...done.holders.map(
      ({ recipient, readings }) =>
        `Not reached: ${recipient} was sent ${readings} readings and keeps them by its own rules. Ask there.`,
    ),
    ...done.untold.map(
      ({ recipient, readings }) =>
        `Not reached: ${recipient} was to be told that ${readings} readings were not this person's. Tell it.`,
    ),
    ...done.endUntold.map(
      (recipient) =>
        `Not reached: ${recipient} is not told that this person's sharing ended. Tell it.`,
    ),
    ...done.keptStores.map(
      (file) =>
        `Not reached: ${file} was kept aside when it was damaged. Delete it when nothing in it is needed.`,
    ),
    ...(done.logCleared
      ? []
      : [
          'Not yet: another program reads the store. When it ends, the log beside it is emptied within five minutes.',
        ]),
    ...(done.copyWritten
      ? []
      : [
          'Not yet: the disk refused the copy household.db. It is tried again each minute: iomt doctor.',
        ]),
    ...(done.inConfiguration
      ? ['Not reached: the configuration expects measurements of this person. Take that out.']
      : []),
    'Not reached: backups, wherever they are; the memory of the devices; worn blocks of the disk, which are encrypted.',
  ];
}
