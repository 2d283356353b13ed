import type { WhenWords } from '../when.ts';

/** Days and instants in English. */
export const en: WhenWords = {
  weekdays: ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'],
  shortWeekdays: ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'],
  months: [
    ...['January', 'February', 'March', 'April', 'May', 'June'],
    ...['July', 'August', 'September', 'October', 'November', 'December'],
  ],
  shortMonths: [
    ...['Jan', 'Feb', 'Mar', 'Apr', 'May', 'June'],
    ...['July', 'Aug', 'Sept', 'Oct', 'Nov', 'Dec'],
  ],
  today: 'today',
  yesterday: 'yesterday',
  date: '{weekday} {day} {month}',
  shortDate: '{weekday} {day} {month}',
  dayOfMonth: '{day} {month}',
  dateOfYear: '{date} {year}',
  at: '{day} at {time}',
  shortAt: '{day} {time}',
  summerTime: 'summer time',
  winterTime: 'winter time',
  measured: 'measured {when}',
  measuredLate: 'measured {when}, arrived {arrived}',
  measuredUnknown: 'it is not certain when it was measured',
};
