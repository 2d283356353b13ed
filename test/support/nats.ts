import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BrokerProcess, startBroker } from './broker-process.ts';

const NATS = '/usr/sbin/nats-server';

export interface NatsUser {
  readonly user: string;
  readonly password: string;
  /** Subjects, which are topics with `.` for `/`, that it may write and read; without them all. */
  readonly publish?: readonly string[];
  readonly subscribe?: readonly string[];
}

export interface NatsOptions {
  /** Without them anybody may connect. */
  readonly users?: readonly NatsUser[];
  /** PEM files: the listener then speaks TLS only, and asks for a client certificate if `ca` is given. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca?: string };
}

export type Nats = BrokerProcess<NatsOptions>;

/** True where a NATS server is installed; `npm test` as root installs it. */
export function hasNats(): boolean {
  try {
    execFileSync(NATS, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** A real NATS server that speaks MQTT 3.1.1 only, on a free loopback port; it forgets at its end. */
export function startNats(options: NatsOptions = {}): Promise<Nats> {
  return startBroker(options, { command: NATS, configure });
}

const list = (texts: readonly string[]) => `[${texts.map((text) => `"${text}"`).join(', ')}]`;

function configure(folder: string, port: number, { users, tls }: NatsOptions): string[] {
  const path = join(folder, 'nats.conf');
  const certificates = tls
    ? `tls: { cert_file: "${tls.cert}", key_file: "${tls.key}"${
        tls.ca ? `, ca_file: "${tls.ca}", verify: true` : ''
      } }`
    : '';
  const known = users?.map(({ user, password, publish, subscribe }) => {
    // What the server itself needs for an MQTT session is below `$MQTT`.
    const rights = `permissions: { publish: ${list([...(publish ?? []), '$MQTT.>'])}, subscribe: ${list([...(subscribe ?? []), '$MQTT.>'])} }`;
    return `{ user: "${user}", password: "${password}"${publish || subscribe ? `, ${rights}` : ''} }`;
  });
  writeFileSync(
    path,
    [
      // The port of its own protocol: any free one.
      'listen: "127.0.0.1:-1"',
      'server_name: test',
      `jetstream { store_dir: "${join(folder, 'jetstream')}" }`,
      `mqtt { listen: "127.0.0.1:${port}"${certificates && `, ${certificates}`} }`,
      ...(known ? [`authorization { users: [${known.join(', ')}] }`] : []),
      '',
    ].join('\n'),
    { mode: 0o600 },
  );
  return ['-c', path];
}
