import { createPrivateKey, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import type { Clock } from '../../../clock.ts';
import { codeOf } from '../../../errors.ts';
import type { Log } from '../../../log.ts';
import { readPrivate, replacePrivate } from '../../../secrets.ts';
import { CERTIFIED_ADDRESSES_MAX, type Names } from './names.ts';
import type { Pair } from './self-signed.ts';

const DAY_MS = 86_400_000;
/** Browsers take up to 398 days; one is for clocks that differ. */
const LIFE_MS = 397 * DAY_MS;
/** A browser's clock may be behind: valid since yesterday. */
const BACK_MS = DAY_MS;
/** Renewed so long before its end: a box that is off for a holiday comes back with a valid one. */
const RENEW_BEFORE_MS = 30 * DAY_MS;

/** In the data folder: the private key and the certificate, in one file that is replaced whole. */
export const OWN_CERTIFICATE = 'portal.pem';

type Because = 'first' | 'unusable' | 'validity' | 'names';

/**
 * The certificate that the box makes for itself: at first need, again before it ends, and when it
 * does not stand for the names and addresses of now. Each new one is a new warning in the browsers
 * at home, so earlier addresses stay in it: a box that goes between two keeps one certificate.
 */
export function createOwnCertificate(parts: {
  readonly folder: string;
  readonly names: Pick<Names, 'certified'>;
  readonly clock: Clock;
  readonly log: Log;
}) {
  const { names, clock, log } = parts;
  const file = join(parts.folder, OWN_CERTIFICATE);
  let used: Pair | undefined;
  let making: Promise<Pair> | undefined;

  async function make(because: Because): Promise<Pair> {
    const { makeSelfSigned } = await import('./self-signed.ts');
    const { dns, addresses } = names.certified();
    const all = [...new Set([...addresses, ...addressesIn(used)])];
    const now = clock.now();
    used = await makeSelfSigned({
      dns,
      addresses: all.slice(0, CERTIFIED_ADDRESSES_MAX),
      from: now - BACK_MS,
      to: now - BACK_MS + LIFE_MS,
    });
    log.info({ event: 'portal-certificate-made', because });
    try {
      replacePrivate(file, used.key + used.cert);
    } catch (error) {
      // The pages work; the next start makes another.
      log.warn({ event: 'portal-certificate-not-kept', code: codeOf(error) });
    }
    return used;
  }

  return {
    /** The pair of now, made when it has to be. */
    async current(): Promise<Pair> {
      if (making !== undefined) return making;
      const found = used ?? read(file);
      used = typeof found === 'string' ? undefined : found;
      const because = typeof found === 'string' ? found : whyNew(found, names, clock);
      if (because === undefined && used) return used;
      making = make(because ?? 'first').finally(() => {
        making = undefined;
      });
      return making;
    },
  };
}

function read(file: string): Pair | 'first' | 'unusable' {
  try {
    const text = readPrivate(file, 'secret');
    const [, key = '', cert = ''] =
      /^(-----BEGIN PRIVATE.*?)(-----BEGIN CERT.*)$/s.exec(text) ?? [];
    if (new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) return { cert, key };
    return 'unusable';
  } catch (error) {
    return codeOf(error) === 'secret-missing' ? 'first' : 'unusable';
  }
}

function whyNew(pair: Pair, names: Pick<Names, 'certified'>, clock: Clock): Because | undefined {
  const certificate = new X509Certificate(pair.cert);
  const { dns, addresses } = names.certified();
  const isNamed =
    dns.every((name) => certificate.checkHost(name) !== undefined) &&
    addresses.every((address) => certificate.checkIP(address) !== undefined);
  if (!isNamed) return 'names';
  // A clock that is not known is no reason: it would be made anew for each that it shows.
  if (!clock.trusted()) return undefined;
  const now = clock.now();
  const isValid =
    certificate.validFromDate.getTime() <= now &&
    now < certificate.validToDate.getTime() - RENEW_BEFORE_MS;
  return isValid ? undefined : 'validity';
}

function addressesIn(pair: Pair | undefined): string[] {
  const names = pair ? new X509Certificate(pair.cert).subjectAltName : undefined;
  return (names?.match(/IP Address:[\d.]+/g) ?? []).map((one) => one.slice('IP Address:'.length));
}
