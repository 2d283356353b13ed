import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** PEM files of a certificate and of its key. */
export interface Pair {
  readonly cert: string;
  readonly key: string;
}

export interface Authority {
  /** Its certificate, a PEM file. */
  readonly ca: string;
  /** Its revocation list, a PEM file; `revoke` writes it anew. */
  readonly crl: string;
  /** A certificate for 127.0.0.1, or for what `names` say; from now for two days unless said. */
  server(name: string, over?: Terms & { readonly names?: string }): Pair;
  client(name: string, over?: Terms): Pair;
  revoke(cert: string): void;
}

interface Terms {
  readonly from?: Date;
  readonly to?: Date;
}

interface Certificates {
  readonly ca: string;
  readonly serverCert: string;
  readonly serverKey: string;
  readonly clientCert: string;
  readonly clientKey: string;
}

const DAY_MS = 86_400_000;
const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

export function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'ignore' });

/** As OpenSSL wants it: `20261122073112Z`. */
const stamp = (at: Date) => `${at.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`;

/** A throw-away authority that keeps its files in a folder of its own. */
export function makeAuthority(folder: string, name = 'authority'): Authority {
  const home = join(folder, name);
  mkdirSync(home, { recursive: true });
  const at = (file: string) => join(home, file);
  writeFileSync(at('index'), '');
  writeFileSync(at('serial'), '1000\n');
  writeFileSync(at('crlnumber'), '1000\n');
  writeFileSync(at('conf'), configuration(home));
  openssl(
    ...['req', '-x509', ...KEY, '-days', '2', '-subj', `/CN=test ${name}`],
    ...['-keyout', at('ca.key'), '-out', at('ca.pem')],
  );
  const ca = (...args: string[]) => openssl('ca', '-batch', '-config', at('conf'), ...args);
  const list = () => ca('-gencrl', '-crldays', '2', '-out', at('crl.pem'));
  const issue = (file: string, extensions: string, { from, to }: Terms): Pair => {
    writeFileSync(at(`${file}.ext`), `basicConstraints=critical,CA:FALSE\n${extensions}\n`);
    const request = ['-keyout', at(`${file}.key`), '-out', at(`${file}.csr`)];
    openssl('req', ...KEY, '-subj', `/CN=test ${file}`, ...request);
    ca(
      ...['-in', at(`${file}.csr`), '-out', at(`${file}.pem`), '-extfile', at(`${file}.ext`)],
      ...['-notext', '-startdate', stamp(from ?? new Date(Date.now() - DAY_MS))],
      ...['-enddate', stamp(to ?? new Date(Date.now() + DAY_MS))],
    );
    return { cert: at(`${file}.pem`), key: at(`${file}.key`) };
  };
  list();
  return {
    ca: at('ca.pem'),
    crl: at('crl.pem'),
    server: (file, { names = 'IP:127.0.0.1', ...terms } = {}) =>
      issue(file, `subjectAltName=${names}\nextendedKeyUsage=serverAuth`, terms),
    client: (file, terms = {}) => issue(file, 'extendedKeyUsage=clientAuth', terms),
    revoke: (cert) => {
      ca('-revoke', cert);
      list();
    },
  };
}

function configuration(home: string): string {
  return [
    '[ca]',
    'default_ca=own',
    '[own]',
    `dir=${home}`,
    'database=$dir/index',
    'serial=$dir/serial',
    'crlnumber=$dir/crlnumber',
    'certificate=$dir/ca.pem',
    'private_key=$dir/ca.key',
    'new_certs_dir=$dir',
    'default_md=sha256',
    'policy=any',
    'unique_subject=no',
    '[any]',
    'commonName=supplied',
    '',
  ].join('\n');
}

/** A throw-away authority with a server (127.0.0.1) and a client certificate; paths of PEM files. */
export function makeCertificates(folder: string): Certificates {
  const authority = makeAuthority(folder);
  const server = authority.server('server');
  const client = authority.client('client');
  return {
    ca: authority.ca,
    serverCert: server.cert,
    serverKey: server.key,
    clientCert: client.cert,
    clientKey: client.key,
  };
}

/** What the files of a pair hold, as Node's servers take it. */
export const pemOf = ({ cert, key }: Pair) => ({
  cert: readFileSync(cert),
  key: readFileSync(key),
});
