import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { guard } from '../../pages/guard.ts';
import { chooseLanguage } from '../../pages/language.ts';
import { STYLE } from '../../pages/style.ts';
import type { Relay } from '../relay.ts';
import type { RelayStore } from '../relay-store.ts';
import { type Line, lineOf } from './line.ts';
import { address, page } from './page.ts';
import { sentencesOf, sharingText } from './sentences.ts';

/** Lines on one page. */
const LINES_MAX = 50;

const querySchema = z.object({
  lang: z.string().optional(),
  before: z.coerce.number().int().positive().optional().catch(undefined),
});
const rowSchema = z.coerce.number().int().positive();

export interface DeskDeps {
  readonly store: RelayStore;
  readonly relay: Relay;
}

/**
 * The desk: one page, the same as JSON, and `read`. It shows what was received, by pseudonym, and
 * judges nothing.
 */
export function registerDesk(app: FastifyInstance, { store, relay }: DeskDeps): void {
  app.addHook('onRequest', guard);
  // A form without fields: its body says nothing.
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    async () => ({}),
  );
  app.get('/desk.css', (_request, reply) => reply.type('text/css; charset=utf-8').send(STYLE));

  app.get('/', (request, reply) => {
    const { before, language, lines, older } = pageOf(request);
    const notSharing = store.notSharing();
    const content = {
      lines,
      notSharing,
      language,
      ...(before ? { before } : {}),
      ...(older ? { older } : {}),
    };
    return reply
      .type('text/html; charset=utf-8')
      .header('vary', 'accept-language')
      .send(page(content));
  });

  app.get('/api/readings', (request) => {
    const { language, lines, older } = pageOf(request);
    return {
      readings: lines.map((line) => ({ ...line, said: sentencesOf(line, language) })),
      notSharing: store.notSharing().map((one) => ({ ...one, said: sharingText(one, language) })),
      ...(older ? { older } : {}),
    };
  });

  app.post('/readings/:row/read', (request, reply) => {
    const { before, language } = asked(request);
    relay.read(rowOf(request) ?? 0);
    return reply.redirect(address(language, before), 303);
  });

  app.post('/api/readings/:row/read', (request, reply) => {
    const row = rowOf(request);
    if (row === undefined) return reply.code(404).send({ code: 'not-found' });
    return { told: relay.read(row) };
  });

  function pageOf(request: FastifyRequest) {
    const { before, language } = asked(request);
    const rows = store.readings({ count: LINES_MAX + 1, ...(before ? { before } : {}) });
    const lines: Line[] = rows.slice(0, LINES_MAX).map(lineOf);
    return {
      before,
      language,
      lines,
      older: rows.length > LINES_MAX ? lines.at(-1)?.row : undefined,
    };
  }
}

function asked(request: FastifyRequest) {
  const { lang, before } = querySchema.parse(request.query);
  return { before, language: chooseLanguage(lang, request.headers['accept-language']) };
}

function rowOf(request: FastifyRequest): number | undefined {
  return rowSchema.safeParse((request.params as { row?: string }).row).data;
}
