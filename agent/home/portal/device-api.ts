import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { KeyGiving } from '../people/key-giving.ts';
import { ACTOR, parse } from './api.ts';

/** Longest text that may be sent as a key: digits with whatever stands between them. */
const KEY_CHARS_MAX = 200;

const keyText = z.strictObject({ key: z.string().max(KEY_CHARS_MAX) });

export interface DeviceApiParts {
  readonly keyGiving: KeyGiving;
}

/** `/api/devices/`: what a device needs besides being paired. */
export function registerDeviceApi(app: FastifyInstance, parts: DeviceApiParts): void {
  type Id = { Params: { id: string } };

  app.post<Id>('/api/devices/:id/key', async (request) =>
    parts.keyGiving.give(ACTOR, request.params.id, parse(keyText, request.body).key),
  );
}
