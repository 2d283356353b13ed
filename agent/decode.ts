import { parseArgs } from 'node:util';
import {
  type AdvertisementSource,
  advertisementDecoders,
  decodeAdvertisement,
} from '../adapters/bluetooth/advertisements/index.ts';
import { decodeGatt, gattDecoders, shortUuid } from '../adapters/bluetooth/gatt/index.ts';
import { contextOf, modelOf } from '../adapters/bluetooth/models/index.ts';
import type { Decoded } from '../adapters/measurement.ts';

/** Where the command reads requests and writes: data to `out`, words for people to `err`. */
export interface DecodeIo {
  readonly stdin: AsyncIterable<string | Buffer>;
  out(line: string): void;
  err(line: string): void;
}

const USAGE = `Usage:
  iomt decode gatt [--model KEY] <uuid> <hex>
  iomt decode advertisement (--service-data UUID | --manufacturer ID)
                            [--address MAC] [--key HEX] <hex>
  iomt decode -        one request per line from standard input
  iomt decode --list   what can be decoded`;

const DONE = 0;
const REFUSED = 1;
const WRONG_USAGE = 2;

/** A line of standard input is at most a 512-byte value with its key and address; this is ample. */
const LINE_CHARS_MAX = 16_384;

type Answer = { readonly decoded: Decoded } | { readonly problems: readonly string[] };

/**
 * `iomt decode`: prints one JSON object for each request. Fulfils with the exit code: 0 decoded,
 * 1 refused, 2 not a request. `argv` is what follows `decode`.
 */
export async function decodeCommand(argv: readonly string[], io: DecodeIo): Promise<number> {
  const words = argv.filter((word) => word !== '--json'); // it never prints anything else
  if (words.length === 1 && words[0] === '-') return decodeLines(io);
  if (words.length === 1 && words[0] === '--list') {
    io.out(JSON.stringify(list()));
    return DONE;
  }
  if (words.length === 1 && words[0] === '--help') {
    io.err(USAGE);
    return DONE;
  }
  const answer = answerTo(words);
  if ('problems' in answer) {
    for (const problem of answer.problems) io.err(problem);
    io.err(USAGE);
    return WRONG_USAGE;
  }
  io.out(JSON.stringify(answer.decoded));
  return answer.decoded.ok ? DONE : REFUSED;
}

async function decodeLines(io: DecodeIo): Promise<number> {
  let refused = false;
  for await (const line of linesOf(io.stdin)) {
    const words = line.split(/\s+/).filter((word) => word.length > 0);
    if (words.length === 0) continue;
    const answer: Answer =
      line.length > LINE_CHARS_MAX
        ? { problems: [`A line is at most ${LINE_CHARS_MAX} characters.`] }
        : answerTo(words);
    if ('decoded' in answer) {
      io.out(JSON.stringify(answer.decoded));
      refused ||= !answer.decoded.ok;
    } else {
      io.out(JSON.stringify({ ok: false, reason: 'usage', problems: answer.problems }));
      refused = true;
    }
  }
  return refused ? REFUSED : DONE;
}

/** Lines without their ends; of a line that is too long no more is kept than shows it. */
async function* linesOf(stream: AsyncIterable<string | Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream) {
    rest += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
    const lines = rest.split('\n');
    rest = (lines.pop() ?? '').slice(0, LINE_CHARS_MAX + 1);
    yield* lines;
  }
  if (rest.length > 0) yield rest;
}

function answerTo(words: readonly string[]): Answer {
  const [what, ...rest] = words;
  if (what === 'gatt') return gatt(rest);
  if (what === 'advertisement') return advertisement(rest);
  return { problems: ['Say what to decode: gatt or advertisement.'] };
}

function gatt(words: readonly string[]): Answer {
  const named = words[0] === '--model' ? words[1] : undefined;
  const [uuid = '', hex = '', ...more] = named === undefined ? words : words.slice(2);
  const model = modelOf(named);
  const problems: string[] = [];
  if (named !== undefined && !model) {
    problems.push('No such model: its key is in adapters/bluetooth/models/.');
  }
  if (hex === '' || more.length > 0) {
    problems.push('gatt takes a UUID and the bytes in hexadecimal.');
  } else {
    if (!isUuid(uuid)) problems.push('The UUID is not one: write 2a35, 0x2A35 or all 128 bits.');
    if (!isHex(hex)) problems.push('The bytes are not pairs of hexadecimal digits.');
  }
  if (problems.length > 0) return { problems };
  // Without a model nothing is known of the device: the bytes alone say what they are.
  return { decoded: decodeGatt(uuid, bytesOf(hex), model && contextOf(model)) };
}

const OPTIONS = {
  'service-data': { type: 'string' },
  manufacturer: { type: 'string' },
  address: { type: 'string' },
  key: { type: 'string' },
} as const;

function advertisement(words: readonly string[]): Answer {
  const parsed = parse(words);
  if (!parsed) return { problems: ['An option is unknown or has no value.'] };
  const { values, positionals } = parsed;
  const { 'service-data': serviceData, manufacturer, address, key } = values;
  const [hex = ''] = positionals;
  const problems: string[] = [];
  if ((serviceData === undefined) === (manufacturer === undefined)) {
    problems.push('Give one of --service-data and --manufacturer.');
  }
  if (serviceData !== undefined && !isUuid(serviceData)) {
    problems.push('The UUID of --service-data is not one: write fcd2, 0xFCD2 or all 128 bits.');
  }
  if (manufacturer !== undefined && !/^(0x)?[0-9a-f]{1,4}$/i.test(manufacturer)) {
    problems.push('The company of --manufacturer is up to four hexadecimal digits: 0499.');
  }
  if (address !== undefined && !/^[0-9a-f]{2}([:-]?[0-9a-f]{2}){5}$/i.test(address)) {
    problems.push('The address of --address is not six bytes.');
  }
  if (key !== undefined && !/^[0-9a-f]{32}$/i.test(key)) {
    problems.push('The key of --key is not sixteen bytes in hexadecimal.');
  }
  if (positionals.length !== 1) {
    problems.push('advertisement takes the bytes in hexadecimal, once.');
  } else if (!isHex(hex)) {
    problems.push('The bytes are not pairs of hexadecimal digits.');
  }
  if (problems.length > 0) return { problems };
  const source: AdvertisementSource =
    serviceData === undefined
      ? { manufacturer: Number.parseInt((manufacturer ?? '').replace(/^0x/i, ''), 16) }
      : { serviceData };
  const context = {
    ...(address === undefined ? {} : { address }),
    ...(key === undefined ? {} : { key: bytesOf(key) }),
  };
  return { decoded: decodeAdvertisement(source, bytesOf(hex), context) };
}

function parse(words: readonly string[]) {
  try {
    return parseArgs({ args: [...words], options: OPTIONS, allowPositionals: true });
  } catch {
    return undefined; // parseArgs throws on what it does not know
  }
}

function isUuid(text: string): boolean {
  return /^([0-9a-f]{4}|[0-9a-f]{32})$/.test(shortUuid(text));
}

function isHex(text: string): boolean {
  return /^(0x)?([0-9a-f]{2})*$/i.test(text);
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.replace(/^0x/i, ''), 'hex'));
}

function list(): Record<string, unknown> {
  const broadcasts = advertisementDecoders();
  return {
    gatt: gattDecoders(),
    serviceData: broadcasts.filter((row) => 'serviceData' in row),
    manufacturer: broadcasts
      .filter((row) => 'manufacturer' in row)
      .map(({ manufacturer, name }) => ({
        manufacturer: `0x${manufacturer.toString(16).toUpperCase().padStart(4, '0')}`,
        name,
      })),
  };
}
