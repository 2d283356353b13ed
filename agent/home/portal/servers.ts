import type { FastifyInstance } from 'fastify';
import { createHttp } from '../../http.ts';
import type { Log } from '../../log.ts';
import { createRegistry, type Figure } from '../metrics.ts';
import type { UserCodeGiving } from '../people/user-code-giving.ts';
import { type ApiParts, registerApi } from './api.ts';
import { type DeviceApiParts, registerDeviceApi } from './device-api.ts';
import { registerStatusPage, type StatusParts } from './status-page.ts';
import { registerUserCodeApi } from './user-code-api.ts';

/** What answers on the control socket. */
export function createControl(
  parts: DeviceApiParts & {
    readonly log: Log;
    readonly api: ApiParts;
    readonly codeGiving: UserCodeGiving;
  },
): FastifyInstance {
  const { log, api, codeGiving } = parts;
  const app = createHttp({ log, checks: api.checks });
  registerApi(app, api);
  registerDeviceApi(app, parts);
  registerUserCodeApi(app, codeGiving);
  return app;
}

/** What answers on the port: the status page and the figures. */
export function createPages(
  parts: StatusParts & { readonly log: Log; readonly figures: readonly Figure[] },
): FastifyInstance {
  const { log, checks, figures } = parts;
  const app = createHttp({ log, checks, metrics: createRegistry(figures) });
  registerStatusPage(app, parts);
  return app;
}
