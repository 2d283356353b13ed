// Makes `npm start` and `npm test` self-sufficient on a fresh machine. Plain JavaScript, Node 18 and newer.
//   node setup.mjs          npm packages
//   node setup.mjs --test   and, as root, the Debian packages that the tests use
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(fileURLToPath(import.meta.url));
const stamp = join(root, 'node_modules', '.iomt-setup');

/** Programs the tests run, and the Debian package of each. */
const PROGRAMS = {
  '/usr/sbin/mosquitto': 'mosquitto',
  '/usr/sbin/nats-server': 'nats-server',
  '/usr/bin/chromium': 'chromium',
  '/usr/libexec/bluetooth/bluetoothd': 'bluez',
  '/usr/bin/btvirt': 'bluez-test-tools',
  '/usr/bin/dbus-daemon': 'dbus',
  '/usr/bin/qemu-system-x86_64': 'qemu-system-x86',
  '/usr/bin/qemu-img': 'qemu-utils',
  '/sbin/mkfs.ext4': 'e2fsprogs',
  '/usr/bin/socat': 'socat',
  '/bin/busybox': 'busybox-static',
  '/usr/bin/cpio': 'cpio',
  '/sbin/depmod': 'kmod',
  '/usr/bin/systemd-analyze': 'systemd',
  '/usr/bin/python3': 'python3',
  '/usr/bin/g++': 'g++',
  '/usr/bin/make': 'make',
  '/usr/lib/python3/dist-packages/dbus/__init__.py': 'python3-dbus',
  '/usr/lib/python3/dist-packages/gi/__init__.py': 'python3-gi',
};

function say(text) {
  process.stderr.write(`${text}\n`);
}

function lockHash() {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .update(readFileSync(join(root, 'package.json')))
    .digest('hex');
}

function installPackages() {
  const want = lockHash();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === want) return;
  say('Installing npm packages (once; about a minute) …');
  // Not `npm ci`: it refuses the lock when a mirror lacks an optional package of another platform.
  const result = spawnSync(
    'npm',
    ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'],
    {
      cwd: root,
      stdio: ['ignore', 2, 2],
    },
  );
  if (result.status !== 0) {
    say('npm install failed. Is the npm registry reachable? Try: npm install --no-save');
    process.exit(1);
  }
  writeFileSync(stamp, want);
}

function installPrograms() {
  const missing = [
    ...new Set(
      Object.entries(PROGRAMS)
        .filter(([path]) => !existsSync(path))
        .map(([, name]) => name),
    ),
  ];
  if (missing.length === 0) return;
  const command = `apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    say(`Suites that need these programs are skipped. To enable them: sudo ${command}`);
    return;
  }
  say(`Installing ${missing.join(', ')} …`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const lock = ['-o', 'DPkg::Lock::Timeout=300'];
  execFileSync('apt-get', [...lock, 'update', '-qq'], { stdio: ['ignore', 2, 2], env });
  execFileSync(
    'apt-get',
    [...lock, 'install', '-y', '-qq', '--no-install-recommends', ...missing],
    {
      stdio: ['ignore', 2, 2],
      env,
    },
  );
}

installPackages();
if (process.argv.includes('--test')) installPrograms();

const local = join(root, 'node_modules', '.bin');
if (!existsSync(join(local, 'node')) && Number(process.versions.node.split('.')[0]) < 22) {
  say(`No Node 24 for this machine came with the packages, and ${process.version} is too old.`);
  say(
    `Install Node 24 (64-bit) and try again. PATH was ${(process.env.PATH ?? '').split(delimiter).length} folders long.`,
  );
  process.exit(2);
}
