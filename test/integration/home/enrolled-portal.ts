import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { systemClock } from '../../../agent/clock.ts';
import { startHome } from '../../../agent/home/home.ts';
import { createLog } from '../../../agent/log.ts';
import { loadConfig } from '../../../config/load.ts';
import { iomt } from '../../agent/cli/console.ts';
import { makeAuthority } from '../../support/certificates.ts';
import { createEnrolment, PORTAL } from '../../support/enrolment.ts';
import { freePort } from '../../support/free-port.ts';
import { type createCleanup, KEY } from './bench.ts';

/** A gateway whose pages are to get the name {@link PORTAL} by enrolment, and the authority. Needs OpenSSL. */
export async function startPortalToEnrol(cleanup: ReturnType<typeof createCleanup>) {
  const folder = cleanup.folder();
  const authority = makeAuthority(folder);
  const world = createEnrolment(folder, authority);
  const [data, port] = [cleanup.folder(), await freePort()];
  const config = join(folder, 'iomt.yaml');
  // To the gateway an address of the network; to this machine its loopback.
  const http = { host: '::ffff:127.0.0.1', port, name: PORTAL, enrolled: true };
  const home = { data, zone: 'Europe/Oslo', http, bluetooth: { backend: 'off' } };
  writeFileSync(config, JSON.stringify({ home }));
  const loaded = loadConfig({ file: config, env: {} });
  if (!loaded.ok || !loaded.config.home) throw new Error('no home');
  const log = createLog({ level: 'silent', program: 'home' });
  const common = { key: KEY, clock: systemClock, log, version: '0.0.0' };
  const gateway = await startHome({ config: loaded.config.home, ...common });
  cleanup.add(gateway.stop);
  return {
    ...{ authority, config, port, gateway },
    /** By the three commands; what the last one says. */
    async enrol() {
      const request = ['enrol', 'request', '--config', config, '--out', world.at('GATEWAY.json')];
      expect(await iomt(request)).toMatchObject({ code: 0 });
      const enrol = ['municipality', 'enrol', world.at('GATEWAY.json')];
      await iomt([...enrol, '--portal-request-out', world.at('portal.csr')]);
      const chain = ['--portal-certificate', world.publicAuthority('chain')];
      await iomt([...enrol, '--out', world.at('ANSWER.json'), ...chain]);
      return iomt(['enrol', 'apply', world.at('ANSWER.json'), '--config', config]);
    },
  };
}
