import { RECORD_ACCESS } from './gatt-table.ts';
import { createRecordAccess } from './record-access.ts';
import { createTransfer } from './transfer.ts';
import type { VirtualDevice } from './virtual-device.ts';

/** From the subscription to the first result, or from a request to its answer, real time. */
const ANSWER_MS = 10;
/** A device hangs up when the collector asks nothing for so long, real time. */
const SILENCE_MS = 3_000;
/** Having handed over its last result it hangs up sooner, so that others get their turn. */
const DONE_MS = 500;

/** One whose clock can be set gives the collector the time to do so, real time. */
const PATIENT_MS = 10_000;

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
  write(service: string, characteristic: string, bytes: Buffer): string | undefined;
  /** Why it was refused, or undefined when it is done. */
  notify(service: string, characteristic: string, on: boolean): string | undefined;
  /** What was sent and not confirmed stays in the device. */
  close(reason: string): void;
}

/**
 * A connection on which the device sends of itself, or when asked if it has record access.
 * @param options.refusal why what needs encryption is refused; undefined while both sides have the key
 */
export function createLink(options: {
  readonly device: VirtualDevice;
  readonly now: () => number;
  readonly emit: (event: string, ...values: unknown[]) => void;
  readonly refusal: () => string | undefined;
  readonly onClosed: (reason: string) => void;
}): Link {
  const { device, emit, refusal } = options;
  const { model } = device;
  const asked = model.memory === 'record-access';
  const patience = model.clockWritable ? PATIENT_MS : 0;
  const subscribed = new Set<string>();
  let open = true;
  let answerTimer: NodeJS.Timeout | undefined;
  let silenceTimer: NodeJS.Timeout | undefined;

  const transfer = createTransfer({
    device,
    now: options.now,
    emit,
    onSent: () => heardFrom(),
    onIdle: () => heardFrom(DONE_MS),
    hangUp: close,
  });
  const recordAccess = createRecordAccess({
    stored: () => device.stored(),
    report: transfer.report,
    isBusy: transfer.isBusy,
    abort: transfer.pause,
    respond: (bytes) => {
      answerTimer = setTimeout(() => {
        emit('read', device.id, model.service, RECORD_ACCESS, bytes, true);
      }, ANSWER_MS);
    },
  });

  function close(reason: string): void {
    if (!open) return;
    open = false;
    clearTimeout(answerTimer);
    clearTimeout(silenceTimer);
    transfer.end(reason !== 'stopped');
    device.setOnResult(undefined);
    device.setListening(false);
    device.setConnected(false);
    options.onClosed(reason);
  }

  function heardFrom(silenceMs = SILENCE_MS): void {
    clearTimeout(silenceTimer);
    silenceTimer = setTimeout(
      () => {
        if (subscribed.has(model.characteristic) && device.midSession()) heardFrom();
        else close('remote-user');
      },
      Math.max(silenceMs, patience),
    );
  }

  function listen(on: boolean): void {
    if (!on) {
      transfer.pause();
      device.setListening(false);
    } else if (!asked) {
      answerTimer = setTimeout(() => {
        if (!subscribed.has(model.characteristic)) return;
        device.setListening(true);
        transfer.push(device.memory.history());
      }, ANSWER_MS);
    }
  }

  const find = (service: string, characteristic: string) =>
    device.services
      .find(({ uuid }) => uuid === service)
      ?.characteristics.find(({ uuid }) => uuid === characteristic);
  const within = (uuids: readonly string[] | undefined, uuid: string) =>
    !uuids?.length || uuids.includes(uuid);

  device.setConnected(true);
  device.setOnResult(transfer.renew);
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
    write: (service, characteristic, bytes) => {
      heardFrom();
      const found = find(service, characteristic);
      if (!found?.properties.includes('write')) return 'not-permitted';
      const refused = found.secured ? refusal() : undefined;
      if (refused !== undefined) return refused;
      if (characteristic !== RECORD_ACCESS) {
        return found.write?.(bytes) ? undefined : 'invalid-value';
      }
      return subscribed.has(RECORD_ACCESS) ? recordAccess(bytes) : 'cccd-improperly-configured';
    },
    notify: (service, characteristic, on) => {
      heardFrom();
      const found = find(service, characteristic);
      if (!found) return 'no-such-characteristic';
      const { properties, secured } = found;
      if (!properties.includes('notify') && !properties.includes('indicate')) {
        return 'not-permitted';
      }
      const refused = on && secured ? refusal() : undefined;
      if (refused !== undefined) return refused;
      const changes = on !== subscribed.has(characteristic);
      if (on) subscribed.add(characteristic);
      else subscribed.delete(characteristic);
      if (changes && characteristic === model.characteristic) listen(on);
      return undefined;
    },
    close,
  };
}
