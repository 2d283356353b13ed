import { modelOf } from './index.ts';
import type { Words } from './model.ts';
import { PAIR } from './words.ts';

/** Stands for a device whose model is not known. */
const THE_DEVICE: Words = { nb: 'Apparatet', nn: 'Apparatet', en: 'The device' };

const FORGOTTEN: Words = {
  nb: 'har glemt denne boksen og må pares på nytt.',
  nn: 'har gløymt denne boksen og må parast på nytt.',
  en: 'has forgotten this box and has to be paired again.',
};

/** Most often the key was lost because it was paired with something else. */
const ONE_PAIRING: Words = {
  nb: 'Det husker bare én paring: fjern det først fra telefonens app og Bluetooth-liste.',
  nn: 'Det hugsar berre éi paring: fjern det først frå appen og Bluetooth-lista på telefonen.',
  en: 'It keeps one pairing only: first remove it from the phone’s app and Bluetooth list.',
};

/**
 * What a person is told when a device has lost its bond, and does about it: what its model asks for
 * when it is paired, and for an unknown model what its manual shows. By the model's key.
 */
export function bondLostWords(model: string | undefined): Words {
  const known = modelOf(model);
  const { pair } = known?.instructions ?? { pair: PAIR.asManual };
  const say = (language: keyof Words) => {
    const who = known ? `${known.vendor} ${known.name}` : THE_DEVICE[language];
    const before = known?.oneHostOnly ? [ONE_PAIRING[language]] : [];
    return [`${who} ${FORGOTTEN[language]}`, ...before, pair[language]].join(' ');
  };
  return { nb: say('nb'), nn: say('nn'), en: say('en') };
}
