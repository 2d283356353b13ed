import type { HomeConfig } from '../../config/schema.ts';
import { CodedError, codeOf } from '../errors.ts';
import { type Door, isAnswered } from '../http-door.ts';

/** Made when somebody first asks for it. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** Throws CodedError `port-taken`. */
export async function listen(door: Door, http: HomeConfig['http']): Promise<void> {
  try {
    await door.listen({ host: http.host, port: http.port });
  } catch (error) {
    throw new CodedError(
      'port-taken',
      `Cannot listen on ${http.host}:${http.port} (${codeOf(error)})`,
      'Another program uses the port. Choose another in http.port, or --port.',
      error,
    );
  }
}

/**
 * Two gateways on one store would send everything twice and take each other's control socket.
 * Throws CodedError `store-in-use`.
 */
export async function refuseSecond(socket: string): Promise<void> {
  if (!(await isAnswered(socket))) return;
  throw new CodedError(
    'store-in-use',
    'Another gateway is running on this data folder',
    'Stop it first: systemctl stop iomt-home.',
  );
}
