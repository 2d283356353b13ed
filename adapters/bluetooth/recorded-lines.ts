/** One thing that was heard of a recorded device; bytes stand as `hex`. */
export interface RecordedFact {
  readonly is: string;
  readonly service?: string;
  readonly characteristic?: string;
  readonly hex?: string;
  readonly [fact: string]: unknown;
}

/** With when it was heard, ms since the start. */
export type RecordedLine = RecordedFact & { readonly at: number };

/** Whose bytes name a unit or a person: name, System ID, serial, UDI; birth, mail, first and last name. */
const NAMING = new Set(['2a00', '2a23', '2a25', '2bff', '2a85', '2a87', '2a8a', '2a90']);
/** Of those, what a device also weaves into its other bytes. */
const WOVEN = new Set(['2a00', '2a25']);
/** Shorter texts occur by chance. */
const TEXT_BYTES_MIN = 4;
/** From the range kept for documents (RFC 7042). */
const ANY_ADDRESS = Buffer.from('00005e005300', 'hex');
const HIDDEN = 'X';

interface Replacement {
  readonly from: Buffer;
  readonly to: Buffer;
}

/**
 * The lines without what names the device or a person: its address in either order of bytes and as
 * text, its names and its serial wherever they occur, and characteristics that hold such. Lengths
 * stay. What was measured is in the bytes still.
 */
export function withoutIdentity(
  lines: readonly RecordedLine[],
  known: { readonly address: string; readonly names: readonly string[] },
): RecordedLine[] {
  const told = lines.filter(
    ({ is, characteristic = '' }) => is === 'read' && WOVEN.has(characteristic),
  );
  const texts = [
    ...known.names.map((name) => Buffer.from(name)),
    ...told.map(({ hex = '' }) => Buffer.from(hex, 'hex')),
  ];
  const replacements = [...ofAddress(known.address), ...texts.flatMap(ofText)];
  return lines.map((line) => cleaned(line, replacements));
}

function ofAddress(address: string): Replacement[] {
  const bytes = Buffer.from(address, 'hex');
  const as = (change: (one: Buffer) => Buffer) => ({
    from: change(bytes),
    to: change(ANY_ADDRESS),
  });
  const text = (separator: string, upper: boolean) => (one: Buffer) => {
    const digits = one.toString('hex').replace(/(..)(?=.)/g, `$1${separator}`);
    return Buffer.from(upper ? digits.toUpperCase() : digits);
  };
  return [
    as((one) => one),
    as((one) => Buffer.from(one).reverse()),
    ...['', ':', '-'].flatMap((separator) => [
      as(text(separator, false)),
      as(text(separator, true)),
    ]),
  ];
}

function ofText(text: Buffer): Replacement[] {
  const end = text.indexOf(0);
  const from = end < 0 ? text : text.subarray(0, end);
  return from.length < TEXT_BYTES_MIN ? [] : [{ from, to: Buffer.alloc(from.length, HIDDEN) }];
}

function cleaned(line: RecordedLine, replacements: readonly Replacement[]): RecordedLine {
  const { characteristic = '', hex } = line;
  if (hex !== undefined && NAMING.has(characteristic)) {
    return { ...line, hex: Buffer.alloc(hex.length / 2, HIDDEN).toString('hex'), leftOut: true };
  }
  const clean = (value: unknown, name: string): unknown => {
    if (Array.isArray(value)) return value.map((one) => clean(one, name));
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, clean(one, key)]));
    }
    const isBytes = typeof value === 'string' && /^(hex|manufacturerHex)$/.test(name);
    return isBytes ? replaced(value, replacements) : value;
  };
  return clean(line, '') as RecordedLine;
}

function replaced(hex: string, replacements: readonly Replacement[]): string {
  const bytes = Buffer.from(hex, 'hex');
  for (const { from, to } of replacements) {
    for (let at = bytes.indexOf(from); at >= 0; at = bytes.indexOf(from, at + from.length)) {
      to.copy(bytes, at);
    }
  }
  return bytes.toString('hex');
}
