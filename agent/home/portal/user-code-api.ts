import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { UserCodeGiving } from '../people/user-code-giving.ts';
import { ACTOR, parse } from './api.ts';

/** Longest text that may be sent as a code. */
const CODE_CHARS_MAX = 20;

const given = z.union([
  z.strictObject({ user: z.int(), code: z.string().max(CODE_CHARS_MAX) }),
  z.strictObject({ register: z.literal(true) }),
]);

/** `/api/devices/…/user-codes`: for devices that ask who is using them. Codes go in, never out. */
export function registerUserCodeApi(app: FastifyInstance, giving: UserCodeGiving): void {
  type Id = { Params: { id: string } };

  app.get<Id>('/api/devices/:id/user-codes', async (request) => giving.list(request.params.id));
  app.post<Id>('/api/devices/:id/user-codes', async (request) => {
    const body = parse(given, request.body);
    const { id } = request.params;
    return 'register' in body
      ? giving.register(ACTOR, id)
      : giving.give(ACTOR, id, body.user, body.code);
  });
}
