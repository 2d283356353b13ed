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
  | 'broker-untrusted'
  | 'broker-refused-password'
  | 'broker-refused-version'
  | 'broker-refused'
  | 'broker-busy'
  | 'broker-silent'
  | 'broker-closed'
  | 'broker-session-taken'
  | 'broker-packet-too-large'
  /** Online, but the broker does not let the gateway hear its receipts. */
  | 'broker-refused-receipts'
  /** A certificate, key or password file could not be read. */
  | 'broker-files-unreadable'
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
export const LINK_SILENT = down('broker-silent');
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

/** OpenSSL and Node names for a certificate or handshake that failed. */
const UNTRUSTED = /CERT|SIGNATURE|^ERR_TLS|^ERR_SSL|^ERR_OSSL|^EPROTO$|ISSUER/;

/** An error of the socket or of mqtt.js, by its code: a number is a reason code of the broker. */
export function classifyLinkError(code: unknown): LinkDown {
  if (typeof code === 'number') return classifyReason(code);
  if (typeof code !== 'string') return down('broker-closed');
  return UNTRUSTED.test(code)
    ? down('broker-untrusted', 'unavailable', 'slow')
    : down('broker-unreachable');
}
