import type { HomeConfig } from '../../../../config/schema.ts';
import type { Clock } from '../../../clock.ts';
import { codeOf } from '../../../errors.ts';
import type { Check } from '../../../http.ts';
import type { Log } from '../../../log.ts';
import type { createAnnouncement } from './announce.ts';
import { createPortalCertificate } from './certificate.ts';
import { createFront } from './front.ts';
import { createNames } from './names.ts';
import { createOwnCertificate } from './own-certificate.ts';

/** What can wait until the first devices have been read does, ms. */
const SETTLE_MS = 3_000;
/** Addresses, files and ends are looked at this often, ms. */
const LOOK_MS = 60_000;

/**
 * The pages on the home network: names, certificate, TLS and announcement. Whatever fails here is
 * said and tried again; it never ends the gateway, which reads devices meanwhile.
 */
export function createLan(parts: {
  readonly config: Pick<HomeConfig, 'data' | 'http'>;
  /** Id of the gateway. */
  readonly gateway: string;
  /** False where only this machine can ask: nothing is announced. */
  readonly isAnnounced: boolean;
  readonly clock: Clock;
  readonly log: Log;
}) {
  const { config, clock, log } = parts;
  const { http } = config;
  const names = createNames({ gateway: parts.gateway, http });
  const own = createOwnCertificate({ folder: config.data, names, clock, log });
  const { tls: files, name } = http;
  const certificate = createPortalCertificate({ files, name, own, clock, log });
  let announcement: ReturnType<typeof createAnnouncement> | undefined;
  let listen: (() => Promise<void>) | undefined;
  let timer: NodeJS.Timeout | undefined;
  let hasStopped = false;

  async function guarded(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      log.warn({ event: 'portal-lan-failed', code: codeOf(error) });
    }
  }

  /** The configured address may come later than the gateway: the network is slower to start. */
  async function listenNow(): Promise<void> {
    try {
      await listen?.();
      listen = undefined;
    } catch (error) {
      if (codeOf(error) !== 'EADDRNOTAVAIL') throw error;
    }
  }

  async function announce(): Promise<void> {
    if (!parts.isAnnounced) return;
    const { createAnnouncement: create } = await import('./announce.ts');
    if (hasStopped) return;
    announcement ??= create({ names, port: http.port, log });
    await announcement.refresh();
  }

  async function look(): Promise<void> {
    await guarded(listenNow);
    await guarded(certificate.current);
    if (!hasStopped) await guarded(announce);
    if (!hasStopped) timer = setTimeout(look, LOOK_MS).unref();
  }

  return {
    names,
    /** What the setup card says: where the pages are, and whether browsers know the certificate. */
    card: () => ({
      url: names.url,
      numberUrls: names.numberUrls(),
      isTrusted: certificate.isTrusted(),
    }),
    certificate,
    front: createFront({ certificate, isOwn: names.isOwn, log }),
    /** Listens now or, when this machine lacks the address, as soon as it has it. */
    async listen(open: () => Promise<void>): Promise<void> {
      listen = open;
      await listenNow();
    },
    start(): void {
      timer = setTimeout(look, SETTLE_MS).unref();
    },
    async stop(): Promise<void> {
      hasStopped = true;
      clearTimeout(timer);
      await guarded(async () => announcement?.stop());
    },
    checks: (): Check[] => [
      ...(listen ? [{ name: 'portal', ok: false, code: 'portal-address-missing' }] : []),
      ...certificate.checks(),
    ],
  };
}

export type Lan = ReturnType<typeof createLan>;
