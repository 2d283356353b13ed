import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { build, type Plugin } from 'esbuild';

/** Packages with native code, found in `node_modules` above the bundle when it runs. */
const NATIVE = ['better-sqlite3-multiple-ciphers', '@abandonware/bluetooth-hci-socket'];
/**
 * Loaded when somebody asks for a PDF, from where the font that it needs lies too, or signs in by
 * passkey: most homes never do, and a start shall not read what they need.
 */
const LATE = ['pdfkit', '@simplewebauthn/server'];

/** A gateway that is started for its code cache is ended after this, ms. */
const WARM_MS_MAX = 20_000;

/**
 * What the shipped form is started with (the units in config/systemd say so).
 *
 * A small young memory: when much came at once the gateway took 275 MB without, and about 175 MB
 * with 1, 2 or 4, for some 5 % more processor.
 *
 * A bound on the old one, MB, which is far above what is ever needed: from it V8 derives how much
 * garbage may gather before it looks, four times what is in use where the machine has much memory.
 * A drain of 5,000 took about 157 MB without and 124 with it, for 10 to 17 % more processor, measured
 * on cores that others used too.
 *
 * The code cache is made under the same ones.
 */
export const NODE_FLAGS = ['--max-semi-space-size=2', '--max-old-space-size=1024'] as const;

interface Warm {
  /** What the bundle is started with. */
  readonly argv: readonly string[];
  /** What it has printed when all that a start needs is loaded: it then gets SIGTERM. Default: it ends. */
  readonly until?: RegExp;
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Makes the shipped form of a program: `outfile` starts it (`node outfile …`), beside it lie the
 * bundle, one minified file, and V8's code cache of it, made by a start of this Node. Another Node
 * refuses the cache, and a damaged one is not tried: the program then starts without, slower.
 * `entry` runs by being loaded and may not await at its top level.
 *
 * Rejects with esbuild's errors, or when the program does not start.
 */
export async function bundle(options: {
  readonly entry: string;
  readonly outfile: string;
  /** Default: only loaded. */
  readonly warm?: Warm;
}): Promise<void> {
  const { entry, outfile, warm } = options;
  const folder = dirname(outfile);
  mkdirSync(folder, { recursive: true });
  // Node shall not take the file for an ES module because of the package above it.
  writeFileSync(join(folder, 'package.json'), '{ "type": "commonjs" }\n');
  const name = basename(outfile).replace(/\.c?js$/, '');
  const code = await compile(entry);
  writeFileSync(join(folder, `${name}.bundle.js`), code);
  // By the bundle's content: V8 itself compares no more of the source than its length.
  const cache = `${name}.${createHash('sha256').update(code).digest('hex').slice(0, 16)}.cache`;
  const recorder = join(folder, `${name}.record.js`);
  writeFileSync(recorder, launcher(name, cache, 'record'));
  try {
    await run(recorder, warm ?? { argv: ['--version'] });
  } finally {
    rmSync(recorder, { force: true });
  }
  writeFileSync(outfile, launcher(name, cache, 'start'), { mode: 0o755 });
}

const BANNER = `(function (exports, require, module, __filename, __dirname) {
const __url = require('node:url').pathToFileURL(__filename).href;`;

/**
 * mqtt-packet makes 65,536 buffers at its first packet, ten megabytes, for speed that cannot be
 * measured here; `cacheNumbers` is its own switch for that, which mqtt.js does not hand on.
 */
const withoutNumberCache: Plugin = {
  name: 'without-number-cache',
  setup({ onLoad }) {
    onLoad({ filter: /mqtt-packet[/\\]writeToStream\.js$/ }, ({ path }) => ({
      contents: `${readFileSync(path, 'utf8')}\nmodule.exports.cacheNumbers = false;\n`,
    }));
  },
};

/** mqtt-packet calls `debug` some forty times for each packet, though nobody may listen: a twelfth of the garbage. */
const withoutDebug: Plugin = {
  name: 'without-debug',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^debug$/ }, () => ({ path: 'debug', namespace: 'without' }));
    onLoad({ filter: /.*/, namespace: 'without' }, () => ({
      contents: 'module.exports = () => Object.assign(() => undefined, { enabled: false });',
    }));
  },
};

async function compile(entry: string): Promise<string> {
  const result = await build({
    entryPoints: [entry],
    write: false,
    bundle: true,
    minify: true,
    // A fault shows its line: not the whole program in one.
    lineLimit: 120,
    platform: 'node',
    target: 'node22',
    format: 'cjs',
    external: [...NATIVE, ...LATE],
    define: {
      'import.meta.dirname': '__dirname',
      'import.meta.main': 'false',
      'import.meta.url': '__url',
    },
    // What is loaded late and stays outside: a script of `vm` knows no import().
    supported: { 'dynamic-import': false },
    plugins: [withoutNumberCache, withoutDebug],
    banner: { js: BANNER },
    footer: { js: '})' },
    logLevel: 'warning',
  });
  return result.outputFiles[0]?.text ?? '';
}

/** The cache's SHA-1 stands first in its file: V8 notices one that was cut, not one that was changed. */
const SUM_BYTES = 20;

function launcher(name: string, cache: string, mode: 'start' | 'record'): string {
  const start = `#!/usr/bin/env -S node ${NODE_FLAGS.join(' ')}
'use strict';
const { readFileSync } = require('node:fs');
const { Script } = require('node:vm');
const { hash } = require('node:crypto');
const filename = __dirname + '/${name}.bundle.js';
let cachedData;
${
  mode === 'record'
    ? ''
    : `try {
  const file = readFileSync(__dirname + '/${cache}');
  const body = file.subarray(${SUM_BYTES});
  if (hash('sha1', body, 'buffer').equals(file.subarray(0, ${SUM_BYTES}))) cachedData = body;
} catch {}
`
}const script = new Script(readFileSync(filename, 'latin1'), { filename, cachedData });
`;
  const record = `process.on('exit', () => {
  const body = script.createCachedData();
  const head = hash('sha1', body, 'buffer');
  require('node:fs').writeFileSync(__dirname + '/${cache}', Buffer.concat([head, body]));
});
`;
  const go = `script.runInThisContext()(exports, require, module, __filename, __dirname);\n`;
  return mode === 'record' ? start + record + go : start + go;
}

async function run(file: string, warm: Warm): Promise<void> {
  const child = spawn(process.execPath, [...NODE_FLAGS, file, ...warm.argv], {
    env: { ...process.env, ...warm.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      const before = warm.until?.test(printed);
      printed += text;
      if (!before && warm.until?.test(printed)) child.kill('SIGTERM');
    });
  }
  const late = setTimeout(() => child.kill('SIGKILL'), WARM_MS_MAX);
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(late);
  if (code !== 0) throw new Error(`The bundle did not start:\n${printed}`);
}

/** The command as it ships (`dist/iomt.js`), its cache made by a gateway that was started and stopped once. */
export async function bundleProduct(outfile: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'iomt-build-'));
  try {
    const config = join(folder, 'iomt.yaml');
    const key = join(folder, 'store.key');
    writeFileSync(key, createHash('sha256').update(folder).digest('hex'), { mode: 0o600 });
    writeFileSync(config, homeText(join(folder, 'data'), key, await freePort()));
    await bundle({
      entry: join(import.meta.dirname, 'iomt.js'),
      outfile,
      warm: {
        argv: ['home', '--config', config],
        until: /"home-started"/,
        // The builder's own radio is left alone.
        env: { DBUS_SYSTEM_BUS_ADDRESS: `unix:path=${join(folder, 'no-bus')}` },
      },
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function homeText(data: string, keyFile: string, port: number): string {
  const recipient = `{ id: nobody, name: Nobody, transport: { type: mqtt, url: "mqtt://127.0.0.1:1" } }`;
  return [
    'home:',
    '  zone: Europe/Oslo',
    `  data: ${JSON.stringify(data)}`,
    `  keyFile: ${JSON.stringify(keyFile)}`,
    `  http: { port: ${port} }`,
    `  recipients: [${recipient}]`,
  ].join('\n');
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}

if (import.meta.main) {
  const dist = join(import.meta.dirname, '../dist');
  rmSync(dist, { recursive: true, force: true });
  await bundleProduct(join(dist, 'iomt.js'));
}
