import { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';

/** The one peripheral on the air, and what stands at each handle of its table. */
export const STRAP = '00005e005321';
export const SERVICES = { information: '180a', heart: '180d' };
const TABLE = {
  model: { at: 3, value: Buffer.from('MODEL') },
  refused: { at: 5, code: 0x80 },
  secret: { at: 7, code: 0x05 },
  rate: { at: 10, configuration: 11 },
};

const u16 = (value: number) => [value & 0xff, value >> 8];
const reversed = (id: string) => [...Buffer.from(id, 'hex').reverse()];

export type FakeHciSocket = FakeSocket;

/** Sockets that noble's bindings opened, newest last. */
export const sockets: FakeSocket[] = [];

/** What the next ones do wrong. */
export const faults = { bind: undefined as string | undefined, scan: 0, dead: false };

/** A controller in user-channel mode, as far as noble asks it, with one peripheral on its air. */
class FakeSocket extends EventEmitter {
  device: number | undefined;
  polling = false;
  readonly written: string[] = [];
  readonly #advertising: ReturnType<typeof setInterval>[] = [];

  constructor() {
    super();
    sockets.push(this);
  }

  bindUser(device: number): number {
    if (faults.bind) throw Object.assign(new Error('bind'), { code: faults.bind });
    this.device = device;
    return device;
  }

  start(): void {
    this.polling = true;
  }

  stop(): void {
    this.polling = false;
    this.#quiet();
  }

  write(packet: Buffer): void {
    this.written.push(packet.toString('hex'));
    if (faults.dead) return;
    if (packet[0] === 0x01) this.#command(packet.readUInt16LE(1), packet.subarray(4));
    else this.#att(packet.subarray(9));
  }

  /** An HCI packet from the controller. */
  event(...bytes: number[]): void {
    setImmediate(() => this.polling && this.emit('data', Buffer.from(bytes)));
  }

  /** An ATT packet from the peripheral. */
  att(...bytes: number[]): void {
    this.event(0x02, 0x40, 0x20, ...u16(bytes.length + 4), ...u16(bytes.length), 4, 0, ...bytes);
  }

  /** A heart rate, indicated or notified. */
  measure(...bytes: number[]): void {
    this.att(0x1b, ...u16(TABLE.rate.at), ...bytes);
  }

  #quiet(): void {
    for (const timer of this.#advertising.splice(0)) clearInterval(timer);
  }

  #complete(command: number, ...result: number[]): void {
    this.event(0x04, 0x0e, 3 + result.length, 1, ...u16(command), ...result);
  }

  #command(command: number, parameters: Buffer): void {
    const results: Readonly<Record<number, number[]>> = {
      4097: [0, 9, 0, 0, 9, 2, 0, 0, 0],
      4105: [0, ...reversed('00005e005300')],
      8194: [0, 27, 0, 8],
    };
    if (command === 0x200c) this.#scan(command, parameters);
    else if (command === 0x200d) this.#connect(command, parameters.subarray(6, 12));
    else if (command === 0x200e) {
      this.#complete(command, 0);
      this.#connected(0x02, Buffer.alloc(6));
    } else if (command === 0x0406) {
      this.event(0x04, 0x0f, 4, 0, 1, ...u16(command));
      this.event(0x04, 0x05, 4, 0, 0x40, 0, 0x16);
    } else this.#complete(command, ...(results[command] ?? [0]));
  }

  #scan(command: number, [on]: Buffer): void {
    const status = on === 1 ? faults.scan : 0;
    this.#complete(command, status);
    this.#quiet();
    if (on !== 1 || status !== 0) return;
    const data = [2, 0x01, 0x06, 3, 0x03, ...u16(0x180d), 4, 0x09, ...Buffer.from('Lab')];
    const report = [0x02, 1, 0, 0, ...reversed(STRAP), data.length, ...data, 0xc8];
    const advertise = () => this.event(0x04, 0x3e, report.length, ...report);
    this.#advertising.push(setInterval(advertise, 10));
  }

  #connect(command: number, address: Buffer): void {
    this.event(0x04, 0x0f, 4, 0, 1, ...u16(command));
    if (Buffer.from(address).equals(Buffer.from(reversed(STRAP)))) this.#connected(0, address);
  }

  #connected(status: number, address: Buffer): void {
    const rest = [...u16(24), ...u16(0), ...u16(42), 0];
    this.event(0x04, 0x3e, 19, 0x01, status, 0x40, 0, 0, 0, ...address, ...rest);
  }

  #att(request: Buffer): void {
    this.event(0x04, 0x13, 5, 1, 0x40, 0, 1, 0);
    const [op = 0] = request;
    const refuse = (code: number) => this.att(0x01, op, 0, 0, code);
    const handle = request.length > 2 ? request.readUInt16LE(1) : 0;
    if (op === 0x10) this.#services(handle, refuse);
    else if (op === 0x08) this.#list(handle, request.readUInt16LE(5), refuse);
    else if (op === 0x0a) {
      if (handle === TABLE.model.at) this.att(0x0b, ...TABLE.model.value);
      else refuse(handle === TABLE.secret.at ? TABLE.secret.code : TABLE.refused.code);
    } else if (op === 0x12) {
      if (handle === TABLE.rate.configuration) this.att(0x13);
      else refuse(TABLE.refused.code);
    } else if (op % 2 === 0) refuse(0x06);
  }

  #services(from: number, refuse: (code: number) => void): void {
    if (from === 1) this.att(0x11, 6, 1, 0, 7, 0, ...u16(0x180a), 8, 0, 11, 0, ...u16(0x180d));
    else refuse(0x0a);
  }

  #list(from: number, type: number, refuse: (code: number) => void): void {
    const declared = (at: number, properties: number, uuid: number) => [
      ...u16(at),
      properties,
      ...u16(at + 1),
      ...u16(uuid),
    ];
    if (type === 0x2902 && from === 9) this.att(0x09, 4, TABLE.rate.configuration, 0, 0, 0);
    else if (type === 0x2803 && from === 1) {
      const entries = [...declared(2, 0x02, 0x2a24), ...declared(4, 0x0a, 0x2a25)];
      this.att(0x09, 7, ...entries);
    } else if (type === 0x2803 && from === 6) this.att(0x09, 7, ...declared(6, 0x02, 0x2a29));
    else if (type === 0x2803 && from === 8) this.att(0x09, 7, ...declared(9, 0x10, 0x2a37));
    else refuse(0x0a);
  }
}

/** Puts the fake in the place of the native driver, for all that is loaded from now on. */
export function replaceDriver(): void {
  const require = createRequire(import.meta.url);
  const noble = createRequire(require.resolve('@abandonware/noble/package.json'));
  const path = noble.resolve('@abandonware/bluetooth-hci-socket');
  const fake = { id: path, filename: path, loaded: true, exports: FakeSocket };
  require.cache[path] = fake as unknown as NodeJS.Module;
}
