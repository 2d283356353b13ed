import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BrokerProcess, startBroker } from './broker-process.ts';

const MOSQUITTO = [
  '/usr/sbin/mosquitto',
  '/usr/local/sbin/mosquitto',
  '/opt/homebrew/sbin/mosquitto',
];

export interface MosquittoOptions {
  /** User name to password; without it anybody may connect. */
  readonly passwords?: Readonly<Record<string, string>>;
  /** Lines of an ACL file. */
  readonly acl?: readonly string[];
  /** PEM files: the listener then speaks TLS only, and asks for a client certificate if `ca` is given. */
  readonly tls?: {
    readonly cert: string;
    readonly key: string;
    readonly ca?: string;
    /** What was revoked. */
    readonly crl?: string;
  };
  /** Further lines of the configuration, e.g. `max_packet_size 2000`. */
  readonly lines?: readonly string[];
}

export type Mosquitto = BrokerProcess<MosquittoOptions>;

/** True where a Mosquitto is installed; `npm test` as root installs it. */
export function hasMosquitto(): boolean {
  return mosquittoPath() !== undefined;
}

/** A real Mosquitto on a free loopback port, configured in a temporary folder. */
export function startMosquitto(options: MosquittoOptions = {}): Promise<Mosquitto> {
  return startBroker(options, { command: mosquittoPath() ?? 'mosquitto', configure });
}

function mosquittoPath(): string | undefined {
  return MOSQUITTO.find((path) => {
    try {
      // Its help ends with code 3 on Debian 12, which throws with a status; absent is ENOENT.
      execFileSync(path, ['-h'], { stdio: 'ignore' });
      return true;
    } catch (error) {
      return typeof (error as { status?: unknown }).status === 'number';
    }
  });
}

function configure(folder: string, port: number, options: MosquittoOptions): string[] {
  const { passwords, acl, tls, lines } = options;
  const config = [
    // As root it would drop to a user that cannot read the temporary folder.
    'user root',
    'persistence false',
    'log_dest none',
    `listener ${port} 127.0.0.1`,
    `allow_anonymous ${passwords ? 'false' : 'true'}`,
    ...(lines ?? []),
  ];
  if (passwords) {
    const file = join(folder, 'passwords');
    writeFileSync(file, '', { mode: 0o600 });
    for (const [user, password] of Object.entries(passwords)) {
      execFileSync('mosquitto_passwd', ['-b', file, user, password], { stdio: 'ignore' });
    }
    config.push(`password_file ${file}`);
  }
  if (acl) {
    const file = join(folder, 'acl');
    writeFileSync(file, `${acl.join('\n')}\n`, { mode: 0o600 });
    config.push(`acl_file ${file}`);
  }
  if (tls) {
    config.push(`certfile ${tls.cert}`, `keyfile ${tls.key}`);
    if (tls.ca) config.push(`cafile ${tls.ca}`, 'require_certificate true');
    if (tls.crl) config.push(`crlfile ${tls.crl}`);
  }
  const path = join(folder, 'mosquitto.conf');
  writeFileSync(path, `${config.join('\n')}\n`);
  return ['-c', path];
}
