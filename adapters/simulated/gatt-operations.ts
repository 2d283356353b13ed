import type { GattError, NobleBindings } from '../bluetooth/radio/bindings.ts';
import { RadioError } from '../bluetooth/radio/radio-error.ts';
import type { Emit, Later } from './air.ts';
import { fault } from './fault.ts';
import type { Link } from './link.ts';

type Operation = Omit<GattError, 'error'>;

type GattOperations = Pick<
  NobleBindings,
  | 'discoverServices'
  | 'discoverIncludedServices'
  | 'discoverCharacteristics'
  | 'read'
  | 'write'
  | 'broadcast'
  | 'notify'
  | 'discoverDescriptors'
  | 'readValue'
  | 'writeValue'
  | 'readHandle'
  | 'writeHandle'
>;

/**
 * noble's operations on connected devices. Virtual devices have no descriptors or handles; what is
 * refused, or asked without a connection, is a `gattError`.
 */
export function createGattOperations(options: {
  readonly links: ReadonlyMap<string, Link>;
  readonly emit: Emit;
  readonly later: Later;
}): GattOperations {
  const { links, emit, later } = options;
  /** `work` answers why it refuses, or undefined. */
  const run = (operation: Operation, work: (link: Link) => string | undefined) =>
    later(() => {
      const link = links.get(operation.id);
      const code = link ? work(link) : 'not-connected';
      if (code === undefined) return;
      const error =
        code === 'radio-bond-lost'
          ? new RadioError(code)
          : fault(code, `${operation.op} was refused`);
      emit('gattError', { ...operation, error });
    });
  const refused = (op: string) => (id: string, service: string, characteristic: string) =>
    run({ op, id, service, characteristic }, () => 'not-permitted');
  const refusedHandle = (op: string) => (id: string) => run({ op, id }, () => 'not-permitted');
  return {
    discoverServices: (id, uuids) =>
      run({ op: 'discoverServices', id }, (link) => {
        emit('servicesDiscover', id, link.services(uuids));
        return undefined;
      }),
    discoverIncludedServices: (id, service) =>
      run({ op: 'discoverIncludedServices', id, service }, () => {
        emit('includedServicesDiscover', id, service, []);
        return undefined;
      }),
    discoverCharacteristics: (id, service, uuids) =>
      run({ op: 'discoverCharacteristics', id, service }, (link) => {
        const found = link.characteristics(service, uuids);
        if (!found) return 'no-such-service';
        emit('characteristicsDiscover', id, service, found);
        return undefined;
      }),
    read: (id, service, characteristic) =>
      run({ op: 'read', id, service, characteristic }, (link) => {
        const bytes = link.read(service, characteristic);
        if (!bytes) return 'not-permitted';
        emit('read', id, service, characteristic, bytes, false);
        return undefined;
      }),
    notify: (id, service, characteristic, on) =>
      run({ op: 'notify', id, service, characteristic }, (link) => {
        const refusal = link.notify(service, characteristic, on);
        if (refusal === undefined) emit('notify', id, service, characteristic, on);
        return refusal;
      }),
    discoverDescriptors: (id, service, characteristic) =>
      run({ op: 'discoverDescriptors', id, service, characteristic }, () => {
        emit('descriptorsDiscover', id, service, characteristic, []);
        return undefined;
      }),
    write: (id, service, characteristic, data) =>
      run({ op: 'write', id, service, characteristic }, (link) => {
        const refusal = link.write(service, characteristic, data);
        if (refusal === undefined) emit('write', id, service, characteristic);
        return refusal;
      }),
    broadcast: refused('broadcast'),
    readValue: refused('readValue'),
    writeValue: refused('writeValue'),
    readHandle: refusedHandle('readHandle'),
    writeHandle: refusedHandle('writeHandle'),
  };
}
