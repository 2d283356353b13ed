import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { KeyGiving } from '../people/key-giving.ts';
import type { Recordings } from '../people/recordings.ts';
import { ACTOR, address, parse } from './api.ts';

/** Longest text that may be sent as a key: digits with whatever stands between them. */
const KEY_CHARS_MAX = 200;

const keyText = z.strictObject({ key: z.string().max(KEY_CHARS_MAX) });

/** Longest recording, s: a device is asked for minutes, not for a day. */
const RECORD_SECONDS_MAX = 600;

const recording = z.strictObject({
  address,
  seconds: z.number().int().min(1).max(RECORD_SECONDS_MAX),
});

export interface DeviceApiParts {
  readonly keyGiving: KeyGiving;
  readonly recordings: Recordings;
}

/** `/api/devices/`: what a device needs besides being paired. */
export function registerDeviceApi(app: FastifyInstance, parts: DeviceApiParts): void {
  type Id = { Params: { id: string } };

  app.post<Id>('/api/devices/:id/key', async (request) =>
    parts.keyGiving.give(ACTOR, request.params.id, parse(keyText, request.body).key),
  );
  app.post('/api/devices/record', async (request, reply) => {
    const body = parse(recording, request.body);
    const abort = new AbortController();
    // Whoever asked has gone, e.g. by Ctrl-C: the device is let go.
    reply.raw.on('close', () => abort.abort());
    return parts.recordings.record(ACTOR, body, abort.signal);
  });
}
