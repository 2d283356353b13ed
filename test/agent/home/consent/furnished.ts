import { existsSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { openHousehold, temporary } from '../household.ts';
import { ADDRESSES, RECIPIENTS } from './judge.ts';

const NAMES = ['Kari Example', 'Ola Example'];
/** Nothing survives a kill here but what the store wrote, so memory does for a disk. */
const MEMORY = '/dev/shm';

/** Where a store of one order is. */
export const newFolder = () =>
  existsSync(MEMORY) ? mkdtempSync(join(MEMORY, 'iomt-model-')) : temporary();

async function furnish() {
  const folder = newFolder();
  const home = openHousehold({ folder });
  const people = [];
  for (const name of NAMES) {
    const { id } = await home.decisions.addPerson('test', name);
    const pseudonyms = await home.committer.commit(() =>
      RECIPIENTS.map((to) => home.people.pseudonym(id, to)),
    );
    people.push({ id, pseudonyms });
  }
  const owner = people[0]?.id ?? '';
  const devices = [];
  for (const address of ADDRESSES) {
    const { id } = await home.adopt(address);
    await home.decisions.assignDevice('test', id, { owner });
    devices.push({ id, owner });
  }
  await home.stop();
  return { folder, people, devices };
}

let made: ReturnType<typeof furnish> | undefined;

/** A home in which nothing was measured, asked for or sent yet; made once. */
export const furnished = (): ReturnType<typeof furnish> => {
  made ??= furnish();
  return made;
};
