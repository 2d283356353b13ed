import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureGatewayIdentity } from '../../agent/identity.ts';
import { iomt, type Said } from '../agent/cli/console.ts';
import { type Authority, makeAuthority } from './certificates.ts';

export const PORTAL = 'box.example.org';
export const BROKER = 'mqtts://127.0.0.1:8883';
export const RECIPIENT = 'home-care';

/** A gateway's folder and an authority's, and the three commands between them. */
export function createEnrolment(folder: string, authority: Authority) {
  const at = (name: string) => join(folder, name);
  const caKey = join(authority.ca, '..', 'ca.key');
  chmodSync(caKey, 0o600);
  return {
    at,
    caKey,
    /** A gateway that has been started once; its data folder. */
    gateway(name: string): { data: string; id: string } {
      const data = at(name);
      mkdirSync(data, { mode: 0o700 });
      return { data, id: ensureGatewayIdentity(data).id };
    },
    request: (data: string, ...more: string[]): Promise<Said> =>
      iomt(['enrol', 'request', '--data', data, '--out', at('GATEWAY.json'), ...more]),
    /** With the authority's files, for `BROKER` unless said. */
    answer: (more: readonly string[] = [], broker = BROKER): Promise<Said> =>
      iomt([
        ...['municipality', 'enrol', at('GATEWAY.json'), '--out', at('ANSWER.json')],
        ...['--ca', authority.ca, '--ca-key', caKey],
        ...['--broker', broker, '--recipient', RECIPIENT, ...more],
      ]),
    apply: (data: string, ...more: string[]): Promise<Said> =>
      iomt(['enrol', 'apply', at('ANSWER.json'), '--data', data, ...more]),
    json: (name: string) => JSON.parse(readFileSync(at(name), 'utf8')),
    write: (name: string, value: unknown) => writeFileSync(at(name), JSON.stringify(value)),
    /** What OpenSSL makes of a request, by the authority, in this form. PEM. */
    sign(csr: string, extensions: string, days = '2'): string {
      writeFileSync(at('extensions'), extensions);
      return execFileSync(
        'openssl',
        [
          ...['x509', '-req', '-in', at(csr), '-CA', authority.ca, '-CAkey', caKey],
          ...['-days', days, '-extfile', at('extensions')],
        ],
        { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
      );
    },
    /** What a public authority makes of `portal.csr`: the certificate, and itself. A PEM file. */
    publicAuthority(name: string, days?: string, names = `DNS:${PORTAL}`): string {
      const extensions = `subjectAltName=${names}\nextendedKeyUsage=serverAuth\n`;
      const own = this.sign('portal.csr', extensions, days);
      writeFileSync(at(`${name}.pem`), own + readFileSync(authority.ca, 'utf8'));
      return at(`${name}.pem`);
    },
  };
}

export type Enrolment = ReturnType<typeof createEnrolment>;

/** An enrolment in a folder of its own below this one, with one gateway that waits for it. Needs OpenSSL. */
export function furnishEnrolment(below: string) {
  const place = mkdtempSync(join(below, 'one-'));
  const authority = makeAuthority(place);
  const world = createEnrolment(place, authority);
  return { authority, world, box: world.gateway('gateway') };
}
