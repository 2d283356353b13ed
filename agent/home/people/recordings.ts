import type { Clock } from '../../clock.ts';
import { CodedError, codeOf } from '../../errors.ts';
import type { Audit } from '../audit.ts';
import type { Committer } from '../journal/committer.ts';

/** One thing that was heard of a device, as the adapter tells it. */
export type RecordedLine = Readonly<Record<string, unknown>>;

/** What recording needs of the radio's adapter. */
export interface RecordingRadio {
  record(
    address: string,
    durationMs: number,
    signal: AbortSignal,
  ): Promise<readonly RecordedLine[]>;
}

const ADVICE: Readonly<Record<string, string>> = {
  'radio-not-heard': 'Switch the device on, or measure with it, beside the gateway.',
  'radio-busy': 'Wait until the pairing or the other recording is over.',
  'radio-off': 'See `iomt doctor`.',
};

/**
 * Recording what a device says of itself, on a person's explicit request: for whoever writes its
 * block. Nothing of it is kept here but that it was done.
 */
export function createRecordings(parts: {
  readonly radio: () => RecordingRadio | undefined;
  readonly committer: Committer;
  readonly audit: Audit;
  readonly clock: Clock;
}) {
  return {
    async record(
      actor: string,
      ask: { readonly address: string; readonly seconds: number },
      signal: AbortSignal,
    ): Promise<readonly RecordedLine[]> {
      const radio = parts.radio();
      if (!radio) {
        throw new CodedError(
          'radio-off',
          'Bluetooth is switched off in the configuration',
          'Set home.bluetooth.backend.',
        );
      }
      const { seconds } = ask;
      await parts.committer.commit(() =>
        parts.audit.append({
          at: parts.clock.now(),
          actor,
          action: 'device-recorded',
          detail: { seconds },
        }),
      );
      try {
        return await radio.record(ask.address, seconds * 1000, signal);
      } catch (error) {
        const code = codeOf(error);
        throw new CodedError(
          code,
          'The device was not recorded',
          ADVICE[code] ?? 'Try again; see `iomt doctor`.',
          error,
        );
      }
    },
  };
}

export type Recordings = ReturnType<typeof createRecordings>;
