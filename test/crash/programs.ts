import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle } from '../../agent/build.ts';
import { freePort } from '../support/free-port.ts';
import { ZONE } from './devices.ts';

export const RECIPIENT = 'care';

const root = join(import.meta.dirname, '../..');
const outdir = join(root, 'node_modules/.cache/iomt/crash');

/** Files that node runs: the gateway with fed devices, and the `iomt` command. */
export interface Programs {
  readonly home: string;
  readonly iomt: string;
}

/** Both programs as they ship: bundled, with a code cache made by one start. */
export async function buildPrograms(): Promise<Programs> {
  const folder = mkdtempSync(join(tmpdir(), 'iomt-crash-build-'));
  try {
    const { home, municipality } = writeConfigs(folder, await freePorts(await freePort()));
    const programs = { home: join(outdir, 'fed-home.js'), iomt: join(outdir, 'iomt.js') };
    await bundle({
      entry: join(root, 'test/support/fed-home.ts'),
      outfile: programs.home,
      warm: { argv: [home], until: /"home-started"/ },
    });
    await bundle({
      entry: join(root, 'agent/iomt.js'),
      outfile: programs.iomt,
      warm: { argv: ['municipality', '--config', municipality], until: /"municipality-started"/ },
    });
    return programs;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export interface Ports {
  /** Where the gateway finds its broker, and where that is. */
  readonly wiretap: number;
  readonly broker: number;
  readonly page: number;
  readonly desk: number;
  readonly fhir: number;
}

export const freePorts = async (broker: number): Promise<Ports> => ({
  wiretap: await freePort(),
  broker,
  page: await freePort(),
  desk: await freePort(),
  fhir: await freePort(),
});

/** Configurations of both programs and the key of both stores. */
export function writeConfigs(folder: string, ports: Ports) {
  const keyFile = join(folder, 'store.key');
  writeFileSync(keyFile, randomBytes(32).toString('hex'), { mode: 0o600 });
  const write = (name: string, value: object) => {
    const file = join(folder, name);
    // YAML reads JSON.
    writeFileSync(file, JSON.stringify(value, undefined, 2));
    return file;
  };
  const mqtt = (port: number) => ({ type: 'mqtt', url: `mqtt://127.0.0.1:${port}` });
  const home = write('home.yaml', {
    home: {
      data: join(folder, 'home'),
      keyFile,
      zone: ZONE,
      http: { port: ports.page },
      recipients: [{ id: RECIPIENT, name: 'Example home care', transport: mqtt(ports.wiretap) }],
      // Short, so that what was cut off is tried again within a life or two.
      limits: { retryMinMs: 20, retryMaxMs: 200, receiptWaitMs: 1_000, deliverTimeoutMs: 1_000 },
      // The shortest, so that there is something to compact.
      retention: { captureDays: 1 },
    },
  });
  const municipality = write('municipality.yaml', {
    municipality: {
      data: join(folder, 'municipality'),
      keyFile,
      http: { port: ports.desk },
      fhir: { type: 'embedded', port: ports.fhir },
      mqtt: mqtt(ports.broker),
    },
  });
  return { home, municipality, keyFile };
}

export interface Program {
  readonly pid: number;
  isDead(): boolean;
  /** Fulfils when it has ended, however. */
  readonly ended: Promise<void>;
  /** SIGKILL, in the step that asks for it. */
  kill(): void;
}

/** Starts a program whose output goes to a file. */
export function startProgram(
  argv: readonly string[],
  log: string,
  env: NodeJS.ProcessEnv = {},
): Program {
  const out = openSync(log, 'a', 0o600);
  const child: ChildProcess = spawn(process.execPath, [...argv], {
    stdio: ['ignore', out, out],
    env: { ...process.env, ...env },
  });
  closeSync(out);
  let isDead = false;
  const ended = once(child, 'exit').then(() => {
    isDead = true;
  });
  return {
    pid: child.pid ?? 0,
    isDead: () => isDead,
    ended,
    kill: () => void child.kill('SIGKILL'),
  };
}
