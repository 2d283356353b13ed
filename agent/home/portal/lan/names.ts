import { isIP, isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { HomeConfig } from '../../../../config/schema.ts';

/** An address of this machine that others at home can reach. */
export interface LanAddress {
  /** Of the network interface, as the system calls it. */
  readonly device: string;
  readonly address: string;
  readonly family: 4 | 6;
  /** Length of the network's prefix, bits. */
  readonly prefix: number;
}

/** Of the gateway's id: 40 bits, no two in a street by chance. */
const SHORT_ID_LENGTH = 8;

/** Addresses that a certificate is made out to, at most: a box with containers has many. */
export const CERTIFIED_ADDRESSES_MAX = 8;

/**
 * What the box is called at home: the configured name, a name of its own that it announces, and its
 * addresses of the moment.
 */
export function createNames(parts: {
  /** Id of the gateway, `gw-…`. */
  readonly gateway: string;
  readonly http: HomeConfig['http'];
  readonly interfaces?: typeof networkInterfaces;
}) {
  const { http, interfaces = networkInterfaces } = parts;
  const shortId = parts.gateway.replace(/^gw-/, '').slice(0, SHORT_ID_LENGTH);
  const local = `iomt-${shortId}.local`;

  /** Where the pages can be reached from outside of this machine. */
  function addresses(): LanAddress[] {
    return Object.entries(interfaces()).flatMap(([device, list]) =>
      (list ?? [])
        .filter(({ internal, address }) => !internal && isListenedAt(address, http.host))
        .map(({ address, cidr }) => ({
          device,
          address,
          family: isIPv4(address) ? (4 as const) : (6 as const),
          prefix: Number(cidr?.split('/')[1] ?? (isIPv4(address) ? 32 : 128)),
        })),
    );
  }

  const first = http.name?.toLowerCase() ?? local;
  const withPort = (host: string) => `https://${host}${http.port === 443 ? '' : `:${http.port}`}/`;
  return {
    /** `iomt-` and eight characters of the gateway's id. */
    local,
    shortId,
    addresses,
    /** What a certificate made here stands for. Version 6 changes daily, and nobody types it. */
    certified: () => ({
      dns: [...new Set([first, local])],
      addresses: addresses()
        .filter(({ family }) => family === 4)
        .slice(0, CERTIFIED_ADDRESSES_MAX)
        .map(({ address }) => address),
    }),
    /**
     * True for a host that a browser may name (lower case, without port): a page of another site
     * that has its own name lead here (DNS rebinding) names that one.
     */
    isOwn(host: string): boolean {
      if (host === first || host === local) return true;
      const bare = host.startsWith('[') ? host.slice(1, -1) : host;
      return isIP(bare) !== 0 && addresses().some(({ address }) => address === bare);
    },
    /** Address of the pages by name. */
    url: withPort(first),
    /** The same by number, for a browser that does not find the name. */
    numberUrls: () =>
      addresses()
        .filter(({ family }) => family === 4)
        .map(({ address }) => withPort(address)),
  };
}

export type Names = ReturnType<typeof createNames>;

/** Addresses of one wire only (RFC 4291, 2.5.6) are of no use in an address line. */
function isListenedAt(address: string, host: string): boolean {
  if (/^fe[89ab]/i.test(address)) return false;
  if (host === '::') return true;
  return host === '0.0.0.0' ? isIPv4(address) : address === host;
}
