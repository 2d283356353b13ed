import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { kill } from '../../support/demo-run.ts';
import { freePort } from '../../support/free-port.ts';

/** Longest life of a machine before its power goes, s. */
const MACHINE_SECONDS_MAX = 900;
/** Of the machine, and beside it of each gateway with its part of the file cache. */
const MEMORY_MB = 320;
const MEMORY_MB_PER_HOME = 192;
const DISK_BYTES = 512 * 1024 * 1024;
const boot = join(import.meta.dirname, '../../radio/lab/boot');

/** A disk in a folder. What the guest did not flush is gone with the machine's power. */
export interface Disk {
  /** To be attached to one machine: what is written stays apart until `settle`. */
  attach(): string;
  /** After the power went: what reached the disk becomes its content. */
  settle(): void;
  /** Copies a folder of the disk to one of this machine, its journal applied as at a boot. */
  copyOut(from: string, to: string): void;
}

/**
 * An ext4 disk as a qcow2 image. Each machine writes to an overlay in which every write needs a new
 * cluster: QEMU keeps their table in its own memory until the guest flushes, so that killing QEMU
 * loses what a drive's volatile cache would lose, and not only the guest's page cache.
 */
export function makeDisk(folder: string): Disk {
  const base = join(folder, 'disk.qcow2');
  const overlay = join(folder, 'overlay.qcow2');
  const raw = join(folder, 'disk.raw');
  const image = (...args: string[]) => execFileSync('qemu-img', args, { stdio: 'ignore' });
  image('create', '-q', '-f', 'raw', raw, String(DISK_BYTES));
  // The tables are made now: nothing is written to the disk later but by the guest.
  const eager = 'lazy_itable_init=0,lazy_journal_init=0';
  execFileSync('/sbin/mkfs.ext4', ['-q', '-F', '-E', eager, raw], { stdio: 'ignore' });
  image('convert', '-O', 'qcow2', raw, base);
  rmSync(raw);
  return {
    attach() {
      image('create', '-q', '-f', 'qcow2', '-F', 'qcow2', '-b', base, overlay);
      return overlay;
    },
    settle() {
      try {
        image('check', '-q', '-r', 'leaks', overlay);
      } catch {
        // Its exit code 3 says that leaks were found; what is corrupt would fail here.
      }
      image('commit', '-q', overlay);
      rmSync(overlay);
    },
    copyOut(from, to) {
      image('convert', '-O', 'raw', base, raw);
      try {
        execFileSync('/sbin/e2fsck', ['-fy', raw], { stdio: 'ignore' });
      } catch (error) {
        // 1: there was something to mend, which is mended.
        if ((error as { status?: number }).status !== 1) throw error;
      }
      mkdirSync(to, { recursive: true });
      execFileSync('/sbin/debugfs', ['-R', `rdump ${from} ${to}`, raw], { stdio: 'ignore' });
      rmSync(raw);
    },
  };
}

/** Loopback ports here that lead to a gateway's feeder socket and control socket. */
export interface Ports {
  readonly fed: number;
  readonly control: number;
}

export interface Machine {
  /** Of the gateway on each disk. */
  readonly ports: readonly Ports[];
  /** What it has printed. */
  readonly said: () => string;
  /** The guest's script, or QEMU, has ended by itself: nobody will answer any more. */
  hasEnded(): boolean;
  /** QEMU gets SIGKILL: fulfils when it is gone, also when it was. */
  cutPower(): Promise<void>;
}

/** Boots the lab's machine with a gateway on each disk; `args` go to the guest's script. */
export async function bootMachine(
  folder: string,
  overlays: readonly string[],
  args: readonly string[],
): Promise<Machine> {
  const ports: Ports[] = [];
  for (const _ of overlays) ports.push({ fed: await freePort(), control: await freePort() });
  const forward = (port: number, to: number) => `hostfwd=tcp:127.0.0.1:${port}-:${to}`;
  const net = ports.flatMap(({ fed, control }, n) => [
    forward(fed, 7_000 + 2 * n),
    forward(control, 7_001 + 2 * n),
  ]);
  const pidFile = join(folder, 'qemu.pid');
  rmSync(pidFile, { force: true });
  const child = spawn(boot, [join(import.meta.dirname, 'guest.sh'), ...args], {
    env: {
      ...process.env,
      PATH: `${process.env.PATH}:/usr/sbin:/sbin`,
      LAB_DISK: overlays.join(' '),
      LAB_NET: net.join(','),
      LAB_PID: pidFile,
      LAB_MEM: String(MEMORY_MB + MEMORY_MB_PER_HOME * overlays.length),
      LAB_SECONDS: String(MACHINE_SECONDS_MAX),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  }
  const ended = once(child, 'close');
  let isClosed = false;
  child.once('close', () => {
    isClosed = true;
  });
  return {
    ports,
    said: () => said,
    hasEnded: () => isClosed || said.includes('LAB home ended'),
    async cutPower() {
      // Before QEMU has said its pid, it is its starter that ends.
      const said = existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8')) : 0;
      // A file that is still empty: 0 would be this process and its whole group.
      const pid = said > 0 ? said : child.pid;
      if (!isClosed && pid !== undefined) kill(pid);
      await ended;
    },
  };
}
