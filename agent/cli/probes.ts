import { accessSync, constants, existsSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { openSystemBus } from '../../adapters/bluetooth/radio/dbus-port.ts';
import { loadHci } from '../../adapters/bluetooth/radio/hci-noble.ts';
import type { RadioError } from '../../adapters/bluetooth/radio/radio-error.ts';
import type { HomeConfig, OauthConfig, RecipientConfig } from '../../config/schema.ts';
import { systemClockOf } from '../clock.ts';
import { CodedError, codeOf } from '../errors.ts';
import { createAudit } from '../home/audit.ts';
import { HOME_MIGRATIONS } from '../home/journal/schema.ts';
import { readSigningKey } from '../home/transport/oauth-key.ts';
import type { Check } from '../http.ts';
import { readSecretFile, readStoreKey } from '../secrets.ts';
import { openStore } from '../store.ts';
import { readTlsFiles } from '../tls-files.ts';
import type { Io } from './io.ts';

/** A check with what to do, where the error itself says it. */
export interface Finding extends Check {
  readonly hint?: string;
}

/** A host that answers at all does so in this time, also over a mobile link, ms. */
const CONNECT_MS_MAX = 5_000;
/** The message bus is on this machine, ms. */
const BUS_MS_MAX = 3_000;

const PORTS: Readonly<Record<string, number>> = {
  'mqtt:': 1883,
  'mqtts:': 8883,
  'http:': 80,
  'https:': 443,
};

const red = (name: string, code: string): Finding => ({ name, ok: false, code });

function redOf(name: string, error: unknown): Finding {
  const finding = red(name, codeOf(error));
  return error instanceof CodedError
    ? { ...finding, hint: `${error.message}. ${error.hint}` }
    : finding;
}

/** The data folder: there, and writable for who asks. */
export function checkFolder(folder: string): Finding {
  const name = 'data folder';
  if (!existsSync(folder)) return red(name, 'folder-missing');
  try {
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    return { name, ok: true };
  } catch {
    return red(name, 'folder-not-writable');
  }
}

/** The store key: there, well formed, readable by its owner only. */
export function checkKey(
  folder: string,
  keyFile: string | undefined,
  io: Io,
): { readonly finding: Finding; readonly key?: Uint8Array } {
  try {
    const key = readStoreKey({
      ...(keyFile === undefined ? {} : { keyFile }),
      dataFolder: folder,
      env: io.env,
    });
    return { key, finding: { name: 'key', ok: true } };
  } catch (error) {
    return { finding: redOf('key', error) };
  }
}

/** The trail of decisions, as it was written. */
export function trailFinding({ firstBroken }: { readonly firstBroken?: number }): Finding {
  if (firstBroken === undefined) return { name: 'trail', ok: true };
  return {
    ...red('trail', 'trail-broken'),
    hint: `It was changed from outside at entry ${firstBroken}. Who had the key of the store? Nothing is mended: it would hide that.`,
  };
}

/** The store: opens with this key, read-only, its pages are whole, and so is its trail. */
export function checkStore(folder: string, key: Uint8Array): Finding {
  const file = join(folder, 'home.db');
  if (!existsSync(file)) return red('store', 'store-missing');
  try {
    const db = openStore({ file, key, migrations: HOME_MIGRATIONS, readonly: true });
    const firstBroken = createAudit(db).firstBroken();
    db.close();
    return firstBroken === undefined ? { name: 'store', ok: true } : trailFinding({ firstBroken });
  } catch (error) {
    return redOf('store', error);
  }
}

export function checkClock(trust: HomeConfig['clock']): Finding {
  return systemClockOf(trust).trusted()
    ? { name: 'clock', ok: true }
    : red('clock', 'clock-untrusted');
}

/** Something listens at the address of a transport. Who it is, and whether it lets us in, is not asked. */
export async function checkReachable(
  name: string,
  transport: RecipientConfig['transport'],
): Promise<Finding> {
  if (transport.type === 'mqtt') return checkListens(name, transport.url, 'broker-unreachable');
  const { proxy } = transport;
  if (proxy !== undefined) return checkListens(name, proxy, 'proxy-unreachable');
  return checkListens(name, transport.url, 'receiver-unreachable');
}

/** What a transport is let in with can be read and belongs together; as the user who asks. */
export function checkFiles(name: string, transport: RecipientConfig['transport']): Finding {
  const secret = transport.type === 'mqtt' ? transport.passwordFile : transport.tokenFile;
  try {
    readTlsFiles(transport);
    if (secret !== undefined) readSecretFile(secret);
    return { name, ok: true };
  } catch (error) {
    return redOf(name, error);
  }
}

/** The key that signs for tokens can be used, and something listens where they are fetched. */
export async function checkTokens(recipient: string, auth: OauthConfig): Promise<Finding[]> {
  const key = `token key of ${recipient}`;
  const signs = readSigningKey(auth).then(
    (): Finding => ({ name: key, ok: true }),
    (error: unknown) => redOf(key, error),
  );
  const url = auth.tokenUrl ?? auth.issuer ?? '';
  const server = `token server of ${recipient}`;
  return Promise.all([signs, checkListens(server, url, 'token-server-unreachable')]);
}

async function checkListens(name: string, address: string, unreachable: string): Promise<Finding> {
  const url = new URL(address);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const code = await dial(host, Number(url.port) || (PORTS[url.protocol] ?? 0));
  if (code === undefined) return { name, ok: true };
  return red(name, code === 'ENOTFOUND' ? 'name-unknown' : unreachable);
}

function dial(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const done = (code: string | undefined) => {
      socket.destroy();
      resolve(code);
    };
    socket.setTimeout(CONNECT_MS_MAX, () => done('ETIMEDOUT'));
    socket.once('connect', () => done(undefined));
    socket.once('error', (error) => done(codeOf(error)));
  });
}

/** The message bus of the machine answers, and BlueZ is on it. */
export async function checkBus(): Promise<Finding> {
  const bus = openSystemBus();
  const closed = new Promise<'closed'>((resolve) => bus.onClose(() => resolve('closed')));
  try {
    const asked = bus.call({
      destination: 'org.freedesktop.DBus',
      path: '/org/freedesktop/DBus',
      interface: 'org.freedesktop.DBus',
      member: 'NameHasOwner',
      signature: 's',
      body: ['org.bluez'],
      timeoutMs: BUS_MS_MAX,
    });
    const answer = await Promise.race([asked, closed]);
    if (answer === 'closed') return red('radio', 'bus-missing');
    return answer === true ? { name: 'radio', ok: true } : red('radio', 'bluez-missing');
  } catch {
    return red('radio', 'bus-missing');
  } finally {
    bus.close();
  }
}

/** The native driver that the `hci` backend needs. Its adapter is not opened: that would take it. */
export function checkHciDriver(): Promise<Finding> {
  return loadHci().then(
    () => ({ name: 'radio', ok: true }),
    ({ code, message, hint }: RadioError) => ({
      ...red('radio', code),
      hint: `${message} ${hint}`,
    }),
  );
}
