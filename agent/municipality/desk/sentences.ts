import { capital, type Language, localeOf } from '../../pages/language.ts';
import { MEASURED, type MeasuredWords } from '../../pages/measured.ts';
import { numberText } from '../../pages/number.ts';
import type { SharingNotice } from '../relay-store.ts';
import { LANGUAGES } from './language.ts';
import type { ClockBasis, Line, Name, Part, Value } from './line.ts';
import { FLAGS } from './measures.ts';
import type { Words } from './words/en.ts';

/** A line in words: what the page shows and the API says. */
export interface Sentences {
  readonly kind: string;
  /** Empty when it was taken back. */
  readonly value: string;
  readonly measured: string;
  readonly received: string;
  readonly device: string;
  /** Empty when it was taken back: a withdrawal says nothing of clocks. */
  readonly clock: string;
  readonly reported: readonly string[];
  readonly state: string;
  readonly basis?: string;
}

const OFFSET = /([+-]\d{2}:\d{2}|Z)$/;

/** Puts a line into words; numbers keep the digits that the device sent, with the reader's decimal sign. */
export function sentencesOf(line: Line, language: Language): Sentences {
  const words = LANGUAGES[language];
  const measured = MEASURED[language];
  const offset = OFFSET.exec(line.measured ?? '')?.[1] ?? 'Z';
  const read = line.readAt === null ? '' : ` ${timeText(line.readAt, offset, language)}`;
  const state = `${words.states[line.state]}${line.state === 'read' ? read : ''}`;
  const basis = Object.hasOwn(words.basis, line.basis ?? '')
    ? words.basis[line.basis as keyof Words['basis']]
    : line.basis;
  return {
    kind: capital(nameText(line.kind, measured)),
    value: valueText(line, language),
    measured: line.measured ? timeText(Date.parse(line.measured), offset, language) : words.noTime,
    received: timeText(line.receivedAt, offset, language),
    device: deviceText(line, words),
    clock: line.state === 'retracted' ? '' : clockText(line.clock, words),
    reported: line.reported.map(({ code, text }) => flagText(code, text, measured)),
    state: [state, ...changeOf(line, words)].join(', '),
    ...(basis ? { basis } : {}),
  };
}

function changeOf({ state, corrected, amended }: Line, words: Words): string[] {
  if (state === 'retracted') return [];
  return [...(corrected ? [words.corrected] : []), ...(amended ? [words.amended] : [])];
}

/** How a person's sharing stands, in words: why readings may be missing. */
export function sharingText({ cause, at }: SharingNotice, language: Language): string {
  const { sharing } = LANGUAGES[language];
  const when = timeText(Date.parse(at), OFFSET.exec(at)?.[1] ?? 'Z', language);
  return (cause === 'consent-ended' ? sharing.ended : sharing.paused).replace('{when}', when);
}

function deviceText({ typedBy, device, state }: Line, words: Words): string {
  if (state === 'retracted') return device ?? '–';
  return typedBy ? words.typed[typedBy] : (device ?? words.unknownDevice);
}

/** Date and time on the wall of the home where it was measured. */
function timeText(ms: number, offset: string, language: Language): string {
  const [, sign, hours, minutes] = /([+-])(\d{2}):(\d{2})/.exec(offset) ?? [];
  const shift = (sign === '-' ? -1 : 1) * (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60_000;
  const text = new Intl.DateTimeFormat(localeOf(language), {
    dateStyle: 'medium',
    timeStyle: 'medium',
    timeZone: 'UTC',
  }).format(ms + shift);
  return offset === 'Z' ? `${text} UTC` : text;
}

function nameText(name: Name, measured: MeasuredWords): string {
  return 'word' in name ? measured.measures[name.word] : name.text;
}

/** `138/84 mmHg, pulse 71 /min`: the first is what the line is about and needs no name. */
function valueText(line: Line, language: Language): string {
  const measured = MEASURED[language];
  const pressure = bloodPressure(line.parts, language);
  const rest = pressure ? line.parts.filter((part) => !pressure.of.includes(part)) : line.parts;
  const texts = rest.map(({ name, value }, index) => {
    const text = partValue(value, language);
    const first = index === 0 && !pressure && isSame(name, line.kind);
    return first ? text : `${nameText(name, measured)} ${text}`;
  });
  return (pressure ? [pressure.text, ...texts] : texts).join(', ');
}

/** Systolic over diastolic, when the device gave both in one unit. */
function bloodPressure(
  parts: readonly Part[],
  language: Language,
): { text: string; of: Part[] } | undefined {
  const find = (word: string) => parts.find(({ name }) => 'word' in name && name.word === word);
  const [high, low] = [find('systolic'), find('diastolic')];
  if (!high || !low || !('number' in high.value) || !('number' in low.value)) return undefined;
  const plain = [high.value, low.value].every((value) => !value.comparator && !value.original);
  if (!plain || high.value.unit !== low.value.unit) return undefined;
  const figures = [high.value, low.value].map(({ number }) => numberText(number, language));
  return { text: `${figures.join('/')} ${high.value.unit}`, of: [high, low] };
}

function isSame(a: Name, b: Name): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function partValue(value: Value, language: Language): string {
  const measured = MEASURED[language];
  if ('number' in value) {
    const { unit, comparator, original } = value;
    const number = numberText(value.number, language);
    const text = `${comparator ? `${comparator} ` : ''}${number} ${unit}`.trimEnd();
    if (!original) return text;
    const sent = `${numberText(original.number, language)} ${original.unit}`;
    return `${text} (${LANGUAGES[language].original} ${sent})`;
  }
  if ('state' in value) return measured.stateWords[value.state];
  if ('truth' in value) return value.truth ? measured.yes : measured.no;
  if ('text' in value) return value.text;
  const reason = Object.hasOwn(measured.absent, value.absent)
    ? measured.absent[value.absent as keyof MeasuredWords['absent']]
    : value.absent;
  return `${measured.noValue} (${reason})`;
}

function clockText(clock: ClockBasis, words: Words): string {
  switch (clock.as) {
    case 'corrected': {
      if (clock.seconds === 0) return words.clockRight;
      const seconds = `${clock.seconds > 0 ? '+' : '−'}${Math.abs(clock.seconds)}`;
      return words.clockCorrected.replace('{seconds}', seconds);
    }
    case 'untouched':
      return words.clockUntouched;
    case 'unusable':
      return words.clockUnusable;
    case 'stated':
      return words.clockStated;
    case 'typed':
      return words.clockTyped;
    case 'none':
      return words.clockNone;
  }
}

function flagText(code: string | undefined, text: string, measured: MeasuredWords): string {
  const flag = code !== undefined && Object.hasOwn(FLAGS, code) ? FLAGS[code] : undefined;
  return flag ? measured.flags[flag] : text;
}
