/**
 * Languages that the pages speak; the first when nothing else was asked for. One more here is refused by
 * the compiler until each catalogue has it: an unfinished one can be chosen by nobody.
 */
export const LANGUAGE_TAGS = ['nb', 'nn', 'en'] as const;
export type Language = (typeof LANGUAGE_TAGS)[number];

/**
 * For dates and decimals: a day comes before its month in each of ours. Of a language that this Node does
 * not know, those of bokmål.
 */
export const localeOf = (language: Language): string =>
  language === 'en'
    ? 'en-GB'
    : (Intl.DateTimeFormat.supportedLocalesOf(language)[0] ?? LANGUAGE_TAGS[0]);

/** What each language calls itself. */
export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = {
  nb: 'Bokmål',
  nn: 'Nynorsk',
  en: 'English',
};

/** `?lang` if it is one of ours, else the first of Accept-Language that is, else bokmål. */
export function chooseLanguage(asked: unknown, accept: string | undefined): Language {
  const own = LANGUAGE_TAGS.find((tag) => tag === asked);
  if (own) return own;
  const wanted = (accept ?? '')
    .split(',')
    .map((part) => {
      const [tag = '', ...parameters] = part.trim().toLowerCase().split(';');
      const q = parameters.find((one) => one.trim().startsWith('q='));
      return { tag: tag.split('-')[0] ?? '', q: q ? Number(q.trim().slice(2)) : 1 };
    })
    .sort((a, b) => b.q - a.q);
  for (const { tag, q } of wanted) {
    // Norwegian without a written form is bokmål, which nine of ten read.
    const language = LANGUAGE_TAGS.find((one) => one === (tag === 'no' ? 'nb' : tag));
    if (q > 0 && language) return language;
  }
  return LANGUAGE_TAGS[0];
}

/** A text where a sentence or a line begins. */
export const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);
