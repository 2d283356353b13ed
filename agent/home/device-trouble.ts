import type { DeviceState } from '../../adapters/adapter.ts';

/** Why what a device has cannot be had; until a visit goes well again. */
export type DeviceTrouble = 'bond-lost' | 'out-of-range' | 'not-fetched';

/** No link came about although it was heard: too far, or something between. */
const NO_LINK: ReadonlySet<string> = new Set(['radio-connect-failed', 'radio-not-heard']);

/** Undefined while nothing went wrong with it. */
export function troubleOf(state: DeviceState | undefined): DeviceTrouble | undefined {
  if (state?.failure === undefined) return undefined;
  if (state.failure === 'radio-bond-lost') return 'bond-lost';
  return NO_LINK.has(state.failure) || !state.linked ? 'out-of-range' : 'not-fetched';
}
