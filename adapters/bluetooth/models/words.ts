import type { Words } from './model.ts';

/** What a person does to pair a device. Plain, and only what is known of the model. */
export const PAIR = {
  asManual: {
    nb: 'Legg apparatet ved siden av boksen og slå på paring slik bruksanvisningen viser.',
    nn: 'Legg apparatet ved sida av boksen og slå på paring slik bruksrettleiinga viser.',
    en: 'Put the device beside the box and switch on pairing as its manual shows.',
  },
  untilPr: {
    nb: 'Legg apparatet ved siden av boksen og hold knappen inne til «Pr» vises.',
    nn: 'Legg apparatet ved sida av boksen og hald knappen inne til «Pr» blir vist.',
    en: 'Put the device beside the box and hold its button until “Pr” shows.',
  },
  untilP: {
    nb: 'Legg apparatet ved siden av boksen og hold Bluetooth-knappen inne til «P» blinker.',
    nn: 'Legg apparatet ved sida av boksen og hald Bluetooth-knappen inne til «P» blinkar.',
    en: 'Put the device beside the box and hold its Bluetooth button until “P” flashes.',
  },
  eightSeconds: {
    nb: 'Legg apparatet ved siden av boksen og hold startknappen inne i åtte sekunder.',
    nn: 'Legg apparatet ved sida av boksen og hald startknappen inne i åtte sekund.',
    en: 'Put the device beside the box and hold its start button for eight seconds.',
  },
  code: {
    nb: 'Slå på paring på apparatet. Skriv inn de seks sifrene som står på det når boksen spør.',
    nn: 'Slå på paring på apparatet. Skriv inn dei seks siffera som står på det når boksen spør.',
    en: 'Switch on pairing on the device. Type its six digits when the box asks for them.',
  },
  userCode: {
    nb: 'Slå på paring på vekten. Ha klart nummeret ditt på vekten og koden som den viser.',
    nn: 'Slå på paring på vekta. Ha klart nummeret ditt på vekta og koden som ho viser.',
    en: 'Switch on pairing on the scale. Have your number on the scale and the code it shows ready.',
  },
  wear: {
    nb: 'Ta på deg apparatet ved siden av boksen. Det trenger ingen kode.',
    nn: 'Ta på deg apparatet ved sida av boksen. Det treng ingen kode.',
    en: 'Put the device on beside the box. It needs no code.',
  },
  afterMeasuring: {
    nb: 'Mål én gang ved siden av boksen. Apparatet trenger ingen kode.',
    nn: 'Mål éin gong ved sida av boksen. Apparatet treng ingen kode.',
    en: 'Take one measurement beside the box. The device needs no code.',
  },
  broadcast: {
    nb: 'Bruk apparatet én gang ved siden av boksen, og velg det i listen. Det trenger ingen paring.',
    nn: 'Bruk apparatet éin gong ved sida av boksen, og vel det i lista. Det treng inga paring.',
    en: 'Use the device once beside the box and choose it in the list. It needs no pairing.',
  },
  sensorKey: {
    nb: 'Hent nøkkelen til apparatet fra produsenten, bruk det én gang ved siden av boksen, og velg det i listen.',
    nn: 'Hent nøkkelen til apparatet frå produsenten, bruk det éin gong ved sida av boksen, og vel det i lista.',
    en: 'Fetch the device’s key from its maker, use it once beside the box and choose it in the list.',
  },
  makersKey: {
    nb: 'Hent nøkkelen til vekten fra produsenten, gå på vekten ved siden av boksen, og velg den i listen.',
    nn: 'Hent nøkkelen til vekta frå produsenten, gå på vekta ved sida av boksen, og vel ho i lista.',
    en: 'Fetch the scale’s key from its maker, step on it beside the box and choose it in the list.',
  },
} as const satisfies Record<string, Words>;

/** What a person does to measure, so that the reading also arrives. */
export const MEASURE = {
  cuff: {
    nb: 'Mål slik bruksanvisningen viser, i samme rom som boksen, og la apparatet ligge et minutt etterpå.',
    nn: 'Mål slik bruksrettleiinga viser, i same rom som boksen, og la apparatet ligge eit minutt etterpå.',
    en: 'Measure as the manual shows, in the same room as the box, and leave the device there for a minute.',
  },
  download: {
    nb: 'Mål slik bruksanvisningen viser. Slå deretter på overføring på apparatet ved siden av boksen.',
    nn: 'Mål slik bruksrettleiinga viser. Slå deretter på overføring på apparatet ved sida av boksen.',
    en: 'Measure as the manual shows. Then switch on transfer on the device beside the box.',
  },
  scale: {
    nb: 'Gå på vekten og stå stille til tallet står fast.',
    nn: 'Gå på vekta og stå stille til talet står fast.',
    en: 'Step on the scale and stand still until the number stays.',
  },
  thermometer: {
    nb: 'Mål slik bruksanvisningen viser, i samme rom som boksen, og la apparatet ligge påslått etterpå.',
    nn: 'Mål slik bruksrettleiinga viser, i same rom som boksen, og la apparatet ligge påslått etterpå.',
    en: 'Measure as the manual shows, in the same room as the box, and leave the device switched on afterwards.',
  },
  meter: {
    nb: 'Mål slik bruksanvisningen viser, og la apparatet ligge påslått ved siden av boksen.',
    nn: 'Mål slik bruksrettleiinga viser, og la apparatet ligge påslått ved sida av boksen.',
    en: 'Measure as the manual shows and leave the device switched on beside the box.',
  },
  clip: {
    nb: 'Sett apparatet på fingeren og sitt stille ved siden av boksen til tallene står fast.',
    nn: 'Set apparatet på fingeren og sit stille ved sida av boksen til tala står fast.',
    en: 'Put the device on a finger and sit still beside the box until the numbers stay.',
  },
  strap: {
    nb: 'Ta på deg beltet. Det sender så lenge det er på, og bare i nærheten av boksen.',
    nn: 'Ta på deg beltet. Det sender så lenge det er på, og berre i nærleiken av boksen.',
    en: 'Put the strap on. It sends while it is worn, and only near the box.',
  },
  sensor: {
    nb: 'La apparatet stå. Det sender av seg selv.',
    nn: 'La apparatet stå. Det sender av seg sjølv.',
    en: 'Leave the device in its place. It sends of itself.',
  },
} as const satisfies Record<string, Words>;

/** Said before a device is paired that keeps one pairing only, with the way back. */
export const ONE_HOST: Words = {
  nb: 'Dette apparatet husker bare én paring. Fjern det først fra telefonens app og Bluetooth-liste. For å bruke telefonen igjen: fjern det her, og par det med telefonen.',
  nn: 'Dette apparatet hugsar berre éi paring. Fjern det først frå appen og Bluetooth-lista på telefonen. For å bruke telefonen igjen: fjern det her, og par det med telefonen.',
  en: 'This device keeps one pairing only. First remove it from the phone’s app and Bluetooth list. To use the phone again: remove it here, then pair it with the phone.',
};

/** Said before a device is paired that is known and cannot be read: nobody is to wait for its readings. */
export const NOT_YET: Words = {
  nb: 'Boksen kjenner dette apparatet, men kan ikke lese målingene ennå.',
  nn: 'Boksen kjenner dette apparatet, men kan ikkje lese målingane enno.',
  en: 'The box knows this device and cannot read its measurements yet.',
};
