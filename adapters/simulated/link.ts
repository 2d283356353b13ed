import type { VirtualDevice } from './device.ts';
import type { DeviceRecord } from './device-memory.ts';

/**
 * From the bytes going out to their confirmation, real time. The gateway's commit group waits at
 * most 5 ms on the same event loop, so a confirmed result is on its disk.
 */
const CONFIRM_MS = 25;
/** From the subscription to the first result, real time. */
const FIRST_RESULT_MS = 10;
/** A device hangs up when the collector asks nothing for so long, real time. */
const SILENCE_MS = 3_000;
/** Having handed over its last result it hangs up sooner, so that others get their turn. */
const DONE_MS = 500;

/** One connection with a virtual device. */
export interface Link {
  services(uuids: readonly string[] | undefined): string[];
  characteristics(
    service: string,
    uuids: readonly string[] | undefined,
  ): { uuid: string; properties: string[] }[] | undefined;
  /** Undefined when it cannot be read. */
  read(service: string, characteristic: string): Buffer | undefined;
  /** Why it was refused, or undefined when it is done. */
  notify(service: string, characteristic: string, on: boolean): string | undefined;
  /** What was sent and not confirmed stays in the device. */
  close(reason: string): void;
}

/**
 * Sends results one at a time, oldest first: an indication waits for the confirmation of the one
 * before (ATT), and only a confirmed result leaves the device.
 */
export function createLink(options: {
  readonly device: VirtualDevice;
  readonly now: () => number;
  readonly emit: (event: string, ...values: unknown[]) => void;
  readonly onClosed: (reason: string) => void;
}): Link {
  const { device, now, emit } = options;
  const { model } = device;
  const again: DeviceRecord[] = [];
  let listening = false;
  let inFlight = false;
  let open = true;
  let transferTimer: NodeJS.Timeout | undefined;
  let silenceTimer: NodeJS.Timeout | undefined;

  function close(reason: string): void {
    if (!open) return;
    open = false;
    clearTimeout(transferTimer);
    clearTimeout(silenceTimer);
    device.setOnResult(undefined);
    device.setListening(false);
    device.setConnected(false);
    options.onClosed(reason);
  }

  function heardFrom(silenceMs = SILENCE_MS): void {
    clearTimeout(silenceTimer);
    silenceTimer = setTimeout(() => {
      if (listening && device.midSession()) heardFrom();
      else close('remote-user');
    }, silenceMs);
  }

  function confirmed(record: DeviceRecord, sentAt: number, isNew: boolean): void {
    inFlight = false;
    try {
      if (isNew) device.confirm(record, sentAt);
    } catch {
      // the device's own disk refused: it keeps the result, and hands it over another time
      close('device-fault');
      return;
    }
    send();
    if (!inFlight) heardFrom(DONE_MS);
  }

  function send(): void {
    if (!open || !listening || inFlight) return;
    const old = again.shift();
    const record = old ?? device.memory.waiting()[0];
    if (!record) return;
    inFlight = true;
    heardFrom();
    const sentAt = now();
    transferTimer = setTimeout(() => confirmed(record, sentAt, !old), CONFIRM_MS);
    const bytes = Buffer.from(record.bytes, 'hex');
    emit('read', device.id, model.service, model.characteristic, bytes, true);
  }

  function listen(on: boolean): void {
    if (on === listening) return;
    listening = on;
    again.splice(0, again.length, ...(on ? device.memory.history() : []));
    if (!on) device.setListening(false);
    else if (!inFlight) transferTimer = setTimeout(begin, FIRST_RESULT_MS);
  }

  function begin(): void {
    if (!listening) return;
    device.setListening(true);
    send();
  }

  const find = (service: string, characteristic: string) =>
    device.services
      .find(({ uuid }) => uuid === service)
      ?.characteristics.find(({ uuid }) => uuid === characteristic);
  const within = (uuids: readonly string[] | undefined, uuid: string) =>
    !uuids?.length || uuids.includes(uuid);

  device.setConnected(true);
  device.setOnResult(send);
  heardFrom();
  return {
    services: (uuids) => {
      heardFrom();
      return device.services.map(({ uuid }) => uuid).filter((uuid) => within(uuids, uuid));
    },
    characteristics: (service, uuids) => {
      heardFrom();
      return device.services
        .find(({ uuid }) => uuid === service)
        ?.characteristics.filter(({ uuid }) => within(uuids, uuid))
        .map(({ uuid, properties }) => ({ uuid, properties: [...properties] }));
    },
    read: (service, characteristic) => {
      heardFrom();
      return find(service, characteristic)?.read?.();
    },
    notify: (service, characteristic, on) => {
      heardFrom();
      const found = find(service, characteristic);
      if (!found) return 'no-such-characteristic';
      const { properties, secured } = found;
      if (!properties.includes('notify') && !properties.includes('indicate')) {
        return 'not-permitted';
      }
      if (on && secured && !device.memory.bonded()) return 'insufficient-authentication';
      if (service === model.service && characteristic === model.characteristic) listen(on);
      return undefined;
    },
    close,
  };
}
