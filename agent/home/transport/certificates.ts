import type { RecipientConfig } from '../../../config/schema.ts';
import type { Clock } from '../../clock.ts';
import type { Check } from '../../http.ts';
import type { Log } from '../../log.ts';
import { readCertificates, readTlsFiles } from '../../tls-files.ts';

const DAY_MS = 86_400_000;
/** An ordinary certificate's end is said this long before: people order the next one by hand. */
const SOON_MS_MAX = 30 * DAY_MS;
/** Of one that lives shorter, a renewal by itself is overdue when a third of its life is left. */
const SOON_PART_OF_LIFE = 1 / 3;

type Setting = 'certFile' | 'caFile';

interface End {
  readonly setting: Setting;
  /** Number of the recipient in the configuration, from 1. */
  readonly recipient: number;
  /** Ms since 1970. */
  readonly endsAt: number;
  readonly soonAt: number;
}

const CODES: Readonly<Record<Setting, readonly [soon: string, ended: string]>> = {
  certFile: ['own-certificate-ends-soon', 'own-certificate-ended'],
  caFile: ['authority-ends-soon', 'authority-ended'],
};

/**
 * When the certificates of the ways out end: the gateway's own, and those of the authorities that it
 * trusts. Files are read at each question; one that cannot be read is the connection's to say.
 */
export function createCertificates(parts: {
  readonly recipients: readonly Pick<RecipientConfig, 'transport'>[];
  readonly clock: Clock;
  readonly log: Log;
}) {
  const { clock, log } = parts;
  const nameOf = (recipient: number) =>
    parts.recipients.length === 1 ? 'certificate' : `certificate-${recipient}`;
  let remindedAt = Number.NEGATIVE_INFINITY;

  const ends = (): End[] =>
    parts.recipients.flatMap(({ transport }, index) =>
      (['certFile', 'caFile'] as const).flatMap((setting) => {
        const path = transport[setting];
        return path === undefined ? [] : endOf(setting, path, index + 1);
      }),
    );

  /** What ends soon or has ended; nothing while the clock is not known. */
  function endings(): Check[] {
    if (!clock.trusted()) return [];
    const now = clock.now();
    return ends()
      .filter(({ soonAt }) => soonAt <= now)
      .map(({ setting, endsAt, recipient }) => {
        const hasEnded = endsAt <= now;
        return {
          name: nameOf(recipient),
          ok: false,
          code: CODES[setting][hasEnded ? 1 : 0],
          until: new Date(endsAt).toISOString(),
          // Until its end all works.
          ...(hasEnded ? {} : { isWarning: true as const }),
        };
      });
  }

  /** Of a broker, the connection itself says it. */
  function unusable(): Check[] {
    return parts.recipients.flatMap(({ transport }, index) => {
      if (transport.type !== 'https') return [];
      try {
        readTlsFiles(transport);
        return [];
      } catch {
        return [{ name: nameOf(index + 1), ok: false, code: 'certificate-files-unusable' }];
      }
    });
  }

  return {
    ends,
    checks: (): Check[] => [...unusable(), ...endings()],
    /** Writes to the log what ends soon, once a day. */
    remind(): void {
      if (!clock.trusted() || Math.abs(clock.now() - remindedAt) < DAY_MS) return;
      remindedAt = clock.now();
      for (const { code, until } of endings()) {
        const days = Math.max(0, (Date.parse(until ?? '') - clock.now()) / DAY_MS);
        log.warn({ event: 'certificate', code, count: Math.floor(days) });
      }
    },
  };
}

function endOf(setting: Setting, path: string, recipient: number): End[] {
  let lives: { from: number; to: number }[];
  try {
    lives = readCertificates(setting, path).all.map(({ validFromDate, validToDate }) => ({
      from: validFromDate.getTime(),
      to: validToDate.getTime(),
    }));
  } catch {
    return [];
  }
  lives.sort((one, other) => one.to - other.to);
  // A chain ends with its first; of several authorities one that lasts is enough.
  const life = setting === 'certFile' ? lives.at(0) : lives.at(-1);
  if (!life) return [];
  return [{ setting, recipient, endsAt: life.to, soonAt: saidFrom(life) }];
}

/** When it begins to be said that a certificate ends; all in ms since 1970. */
export function saidFrom(life: { readonly from: number; readonly to: number }): number {
  return life.to - Math.min(SOON_MS_MAX, (life.to - life.from) * SOON_PART_OF_LIFE);
}
