import { isIP } from 'node:net';
import { type Located, type Path, pathText } from './problems.ts';

/**
 * What no single setting can tell by itself. They look at what was written, before the schema has
 * accepted it, so that every problem is told at once.
 */
export function crossChecks(tree: unknown): Located[] {
  const home = child(tree, 'home');
  return [
    ...sameRecipient(list(home, 'recipients')),
    ...list(home, 'recipients').flatMap((recipient, at) =>
      transportChecks(child(recipient, 'transport'), ['home', 'recipients', at, 'transport']),
    ),
    ...list(home, 'recipients').flatMap((recipient, at) =>
      authChecks(child(recipient, 'transport'), ['home', 'recipients', at, 'transport']),
    ),
    ...oneConnectionPerBroker(list(home, 'recipients')),
    ...adapterByName(child(home, 'bluetooth')),
    ...portalOnTheNetwork(child(home, 'http')),
    ...retryOrder(child(home, 'limits')),
    ...literalSecrets(tree, []),
  ];
}

function problem(path: Path, message: string, hint: string): Located {
  return { path, problem: { path: pathText(path), message, hint } };
}

function sameRecipient(recipients: readonly unknown[]): Located[] {
  const ids = recipients.map((recipient) => child(recipient, 'id'));
  return ids.flatMap((id, at) => {
    const first = ids.indexOf(id);
    if (typeof id !== 'string' || first === at) return [];
    const message = `is also the id of recipient [${first}]`;
    return problem(['home', 'recipients', at, 'id'], message, 'Give each recipient its own id.');
  });
}

const TLS_FILES = ['caFile', 'certFile', 'keyFile'];

/** What a gateway is let in with. */
const CREDENTIALS = ['username', 'passwordFile', 'caFile', 'certFile', 'keyFile', 'enrolled'];

/**
 * A gateway is one client at a broker, with one connection: under two user names it would throw
 * itself off in turn, and the files of the second recipient would not be used.
 */
function oneConnectionPerBroker(recipients: readonly unknown[]): Located[] {
  const seen = new Map<unknown, unknown>();
  return recipients.flatMap((recipient, at) => {
    const transport = child(recipient, 'transport');
    if (child(transport, 'type') !== 'mqtt') return [];
    const url = child(transport, 'url');
    if (!seen.has(url)) seen.set(url, transport);
    const first = seen.get(url);
    const message = 'differs from that of another recipient at the same broker';
    const hint = 'This gateway has one connection to a broker: write the same for both.';
    return CREDENTIALS.filter((name) => child(first, name) !== child(transport, name)).map((name) =>
      problem(['home', 'recipients', at, 'transport', name], message, hint),
    );
  });
}

/** An adapter that nobody else may open tells its address to nobody either. */
function adapterByName(bluetooth: unknown): Located[] {
  const adapter = child(bluetooth, 'adapter');
  if (child(bluetooth, 'backend') !== 'hci' || typeof adapter !== 'string') return [];
  if (/^hci\d{1,3}$/.test(adapter)) return [];
  const message = 'must be a name like `hci0` for the hci backend';
  const hint = '`hciconfig` or `btmgmt info` lists the adapters of this machine.';
  return [problem(['home', 'bluetooth', 'adapter'], message, hint)];
}

/** On the network the pages are served with TLS, so that there is nothing to forget. */
function portalOnTheNetwork(http: unknown): Located[] {
  const out: Located[] = [];
  const at = (name: string): Path => ['home', 'http', name];
  const host = child(http, 'host');
  if (typeof host === 'string' && !isLoopback(host) && isIP(host) === 0) {
    const hint = 'For the home network write `0.0.0.0`, or `::` for version 6 as well.';
    out.push(problem(at('host'), 'must be an address of this machine, not a name', hint));
  }
  const isEnrolled = child(http, 'enrolled') === true;
  if (isEnrolled && child(http, 'tls') !== undefined) {
    out.push(problem(at('tls'), 'is there besides `enrolled`', 'Take one of the two out.'));
  }
  if ((isEnrolled || child(http, 'tls') !== undefined) && child(http, 'name') === undefined) {
    const message = 'is missing: a certificate is for a name';
    out.push(problem(at('name'), message, 'Write the name that the certificate was issued for.'));
  }
  return out;
}

function transportChecks(transport: unknown, path: Path): Located[] {
  const out: Located[] = [];
  const url = child(transport, 'url');
  const parsed = typeof url === 'string' && URL.canParse(url) ? new URL(url) : undefined;
  const open = parsed && /^(mqtt|http):$/.test(parsed.protocol) ? parsed.protocol : undefined;
  if (parsed && open && !isLoopback(parsed.hostname)) {
    const message = 'would send readings over the network without encryption';
    out.push(problem([...path, 'url'], message, `Use ${open.replace(':', 's://')} instead.`));
  }
  const cert = child(transport, 'certFile') !== undefined;
  const key = child(transport, 'keyFile') !== undefined;
  if (cert !== key) {
    const missing = cert ? 'keyFile' : 'certFile';
    const message = 'is missing: a certificate and its key go together';
    out.push(problem([...path, missing], message, 'Name both files, or none.'));
  }
  for (const name of child(transport, 'enrolled') === true ? TLS_FILES : []) {
    if (child(transport, name) === undefined) continue;
    const message = 'is there besides `enrolled`, which brings its own';
    out.push(problem([...path, name], message, 'Take one of the two out.'));
  }
  for (const name of open ? [...TLS_FILES, 'enrolled', 'proxy'] : []) {
    if (child(transport, name) === undefined) continue;
    const message = 'would not be used: the address is one without encryption';
    out.push(problem([...path, name], message, 'Take it out, or use an address with TLS.'));
  }
  if (
    child(transport, 'passwordFile') !== undefined &&
    child(transport, 'username') === undefined
  ) {
    // MQTT 3.1.1, 3.1.2.9: no password without a name.
    const message = 'is missing: a password goes with a user name';
    out.push(problem([...path, 'username'], message, 'Name the user that the broker knows.'));
  }
  return out;
}

/** Tokens are asked for in one way, at one place, and never in the open. */
function authChecks(transport: unknown, path: Path): Located[] {
  const auth = child(transport, 'auth');
  if (auth === undefined) return [];
  const out: Located[] = [];
  if (child(transport, 'tokenFile') !== undefined) {
    const message = 'is there besides `auth`, which fetches tokens itself';
    out.push(problem([...path, 'tokenFile'], message, 'Take one of the two out.'));
  }
  const named = ['issuer', 'tokenUrl'].filter((name) => child(auth, name) !== undefined);
  if (named.length !== 1) {
    const message = 'needs either `issuer` or `tokenUrl`';
    const hint = '`issuer` as with HelseID, `tokenUrl` as with SMART Backend Services.';
    out.push(problem([...path, 'auth'], message, hint));
  }
  for (const name of named) {
    const url = child(auth, name);
    const parsed = typeof url === 'string' ? URL.parse(url) : null;
    if (parsed?.protocol !== 'http:' || isLoopback(parsed.hostname)) continue;
    const message = 'would fetch tokens over the network without encryption';
    out.push(problem([...path, 'auth', name], message, 'Use https:// instead.'));
  }
  return out;
}

function retryOrder(limits: unknown): Located[] {
  const min = child(limits, 'retryMinMs');
  const max = child(limits, 'retryMaxMs');
  if (typeof min !== 'number' || typeof max !== 'number' || min <= max) return [];
  const message = 'is shorter than `retryMinMs`';
  return [problem(['home', 'limits', 'retryMaxMs'], message, 'Make it the longer of the two.')];
}

/** A key, or an address with a user name or password in it, where the name of a file belongs. */
function literalSecrets(node: unknown, path: Path): Located[] {
  if (typeof node === 'string') {
    if (/-----BEGIN |"kty"\s*:|^\s*[0-9a-f]{64}\s*$/i.test(node)) {
      const hint = 'Put it in a file that only the service can read, and name that file here.';
      return [problem(path, 'is a key itself, not the name of a file', hint)];
    }
    if (/^[a-z][a-z+]*:\/\/[^/?#]*@/i.test(node)) {
      const hint = 'Take it out: `username` and `passwordFile`, or `tokenFile`, are for that.';
      return [problem(path, 'holds a user name or password', hint)];
    }
    return [];
  }
  if (typeof node !== 'object' || node === null) return [];
  const parts = Array.isArray(node) ? node.entries() : Object.entries(node);
  return [...parts].flatMap(([part, below]) => literalSecrets(below, [...path, part]));
}

/** True for the names and addresses that only this machine can reach. */
/** True for a name or address that only this machine can reach. */
export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/.test(host);
}

function child(node: unknown, name: string): unknown {
  if (typeof node !== 'object' || node === null || !Object.hasOwn(node, name)) return undefined;
  return (node as Record<string, unknown>)[name];
}

function list(node: unknown, name: string): readonly unknown[] {
  const value = child(node, name);
  return Array.isArray(value) ? value : [];
}
