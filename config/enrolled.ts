import { join } from 'node:path';
import type { Config } from './schema.ts';

/** In the data folder: what `iomt enrol` makes and puts in place. */
export const ENROLMENT_FOLDER = 'enrolment';

/**
 * Where the key, the certificates and the authorities for one receiver lie, in one file: a renewal
 * replaces all of them in one step. Named by its host and port, which two recipients may share.
 */
export function enrolledFile(data: string, url: string): string {
  const { protocol, hostname, port } = new URL(url);
  const usual = protocol === 'https:' ? '443' : '8883';
  const name = `${hostname}-${port || usual}`.replace(/[^a-z0-9.-]/g, '_');
  return join(data, ENROLMENT_FOLDER, `to-${name}.pem`);
}

/** The same for the pages: their key and the certificate that browsers trust. */
export function enrolledPortalFile(data: string): string {
  return join(data, ENROLMENT_FOLDER, 'portal.pem');
}

/** Writes out `enrolled: true` as the files that it stands for. */
export function withEnrolled(config: Config): Config {
  const { home } = config;
  if (!home) return config;
  const { data, http } = home;
  const portal = enrolledPortalFile(data);
  const tls = http.enrolled ? { tls: { certFile: portal, keyFile: portal } } : {};
  const recipients = home.recipients.map((recipient) => {
    const { transport } = recipient;
    if (!transport.enrolled) return recipient;
    const file = enrolledFile(data, transport.url);
    const files = { caFile: file, certFile: file, keyFile: file };
    return { ...recipient, transport: { ...transport, ...files } };
  });
  return { ...config, home: { ...home, http: { ...http, ...tls }, recipients } };
}
