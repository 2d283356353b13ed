import { execFileSync, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

/** Longest run of the machine; emulated, it is about ten times slower than life. */
const LAB_SECONDS_MAX = 280;

const TOOLS: Readonly<Record<string, string>> = {
  'qemu-system-x86_64': 'qemu-system-x86',
  btvirt: 'bluez-test-tools',
  bluetoothd: 'bluez',
  mosquitto: 'mosquitto',
  'dbus-daemon': 'dbus',
  busybox: 'busybox-static',
  cpio: 'cpio',
  depmod: 'kmod',
};
const PATH = `${process.env.PATH}:/usr/sbin:/sbin:/usr/libexec/bluetooth`;

const works = (command: string, ...args: string[]) => {
  try {
    execFileSync(command, args, { stdio: 'ignore', env: { ...process.env, PATH } });
    return true;
  } catch {
    return false;
  }
};

/** Why the lab cannot run here, with the command that changes it; undefined when it can. */
export function labIsMissing(): string | undefined {
  const python = works('/usr/bin/python3', '-c', 'import dbus, gi');
  const missing = [
    ...Object.keys(TOOLS)
      .filter((tool) => !works('sh', '-c', `command -v ${tool}`))
      .map((tool) => TOOLS[tool]),
    ...(python ? [] : ['python3-dbus', 'python3-gi']),
  ];
  if (missing.length > 0) return `apt-get install ${missing.join(' ')}`;
  return process.getuid?.() === 0 ? undefined : 'run as root: sudo npm test';
}

/** CommonJS packages in an ES module bundle ask for these. */
const COMMONJS = [
  "import { createRequire } from 'node:module';",
  'const require = createRequire(import.meta.url);',
  'const __filename = import.meta.filename;',
  'const __dirname = import.meta.dirname;',
].join('\n');

/**
 * The agent bundled, a file for each command's part, since reading many or much is slow in there. It
 * lies below `node_modules`, where the store's native driver is found.
 */
export async function bundleAgent(): Promise<string> {
  const root = join(import.meta.dirname, '../..');
  const outdir = join(root, 'node_modules/.cache/iomt/lab-agent');
  rmSync(outdir, { recursive: true, force: true });
  await build({
    stdin: {
      contents: `import { main } from './agent/main.ts';
        process.exitCode = await main(process.argv.slice(2));`,
      resolveDir: root,
    },
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    external: ['better-sqlite3-multiple-ciphers'],
    banner: { js: COMMONJS },
    logLevel: 'warning',
  });
  return join(outdir, 'stdin.mjs');
}

/** Boots the machine, runs a script in it and fulfils with its status and the lines it printed. */
export async function runLab(
  script: string,
  ...args: string[]
): Promise<{ status: number | null; lines: string[]; ms: number }> {
  const begun = performance.now();
  const boot = join(import.meta.dirname, 'lab', 'boot');
  const env = { ...process.env, PATH, LAB_SECONDS: String(LAB_SECONDS_MAX) };
  const machine = spawn(boot, [script, ...args], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  machine.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const status = await new Promise<number | null>((resolve) => machine.on('close', resolve));
  return { status, lines: output.split('\n'), ms: performance.now() - begun };
}
