import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Person } from '../people/people.ts';
import type { Access } from './access/access.ts';
import { ACTOR, parse } from './api.ts';

const codeFor = z.strictObject({ person: z.string().trim().min(1).max(80).optional() });

/** `/api/access-codes`, on the control socket only: whoever opens that looks after the box. */
export function registerAccessApi(
  app: FastifyInstance,
  parts: { readonly access: () => Promise<Access>; readonly person: (who: string) => Person },
): void {
  app.post('/api/access-codes', async (request) => {
    const { person: who } = parse(codeFor, request.body ?? {});
    const person = who === undefined ? undefined : parts.person(who).id;
    const access = await parts.access();
    return access.makeCode(ACTOR, { role: 'citizen', person, mayReset: true });
  });
}
