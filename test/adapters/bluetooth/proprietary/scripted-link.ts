import { decodeGatt } from '../../../../adapters/bluetooth/gatt/index.ts';
import { modelOf } from '../../../../adapters/bluetooth/models/index.ts';
import { procedureFor } from '../../../../adapters/bluetooth/proprietary/index.ts';
import type {
  ProcedureDeps,
  ProcedureDone,
} from '../../../../adapters/bluetooth/proprietary/procedure.ts';
import type { BleLink, GattService } from '../../../../adapters/bluetooth/radio/radio.ts';
import { RadioError } from '../../../../adapters/bluetooth/radio/radio-error.ts';

export interface Written {
  readonly characteristic: string;
  readonly bytes: Uint8Array;
}

/** A link to a device that answers each write as a test says. */
export interface ScriptedLink extends BleLink {
  readonly written: Written[];
  readonly subscribed: string[];
  onWrite: (write: Written) => void;
  notify(characteristic: string, bytes: Uint8Array): void;
  drop(): void;
}

export function createScriptedLink(services: readonly GattService[]): ScriptedLink {
  const listeners = new Map<string, ((bytes: Uint8Array) => void)[]>();
  const ends: (() => void)[] = [];
  let gone = false;
  const here = () => {
    if (gone) throw new RadioError('radio-disconnected');
  };
  const known = (service: string, uuid: string) => {
    here();
    const found = services
      .find((one) => one.uuid === service)
      ?.characteristics.some((one) => one.uuid === uuid);
    if (!found) throw new RadioError('radio-not-found');
  };
  const link: ScriptedLink = {
    address: '00005e005355',
    written: [],
    subscribed: [],
    onWrite: () => undefined,
    async services() {
      here();
      return services;
    },
    async read(service, uuid) {
      known(service, uuid);
      return new Uint8Array();
    },
    async write(service, characteristic, bytes) {
      known(service, characteristic);
      link.written.push({ characteristic, bytes });
      link.onWrite({ characteristic, bytes });
    },
    async subscribe(service, uuid, onData) {
      known(service, uuid);
      link.subscribed.push(uuid);
      if (onData) listeners.set(uuid, [...(listeners.get(uuid) ?? []), onData]);
    },
    onDisconnect(listener) {
      if (gone) listener();
      else ends.push(listener);
    },
    async disconnect() {
      link.drop();
    },
    notify(uuid, bytes) {
      if (gone) return;
      for (const onData of listeners.get(uuid) ?? []) onData(bytes);
    },
    drop() {
      if (gone) return;
      gone = true;
      for (const end of ends) end();
    },
  };
  return link;
}

export const QUICK = { answerWaitMs: 15, answerTries: 2 };

export interface Visited {
  readonly done: ProcedureDone | undefined;
  readonly failed: string | undefined;
  readonly taken: readonly { readonly characteristic: string; readonly hex: string }[];
  readonly notes: readonly string[];
}

/** One visit to a device of a model, and what came of it. */
export async function visited(
  model: string,
  link: ScriptedLink,
  signal: AbortSignal = new AbortController().signal,
): Promise<Visited> {
  const procedure = procedureFor(model);
  if (!procedure) throw new Error('no procedure');
  const taken: { characteristic: string; hex: string }[] = [];
  const notes: string[] = [];
  const deps: ProcedureDeps = {
    link,
    take: (_service, characteristic, bytes) =>
      void taken.push({ characteristic, hex: Buffer.from(bytes).toString('hex') }),
    signal,
    note: (event) => void notes.push(event),
    limits: QUICK,
  };
  try {
    return { done: await procedure.visit(deps), failed: undefined, taken, notes };
  } catch (error) {
    const failed = error instanceof RadioError ? error.code : String(error);
    return { done: undefined, failed, taken, notes };
  }
}

/** What the journal makes of a capture of such a device. */
export function read(model: string, { characteristic, hex }: Visited['taken'][number]) {
  const protocol = modelOf(model)?.protocol;
  return decodeGatt(characteristic, Buffer.from(hex, 'hex'), protocol ? { protocol } : {});
}

export const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
export const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
