import type { FastifyInstance } from 'fastify';
import { createHttp } from '../../http.ts';
import type { Log } from '../../log.ts';
import { createRegistry, type Figure } from '../metrics.ts';
import type { Person } from '../people/people.ts';
import type { UserCodeGiving } from '../people/user-code-giving.ts';
import type { Access } from './access/access.ts';
import { registerAccessApi } from './access-api.ts';
import { type ApiParts, registerApi } from './api.ts';
import { type DeviceApiParts, registerDeviceApi } from './device-api.ts';
import type { CardSide } from './pages/code-page.ts';
import { type PortalParts, registerPortal } from './portal.ts';
import { registerUserCodeApi } from './user-code-api.ts';

/** What answers on the control socket. */
export function createControl(
  parts: DeviceApiParts & {
    readonly log: Log;
    readonly api: ApiParts;
    readonly codeGiving: UserCodeGiving;
    readonly access: () => Promise<Access>;
    readonly person: (who: string) => Person;
    readonly card: CardSide;
  },
): FastifyInstance {
  const { log, api, codeGiving } = parts;
  const app = createHttp({ log, checks: api.checks });
  registerApi(app, api);
  registerDeviceApi(app, parts);
  registerUserCodeApi(app, codeGiving);
  registerAccessApi(app, parts);
  return app;
}

/** What answers on the port: the citizen's pages and the figures. */
export function createPages(
  parts: PortalParts &
    Required<Pick<Parameters<typeof createHttp>[0], 'hosts'>> & {
      readonly figures: readonly Figure[];
    },
): FastifyInstance {
  const { log, checks, figures, hosts } = parts;
  const app = createHttp({ log, checks, metrics: createRegistry(figures), hosts });
  registerPortal(app, parts);
  return app;
}
