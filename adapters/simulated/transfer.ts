import type { DeviceRecord } from './device-memory.ts';
import { CONTEXT } from './gatt-table.ts';
import type { VirtualDevice } from './virtual-device.ts';

/**
 * From the bytes going out to their confirmation, real time. The gateway's commit group waits at
 * most 5 ms on the same event loop, so a confirmed result is on its disk.
 */
const CONFIRM_MS = 25;

/** The results going out on one connection. */
export interface Transfer {
  /** Sends what waits, and from now on what comes, after these that were confirmed before. */
  push(again: readonly DeviceRecord[]): void;
  /** Sends these, then calls `done`. */
  report(records: readonly DeviceRecord[], done: () => void): void;
  /** Sends no more; what is on its way is still confirmed. */
  pause(): void;
  /** Something new may be there. */
  renew(): void;
  isBusy(): boolean;
  /**
   * The connection is gone: what was sent and not confirmed stays in the device. One that keeps
   * nothing has sent it, if the gateway lives on.
   */
  end(gatewayLives: boolean): void;
}

/**
 * Sends results one at a time, oldest first: an indication waits for the confirmation of the one
 * before (ATT), and only a confirmed result leaves the device.
 * @param options.onSent a result went out
 * @param options.onIdle there is no more for now
 * @param options.hangUp the device itself closes the connection, for this reason
 */
export function createTransfer(options: {
  readonly device: VirtualDevice;
  readonly now: () => number;
  readonly emit: (event: string, ...values: unknown[]) => void;
  readonly onSent: () => void;
  readonly onIdle: () => void;
  readonly hangUp: (reason: string) => void;
}): Transfer {
  const { device, now, emit } = options;
  const { id, model } = device;
  let queue: DeviceRecord[] = [];
  let pushes = false;
  let onDone: (() => void) | undefined;
  let confirmed = 0;
  let inFlight: { record: DeviceRecord; sentAt: number; timer: NodeJS.Timeout } | undefined;

  function next(): DeviceRecord | undefined {
    return queue.shift() ?? (pushes ? device.memory.waiting()[0] : undefined);
  }

  function send(): void {
    if (inFlight) return;
    const record = next();
    if (!record) {
      const done = onDone;
      onDone = undefined;
      if (done) done();
      else options.onIdle();
      return;
    }
    inFlight = { record, sentAt: now(), timer: setTimeout(settle, CONFIRM_MS) };
    options.onSent();
    const { bytes, context } = record;
    const out = (uuid: string, hex: string) =>
      emit('read', id, model.service, uuid, Buffer.from(hex, 'hex'), true);
    out(model.characteristic, bytes);
    if (context !== undefined) out(CONTEXT, context);
    if (confirmed === device.hangsUpAfter()) options.hangUp('remote-user');
  }

  /** False when the device's own disk refused: it keeps the result, and hands it over another time. */
  function confirm({ record, sentAt }: { record: DeviceRecord; sentAt: number }): boolean {
    try {
      if (device.memory.waiting().includes(record)) device.confirm(record, sentAt);
      return true;
    } catch {
      return false;
    }
  }

  function settle(): void {
    if (!inFlight) return;
    const sent = inFlight;
    inFlight = undefined;
    confirmed += 1;
    if (confirm(sent)) send();
    else options.hangUp('device-fault');
  }

  return {
    push: (again) => {
      queue = [...again];
      pushes = true;
      send();
    },
    report: (records, done) => {
      queue = [...records];
      onDone = done;
      send();
    },
    pause: () => {
      queue = [];
      pushes = false;
      onDone = undefined;
    },
    renew: () => {
      if (pushes && !inFlight) send();
    },
    isBusy: () => inFlight !== undefined || onDone !== undefined,
    end: (gatewayLives) => {
      clearTimeout(inFlight?.timer);
      if (inFlight && gatewayLives && model.memory === 'live') confirm(inFlight);
      inFlight = undefined;
      queue = [];
      pushes = false;
      onDone = undefined;
    },
  };
}
