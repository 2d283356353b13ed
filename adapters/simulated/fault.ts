/** An error with a code for programs; the message names no device. */
export function fault(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
