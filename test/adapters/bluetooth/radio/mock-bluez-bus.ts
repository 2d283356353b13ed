import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { until } from '../../../support/until.ts';

const DBUS_DAEMON = '/usr/bin/dbus-daemon';

/** True where Debian's dbus-daemon is installed; `npm test` as root installs it. */
export const hasDbusDaemon = () => existsSync(DBUS_DAEMON);

/** A real dbus-daemon of this test's own, which the code under test takes for the system's. */
export interface PrivateBus {
  readonly address: string;
  start(): Promise<void>;
  /** Ends it as a crash does: every connection is gone at once. */
  kill(): Promise<void>;
  /** Ends it, removes its folder, and gives the environment back. */
  [Symbol.asyncDispose](): Promise<void>;
}

export async function startPrivateBus(): Promise<PrivateBus> {
  const folder = mkdtempSync(join(tmpdir(), 'iomt-bus-'));
  const socket = join(folder, 'bus');
  const address = `unix:path=${socket}`;
  const config = join(folder, 'bus.conf');
  // As the system's bus lets everybody talk to bluetoothd (context "default" in Debian's policy).
  writeFileSync(
    config,
    `<busconfig><type>system</type><listen>${address}</listen><policy context="default">` +
      '<allow user="*"/><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/>' +
      '</policy></busconfig>',
  );
  let child: ChildProcess | undefined;
  const start = async () => {
    child = spawn(DBUS_DAEMON, [`--config-file=${config}`, '--nofork', '--nopidfile'], {
      stdio: 'ignore',
    });
    // The socket is there a moment before somebody listens on it.
    await until(() => opens(socket), 'dbus-daemon');
  };
  const kill = async () => {
    const running = child;
    child = undefined;
    if (!running) return;
    const exited = once(running, 'exit');
    running.kill('SIGKILL');
    await exited;
    rmSync(socket, { force: true });
  };
  // A test that is cut off must not leave it behind.
  const atExit = () => void child?.kill('SIGKILL');
  process.once('exit', atExit);
  await start();
  vi.stubEnv('DBUS_SYSTEM_BUS_ADDRESS', address);
  return {
    address,
    start,
    kill,
    [Symbol.asyncDispose]: async () => {
      await kill();
      process.removeListener('exit', atExit);
      vi.unstubAllEnvs();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function opens(socket: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const tried = connect(socket, () => resolve(true));
  tried.on('error', () => resolve(false));
  return promise.finally(() => tried.destroy());
}
