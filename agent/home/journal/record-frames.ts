import type { Database } from '../../store.ts';
import type { BlankedFrames } from './blanked-frames.ts';

const source = (service: string, characteristic: string) =>
  JSON.stringify({ service, characteristic });
const MEASUREMENT = source('1808', '2a18');
const CONTEXT = source('1808', '2a34');
/** Services whose records are numbered, so that what is held need not be asked for again. */
const NUMBERED: Readonly<Record<string, string>> = {
  '1808': MEASUREMENT,
  '181f': source('181f', '2aa7'),
};

/** Frames of one record come near each other: this far apart they are looked for. */
const FRAMES_APART_MAX = 5_000;
/** So many of the newest are compared, at most. */
const COMPARED_MAX = 100;

/** A frame as it lies in the journal. */
export interface Frame {
  readonly id: number;
  readonly device: string;
  readonly session: string;
  readonly at: number;
  readonly bytes: Uint8Array;
}

/** Sequence number as sent: at the same place in a glucose measurement and its context. */
const sequence = ({ bytes }: Frame) => Buffer.from(bytes.slice(1, 3));

/** Frames that belong together, found by device, connection and what they hold. */
export function createRecordFrames(db: Database, blanked: BlankedFrames) {
  const near = (order: string) =>
    db
      .prepare<[string, number, number, string, string, Buffer], number>(
        `SELECT id FROM capture WHERE device = ? AND id BETWEEN ? AND ? AND session = ?
         AND source = ? AND substr(bytes, 2, 2) = ? ORDER BY id ${order} LIMIT 1`,
      )
      .pluck();
  const before = near('DESC');
  const after = near('ASC');
  const last = db
    .prepare<[string, string], Buffer>(
      'SELECT bytes FROM capture WHERE device = ? AND source = ? ORDER BY id DESC LIMIT 1',
    )
    .pluck();
  const newest = db.prepare<[string, number, number, string, number], Frame>(
    `SELECT id, device, session, at, bytes FROM capture WHERE device = ? AND id BETWEEN ? AND ?
     AND source = ? ORDER BY id DESC LIMIT ?`,
  );
  const together = db.prepare<[string, number, number, string, string], Frame>(
    `SELECT id, device, session, at, bytes FROM capture WHERE device = ? AND id BETWEEN ? AND ?
     AND source = ? AND session = ? ORDER BY id`,
  );
  const partner = (frame: Frame, of: string) => {
    const { id, device, session } = frame;
    const its = [session, of, sequence(frame)] as const;
    return (
      before.get(device, id - FRAMES_APART_MAX, id - 1, ...its) ??
      after.get(device, id + 1, id + FRAMES_APART_MAX, ...its) ??
      blanked.numbered(frame, of, sequence(frame))
    );
  };
  return {
    /** Capture of the context that belongs to a glucose measurement. */
    contextOf: (measurement: Frame) => partner(measurement, CONTEXT),
    /** Capture of the glucose measurement that a context belongs to. */
    measurementOf: (context: Frame) => partner(context, MEASUREMENT),
    /** The numbered record of a service that came last from a device, as it was sent. */
    lastRecord(device: string, service: string): Uint8Array | undefined {
      const bytes = last.get(device, NUMBERED[service] ?? '');
      return bytes && bytes.length > 0 ? bytes : undefined;
    },
    /** What the device sent on a characteristic before a frame, newest first. */
    before: (
      { id, device }: Frame,
      service: string,
      characteristic: string,
      count = COMPARED_MAX,
    ): Frame[] =>
      newest
        .all(device, id - FRAMES_APART_MAX, id - 1, source(service, characteristic), count)
        .map(blanked.filled),
    /** All that came on a characteristic in a frame's own connection, near it, in order. */
    inSession: ({ id, device, session }: Frame, service: string, characteristic: string): Frame[] =>
      together
        .all(
          device,
          id - FRAMES_APART_MAX,
          id + FRAMES_APART_MAX,
          source(service, characteristic),
          session,
        )
        .map(blanked.filled),
  };
}
