import type { Kind, Ucum } from '../measurement.ts';

/** Quantities that can be typed in. */
export type TypedName =
  | 'systolic'
  | 'diastolic'
  | 'pulse-rate'
  | 'weight'
  | 'temperature'
  | 'spo2'
  | 'heart-rate'
  | 'glucose';

/**
 * What can be typed in by hand, and what can be written at all: each number as its device shows it.
 * Limits are those of a display or a scale, and say nothing about anybody. They may be widened, never
 * narrowed: what was typed in before is read by them again.
 */
export interface TypedField {
  /** Name of the quantity. */
  readonly name: TypedName;
  readonly unit: Ucum;
  /** Lowest and highest that can be shown, as decimal text. */
  readonly low: string;
  readonly high: string;
  /** Most digits after the decimal sign. */
  readonly decimals: number;
  /** Not every device shows it. */
  readonly optional?: true;
}

/** Three digits on a display. */
const THREE_DIGITS = { low: '1', high: '999', decimals: 0 } as const;
const PULSE = { name: 'pulse-rate', unit: '/min', ...THREE_DIGITS, optional: true } as const;
const PRESSURE = { unit: 'mm[Hg]', ...THREE_DIGITS } as const;

export const TYPED_KINDS = {
  'blood-pressure': [{ name: 'systolic', ...PRESSURE }, { name: 'diastolic', ...PRESSURE }, PULSE],
  // A scale for babies shows grams.
  'body-weight': [{ name: 'weight', unit: 'kg', low: '0.1', high: '999.999', decimals: 3 }],
  // The longest scale on a thermometer for people; a number beyond it was in another unit.
  'body-temperature': [{ name: 'temperature', unit: 'Cel', low: '10', high: '50', decimals: 2 }],
  'oxygen-saturation': [{ name: 'spo2', unit: '%', low: '1', high: '100', decimals: 1 }, PULSE],
  'heart-rate': [{ name: 'heart-rate', unit: '/min', ...THREE_DIGITS }],
  // The widest meters show up to 50; a number beyond it was in mg/dL.
  glucose: [{ name: 'glucose', unit: 'mmol/L', low: '0.1', high: '50', decimals: 2 }],
} as const satisfies Partial<Record<Kind, readonly TypedField[]>>;

export type TypedKind = keyof typeof TYPED_KINDS;

export const isTypedKind = (kind: string): kind is TypedKind => Object.hasOwn(TYPED_KINDS, kind);

export const fieldsOf = (kind: TypedKind): readonly TypedField[] => TYPED_KINDS[kind];

/** Why a number cannot be what a device showed; `order`: the upper is not above the lower. */
export type TypedRefusal = 'empty' | 'not-a-number' | 'decimals' | 'range' | 'order';

/** By quantity: decimal text as it was typed, or why not. */
export type Checked =
  | { readonly ok: true; readonly quantities: Readonly<Record<string, string>> }
  | { readonly ok: false; readonly refusals: Readonly<Record<string, TypedRefusal>> };

/** Longest text that is looked at, characters. */
const TEXT_MAX = 20;
const NUMBER = /^(\d{1,6})(?:[.,](\d{1,6}))?$/;

/** Digits as they were typed with a decimal point, whichever sign was used: `72,50` is `72.50`. */
function decimalOf(text: string): string | undefined {
  const [, whole = '', fraction] = text.length > TEXT_MAX ? [] : (NUMBER.exec(text) ?? []);
  if (whole === '') return undefined;
  const digits = whole.replace(/^0+(?=\d)/, '');
  return fraction === undefined ? digits : `${digits}.${fraction}`;
}

function checkField(field: TypedField, text: string): { readonly value: string } | TypedRefusal {
  if (text === '') return 'empty';
  const value = decimalOf(text);
  if (value === undefined) return 'not-a-number';
  if ((value.split('.')[1] ?? '').length > field.decimals) return 'decimals';
  // Seven digits at most: a double holds them exactly enough to compare.
  const number = Number(value);
  if (number < Number(field.low) || number > Number(field.high)) return 'range';
  return { value };
}

/** What was typed into a form, read with a comma or a point; nothing is rounded. Pure and total. */
export function checkTyped(kind: TypedKind, typed: Readonly<Record<string, unknown>>): Checked {
  const quantities: Record<string, string> = {};
  const refusals: Record<string, TypedRefusal> = {};
  for (const field of fieldsOf(kind)) {
    const { name, optional } = field;
    const raw = Object.hasOwn(typed, name) ? typed[name] : undefined;
    const text = typeof raw === 'string' ? raw.trim() : '';
    if (text === '' && optional) continue;
    const checked = checkField(field, text);
    if (typeof checked === 'string') refusals[name] = checked;
    else quantities[name] = checked.value;
  }
  const { systolic, diastolic } = quantities;
  if (systolic !== undefined && diastolic !== undefined && Number(systolic) <= Number(diastolic)) {
    refusals.systolic = 'order';
  }
  return Object.keys(refusals).length === 0 ? { ok: true, quantities } : { ok: false, refusals };
}
