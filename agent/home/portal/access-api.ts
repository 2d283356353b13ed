import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { BASES } from '../../../fhir/consent-representative.ts';
import type { Person } from '../people/people.ts';
import { MONTH } from '../people/representation.ts';
import type { Access } from './access/access.ts';
import { ACTOR, parse } from './api.ts';
import type { CardSide } from './pages/code-page.ts';

/** Who is to act for another says on what basis; of a parent, when the child was born. */
const codeFor = z.strictObject({
  person: z.string().trim().min(1).max(80).optional(),
  role: z.enum(['citizen', 'helper', 'representative']).default('citizen'),
  basis: z.enum(BASES).optional(),
  born: z.string().regex(MONTH).optional(),
  until: z.iso.datetime({ offset: true }).optional(),
  seesValues: z.boolean().optional(),
});

/** `/api/access-codes`, on the control socket only: whoever opens that looks after the box. */
export function registerAccessApi(
  app: FastifyInstance,
  parts: {
    readonly access: () => Promise<Access>;
    readonly person: (who: string) => Person;
    readonly card: CardSide;
  },
): void {
  app.post('/api/access-codes', async (request) => {
    const { person: who, until: end, ...asked } = parse(codeFor, request.body ?? {});
    const person = who === undefined ? undefined : parts.person(who).id;
    const access = await parts.access();
    const until = end === undefined ? undefined : Date.parse(end);
    const made = await access.makeCode(ACTOR, { ...asked, person, until, mayReset: true });
    // Where the pages are reached from a phone, for a QR code.
    return { ...made, url: parts.card()?.url };
  });
}
