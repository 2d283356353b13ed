import { CodedError } from '../errors.ts';
import { isAnswered } from '../http-door.ts';

/** Made when somebody first asks for it. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
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
