import type { UserCodesGiven } from '../home/people/user-code-giving.ts';
import { ask } from './control.ts';
import { type Io, nothingMore, parse, UsageError, WHERE } from './io.ts';
import { secretText } from './secret-text.ts';
import { homeFolder } from './settings.ts';

const USAGE =
  'devices user-code DEVICE [--user N [--file FILE] | --register]   (the code is read from FILE, or standard input)';
/** A code has four digits. */
const TEXT_CHARS_MAX = 20;

const IN_WORDS: Readonly<Record<string, string>> = {
  accepted: 'accepted by the device',
  'wrong-code': 'wrong code: it is not tried again; give the right one',
  'no-such-user': 'the device has no such user',
  locked: 'the device refuses for now: it is busy, has no room, or is locked after wrong codes',
  unsupported: 'the device cannot do this',
  refused: 'the device refused the request: it may have to be paired again',
  silent: 'the device did not answer',
};

/**
 * `iomt devices user-code`: who is using a scale that asks for it. The code is never an argument,
 * since the list of processes shows those to all, and is never shown again.
 */
export async function userCodeCommand(argv: readonly string[], io: Io): Promise<number> {
  const options = {
    ...WHERE,
    user: { type: 'string' },
    file: { type: 'string' },
    register: { type: 'boolean' },
  } as const;
  const { values, positionals } = parse(argv, options, USAGE);
  nothingMore(positionals, 1, USAGE);
  const [device] = positionals;
  const both = values.register && values.user !== undefined;
  if (!device || both || (values.user !== undefined && !/^\d{1,3}$/.test(values.user))) {
    throw new UsageError(`Usage: iomt ${USAGE}`);
  }
  const folder = homeFolder(values, io);
  const path = `/api/devices/${encodeURIComponent(device)}/user-codes`;
  const tell = (body: unknown) => ask<UserCodesGiven>(folder, 'POST', path, body);
  const told = values.register
    ? await tell({ register: true })
    : values.user === undefined
      ? await ask<UserCodesGiven>(folder, 'GET', path)
      : await tell({
          user: Number(values.user),
          code: await secretText(io, values.file, { what: 'code', charsMax: TEXT_CHARS_MAX }),
        });
  if (values.json) io.out(JSON.stringify(told));
  else for (const line of lines(told)) io.out(line);
  return 0;
}

function lines({ users }: UserCodesGiven): string[] {
  if (users.length === 0) return ['No codes are kept for this device.'];
  return users.map(({ user, answer }) => {
    const who = user === undefined ? 'A new user' : `User ${user}`;
    return `${who}: ${answer === undefined ? 'told at the next visit' : (IN_WORDS[answer] ?? answer)}`;
  });
}
