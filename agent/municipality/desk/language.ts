import type { Language } from '../../pages/language.ts';
import { en, type Words } from './words/en.ts';
import { nb } from './words/nb.ts';
import { nn } from './words/nn.ts';

/** The desk's catalogues. */
export const LANGUAGES: Readonly<Record<Language, Words>> = { nb, nn, en };
