import { createAudit } from '../home/audit.ts';
import { openHomeStore } from './control.ts';
import { type Io, parse, UsageError, WHERE } from './io.ts';

const USAGE = 'store check';

/** `iomt store check`: opens the store read-only, checks every page and the audit trail. */
export async function storeCommand(argv: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parse(argv, WHERE, USAGE);
  if (positionals.length !== 1 || positionals[0] !== 'check')
    throw new UsageError(`Usage: iomt ${USAGE}`);
  const db = openHomeStore(values, io);
  try {
    const pages = db.pragma('integrity_check(5)', { simple: true }) === 'ok';
    const broken = createAudit(db).firstBroken();
    const result = {
      pages: pages ? 'ok' : 'damaged',
      audit: broken === undefined ? 'ok' : `broken at ${broken}`,
    };
    io.out(values.json ? JSON.stringify(result) : `pages: ${result.pages}\naudit: ${result.audit}`);
    return pages && broken === undefined ? 0 : 1;
  } finally {
    db.close();
  }
}
