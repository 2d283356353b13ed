import { movePoint } from '../../fhir/number.ts';
import type { Language } from './language.ts';

/**
 * A decimal number in the reader's manner: the digits as they are, never rounded (`72.50` is `72,50`),
 * a power of ten written out. Total: a text that is no decimal number stays as it is.
 */
export function numberText(value: string, language: Language): string {
  const signed = plainText(value).replace(/^-/, '−');
  return language === 'en' ? signed : signed.replace('.', ',');
}

function plainText(value: string): string {
  if (!/e/i.test(value)) return value;
  try {
    return movePoint(value, 0);
  } catch {
    return value;
  }
}
