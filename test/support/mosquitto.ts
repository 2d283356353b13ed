import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, connect as tcpConnect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const MOSQUITTO = [
  '/usr/sbin/mosquitto',
  '/usr/local/sbin/mosquitto',
  '/opt/homebrew/sbin/mosquitto',
];
const START_MS_MAX = 10_000;

export interface MosquittoOptions {
  /** User name to password; without it anybody may connect. */
  readonly passwords?: Readonly<Record<string, string>>;
  /** Lines of an ACL file. */
  readonly acl?: readonly string[];
  /** PEM files: the listener then speaks TLS only, and asks for a client certificate if `ca` is given. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca?: string };
  /** Further lines of the configuration, e.g. `max_packet_size 2000`. */
  readonly lines?: readonly string[];
}

export interface Mosquitto {
  readonly port: number;
  readonly url: string;
  /** Ends this broker only: SIGTERM, or SIGKILL for a crash. */
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** Stops or continues it without closing its sockets: a broker that hangs. */
  freeze(): void;
  thaw(): void;
  /** Starts it again on the same port, with these options if any. */
  start(options?: MosquittoOptions): Promise<void>;
  /** Stops it and removes its folder. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** True where a Mosquitto is installed; `npm test` as root installs it. */
export function hasMosquitto(): boolean {
  return mosquittoPath() !== undefined;
}

/** A real Mosquitto on a free loopback port, configured in a temporary folder. */
export async function startMosquitto(options: MosquittoOptions = {}): Promise<Mosquitto> {
  const folder = mkdtempSync(join(tmpdir(), 'iomt-mosquitto-'));
  const port = await freePort();
  let child: ChildProcess | undefined;

  const stop = async (signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM') => {
    const running = child;
    child = undefined;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    const exited = once(running, 'exit');
    running.kill(signal);
    running.kill('SIGCONT');
    await exited;
  };
  const start = async (with_: MosquittoOptions = options) => {
    child = spawn(mosquittoPath() ?? 'mosquitto', ['-c', configure(folder, port, with_)], {
      stdio: 'ignore',
    });
    await listening(port, child);
  };
  await start();
  return {
    port,
    url: `${options.tls ? 'mqtts' : 'mqtt'}://127.0.0.1:${port}`,
    stop,
    start,
    freeze: () => child?.kill('SIGSTOP'),
    thaw: () => child?.kill('SIGCONT'),
    [Symbol.asyncDispose]: async () => {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
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

function configure(folder: string, port: number, options: MosquittoOptions): string {
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
  }
  const path = join(folder, 'mosquitto.conf');
  writeFileSync(path, `${config.join('\n')}\n`);
  return path;
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

async function listening(port: number, child: ChildProcess): Promise<void> {
  const until = performance.now() + START_MS_MAX;
  while (performance.now() < until && child.exitCode === null) {
    const socket = tcpConnect(port, '127.0.0.1');
    const open = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
    });
    socket.destroy();
    if (open) return;
    await sleep(20);
  }
  throw new Error(`Mosquitto did not start on port ${port}`);
}
