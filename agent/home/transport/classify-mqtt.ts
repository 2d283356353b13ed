import type { DeferredBecause, Delivery } from './transport.ts';

/** What a broker's answers mean. Judging only: the asking is in `mqtt-session.ts`. */

/**
 * Reason codes of a PUBACK (MQTT 5, table 3-4; 3.1.1 has none and always means 0).
 *
 * | code                                | meaning                                              |
 * |-------------------------------------|------------------------------------------------------|
 * | 0                                   | delivered to the broker, which means *sent*, no more |
 * | 16 no matching subscribers          | deferred no-subscriber: nobody has it                |
 * | 135 not authorised                  | deferred unauthorised: the broker's access list      |
 * | 145 packet id in use, 151 quota     | deferred busy                                        |
 * | 149 packet too large                | rejected too-large (outside the table; seen in brokers) |
 * | 153 payload format invalid          | rejected invalid                                     |
 * | 128, 131, 144 and every other       | deferred unavailable: set up wrongly, nothing is lost |
 */
export function classifyPuback(reason: number): Delivery {
  switch (reason) {
    case 0:
      return { outcome: 'delivered' };
    case 16:
      return { outcome: 'deferred', because: 'no-subscriber' };
    case 135:
      return { outcome: 'deferred', because: 'unauthorised' };
    case 145:
    case 151:
      return { outcome: 'deferred', because: 'busy' };
    case 149:
      return { outcome: 'rejected', because: 'too-large' };
    case 153:
      return { outcome: 'rejected', because: 'invalid' };
    default:
      return { outcome: 'deferred', because: 'unavailable' };
  }
}

/** Why there is no connection: stable codes for the log, the doctor and the pages. */
export type LinkCode =
  | 'broker-unreachable'
  /** Its certificate is of no authority that the gateway trusts. */
  | 'broker-untrusted'
  | 'broker-wrong-name'
  | 'broker-certificate-ended'
  | 'broker-certificate-not-yet'
  /** It takes no certificate of ours: none was shown, or one of another authority. */
  | 'broker-refused-certificate'
  | 'own-certificate-ended'
  | 'own-certificate-revoked'
  /** No encrypted connection came about for another reason: not a TLS port, or too old a version. */
  | 'broker-tls-failed'
  | 'broker-refused-password'
  | 'broker-refused-version'
  | 'broker-refused'
  | 'broker-busy'
  | 'broker-silent'
  | 'broker-closed'
  | 'broker-session-taken'
  /** Ended by the broker soon after each start, without a reason: most likely a second gateway of this id. */
  | 'broker-drops'
  | 'broker-packet-too-large'
  /** Online, but the broker does not let the gateway hear its receipts. */
  | 'broker-refused-receipts'
  /** A certificate, key or password file could not be read. */
  | 'broker-files-unreadable'
  /** Connected anew by ourselves, with certificate files that changed. */
  | 'link-renewed'
  | 'link-closed';

export interface LinkDown {
  readonly code: LinkCode;
  /** What a delivery meanwhile is told. */
  readonly because: DeferredBecause;
  /** `slow`: a person must do something, so asking often only fills the broker's log. */
  readonly retry: 'soon' | 'slow';
}

const down = (
  code: LinkCode,
  because: DeferredBecause = 'offline',
  retry: LinkDown['retry'] = 'soon',
): LinkDown => ({ code, because, retry });

export const LINK_CLOSED = down('link-closed', 'cancelled');
/** Reached, and ended before there was encryption: most likely a port that does not speak TLS. */
export const LINK_CUT_IN_HANDSHAKE = down('broker-tls-failed');
export const LINK_RENEWED = down('link-renewed');
export const LINK_SILENT = down('broker-silent');
export const LINK_DROPS = down('broker-drops', 'offline', 'slow');
export const LINK_ENDED = down('broker-closed');
export const LINK_FILES_UNREADABLE = down('broker-files-unreadable', 'offline', 'slow');
/** Before the first attempt has an outcome. */
export const LINK_STARTING = down('broker-unreachable');

/**
 * CONNACK of 3.1.1 (1 to 5) and of MQTT 5 (128 and up), and DISCONNECT from the broker. Some brokers
 * say "not authorised" (5, 135) for a wrong password, so both are one code.
 */
export function classifyReason(reason: number): LinkDown {
  switch (reason) {
    case 1:
    case 132:
      return down('broker-refused-version');
    case 3:
    case 136:
    case 137:
    case 139:
    case 151:
    case 159:
      return down('broker-busy', 'unavailable');
    case 4:
    case 5:
    case 134:
    case 135:
    case 138:
    case 140:
      return down('broker-refused-password', 'unauthorised', 'slow');
    case 142:
      return down('broker-session-taken', 'offline', 'slow');
    case 149:
      return down('broker-packet-too-large');
    case 2:
    case 133:
    case 144:
    case 154:
    case 155:
    case 156:
    case 157:
      return down('broker-refused', 'unavailable', 'slow');
    default:
      return down('broker-closed');
  }
}

/** What OpenSSL and Node say of the broker's certificate, and of handshakes that fail. */
const OF_CERTIFICATE: Readonly<Record<string, LinkDown>> = {
  ERR_TLS_CERT_ALTNAME_INVALID: down('broker-wrong-name', 'untrusted', 'slow'),
  CERT_HAS_EXPIRED: down('broker-certificate-ended', 'untrusted', 'slow'),
  // Also what a gateway without the time says, which passes by itself.
  CERT_NOT_YET_VALID: down('broker-certificate-not-yet', 'untrusted'),
};

const UNTRUSTED = /CERT|SIGNATURE|ISSUER/;
const TLS_FAILED = /^(ERR_TLS|ERR_SSL|ERR_OSSL|EPROTO$)/;

/**
 * TLS alerts by which a broker refuses the gateway's certificate (RFC 8446, 6.2). 40 is how TLS 1.2
 * says that one is missing. The names of Node's codes for them change with OpenSSL; these do not.
 */
const OF_ALERT: Readonly<Record<number, LinkCode>> = {
  40: 'broker-refused-certificate',
  42: 'broker-refused-certificate',
  43: 'broker-refused-certificate',
  44: 'own-certificate-revoked',
  45: 'own-certificate-ended',
  46: 'broker-refused-certificate',
  48: 'broker-refused-certificate',
  49: 'broker-refused-certificate',
  116: 'broker-refused-certificate',
};

/**
 * An error of the socket or of mqtt.js, by its code: a number is a reason code of the broker.
 * `alert`: the number of the TLS alert that the broker sent, if it did.
 */
export function classifyLinkError(code: unknown, alert?: number): LinkDown {
  const refused = alert === undefined ? undefined : OF_ALERT[alert];
  if (refused !== undefined) return down(refused, 'untrusted', 'slow');
  if (typeof code === 'number') return classifyReason(code);
  if (typeof code !== 'string') return down('broker-closed');
  const known = OF_CERTIFICATE[code];
  if (known) return known;
  if (TLS_FAILED.test(code)) return down('broker-tls-failed', 'untrusted', 'slow');
  return UNTRUSTED.test(code)
    ? down('broker-untrusted', 'untrusted', 'slow')
    : down('broker-unreachable');
}
