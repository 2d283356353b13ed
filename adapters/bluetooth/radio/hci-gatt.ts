import type { EventEmitter } from 'node:events';

/** ATT, Core 5.4 volume 3 part F: op codes, error codes and UUIDs that are looked at here. */
const ATT_CID = 0x0004;
const ATT = {
  error: 0x01,
  mtu: 0x02,
  findInfo: 0x04,
  readByType: 0x08,
  readBlob: 0x0c,
  readByGroup: 0x10,
  notification: 0x1b,
  indication: 0x1d,
};
const CODE = {
  invalidPdu: 0x04,
  authentication: 0x05,
  invalidOffset: 0x07,
  notFound: 0x0a,
  notLong: 0x0b,
  unlikely: 0x0e,
};
const CLIENT_CONFIGURATION = 0x2902;
/** Shortest entry of a list, by the type that was asked for: noble divides by what the device says. */
const ENTRY_BYTES_MIN: Readonly<Record<number, number>> = {
  10240: 6,
  10242: 6,
  10243: 7,
  10498: 4,
};

/** One request that waits for its answer. */
interface Command {
  readonly buffer: Buffer;
}

type Callback = (data: Buffer) => void;

/** noble's `Gatt`: one ATT conversation. Emits `refused` (ATT error code) once mended. */
interface NobleGatt extends EventEmitter {
  _currentCommand: Command | null;
  _security: string;
  onAclStreamData(cid: number, data: Buffer): void;
  writeAtt(data: Buffer): void;
  errorResponse(request: number, handle: number, code: number): Buffer;
  _queueCommand(buffer: Buffer, callback: Callback | null, written?: () => void): void;
}

interface GattPrototype extends NobleGatt {
  onAclStreamEncrypt(encrypted: number): void;
  onAclStreamEncryptFail(): void;
}

export type GattConstructor = { readonly prototype: GattPrototype };

const mended = new WeakSet<GattConstructor>();

/**
 * Mends what noble's GATT leaves unsaid or falls over, for all conversations of this process: an
 * answer that is an error, or no list at all, becomes the event `refused`; a refused encryption
 * counts as ATT error 0x05 instead of silence; encryption that nobody waits for does not throw.
 */
export function mendGatt(gatt: GattConstructor): void {
  if (mended.has(gatt)) return;
  mended.add(gatt);
  const { prototype } = gatt;
  const { _queueCommand: queue, onAclStreamData: take } = prototype;

  prototype._queueCommand = function (buffer, callback, written) {
    const judged =
      callback &&
      ((data: Buffer) => {
        const code = refusal(buffer, data);
        if (code === undefined) callback(data);
        else this.emit('refused', code);
      });
    queue.call(this, buffer, judged, written);
  };

  prototype.onAclStreamData = function (cid, data) {
    if (cid === ATT_CID && isStray(this._currentCommand?.buffer, data)) return;
    // noble drops this error and waits on.
    const dropped = cid === ATT_CID && data[0] === ATT.error && data[4] === CODE.invalidPdu;
    take.call(this, cid, dropped ? withCode(data, CODE.unlikely) : data);
  };

  prototype.onAclStreamEncryptFail = function () {
    const command = this._currentCommand;
    if (!command) return;
    // Or noble would ask for encryption again.
    this._security = 'medium';
    const refused = this.errorResponse(command.buffer[0] ?? 0, 0, CODE.authentication);
    take.call(this, ATT_CID, refused);
    this._security = 'low';
  };

  prototype.onAclStreamEncrypt = function (encrypted) {
    if (!encrypted) {
      prototype.onAclStreamEncryptFail.call(this);
      return;
    }
    this._security = 'medium';
    if (this._currentCommand) this.writeAtt(this._currentCommand.buffer);
  };
}

/** True for what answers nothing that was asked: noble takes any answer for the one to its request. */
function isStray(request: Buffer | undefined, packet: Buffer): boolean {
  const [op, of] = packet;
  if (op === undefined) return true;
  const answers = op % 2 === 1 && op !== ATT.notification && op !== ATT.indication;
  if (!answers || !request) return false;
  return op === ATT.error ? of !== request[0] : op !== (request[0] ?? 0) + 1;
}

/** The error of an answer, 0 for one that is none; undefined for what noble handles well. */
function refusal(request: Buffer, answer: Buffer): number | undefined {
  const op = request[0];
  if (answer[0] !== ATT.error) return isList(op) && !isWhole(request, answer) ? 0 : undefined;
  const code = answer[4] ?? 0;
  // The shortest packets are everybody's to begin with.
  if (op === ATT.mtu) return undefined;
  const ended = code === CODE.notFound && (isList(op) || op === ATT.findInfo);
  if (ended && typeOf(request) !== CLIENT_CONFIGURATION) return undefined;
  // A value that just filled its packets has no more.
  if (op === ATT.readBlob && (code === CODE.notLong || code === CODE.invalidOffset))
    return undefined;
  return code;
}

const isList = (op: number | undefined) => op === ATT.readByType || op === ATT.readByGroup;

const typeOf = (request: Buffer) => request.readUInt16LE(request.length - 2);

/** Entries of one length, long enough for what noble reads of them. */
function isWhole(request: Buffer, answer: Buffer): boolean {
  const entry = answer[1] ?? 0;
  const bytes = answer.length - 2;
  return entry >= (ENTRY_BYTES_MIN[typeOf(request)] ?? 2) && bytes >= entry && bytes % entry === 0;
}

function withCode(error: Buffer, code: number): Buffer {
  const changed = Buffer.from(error);
  changed[4] = code;
  return changed;
}
