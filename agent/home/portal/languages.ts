import type { FastifyReply, FastifyRequest } from 'fastify';
import { chooseLanguage, LANGUAGE_TAGS, type Language } from '../../pages/language.ts';
import { BROWSER_MS } from './access/sessions.ts';
import { setCookie } from './cookies.ts';

/** `?lang`, which the browser then keeps; else what it kept, or asks for; else bokmål. */
export function languageOf(
  request: FastifyRequest,
  reply: FastifyReply,
  kept: string | undefined,
): Language {
  const { lang } = (request.query ?? {}) as { lang?: unknown };
  const asked = LANGUAGE_TAGS.find((tag) => tag === lang);
  if (asked && asked !== kept) setCookie(reply, 'language', asked, BROWSER_MS);
  return chooseLanguage(asked ?? kept, request.headers['accept-language']);
}
