import type { HomeConfig } from '../../../../config/schema.ts';

/** The site that passkeys are made for (WebAuthn, 4): browsers bind each to it. */
export interface RelyingParty {
  /** The name alone. */
  readonly id: string;
  /** With scheme and port, as browsers name it. */
  readonly origin: string;
}

/** Where passkeys are possible, by a request's Host header, which is compared and never used. */
export type RelyingPartyAt = (host: string | undefined) => RelyingParty | undefined;

/**
 * Passkeys need a name that stays and a certificate that browsers trust: the configured name with its
 * issued certificate, or `localhost` without TLS on this machine. Not a bare address, nor a certificate
 * that the box made, nor another port that leads here.
 */
export function createRelyingParty(parts: {
  readonly http: Pick<HomeConfig['http'], 'name' | 'port'>;
  /** Undefined where the pages are on this machine only, without TLS. */
  readonly lan: { readonly certificate: { isTrusted(): boolean } } | undefined;
}): RelyingPartyAt {
  const { http, lan } = parts;
  const origin = lan
    ? http.name && new URL(`https://${http.name}:${http.port}`).origin
    : new URL(`http://localhost:${http.port}`).origin;
  if (!origin) return () => undefined;
  const { host: own, hostname: id } = new URL(origin);
  return (host) =>
    host?.toLowerCase() === own && (!lan || lan.certificate.isTrusted())
      ? { id, origin }
      : undefined;
}
