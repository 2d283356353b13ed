import type { WhenWords } from '../when.ts';

/** Dagar og tidspunkt på nynorsk. */
export const nn: WhenWords = {
  weekdays: ['søndag', 'måndag', 'tysdag', 'onsdag', 'torsdag', 'fredag', 'laurdag'],
  shortWeekdays: ['søn.', 'mån.', 'tys.', 'ons.', 'tor.', 'fre.', 'lau.'],
  months: [
    ...['januar', 'februar', 'mars', 'april', 'mai', 'juni'],
    ...['juli', 'august', 'september', 'oktober', 'november', 'desember'],
  ],
  shortMonths: [
    ...['jan.', 'feb.', 'mars', 'apr.', 'mai', 'juni'],
    ...['juli', 'aug.', 'sep.', 'okt.', 'nov.', 'des.'],
  ],
  today: 'i dag',
  yesterday: 'i går',
  date: '{weekday} {day}. {month}',
  shortDate: '{weekday} {day}. {month}',
  dayOfMonth: '{day}. {month}',
  dateOfYear: '{date} {year}',
  at: '{day} kl. {time}',
  shortAt: '{day} {time}',
  summerTime: 'sommartid',
  winterTime: 'normaltid',
  measured: 'målt {when}',
  measuredLate: 'målt {when}, kom hit {arrived}',
  measuredUnknown: 'det er ikkje sikkert når ho vart målt',
};
