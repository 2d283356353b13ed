import { execFileSync, spawn } from 'node:child_process';
import { cpSync, realpathSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bundle, bundleProduct } from '../../agent/build.ts';

/** Longest run of the machine; emulated, it is about ten times slower than life. Idle it takes 140 s. */
const LAB_SECONDS_MAX = 420;

/** The native driver below noble's own bindings. */
const HCI_DRIVER = '@abandonware/bluetooth-hci-socket';

const TOOLS: Readonly<Record<string, string>> = {
  'qemu-system-x86_64': 'qemu-system-x86',
  btvirt: 'bluez-test-tools',
  bluetoothd: 'bluez',
  mosquitto: 'mosquitto',
  'dbus-daemon': 'dbus',
  busybox: 'busybox-static',
  cpio: 'cpio',
  depmod: 'kmod',
  'g++': 'g++',
  make: 'make',
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

const root = join(import.meta.dirname, '../..');
/** Below `node_modules`, where the store's native driver is found. */
const outdir = join(root, 'node_modules/.cache/iomt/lab-agent');

/**
 * The command as it ships, and the scenarios that need less than all of it: in there compiling takes
 * longer than all else of a start, and their code cache saves it.
 */
export async function bundleAgent(): Promise<{ agent: string; scenarios: string }> {
  rmSync(outdir, { recursive: true, force: true });
  const [agent, scenarios] = [join(outdir, 'iomt.js'), join(outdir, 'scenarios.js')];
  await bundleProduct(agent);
  const entry = join(import.meta.dirname, 'lab', 'scenarios.ts');
  await bundle({ entry, outfile: scenarios, warm: { argv: [] } });
  buildHciDriver();
  return { agent, scenarios };
}

/** Built beside the bundle, where it is found first: the package that is installed stays as it is. */
function buildHciDriver(): void {
  const from = join(root, 'node_modules', HCI_DRIVER);
  const to = join(outdir, 'node_modules', HCI_DRIVER);
  cpSync(from, to, { recursive: true });
  const gyp = join(root, 'node_modules/node-gyp/bin/node-gyp.js');
  const headers = dirname(dirname(realpathSync(process.execPath)));
  execFileSync(
    process.execPath,
    [
      ...[gyp, 'rebuild', `--nodedir=${headers}`],
      ...['--module_name=bluetooth_hci_socket', '--module_path=./lib/binding'],
    ],
    // Whoever runs npm may have set the headers of another Node for it.
    { cwd: to, stdio: 'ignore', env: { ...process.env, npm_config_nodedir: headers } },
  );
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
