import type { HomeConfig } from '../../../../config/schema.ts';
import { CodedError, codeOf } from '../../../errors.ts';
import type { createLan, Lan } from './lan.ts';

/** Whoever is not on this machine gets the pages with TLS, or not at all. */
export async function openLan(
  parts: Omit<Parameters<typeof createLan>[0], 'isAnnounced'> & {
    /** Only this machine can ask. */
    readonly isLocal: boolean;
  },
): Promise<Lan | undefined> {
  if (parts.isLocal && !parts.config.http.tls) return undefined;
  return (await import('./lan.ts')).createLan({ ...parts, isAnnounced: !parts.isLocal });
}

/** Opens the port of the pages. Throws CodedError: `port-taken`. */
export async function listenAt(
  { host, port }: HomeConfig['http'],
  open: (at: { readonly host: string; readonly port: number }) => Promise<void>,
  lan?: Lan,
): Promise<void> {
  const listen = () => open({ host, port });
  try {
    await (lan ? lan.listen(listen) : listen());
  } catch (error) {
    throw new CodedError(
      'port-taken',
      `Cannot listen on ${host}:${port} (${codeOf(error)})`,
      'Another program uses the port. Choose another in http.port, or --port.',
      error,
    );
  }
}
