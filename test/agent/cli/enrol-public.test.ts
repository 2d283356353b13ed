import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { hasOpenssl, makeAuthority } from '../../support/certificates.ts';
import { createEnrolment, PORTAL } from '../../support/enrolment.ts';
import { iomt } from './console.ts';

const folder = mkdtempSync(join(tmpdir(), 'iomt-enrol-public-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Authorities that browsers know: those of Mozilla's list issue nothing for a test. */
const roots = vi.hoisted(() => ({ list: [] as string[] }));
vi.mock('node:tls', async (original) => ({
  ...(await original<typeof import('node:tls')>()),
  get rootCertificates() {
    return roots.list;
  },
}));

test.skipIf(!hasOpenssl())(
  'a certificate of the pages that browsers know is not replaced by one that they do not, nor the other way refused',
  async () => {
    const [known, own] = ['known', 'own'].map((name) => {
      const authority = makeAuthority(folder, name);
      return { ca: authority.ca, world: createEnrolment(folder, authority) };
    });
    if (!known || !own) throw new Error('no authorities');
    roots.list = [readFileSync(known.ca, 'utf8')];
    const { world } = known;
    const { data } = world.gateway('gateway');
    const enrol = ['municipality', 'enrol', world.at('GATEWAY.json')];
    const apply = async (by: typeof own, days: string, ...more: string[]) => {
      const chain = by.world.publicAuthority(`chain-${days}`, days);
      const answer = ['--out', world.at('ANSWER.json'), '--portal-certificate', chain];
      const { err } = await iomt([...enrol, ...answer]);
      return { warned: err.includes('browsers know'), ...(await world.apply(data, ...more)) };
    };
    await world.request(data, '--portal-name', PORTAL);
    await iomt([...enrol, '--portal-request-out', world.at('portal.csr')]);
    const says = expect.stringContaining('browsers know');
    expect(await apply(own, '1')).toMatchObject({ code: 0, warned: true, out: says });
    expect(await apply(known, '2')).toMatchObject({
      ...{ code: 0, warned: false, out: expect.not.stringContaining('browsers know') },
    });
    expect(await apply(own, '3')).toMatchObject({
      ...{ code: 1, err: expect.stringContaining('(enrolment-other-authority)') },
    });
    expect(await apply(own, '3', '--replace')).toMatchObject({ code: 0, out: says });
  },
);
