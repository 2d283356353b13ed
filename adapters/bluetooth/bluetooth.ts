import type { Adapter, AdoptedDevice, Keep, Note, Seen } from '../adapter.ts';
import type { Capture } from '../measurement.ts';
import { advertised, connects, shown, worthShowing } from './adoptable.ts';
import { createBroadcasts } from './broadcasts.ts';
import { type Courtesy, createCourtesy } from './courtesy.ts';
import { BLUETOOTH_LIMITS, type BluetoothLimits } from './limits.ts';
import { setClock } from './procedures/clock.ts';
import { createContextHold } from './procedures/context-hold.ts';
import {
  asksForBond,
  GLUCOSE,
  isHealthService,
  RECORD_ACCESS,
} from './procedures/health-services.ts';
import { transferRecords } from './procedures/record-access.ts';
import { openVisit, type VisitOpened, type VisitStep } from './procedures/visit.ts';
import type { Advertisement, BleLink, Radio, RadioValue } from './radio/radio.ts';
import { RadioError } from './radio/radio-error.ts';
import { createStay } from './stay.ts';
import { untilHeard } from './until-heard.ts';
import type { Visit } from './visit-state.ts';

export type PairProgress = 'waiting' | 'bonding' | 'connecting' | VisitStep;

export interface BluetoothAdapter extends Adapter {
  /** What could be adopted: heard in the last minutes, strongest first. In memory only. */
  seen(): Seen[];
  /**
   * Adopts a peripheral for the radio: waits until it is heard, bonds with it where its service
   * asks for that, reads what it says of itself, and subscribes. Fulfils then, with the identity
   * address and the services found (for a mere broadcaster those it advertises); the visit goes on
   * and all of its captures go to `keep`. Rejects with a radio error, e.g. `radio-not-heard`,
   * `radio-pairing-failed`, `radio-busy`. Only while the adapter runs.
   */
  pair(
    address: string,
    keep: Keep,
    onProgress: (step: PairProgress) => void,
    signal: AbortSignal,
  ): Promise<{ address: string; services: string[] }>;
  /** Forgets the bond and everything remembered of the peripheral. */
  unpair(address: string): Promise<void>;
}

export interface BluetoothDeps {
  readonly radio: Radio;
  readonly adopted: () => readonly AdoptedDevice[];
  readonly now: () => number;
  readonly note: Note;
  /** The last numbered record of a device that is kept, as it was sent. Without, all are asked for. */
  readonly lastRecord?: (address: string) => Uint8Array | undefined;
  /** The gateway's wall clock, as if it were UTC; undefined while not to be trusted. Without, no clock is written. */
  readonly localTime?: () => number | undefined;
  readonly limits?: Partial<BluetoothLimits>;
}

class Bluetooth implements BluetoothAdapter {
  readonly name = 'bluetooth';
  readonly #deps: BluetoothDeps;
  readonly #limits: BluetoothLimits;
  readonly #courtesy: Courtesy;
  readonly #broadcasts: ReturnType<typeof createBroadcasts>;
  readonly #visits = new Map<string, Visit>();
  readonly #running = new Set<Promise<unknown>>();
  /** Devices whose information was read, or whose health services are known though not advertised. */
  readonly #read = new Set<string>();
  readonly #healthy = new Set<string>();
  /** Devices that keep their time whatever is written. */
  readonly #stubborn = new Set<string>();
  readonly #strays = new Map<string, string>();
  #keep: Keep | undefined;
  #pairing: string | undefined;
  #pending = 0;
  #sessions = 0;

  constructor(deps: BluetoothDeps) {
    this.#deps = deps;
    this.#limits = { ...BLUETOOTH_LIMITS, ...deps.limits };
    this.#courtesy = createCourtesy(deps.now, this.#limits);
    this.#broadcasts = createBroadcasts(this.#limits.foldMs, (address) => this.#session(address));
  }

  async run(keep: Keep, signal: AbortSignal): Promise<void> {
    const { radio } = this.#deps;
    this.#keep = keep;
    const off = [
      radio.onSeen((advertisement) => this.#hear(advertisement)),
      radio.onValue((value) => this.#take(value)),
    ];
    if (!signal.aborted) {
      radio.startScanning();
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    }
    for (const visit of this.#visits.values()) visit.abort.abort();
    await Promise.allSettled(this.#running);
    await radio.stop();
    for (const end of off) end();
    this.#keep = undefined;
  }

  seen(): Seen[] {
    const worth = this.#deps.radio.heard().filter(worthShowing).map(shown);
    return worth.sort((a, b) => b.rssi - a.rssi);
  }

  async pair(
    address: string,
    keep: Keep,
    onProgress: (step: PairProgress) => void,
    signal: AbortSignal,
  ): Promise<{ address: string; services: string[] }> {
    if (this.#pairing !== undefined) throw new RadioError('radio-busy');
    if (!this.#keep) throw new RadioError('radio-off');
    this.#pairing = address;
    try {
      onProgress('waiting');
      const advertisement = await untilHeard({
        radio: this.#deps.radio,
        address,
        waitMs: this.#limits.pairWaitMs,
        signal,
      });
      if (!connects(advertisement)) return { address, services: advertised(advertisement) };
      await this.#endVisit(address);
      return await this.#bond(advertisement, keep, onProgress, signal);
    } finally {
      this.#pairing = undefined;
    }
  }

  async unpair(address: string): Promise<void> {
    await this.#endVisit(address);
    this.#courtesy.forget(address);
    this.#broadcasts.forget(address);
    this.#read.delete(address);
    this.#healthy.delete(address);
    this.#stubborn.delete(address);
    this.#strays.delete(address);
    await this.#deps.radio.unpair(address);
  }

  /** Bonds first where the service asks for it, else only when the device refuses without. */
  async #bond(
    { address, services }: Advertisement,
    keep: Keep,
    onProgress: (step: PairProgress) => void,
    signal: AbortSignal,
  ): Promise<{ address: string; services: string[] }> {
    const { radio } = this.#deps;
    let identity = address;
    let tried = await radio.isBonded(address);
    let failure: unknown;
    const bond = async () => {
      tried = true;
      onProgress('bonding');
      identity = await radio.pair(address, signal).catch((error: unknown) => {
        if (!isPairingRefusal(error)) throw error;
        failure = error;
        return address;
      });
    };
    if (!tried && asksForBond(services)) await bond();
    onProgress('connecting');
    let opened = await this.#begin(identity, keep, onProgress, signal);
    if (opened.refused > 0 && !tried) {
      await this.#endVisit(identity);
      await bond();
      onProgress('connecting');
      opened = await this.#begin(identity, keep, onProgress, signal);
    }
    if (opened.refused > 0) {
      await this.#endVisit(identity);
      throw failure ?? new RadioError('radio-gatt-refused');
    }
    return { address: identity, services: [...opened.services] };
  }

  #isAdopted(address: string): boolean {
    return this.#deps.adopted().some((device) => device.address === address);
  }

  #hear(advertisement: Advertisement): void {
    const { address } = advertisement;
    const keep = this.#keep;
    if (!keep || !this.#isAdopted(address)) return;
    if (this.#pending < this.#limits.pendingMax) {
      for (const frame of this.#broadcasts.framesOf(advertisement)) {
        void this.#hand(keep, { peripheral: address, at: advertisement.at, ...frame });
      }
    }
    if (this.#visits.has(address) || this.#pairing === address) return;
    if (!connects(advertisement) && !this.#healthy.has(address)) return;
    if (!this.#courtesy.due(advertisement) || !this.#hasRoom()) return;
    void this.#begin(address, keep, () => undefined).catch(() => undefined);
  }

  /**
   * Room for one more visit. One that waits in vain gives way, and a worn strap: what it sends
   * next is there in a minute too.
   */
  #hasRoom(): boolean {
    if (this.#pending >= this.#limits.pendingMax) return false;
    if (this.#visits.size < this.#limits.linksMax) return true;
    const patient = this.#deps.now() - this.#limits.idleMs;
    const idle = ({ stream, brought, openSince }: Visit) =>
      openSince !== undefined && (stream || (brought === 0 && openSince < patient));
    [...this.#visits.values()].find(idle)?.abort.abort();
    return false;
  }

  /** A value in the tick in which it came; of a visit, or of an adopted device between visits. */
  #take({ address, service, characteristic, bytes }: RadioValue): void {
    const source = { service, characteristic };
    const at = this.#deps.now();
    const visit = this.#visits.get(address);
    if (visit) {
      if (characteristic !== RECORD_ACCESS) visit.brought += 1;
      visit.hold.take({ peripheral: address, at, session: visit.session, source, bytes });
      visit.stay.renew(visit.stream ? this.#limits.streamIdleMs : this.#limits.idleMs);
    } else if (this.#keep && this.#isAdopted(address)) {
      const session = this.#strays.get(address) ?? this.#session(address);
      this.#strays.set(address, session);
      void this.#hand(this.#keep, { peripheral: address, at, session, source, bytes });
    }
  }

  #capture(visit: Visit, capture: Capture): void {
    const kept = this.#hand(visit.keep, capture).then((onDisk) => {
      visit.pending.delete(kept);
      if (onDisk) return;
      // What cannot be kept must not be asked for; the device may still have it next time.
      this.#read.delete(visit.address);
      visit.abort.abort();
    });
    visit.pending.add(kept);
  }

  async #hand(keep: Keep, capture: Capture): Promise<boolean> {
    this.#pending += 1;
    try {
      await keep(capture);
      return true;
    } catch {
      this.#deps.note('capture-not-kept');
      return false;
    } finally {
      this.#pending -= 1;
    }
  }

  /** Begins a visit; fulfils when it is open. The visit itself goes on until it has an end. */
  #begin(
    address: string,
    keep: Keep,
    onProgress: (step: PairProgress) => void,
    signal?: AbortSignal,
  ): Promise<VisitOpened> {
    const visit: Visit = {
      address,
      session: this.#session(address),
      keep,
      stay: createStay(),
      hold: createContextHold(
        (capture) => this.#capture(visit, capture),
        this.#limits.contextWaitMs,
      ),
      pending: new Set(),
      abort: new AbortController(),
      brought: 0,
      stream: false,
      incomplete: false,
      openSince: undefined,
    };
    this.#visits.set(address, visit);
    this.#strays.delete(address);
    const opened = Promise.withResolvers<VisitOpened>();
    const whole = this.#visit(visit, onProgress, signal, opened.resolve).catch((error) => {
      this.#deps.note('visit-failed', { code: error instanceof RadioError ? error.code : 'other' });
      opened.reject(error);
    });
    this.#running.add(whole);
    void whole.finally(() => this.#running.delete(whole));
    return opened.promise;
  }

  async #visit(
    visit: Visit,
    onStep: (step: PairProgress) => void,
    opening: AbortSignal | undefined,
    onOpen: (opened: VisitOpened) => void,
  ): Promise<void> {
    const { radio, now, note } = this.#deps;
    const { address, session, abort, stay } = visit;
    const signal = opening ? AbortSignal.any([abort.signal, opening]) : abort.signal;
    let failed = true;
    try {
      const link = await radio.connect(address, signal);
      link.onDisconnect(() => stay.end());
      abort.signal.addEventListener('abort', () => stay.end(), { once: true });
      try {
        const opened = await openVisit({
          link,
          information: !this.#read.has(address),
          take: (service, characteristic, bytes) => {
            const source = { service, characteristic };
            this.#capture(visit, { peripheral: address, at: now(), session, source, bytes });
          },
          onStep,
          signal,
          note,
        });
        this.#read.add(address);
        if (opened.services.some(isHealthService)) this.#healthy.add(address);
        visit.stream = opened.stream;
        onOpen(opened);
        for (const service of opened.records) await this.#transfer(visit, link, service, signal);
        visit.openSince = now();
        await stay.whileRenewed(
          visit.brought > 0 ? this.#limits.idleMs : this.#limits.firstValueMs,
        );
        failed = false;
        // A device that is being paired may turn out to be another one: its clock can wait.
        if (!opening) await this.#setClock(visit, link, signal);
      } finally {
        await link.disconnect();
      }
    } finally {
      visit.hold.flush();
      await Promise.allSettled(visit.pending);
      this.#visits.delete(address);
      const { brought, incomplete } = visit;
      // What is still in its memory is asked for soon, whatever it has brought.
      this.#courtesy.ended(address, {
        brought: incomplete ? 0 : brought,
        failed: failed || incomplete,
      });
      note('visit-ended', { count: visit.brought });
    }
  }

  async #transfer(
    visit: Visit,
    link: BleLink,
    service: string,
    signal: AbortSignal,
  ): Promise<void> {
    const { radio, note, lastRecord } = this.#deps;
    const { address } = visit;
    visit.incomplete = true;
    visit.incomplete = !(await transferRecords({
      link,
      service,
      onValue: (listener) => radio.onValue((value) => value.address === address && listener(value)),
      last: service === GLUCOSE ? lastRecord?.(address) : undefined,
      signal,
      note,
      limits: this.#limits,
    }));
    visit.hold.flush();
  }

  /** When all was transferred. A device that hangs up meanwhile has its clock as it was. */
  async #setClock(visit: Visit, link: BleLink, signal: AbortSignal): Promise<void> {
    const { localTime, now, note } = this.#deps;
    const { address, session, incomplete } = visit;
    if (!localTime || incomplete || this.#stubborn.has(address)) return;
    visit.hold.flush();
    const keep = async (service: string, characteristic: string, bytes: Uint8Array) => {
      const place = { peripheral: address, at: now(), session };
      this.#capture(visit, { ...place, source: { service, characteristic }, bytes });
      await Promise.allSettled(visit.pending);
    };
    const outcome = await setClock({ link, localTime, keep, signal, note }).catch(() => undefined);
    if (outcome === 'not-written') this.#stubborn.add(address);
  }

  async #endVisit(address: string): Promise<void> {
    const visit = this.#visits.get(address);
    if (!visit) return;
    visit.abort.abort();
    while (this.#visits.get(address) === visit) await Promise.race(this.#running);
  }

  /** Unlike any other of this or an earlier process. */
  #session(address: string): string {
    this.#sessions += 1;
    return `${address}-${this.#deps.now().toString(36)}-${this.#sessions}`;
  }
}

const isPairingRefusal = (error: unknown) =>
  error instanceof RadioError &&
  (error.code === 'radio-pairing-failed' || error.code === 'radio-pairing-unsupported');

/** The Bluetooth way in. It reads, and sets clocks that are off; it never writes a device's memory. */
export function createBluetooth(deps: BluetoothDeps): BluetoothAdapter {
  return new Bluetooth(deps);
}
