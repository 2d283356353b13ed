import { X509Certificate } from 'node:crypto';
import { statSync } from 'node:fs';
import type { Clock } from '../../../clock.ts';
import { codeOf } from '../../../errors.ts';
import type { Check } from '../../../http.ts';
import type { Log } from '../../../log.ts';
import { readTlsFiles } from '../../../tls-files.ts';
import { saidFrom } from '../../transport/certificates.ts';
import type { Pair } from './self-signed.ts';

interface Files {
  readonly certFile: string;
  readonly keyFile: string;
}

/**
 * What the pages prove themselves with: the configured files, looked at anew whenever they have
 * changed; what cannot be used is said and does not replace what works. Without files, or as long as
 * they never could be used, the box's own: a person must be able to withdraw all the same.
 */
export function createPortalCertificate(parts: {
  readonly files: Files | undefined;
  /** The name that the files are for. */
  readonly name: string | undefined;
  readonly own: { current(): Promise<Pair> };
  readonly clock: Clock;
  readonly log: Log;
}) {
  const { files, name, clock, log } = parts;
  let seen: string | undefined;
  let given: Pair | undefined;
  let code: string | undefined;

  function look(): void {
    if (!files) return;
    const stamp = stampOf(files);
    if (stamp === seen) return;
    seen = stamp;
    try {
      const { cert = '', key = '' } = readTlsFiles(files);
      given = { cert, key };
      const isNamed = name === undefined || new X509Certificate(cert).checkHost(name) !== undefined;
      code = isNamed ? undefined : 'portal-certificate-wrong-name';
      log.info({ event: 'portal-certificate-read', ...(code === undefined ? {} : { code }) });
    } catch (error) {
      code = 'portal-certificate-unusable';
      log.warn({ event: 'portal-certificate-unusable', code: codeOf(error) });
    }
  }

  function lifeOf({ cert }: Pair): { from: number; to: number } {
    const { validFromDate, validToDate } = new X509Certificate(cert);
    return { from: validFromDate.getTime(), to: validToDate.getTime() };
  }

  function ending(): Check[] {
    if (!given || !clock.trusted()) return [];
    const life = lifeOf(given);
    const now = clock.now();
    if (now < saidFrom(life)) return [];
    const until = new Date(life.to).toISOString();
    const check = { name: 'portal', ok: false, until };
    if (life.to <= now) return [{ ...check, code: 'portal-certificate-ended' }];
    return [{ ...check, code: 'portal-certificate-ends-soon', isWarning: true }];
  }

  return {
    async current(): Promise<Pair> {
      look();
      return given ?? parts.own.current();
    },
    /** True when a browser is to trust it without being told to. */
    isTrusted(): boolean {
      look();
      return given !== undefined && code === undefined && ending().every((one) => one.isWarning);
    },
    checks(): Check[] {
      look();
      const unusable = code === undefined ? [] : [{ name: 'portal', ok: false, code }];
      return [...unusable, ...ending()];
    },
  };
}

/** Changes with what the files hold, and with who may read them. */
function stampOf({ certFile, keyFile }: Files): string {
  return [certFile, keyFile]
    .map((file) => {
      const stat = statSync(file, { throwIfNoEntry: false });
      return stat ? `${stat.ino} ${stat.size} ${stat.mtimeMs} ${stat.ctimeMs}` : 'missing';
    })
    .join('\n');
}
