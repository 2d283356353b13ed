import type { Language } from '../../../pages/language.ts';
import { access as accessEn } from './access.en.ts';
import { access as accessNb } from './access.nb.ts';
import { access as accessNn } from './access.nn.ts';
import { en as boxEn } from './box.en.ts';
import { nb as boxNb } from './box.nb.ts';
import { nn as boxNn } from './box.nn.ts';
import { frame as frameEn } from './frame.en.ts';
import { frame as frameNb } from './frame.nb.ts';
import { frame as frameNn } from './frame.nn.ts';
import { questions as questionsEn } from './questions.en.ts';
import { questions as questionsNb } from './questions.nb.ts';
import { questions as questionsNn } from './questions.nn.ts';
import { readings as readingsEn } from './readings.en.ts';
import { readings as readingsNb } from './readings.nb.ts';
import { readings as readingsNn } from './readings.nn.ts';
import { shares as sharesEn } from './shares.en.ts';
import { shares as sharesNb } from './shares.nb.ts';
import { shares as sharesNn } from './shares.nn.ts';

/** All that the pages say, by page; English is the shape of each. */
const en = {
  frame: frameEn,
  access: accessEn,
  readings: readingsEn,
  box: boxEn,
  questions: questionsEn,
  shares: sharesEn,
};
export type Words = typeof en;

/** The catalogues, each complete. */
export const WORDS: Readonly<Record<Language, Words>> = {
  nb: {
    frame: frameNb,
    access: accessNb,
    readings: readingsNb,
    box: boxNb,
    questions: questionsNb,
    shares: sharesNb,
  },
  nn: {
    frame: frameNn,
    access: accessNn,
    readings: readingsNn,
    box: boxNn,
    questions: questionsNn,
    shares: sharesNn,
  },
  en,
};

export const wordsOf = (language: Language): Words => WORDS[language];
