import type { Capture } from '../measurement.ts';
import type { Advertisement } from './radio/radio.ts';

type Frame = Pick<Capture, 'source' | 'bytes' | 'session'>;

/**
 * Frames of an adopted device's advertisements, without repeats: identical bytes count once per
 * `foldMs`. The session is one run of broadcasts in this process.
 */
export function createBroadcasts(
  foldMs: number,
  newSession: (address: string) => string,
): { framesOf(advertisement: Advertisement): Frame[]; forget(address: string): void } {
  const runs = new Map<
    string,
    { session: string; last: Map<string, { hex: string; at: number }> }
  >();
  return {
    framesOf(advertisement) {
      const { address, at, serviceData, manufacturer } = advertisement;
      const run = runs.get(address) ?? { session: newSession(address), last: new Map() };
      runs.set(address, run);
      const sources: [Capture['source'], Uint8Array][] = [
        ...serviceData.map(({ uuid, data }): [Capture['source'], Uint8Array] => [
          { serviceData: uuid },
          data,
        ]),
        ...(manufacturer
          ? [
              [{ manufacturer: manufacturer.company }, manufacturer.data] as [
                Capture['source'],
                Uint8Array,
              ],
            ]
          : []),
      ];
      return sources.flatMap(([source, bytes]) => {
        const key = JSON.stringify(source);
        const hex = Buffer.from(bytes).toString('hex');
        const last = run.last.get(key);
        if (last && last.hex === hex && Math.abs(at - last.at) < foldMs) return [];
        run.last.set(key, { hex, at });
        return [{ source, bytes, session: run.session }];
      });
    },
    forget: (address) => void runs.delete(address),
  };
}
