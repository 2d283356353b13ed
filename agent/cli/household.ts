import { randomUUID } from 'node:crypto';
import type { Recognised } from '../home/people/recognised.ts';
import { LANGUAGE_TAGS } from '../pages/language.ts';
import { ask, look } from './control.ts';
import { deviceKeyCommand, keyLines } from './device-key.ts';
import { deviceRecordCommand, unsupportedLines } from './device-record.ts';
import { erasePerson } from './erase-person.ts';
import { type Io, nothingMore, parse, UsageError, WHERE } from './io.ts';
import { pairDevice, passkeyOf } from './pair.ts';
import { homeFolder, type Where } from './settings.ts';
import { userCodeCommand } from './user-code.ts';

type Row = Readonly<Record<string, unknown>>;

/** Prints rows as JSON, or as aligned columns for people. */
function print(
  io: Io,
  values: { json?: boolean },
  rows: unknown,
  columns: readonly string[],
): number {
  if (values.json) {
    io.out(JSON.stringify(rows));
    return 0;
  }
  const list = [rows].flat() as Row[];
  const table = [columns, ...list.map((row) => columns.map((column) => cell(row[column])))];
  const widths = columns.map((_, at) => Math.max(...table.map((row) => row[at]?.length ?? 0)));
  for (const row of table) {
    io.out(
      row
        .map((text, at) => text.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    );
  }
  if (list.length === 0) io.err('Nothing there.');
  return 0;
}

function cell(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function need(value: string | undefined, usage: string): string {
  if (value !== undefined && value !== '') return value;
  throw new UsageError(`Usage: iomt ${usage}`);
}

const change = <T>(where: Where, io: Io, method: 'POST' | 'DELETE', path: string, body?: unknown) =>
  ask<T>(homeFolder(where, io), method, path, body);

const PEOPLE = 'people list | add NAME | remove PERSON | erase PERSON';

/** `iomt people`: who lives here. */
export async function peopleCommand(argv: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parse(argv, WHERE, PEOPLE);
  nothingMore(positionals, 2, PEOPLE);
  const [verb = 'list', who] = positionals;
  const columns = ['id', 'name'];
  if (verb === 'list')
    return print(io, values, await look(values, io, '/api/people', (v) => v.people()), columns);
  const name = need(who, PEOPLE);
  if (verb === 'add')
    return print(
      io,
      values,
      await change<Row>(values, io, 'POST', '/api/people', { name }),
      columns,
    );
  if (verb === 'remove') {
    return print(
      io,
      values,
      await change<Row>(values, io, 'DELETE', `/api/people/${encodeURIComponent(name)}`),
      columns,
    );
  }
  if (verb === 'erase') return erasePerson(values, io, name);
  throw new UsageError(`Usage: iomt ${PEOPLE}`);
}

const DEVICES =
  'devices list | seen | pair ADDRESS --name NAME [--passkey DIGITS] [--owner PERSON | --slot N=PERSON … --slots chosen|guessed] | key DEVICE [--file FILE] | user-code DEVICE [--user N [--file FILE] | --register] | record ADDRESS [--seconds 60] [--out FILE] | assign DEVICE … | unpair DEVICE';

/** `iomt devices`: the household's own units, and what the radio hears. */
export async function devicesCommand(argv: readonly string[], io: Io): Promise<number> {
  if (argv[0] === 'key') return deviceKeyCommand(argv.slice(1), io);
  if (argv[0] === 'record') return deviceRecordCommand(argv.slice(1), io);
  if (argv[0] === 'user-code') return userCodeCommand(argv.slice(1), io);
  const options = {
    ...WHERE,
    name: { type: 'string' },
    owner: { type: 'string' },
    slot: { type: 'string', multiple: true },
    slots: { type: 'string' },
    passkey: { type: 'string' },
  } as const;
  const { values, positionals } = parse(argv, options, DEVICES);
  nothingMore(positionals, 2, DEVICES);
  const [verb = 'list', what] = positionals;
  const columns = ['id', 'name', 'address', 'model', 'ownership', 'battery', 'trouble'];
  if (verb === 'list') {
    const devices = await look(values, io, '/api/devices', (v) => v.devices());
    if (!values.json) for (const line of keyLines(devices)) io.err(line);
    return print(io, values, devices, columns);
  }
  if (verb === 'seen') {
    const seen = await ask<Recognised[]>(homeFolder(values, io), 'GET', '/api/devices/seen');
    if (!values.json) for (const line of unsupportedLines(seen)) io.err(line);
    return print(io, values, seen, ['address', 'name', 'model', 'services', 'rssi', 'connectable']);
  }
  const device = need(what, DEVICES);
  if (verb === 'pair') {
    const whose = whoseOf(values);
    const paired = await pairDevice(homeFolder(values, io), io, {
      address: device,
      name: values.name ?? device,
      ...(whose ? { whose } : {}),
      ...passkeyOf(values.passkey),
    });
    return print(io, values, paired, columns);
  }
  const path = `/api/devices/${encodeURIComponent(device)}`;
  if (verb === 'assign') {
    const whose = whoseOf(values);
    if (!whose) throw new UsageError(`Usage: iomt ${DEVICES}`);
    return print(
      io,
      values,
      await change<Row>(values, io, 'POST', `${path}/assign`, whose),
      columns,
    );
  }
  if (verb === 'unpair')
    return print(io, values, await change<Row>(values, io, 'DELETE', path), columns);
  throw new UsageError(`Usage: iomt ${DEVICES}`);
}

function whoseOf(values: { owner?: string; slot?: string[]; slots?: string }) {
  if (values.owner !== undefined) return { owner: values.owner };
  if (values.slot === undefined) return undefined;
  const slots = Object.fromEntries(
    values.slot.map((text) => {
      const [, slot, person] = /^(\d+)=(.+)$/.exec(text) ?? [];
      if (!slot || !person) throw new UsageError('--slot is written like 1=PERSON.');
      return [slot, person];
    }),
  );
  return values.slots === undefined ? { slots } : { slots, slotKind: values.slots };
}

const CONSENTS = `consents list | give --person P --recipient R --kinds K,K [--from INSTANT] [--until INSTANT] [--language ${LANGUAGE_TAGS.join('|')}] | pause ID [--until INSTANT] | resume ID | withdraw ID`;

/** `iomt consents`: sharing permissions. Default is nothing. */
export async function consentsCommand(argv: readonly string[], io: Io): Promise<number> {
  const options = {
    ...WHERE,
    person: { type: 'string' },
    recipient: { type: 'string' },
    kinds: { type: 'string' },
    from: { type: 'string' },
    until: { type: 'string' },
    language: { type: 'string' },
  } as const;
  const { values, positionals } = parse(argv, options, CONSENTS);
  nothingMore(positionals, 2, CONSENTS);
  const [verb = 'list', id] = positionals;
  const columns = ['id', 'version', 'state', 'kinds', 'from', 'until', 'sentence'];
  if (verb === 'list') {
    const rows = await look(values, io, '/api/consents', (v) => v.permissions());
    if (values.json) return print(io, values, rows, []);
    const people = await look(values, io, '/api/people', (v) => v.people());
    const nameOf = new Map(people.map((person) => [person.id, person.name]));
    const shown = rows.map(({ person, permission: { id: permission, state, sentence } }) => ({
      id: permission,
      person: nameOf.get(person) ?? person,
      state,
      sentence,
    }));
    return print(io, values, shown, ['id', 'person', 'state', 'sentence']);
  }
  const { from, until, language } = values;
  if (verb === 'give') {
    const body = {
      person: need(values.person, CONSENTS),
      recipient: need(values.recipient, CONSENTS),
      kinds: need(values.kinds, CONSENTS).split(','),
      ...(from === undefined ? {} : { from }),
      ...(until === undefined ? {} : { until }),
      ...(language === undefined ? {} : { language }),
    };
    return print(io, values, await change<Row>(values, io, 'POST', '/api/consents', body), columns);
  }
  if (!['pause', 'resume', 'withdraw'].includes(verb))
    throw new UsageError(`Usage: iomt ${CONSENTS}`);
  const path = `/api/consents/${encodeURIComponent(need(id, CONSENTS))}/${verb}`;
  const body = verb === 'pause' && until !== undefined ? { until } : {};
  const answer = await change<{ permission: Row; alreadyPast: string[]; trail: string }>(
    values,
    io,
    'POST',
    path,
    body,
  );
  if (values.json) return print(io, values, answer, []);
  if (answer.alreadyPast.length > 0) {
    io.err(
      `${answer.alreadyPast.length} envelope(s) had already been handed over: ${answer.alreadyPast.join(', ')}`,
    );
  }
  io.err(`To check the trail later, note its mark: iomt audit --has ${answer.trail}`);
  return print(io, values, answer.permission, columns);
}

/** What a person read off a device that tells nobody. */
function typedOf(values: {
  person?: string;
  kind?: string;
  value?: string[];
  at?: string;
  comment?: string;
}) {
  const numbers = (values.value ?? []).map((text) => {
    const [, name, number] = /^([a-z0-9-]+)=(.*)$/.exec(text) ?? [];
    if (!name || !number) throw new UsageError('--value is written like weight=72.50.');
    return [name, number] as const;
  });
  return {
    form: randomUUID(),
    person: need(values.person, READINGS),
    kind: need(values.kind, READINGS),
    at: need(values.at, READINGS),
    values: Object.fromEntries(numbers),
    ...(values.comment === undefined ? {} : { comment: values.comment }),
  };
}

const READINGS =
  'readings list [--held] | add --person PERSON --kind KIND --value NAME=NUMBER … --at LOCAL-TIME [--comment TEXT] | assign ID PERSON | date ID --at LOCAL-TIME | remove ID | reread';

/** `iomt readings`: what was measured, and whose it is. */
export async function readingsCommand(argv: readonly string[], io: Io): Promise<number> {
  const options = {
    ...WHERE,
    held: { type: 'boolean' },
    at: { type: 'string' },
    person: { type: 'string' },
    kind: { type: 'string' },
    value: { type: 'string', multiple: true },
    comment: { type: 'string' },
  } as const;
  const { values, positionals } = parse(argv, options, READINGS);
  nothingMore(positionals, 3, READINGS);
  const [verb = 'list', id, person] = positionals;
  const columns = ['id', 'kind', 'state', 'held', 'because', 'effective', 'deliveries'];
  if (verb === 'list') {
    const state = values.held ? 'held' : 'all';
    const rows = await look(values, io, `/api/readings?state=${state}`, (v) => v.readings(state));
    if (values.json) return print(io, values, rows, []);
    const shown = rows.map((row) => ({
      ...row,
      deliveries: row.deliveries.map(inWords).join(', '),
    }));
    return print(io, values, shown, columns);
  }
  if (verb === 'reread') {
    nothingMore(positionals, 1, READINGS);
    const counts = await change<Row>(values, io, 'POST', '/api/readings/reread');
    return print(io, values, counts, Object.keys(counts));
  }
  if (verb === 'add') {
    nothingMore(positionals, 1, READINGS);
    const made = await change<Row>(values, io, 'POST', '/api/readings', typedOf(values));
    return print(io, values, made, ['id']);
  }
  const path = `/api/readings/${encodeURIComponent(need(id, READINGS))}`;
  if (verb === 'assign') {
    const body = { person: need(person, READINGS) };
    return print(io, values, await change<Row>(values, io, 'POST', `${path}/assign`, body), [
      'id',
      'kind',
      'state',
    ]);
  }
  if (verb === 'date') {
    const body = { at: need(values.at, READINGS) };
    return print(io, values, await change<Row>(values, io, 'POST', `${path}/date`, body), [
      'id',
      'kind',
      'state',
      'held',
    ]);
  }
  if (verb === 'remove')
    return print(io, values, await change<Row>(values, io, 'DELETE', path), ['id']);
  throw new UsageError(`Usage: iomt ${READINGS}`);
}

/** `care: received 2026-03-02 09:01Z (sent 2026-03-02 09:00Z)`, `care: withheld (paused)`. */
function inWords(delivery: {
  readonly recipient: string;
  readonly action: string;
  readonly state: string;
  readonly because: string | undefined;
  readonly sentAt: number | undefined;
  readonly receivedAt: number | undefined;
  readonly readAt: number | undefined;
}): string {
  const { recipient, action, state, because, sentAt, receivedAt, readAt } = delivery;
  const what = action === 'new' ? '' : ` ${action}`;
  const steps = { sent: sentAt, received: receivedAt, read: readAt };
  const all = Object.entries(steps).flatMap(([step, at]) =>
    at === undefined ? [] : [{ step, text: minuteOf(at) }],
  );
  const now = all.find(({ step }) => step === state);
  const before = all
    .filter(({ step }) => step !== state)
    .map(({ step, text }) => `${step} ${text}`);
  const notes = [...(because ? [because] : []), ...before].join(', ');
  return `${recipient}:${what} ${state}${now ? ` ${now.text}` : ''}${notes && ` (${notes})`}`;
}

const minuteOf = (ms: number): string =>
  `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')}Z`;

/** `iomt outbox`: counts by recipient and state. */
export async function outboxCommand(argv: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parse(argv, WHERE, 'outbox');
  nothingMore(positionals, 0, 'outbox');
  const rows = await look(values, io, '/api/outbox', (v) => v.outbox());
  return print(io, values, rows, ['recipient', 'action', 'state', 'n']);
}

const AUDIT = 'audit [--has MARK]';

/** `iomt audit`: the trail of decisions; exit 1 when the chain is broken, or lacks the line of a mark. */
export async function auditCommand(argv: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parse(argv, { ...WHERE, has: { type: 'string' } }, AUDIT);
  nothingMore(positionals, 0, AUDIT);
  const trail = await look(values, io, '/api/audit', (v) => v.audit());
  const entries = trail.entries.map((entry) => ({
    ...entry,
    at: new Date(entry.at).toISOString(),
  }));
  print(io, values, values.json ? trail : entries, ['seq', 'at', 'actor', 'action', 'detail']);
  const { firstBroken, head } = trail;
  const isBroken = firstBroken !== undefined;
  const marks = trail.entries.map(({ seq, hash }) => `${seq}:${hash}`);
  const isMissing = values.has !== undefined && !marks.includes(values.has);
  if (isBroken) io.err(`The trail is broken at entry ${firstBroken}: it was changed from outside.`);
  else if (head && !values.json)
    io.err(`Unbroken. Its end was cut off if a later one lacks this mark: ${head}`);
  if (isMissing) io.err('The line of that mark is gone: the trail was cut off or written anew.');
  return isBroken || isMissing ? 1 : 0;
}

/** `iomt export --person ID`: all that the gateway holds of one person, as JSON. */
export async function exportCommand(argv: readonly string[], io: Io): Promise<number> {
  const usage = 'export --person PERSON';
  const { values, positionals } = parse(argv, { ...WHERE, person: { type: 'string' } }, usage);
  nothingMore(positionals, 0, usage);
  const person = need(values.person, usage);
  const all = await look(values, io, `/api/export?person=${encodeURIComponent(person)}`, (v) =>
    v.export(person),
  );
  io.out(JSON.stringify(all));
  return 0;
}
