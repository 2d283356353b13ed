import { HOME_MIGRATIONS } from '../../../../agent/home/journal/schema.ts';
import { makeBackup, restoreBackup } from '../../../../agent/home/store/backup.ts';
import { mergeStore } from '../../../../agent/home/store/merge.ts';
import { openOrMend, storeIn } from '../../../../agent/home/store/open.ts';
import { openStore } from '../../../../agent/store.ts';

/** Does one thing to a store, and says when it begins: to be killed while it does. */
const key = new Uint8Array(32).fill(7);
const secret = { passphrase: `x'${'5a'.repeat(32)}'` };
const now = Date.parse('2026-03-03T10:00:00Z');
const [, , what, folder = '', other = ''] = process.argv;

const works: Record<string, () => void> = {
  mend: () => openOrMend({ folder, key, now: () => now }).db.close(),
  merge: () => void mergeStore({ aside: other, folder, key, now }),
  restore: () => void restoreBackup({ backup: other, secret, folder, key, now }),
  backup: () => {
    const db = openStore({ file: storeIn(folder), key, migrations: HOME_MIGRATIONS });
    makeBackup(db, { key, secret, out: other });
    db.close();
  },
};

process.stdout.write('begins\n', () => {
  works[what ?? '']?.();
  process.stdout.write('done\n');
});
