import type { AdoptedDevice, DeviceState, Keep, Seen } from '../adapter.ts';
import type { Capture } from '../measurement.ts';
import { advertised, connects, onlyBroadcasts, shown, worthShowing } from './adoptable.ts';
import type { BluetoothAdapter, BluetoothDeps, PairProgress } from './bluetooth-port.ts';
import { bondAndOpen } from './bonding.ts';
import { createBroadcasts } from './broadcasts.ts';
import { type Courtesy, createCourtesy } from './courtesy.ts';
import { createDeviceStates, type DeviceStates } from './device-states.ts';
import { BLUETOOTH_LIMITS, type BluetoothLimits } from './limits.ts';
import { modelOf } from './models/index.ts';
import { createContextHold } from './procedures/context-hold.ts';
import { CONTROL_POINTS, RESULTS } from './procedures/health-services.ts';
import type { VisitOpened } from './procedures/visit.ts';
import { mayHaveProcedure, procedureFor } from './proprietary/index.ts';
import type { Procedure } from './proprietary/procedure.ts';
import type { PairingDialog } from './radio/bindings.ts';
import type { Advertisement, RadioValue } from './radio/radio.ts';
import { RadioError } from './radio/radio-error.ts';
import { recordDevice } from './record.ts';
import type { RecordedLine } from './recorded-lines.ts';
import { createStay } from './stay.ts';
import { untilHeard } from './until-heard.ts';
import type { Visit } from './visit-state.ts';
import { type Known, runVisit, type Visiting } from './visiting.ts';

export type { BluetoothAdapter, BluetoothDeps } from './bluetooth-port.ts';

class Bluetooth implements BluetoothAdapter {
  readonly name = 'bluetooth';
  readonly #deps: BluetoothDeps;
  readonly #limits: BluetoothLimits;
  readonly #courtesy: Courtesy;
  readonly #broadcasts: ReturnType<typeof createBroadcasts>;
  readonly #visits = new Map<string, Visit>();
  readonly #running = new Set<Promise<unknown>>();
  readonly #states: DeviceStates;
  /** Devices that found no room, by when they first asked: the longest waiting goes first. */
  readonly #waiting = new Map<string, { since: number; heardAt: number }>();
  readonly #known: Known = {
    read: new Set(),
    healthy: new Set(),
    stubborn: new Set(),
    broadcasters: new Set(),
  };
  readonly #parts: Visiting;
  readonly #strays = new Map<string, string>();
  #keep: Keep | undefined;
  #stopping = false;
  #pairing: string | undefined;
  #pending = 0;
  #sessions = 0;

  constructor(deps: BluetoothDeps) {
    this.#deps = deps;
    this.#limits = { ...BLUETOOTH_LIMITS, ...deps.limits };
    this.#courtesy = createCourtesy(deps.now, this.#limits);
    this.#states = createDeviceStates(deps.now);
    this.#parts = {
      ...deps,
      limits: this.#limits,
      known: this.#known,
      modelOf: (address) => modelOf(this.#adoptedAs(address)?.model),
      capture: (visit, capture) => this.#capture(visit, capture),
    };
    this.#broadcasts = createBroadcasts({
      foldMs: this.#limits.foldMs,
      newSession: (address) => this.#session(address),
      note: deps.note,
    });
  }

  async run(keep: Keep, signal: AbortSignal): Promise<void> {
    const { radio } = this.#deps;
    this.#keep = keep;
    this.#stopping = false;
    const off = [
      radio.onSeen((advertisement) => this.#hear(advertisement)),
      radio.onValue((value) => this.#take(value)),
      radio.onState((state) => state === 'poweredOn' && this.#expectAll()),
    ];
    if (!signal.aborted) {
      radio.startScanning();
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    }
    // What still comes is kept, and nobody is called on any more.
    this.#stopping = true;
    for (const visit of this.#visits.values()) visit.abort.abort();
    await Promise.allSettled(this.#running);
    await radio.stop();
    for (const end of off) end();
    this.#keep = undefined;
    await Promise.allSettled(this.#running);
  }

  /** They may have something to tell as soon as they are connected, also after a restart of ours. */
  #expectAll(): void {
    for (const { address } of this.#deps.adopted()) this.#deps.radio.expect(address, RESULTS);
  }

  seen(): Seen[] {
    const worth = this.#deps.radio.heard().filter(worthShowing).map(shown);
    return worth.sort((a, b) => b.rssi - a.rssi);
  }

  states(): readonly DeviceState[] {
    return this.#states.all();
  }

  visiting(): number {
    return this.#visits.size;
  }

  async pair(
    address: string,
    keep: Keep,
    onProgress: (step: PairProgress) => void,
    signal: AbortSignal,
    dialog?: PairingDialog,
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
      if (!connects(advertisement) && !mayHaveProcedure(advertisement)) {
        return { address, services: advertised(advertisement) };
      }
      await this.#endVisit(address);
      return await bondAndOpen(advertisement, {
        radio: this.#deps.radio,
        model: this.#adoptedAs(address)?.model,
        onProgress,
        begin: async (identity) => {
          // Heard under its identity meanwhile, it may have been called on already.
          this.#pairing = identity;
          // What it said at a try that failed was kept by nobody.
          this.#known.read.delete(identity);
          await this.#endVisit(identity);
          return await this.#begin(identity, keep, onProgress, signal);
        },
        endVisit: (identity) => this.#endVisit(identity),
        signal,
        dialog,
        note: this.#deps.note,
      });
    } finally {
      this.#pairing = undefined;
    }
  }

  async record(address: string, durationMs: number, signal: AbortSignal): Promise<RecordedLine[]> {
    if (this.#pairing !== undefined) throw new RadioError('radio-busy');
    if (!this.#keep) throw new RadioError('radio-off');
    this.#pairing = address;
    try {
      await this.#endVisit(address);
      const { radio, now } = this.#deps;
      return await recordDevice({ radio, address, durationMs, now, signal });
    } finally {
      this.#pairing = undefined;
    }
  }

  async unpair(address: string): Promise<void> {
    await this.#endVisit(address);
    this.#courtesy.forget(address);
    this.#broadcasts.forget(address);
    for (const known of Object.values(this.#known)) known.delete(address);
    this.#waiting.delete(address);
    this.#states.forget(address);
    this.#strays.delete(address);
    await this.#deps.radio.unpair(address);
  }

  #adoptedAs(address: string): AdoptedDevice | undefined {
    return this.#deps.adopted().find((device) => device.address === address);
  }

  #isAdopted(address: string): boolean {
    return this.#adoptedAs(address) !== undefined;
  }

  #procedureOf(address: string): Procedure | undefined {
    return procedureFor(this.#adoptedAs(address)?.model);
  }

  #hear(advertisement: Advertisement): void {
    const { address } = advertisement;
    const keep = this.#keep;
    const adopted = this.#adoptedAs(address);
    if (!keep || !adopted) return;
    this.#states.heard(advertisement);
    const hasRoom = this.#pending < this.#limits.pendingMax;
    for (const frame of this.#broadcasts.framesOf(advertisement, hasRoom)) {
      void this.#hand(keep, { peripheral: address, at: advertisement.at, ...frame });
    }
    if (this.#visits.has(address) || this.#pairing === address) return;
    if (onlyBroadcasts(advertisement, adopted.model)) this.#known.broadcasters.add(address);
    if (this.#known.broadcasters.has(address)) return;
    const inOwnWay = advertisement.connectable && this.#procedureOf(address) !== undefined;
    if (!connects(advertisement) && !this.#known.healthy.has(address) && !inOwnWay) return;
    if (!this.#courtesy.due(advertisement)) return;
    const heardAt = this.#deps.now();
    const { since } = this.#waiting.get(address) ?? { since: heardAt };
    this.#waiting.set(address, { since, heardAt });
    if (this.#hasRoom()) this.#beginNext();
    else this.#giveWay();
  }

  /** The one that has waited longest, of those that are heard just now. */
  #beginNext(): void {
    const keep = this.#keep;
    if (!keep || !this.#hasRoom()) return;
    const fresh = this.#deps.now() - this.#limits.waitingFreshMs;
    for (const [address, { heardAt }] of this.#waiting) {
      if (heardAt < fresh) this.#waiting.delete(address);
    }
    const [next] = [...this.#waiting]
      .filter(([address]) => this.#isAdopted(address) && this.#pairing !== address)
      .sort(([, a], [, b]) => a.since - b.since);
    if (next) void this.#begin(next[0], keep, () => undefined).catch(() => undefined);
  }

  #hasRoom(): boolean {
    if (this.#stopping || this.#pending >= this.#limits.pendingMax) return false;
    return this.#visits.size < this.#limits.linksMax;
  }

  /**
   * Others wait, who are awake for half a minute: a visit that has got what there was ends, and so
   * does one that waits in vain, that cannot connect, or to a worn strap: what that sends next is
   * there in a minute too.
   */
  #giveWay(): void {
    const visits = [...this.#visits.values()].filter(({ address }) => address !== this.#pairing);
    const yielding = visits.map((visit) => ({ visit, how: this.#couldYield(visit) }));
    const first = yielding.find(({ how }) => how !== undefined);
    if (first?.how === 'done') first.visit.stay.end();
    else first?.visit.abort.abort();
  }

  #couldYield(visit: Visit): 'done' | 'in-vain' | undefined {
    const { idleMs, shareIdleMs, connectShareMs } = this.#limits;
    const { openSince, stream, brought, lastAt } = visit;
    const now = this.#deps.now();
    if (openSince === undefined) {
      return !visit.connected && now - visit.begunAt > connectShareMs ? 'in-vain' : undefined;
    }
    if (stream || (brought === 0 && now - openSince > idleMs)) return 'in-vain';
    return brought > 0 && now - Math.max(lastAt, openSince) > shareIdleMs ? 'done' : undefined;
  }

  /** A value in the tick in which it came; of a visit, or of an adopted device between visits. */
  #take({ address, service, characteristic, bytes }: RadioValue): void {
    const source = { service, characteristic };
    const at = this.#deps.now();
    const visit = this.#visits.get(address);
    if (visit) {
      visit.lastAt = at;
      const capture = { peripheral: address, at, session: visit.session, source, bytes };
      if (visit.own?.doubles?.has(characteristic)) visit.doubles.push(capture);
      else if (!visit.own?.hears.has(characteristic)) this.#bring(visit, capture, characteristic);
      visit.stay.renew(visit.stream ? this.#limits.streamIdleMs : this.#limits.idleMs);
    } else if (this.#keep && this.#isAdopted(address)) {
      const session = this.#strays.get(address) ?? this.#session(address);
      this.#strays.set(address, session);
      void this.#hand(this.#keep, { peripheral: address, at, session, source, bytes });
    }
  }

  #bring(visit: Visit, capture: Capture, characteristic: string): void {
    if (!CONTROL_POINTS.has(characteristic)) visit.brought += 1;
    visit.hold.take(capture);
  }

  #capture(visit: Visit, capture: Capture): void {
    const kept = this.#hand(visit.keep, capture).then((onDisk) => {
      visit.pending.delete(kept);
      if (onDisk) return;
      // What cannot be kept must not be asked for; the device may still have it next time.
      this.#known.read.delete(visit.address);
      visit.abort.abort();
    });
    visit.pending.add(kept);
  }

  #hand(keep: Keep, capture: Capture): Promise<boolean> {
    const handed = this.#handOver(keep, capture);
    this.#running.add(handed);
    void handed.finally(() => this.#running.delete(handed));
    return handed;
  }

  async #handOver(keep: Keep, capture: Capture): Promise<boolean> {
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
      own: this.#procedureOf(address),
      doubles: [],
      incomplete: false,
      begunAt: this.#deps.now(),
      connected: false,
      lastAt: Number.NEGATIVE_INFINITY,
      openSince: undefined,
    };
    this.#waiting.delete(address);
    this.#visits.set(address, visit);
    this.#strays.delete(address);
    const opened = Promise.withResolvers<VisitOpened>();
    const whole = this.#visit(visit, onProgress, signal, opened.resolve).catch((error) => {
      const code = error instanceof RadioError ? error.code : 'other';
      this.#states.failed(address, code, visit.connected);
      if (code !== 'radio-aborted') this.#deps.note('visit-failed', { code });
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
    const { address } = visit;
    let failed = true;
    try {
      await runVisit(this.#parts, visit, { onStep, opening, onOpen });
      failed = false;
      this.#states.visited(address);
    } finally {
      visit.hold.flush();
      await Promise.allSettled(visit.pending);
      if (this.#visits.get(address) === visit) this.#visits.delete(address);
      const { brought, incomplete } = visit;
      // What is still in its memory is asked for soon, whatever it has brought.
      this.#courtesy.ended(address, {
        brought: incomplete ? 0 : brought,
        failed: failed || incomplete,
      });
      this.#deps.note('visit-ended', { count: visit.brought });
      this.#beginNext();
    }
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

/** The Bluetooth way in. It reads, and sets clocks that are off; it never writes a device's memory. */
export function createBluetooth(deps: BluetoothDeps): BluetoothAdapter {
  return new Bluetooth(deps);
}
