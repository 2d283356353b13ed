import type { WhenWords } from '../when.ts';

/** Dager og tidspunkt på bokmål. */
export const nb: WhenWords = {
  weekdays: ['søndag', 'mandag', 'tirsdag', 'onsdag', 'torsdag', 'fredag', 'lørdag'],
  shortWeekdays: ['søn.', 'man.', 'tir.', 'ons.', 'tor.', 'fre.', 'lør.'],
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
  summerTime: 'sommertid',
  winterTime: 'normaltid',
  measured: 'målt {when}',
  measuredLate: 'målt {when}, kom hit {arrived}',
  measuredUnknown: 'det er ikke sikkert når den ble målt',
};
