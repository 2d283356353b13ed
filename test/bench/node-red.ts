import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectAsync } from 'mqtt';
import { freePort } from '../support/free-port.ts';
import { end } from './processes.ts';

const VERSION = '4.1.15';
const START_MS_MAX = 60_000;
const TOPIC = 'node-red/bundles';
/** Outside the repository: what people use instead is no dependency of this one. */
const cache = join(
  process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'),
  'iomt-bench',
  `node-red-${VERSION}`,
);

/** Installs Node-RED once; needs npm and its registry. */
export function installNodeRed(): void {
  if (existsSync(join(cache, 'node_modules/node-red/red.js'))) return;
  mkdirSync(cache, { recursive: true });
  const options = ['--prefix', cache, '--ignore-scripts', '--no-audit', '--no-fund'];
  execFileSync('npm', ['install', ...options, `node-red@${VERSION}`], {
    cwd: cache,
    stdio: ['ignore', 2, 2],
  });
}

export interface NodeRed extends AsyncDisposable {
  /** Sends the lines; fulfils when a Bundle for each has come to a subscriber, with the time, ms. */
  deliver(lines: readonly string[]): Promise<number>;
}

/** What people use instead: hex lines by TCP → a function makes the Bundle → MQTT, QoS 1. */
export async function startNodeRed(brokerPort: number, sample: string): Promise<NodeRed> {
  const folder = mkdtempSync(join(tmpdir(), 'iomt-bench-node-red-'));
  const [page, tcp] = [await freePort(), await freePort()];
  writeFileSync(join(folder, 'flows.json'), JSON.stringify(flows(brokerPort, tcp, sample)));
  const settings = { uiPort: page, uiHost: '127.0.0.1', flowFile: 'flows.json', userDir: folder };
  const silent = { ...settings, httpAdminRoot: false, logging: { console: { level: 'fatal' } } };
  const file = join(folder, 'settings.cjs');
  writeFileSync(file, `module.exports = ${JSON.stringify(silent)};`);
  const program = join(cache, 'node_modules/node-red/red.js');
  const child = spawn(process.execPath, [program, '--settings', file], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const client = await connectAsync(`mqtt://127.0.0.1:${brokerPort}`, {
    protocolVersion: 5,
    reconnectPeriod: 0,
  });
  let received = 0;
  let waiting: { count: number; resolve: () => void } | undefined;
  client.on('message', () => {
    received += 1;
    if (waiting && received >= waiting.count) waiting.resolve();
  });
  await client.subscribeAsync(TOPIC, { qos: 1 });
  const socket = await listening(tcp, child);
  const until = (count: number) =>
    new Promise<void>((resolve) => {
      if (received >= count) resolve();
      else waiting = { count, resolve };
    });
  // It drops what comes before its broker has answered.
  while (received === 0) {
    socket.write('00\n');
    await sleep(200);
  }
  return {
    async deliver(lines) {
      const before = received;
      const from = performance.now();
      socket.write(lines.map((line) => `${line}\n`).join(''));
      await until(before + lines.length);
      return performance.now() - from;
    },
    async [Symbol.asyncDispose]() {
      socket.destroy();
      await client.endAsync(true);
      await end(child, 'SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function flows(brokerPort: number, tcp: number, sample: string): readonly object[] {
  const broker = { id: 'b', type: 'mqtt-broker', broker: '127.0.0.1', port: String(brokerPort) };
  return [
    { id: 't', type: 'tab', label: 'bench' },
    {
      ...{ id: 'in', type: 'tcp in', z: 't', server: 'server', host: '', port: String(tcp) },
      ...{ datamode: 'stream', datatype: 'utf8', newline: '\\n', topic: '', wires: [['f']] },
    },
    { id: 'f', type: 'function', z: 't', func: makeBundle(sample), outputs: 1, wires: [['out']] },
    { id: 'out', type: 'mqtt out', z: 't', topic: TOPIC, qos: '1', retain: '', broker: 'b' },
    { ...broker, protocolVersion: '5', keepalive: '60', cleansession: true, autoConnect: true },
  ];
}

/** Body of the function node: a frame's saturation, pulse and time into a Bundle like the gateway's. */
function makeBundle(sample: string): string {
  return `
    const bytes = Buffer.from(msg.payload.trim(), 'hex');
    const sfloat = (at) => {
      const raw = bytes.length > at + 1 ? bytes.readUInt16LE(at) : 0;
      const exponent = raw >> 12 > 7 ? (raw >> 12) - 16 : raw >> 12;
      return (raw & 0xfff) * 10 ** exponent;
    };
    const two = (at) => String(bytes[at] ?? 0).padStart(2, '0');
    const year = bytes.length > 6 ? bytes.readUInt16LE(5) : 1970;
    const time = year + '-' + two(7) + '-' + two(8) + 'T' + two(9) + ':' + two(10) + ':' + two(11) + 'Z';
    const bundle = ${sample};
    bundle.identifier.value = 'urn:uuid:' + RED.util.generateId();
    const values = [sfloat(1), sfloat(3)];
    for (const { resource } of bundle.entry) {
      if (resource.resourceType !== 'Observation' || !resource.valueQuantity) continue;
      resource.effectiveDateTime = time;
      resource.valueQuantity.value = values.shift();
    }
    return { payload: JSON.stringify(bundle) };
  `;
}

async function listening(port: number, child: ChildProcess) {
  const until = performance.now() + START_MS_MAX;
  while (performance.now() < until && child.exitCode === null) {
    const socket = connect(port, '127.0.0.1');
    const open = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
    });
    if (open) return socket.on('error', () => undefined);
    await sleep(50);
  }
  throw new Error('Node-RED did not start');
}
