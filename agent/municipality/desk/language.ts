import { en, type Words } from './words/en.ts';
import { nb } from './words/nb.ts';
import { nn } from './words/nn.ts';

/** The catalogues, by language tag; the first is spoken when nothing else was asked for. */
export const LANGUAGES = { nb, nn, en } as const satisfies Record<string, Words>;
export type Language = keyof typeof LANGUAGES;

/** `?lang` if it is one of ours, else the first of Accept-Language that is, else bokmål. */
export function chooseLanguage(asked: unknown, accept: string | undefined): Language {
  if (typeof asked === 'string' && isLanguage(asked)) return asked;
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
    const language = tag === 'no' ? 'nb' : tag;
    if (q > 0 && isLanguage(language)) return language;
  }
  return 'nb';
}

function isLanguage(tag: string): tag is Language {
  return Object.hasOwn(LANGUAGES, tag);
}
