import type { Language } from '../../../pages/language.ts';
import { access as accessEn } from './access.en.ts';
import { access as accessNb } from './access.nb.ts';
import { access as accessNn } from './access.nn.ts';
import { en as boxEn } from './box.en.ts';
import { nb as boxNb } from './box.nb.ts';
import { nn as boxNn } from './box.nn.ts';
import { devices as devicesEn } from './devices.en.ts';
import { devices as devicesNb } from './devices.nb.ts';
import { devices as devicesNn } from './devices.nn.ts';
import { frame as frameEn } from './frame.en.ts';
import { frame as frameNb } from './frame.nb.ts';
import { frame as frameNn } from './frame.nn.ts';
import { health as healthEn } from './health.en.ts';
import { health as healthNb } from './health.nb.ts';
import { health as healthNn } from './health.nn.ts';
import { pairing as pairingEn } from './pairing.en.ts';
import { pairing as pairingNb } from './pairing.nb.ts';
import { pairing as pairingNn } from './pairing.nn.ts';
import { passkeys as passkeysEn } from './passkeys.en.ts';
import { passkeys as passkeysNb } from './passkeys.nb.ts';
import { passkeys as passkeysNn } from './passkeys.nn.ts';
import { questions as questionsEn } from './questions.en.ts';
import { questions as questionsNb } from './questions.nb.ts';
import { questions as questionsNn } from './questions.nn.ts';
import { readings as readingsEn } from './readings.en.ts';
import { readings as readingsNb } from './readings.nb.ts';
import { readings as readingsNn } from './readings.nn.ts';
import { roles as rolesEn } from './roles.en.ts';
import { roles as rolesNb } from './roles.nb.ts';
import { roles as rolesNn } from './roles.nn.ts';
import { shares as sharesEn } from './shares.en.ts';
import { shares as sharesNb } from './shares.nb.ts';
import { shares as sharesNn } from './shares.nn.ts';
import { typed as typedEn } from './typed.en.ts';
import { typed as typedNb } from './typed.nb.ts';
import { typed as typedNn } from './typed.nn.ts';

/** All that the pages say, by page; English is the shape of each. */
const en = {
  frame: frameEn,
  access: accessEn,
  passkeys: passkeysEn,
  roles: rolesEn,
  readings: readingsEn,
  typed: typedEn,
  questions: questionsEn,
  shares: sharesEn,
  devices: devicesEn,
  pairing: pairingEn,
  box: boxEn,
  health: healthEn,
};
export type Words = typeof en;

/** The catalogues, each complete. */
export const WORDS: Readonly<Record<Language, Words>> = {
  nb: {
    frame: frameNb,
    access: accessNb,
    passkeys: passkeysNb,
    roles: rolesNb,
    readings: readingsNb,
    typed: typedNb,
    questions: questionsNb,
    shares: sharesNb,
    devices: devicesNb,
    pairing: pairingNb,
    box: boxNb,
    health: healthNb,
  },
  nn: {
    frame: frameNn,
    access: accessNn,
    passkeys: passkeysNn,
    roles: rolesNn,
    readings: readingsNn,
    typed: typedNn,
    questions: questionsNn,
    shares: sharesNn,
    devices: devicesNn,
    pairing: pairingNn,
    box: boxNn,
    health: healthNn,
  },
  en,
};

export const wordsOf = (language: Language): Words => WORDS[language];

/** The words with their holes filled. */
export function put(text: string, holes: Readonly<Record<string, string | number>>): string {
  return text.replaceAll(/\{(\w+)\}/g, (hole, name: string) => String(holes[name] ?? hole));
}

/** For one, or for many: the text with `{n}` and the other holes filled. */
export function putCount(
  [one = '', many = '']: readonly string[],
  n: number,
  holes: Readonly<Record<string, string | number>> = {},
): string {
  return put(n === 1 ? one : many, { n, ...holes });
}
