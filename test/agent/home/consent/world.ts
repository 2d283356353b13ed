import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { vi } from 'vitest';
import { CodedError } from '../../../../agent/errors.ts';
import { bloodPressure, cuff, session } from '../frames.ts';
import { CARE, HOUR, type Household, LIMITS, openHousehold, START } from '../household.ts';
import { furnished, newFolder } from './furnished.ts';
import { ADDRESSES, Judge, KINDS, PURPOSES, RECIPIENTS, valuesIn } from './judge.ts';
import type { Given } from './model.ts';
import { Receivers } from './receivers.ts';
import type { Step } from './steps.ts';

/** A home with two people, two devices and two receivers, beside what people did as they know it. */

type Act = Extract<Step, { do: 'together' }>['acts'][number];

const MINUTE = 60_000;
/** After this no wait of the outbox is left, ms. */
const ALL_WAITS_MS = LIMITS.receiptWaitMs + 1_000;

const CLOCK: ReadonlySet<string> = new Set(['wait', 'jump', 'edge', 'distrust']);
const ENDS = ['pause', 'resume', 'withdraw', 'move', 'remove', 'remove-person'];

const weight = (grams: number) => {
  const units = grams / 5;
  return Buffer.of(0, units & 0xff, units >> 8);
};

export class World {
  home!: Household;
  readonly #folder = newFolder();
  readonly #time = { now: START, trusted: true, real: 1_000_000, uptimeMs: 60_000 };
  /** With whose each may be: while a change is not answered, more than one person's. */
  readonly #devices: { readonly id: string; owners: Set<string> }[] = [];
  readonly judge = new Judge(this.#time);
  readonly #receivers = new Receivers(RECIPIENTS, {
    onSocket: (recipient, envelope) => this.judge.onSocket(recipient, envelope),
    onAnswer: (envelope, fate) => this.judge.onAnswer(envelope, fate),
  });

  /** Begins with a copy of a home in which nothing was measured, asked for or sent yet. */
  async begin(): Promise<void> {
    const { folder, people, devices } = await furnished();
    copyFileSync(join(folder, 'home.db'), join(this.#folder, 'home.db'));
    this.judge.people.push(...people.map((person) => ({ ...person, removed: false })));
    this.#devices.push(...devices.map(({ id, owner }) => ({ id, owners: new Set([owner]) })));
    this.#open();
  }

  async end(): Promise<void> {
    await this.#settle();
    await this.#judgeTakingBack();
    await this.#judgeTold();
    await this.home.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async take(step: Step): Promise<void> {
    await this.#do(step);
    // A clock moves without a word: what comes next may be the first to see it.
    if (!CLOCK.has(step.do)) await this.#settle();
  }

  #open(): void {
    this.home = openHousehold({
      folder: this.#folder,
      hand: this.#time,
      recipients: RECIPIENTS.map((id) => ({
        ...CARE,
        id,
        purpose: this.judge.purposeOf(id),
      })),
      transports: new Map(RECIPIENTS.map((id, at) => [id, this.#receivers.transport(at)])),
      publishEvent: (recipient, event) => {
        this.judge.onEvent(recipient, event);
        this.#answerEvent(recipient, event.id);
        return Promise.resolve({ outcome: 'delivered' });
      },
    });
  }

  /** A receiver that answers what it is handed answers this too; the receipt rides on the next sync. */
  #answerEvent(recipient: string, id: string): void {
    if (this.#receivers.mood(recipient) !== 'answers') return;
    const { home } = this;
    queueMicrotask(() => home.committer.ride(() => home.notices.answered(id)));
  }

  async #settle(): Promise<void> {
    for (let turn = 0; turn < 3; turn += 1) {
      await nextTurn();
      this.home.committer.flush();
    }
    this.#time.real += 40;
    this.home.outbox.wake();
    await nextTurn();
  }

  async #do(step: Step): Promise<void> {
    const time = this.#time;
    switch (step.do) {
      case 'together': {
        const done = step.acts.map((act) => this.#attempt(act, step.killed));
        if (step.killed) {
          this.judge.isUnsure ||= step.acts.some(({ do: act }) => ENDS.includes(act));
          await this.#restart();
        }
        await Promise.all(done);
        return;
      }
      case 'wait':
        time.now += step.minutes * MINUTE + step.ms;
        time.uptimeMs += step.minutes * MINUTE + step.ms;
        return;
      case 'jump':
        time.now += step.minutes * MINUTE;
        return;
      case 'edge': {
        const given = this.judge.given[step.which % Math.max(1, this.judge.given.length)];
        const [pause] = given?.pauses.slice(-1) ?? [];
        const edges = [given?.until, given?.from, pause?.from, pause?.until];
        time.now = (edges[step.edge] ?? time.now) + step.ms;
        return;
      }
      case 'distrust':
        time.trusted = false;
        return;
      case 'trust':
        return this.#trust();
      case 'restart':
        this.judge.purpose = PURPOSES[step.purpose] ?? '';
        return this.#restart();
      default:
        await this.#attempt(step, false, true);
    }
  }

  /** A coded refusal is an answer too; and a kill answers nothing. */
  async #attempt(act: Act, killed: boolean, alone = false): Promise<void> {
    try {
      await this.#act(act, alone);
    } catch (error) {
      if (!killed && !(error instanceof CodedError)) throw error;
    }
  }

  async #act(act: Act, alone: boolean): Promise<void> {
    switch (act.do) {
      case 'give':
        return this.#give(act);
      case 'pause':
      case 'resume':
      case 'withdraw':
        return this.#change(act, alone);
      case 'capture':
        return this.#capture(act.kind);
      case 'assign':
        return this.#assign(act.kind, this.judge.people[act.who]?.id);
      case 'move':
      case 'remove':
        return this.#correct(
          act.which,
          act.do === 'move' ? this.judge.people[act.who]?.id : undefined,
        );
      case 'remove-person':
        return this.#removePerson(act.who);
      case 'unpair':
        await this.home.adoption.unpair('test', this.#devices[act.kind]?.id ?? '');
        return;
      case 'event':
        return this.#addEvent(act);
      case 'send-events':
        return this.home.schedule.sendEvents();
      case 'round':
        return this.home.round.run();
      case 'look':
        this.#time.real += ALL_WAITS_MS;
        vi.advanceTimersByTime(10_000);
        return;
      case 'mood':
        this.#receivers.setMood(act.to, act.mood);
        return;
      case 'connect':
        return this.#receivers.connect(act.to);
      case 'receipt': {
        const told = this.judge.handed[act.which % Math.max(1, this.judge.handed.length)];
        if (told?.fate !== 'unknown') return;
        const stored = this.home.outbox.store({ id: told.envelope, state: act.state });
        // It rides on the next sync, and time stands still.
        this.home.committer.flush();
        await stored;
        this.judge.onReceipt(told.envelope, act.state === 'received' ? 'held' : 'rejected');
        return;
      }
      default:
        return act satisfies never;
    }
  }

  async #give(act: Extract<Act, { do: 'give' }>): Promise<void> {
    const { now } = this.#time;
    const to = RECIPIENTS[act.to] ?? '';
    const given: Given = {
      id: undefined,
      person: this.judge.people[act.who]?.id ?? '',
      recipient: to,
      kinds: KINDS.filter((_, bit) => (act.kinds >> bit) & 1),
      purpose: this.judge.purposeOf(to),
      at: now,
      from: now - act.back * HOUR,
      until: act.hours === 0 ? undefined : now + act.hours * HOUR,
      pauses: [],
      resumes: 0,
      withdrawn: false,
    };
    // It counts from its commit, which is before its answer; an end only from its answer.
    this.judge.given.push(given);
    const { person, recipient, kinds, from, until } = given;
    try {
      const made = await this.home.decisions.givePermission('test', {
        ...{ person, recipient, kinds },
        from: new Date(from).toISOString(),
        ...(until === undefined ? {} : { until: new Date(until).toISOString() }),
      });
      given.id = made.id;
    } catch (error) {
      if (error instanceof CodedError && !error.code.startsWith('store')) {
        this.judge.given.splice(this.judge.given.indexOf(given), 1);
      }
      throw error;
    }
  }

  async #change(
    act: Extract<Act, { which: number; do: 'pause' | 'resume' | 'withdraw' }>,
    alone: boolean,
  ): Promise<void> {
    const given = this.judge.given[act.which % Math.max(1, this.judge.given.length)];
    if (given?.id === undefined) return;
    const { now } = this.#time;
    const { decisions } = this.home;
    const before = this.judge.reach(given);
    const { resumes } = given;
    if (act.do === 'pause') this.judge.pauseAsked.add(given);
    if (act.do === 'withdraw') this.judge.endAsked.add(given);
    if (act.do === 'pause') {
      const until = act.hours === 0 ? undefined : now + act.hours * HOUR;
      const text = until === undefined ? undefined : new Date(until).toISOString();
      const { alreadyPast } = await decisions.pausePermission('test', given.id, text);
      // Resumed meanwhile: which of the two came first is not known here.
      const resumedAt = given.resumes > resumes ? now : undefined;
      if (resumedAt !== undefined) this.judge.isMuddled = true;
      given.pauses.push({ from: now, until, resumedAt });
      if (alone) this.judge.judgeReceipt(given, before, alreadyPast);
      return;
    }
    // Either ends its pauses, which counts from the commit.
    given.resumes += 1;
    for (const pause of given.pauses) {
      if (pause.until === undefined || pause.until > now)
        pause.resumedAt ??= Math.max(now, pause.from);
    }
    if (act.do === 'resume') await decisions.resumePermission('test', given.id);
    else {
      const { alreadyPast } = await decisions.withdrawPermission('test', given.id);
      given.withdrawn = true;
      if (alone) this.judge.judgeReceipt(given, before, alreadyPast);
    }
  }

  async #capture(kind: number): Promise<void> {
    const { home } = this;
    const number = this.judge.values.size;
    const value = kind === 0 ? String(131 + number) : String(65 + number / 100);
    const peripheral = ADDRESSES[kind] ?? '';
    const { now, trusted, uptimeMs } = this.#time;
    const owners = trusted ? this.#devices[kind]?.owners : undefined;
    this.judge.values.set(value, {
      ...{ kind, uptimeMs, settled: false },
      measuredAt: trusted ? now : undefined,
      owners: new Set(owners),
    });
    if (kind === 0) await cuff(home, bloodPressure({ systolic: 131 + number }), { peripheral });
    else {
      await home.keep({
        ...{ peripheral, at: now, session: session() },
        source: { service: '181d', characteristic: '2a9d' },
        bytes: weight(65_000 + number * 10),
      });
    }
  }

  /** What is held of the device, and no person answered for, is its new owner's. */
  async #assign(kind: number, owner: string | undefined): Promise<void> {
    const device = this.#devices[kind];
    if (!device) return;
    for (const value of this.judge.values.values()) {
      const isHeld = value.owners.size === 0 && !value.settled;
      if (value.kind === kind && isHeld && owner && value.measuredAt !== undefined) {
        value.owners.add(owner);
      }
    }
    const to = owner === undefined ? { slots: {} } : { owner };
    if (owner !== undefined) device.owners.add(owner);
    await this.home.decisions.assignDevice('test', device.id, to);
    device.owners = new Set(owner === undefined ? [] : [owner]);
  }

  async #correct(which: number, person: string | undefined): Promise<void> {
    const [value, known] =
      [...this.judge.values][which % Math.max(1, this.judge.values.size)] ?? [];
    const reading = this.home.readings
      .recent(99)
      .find(({ content }) => valuesIn(content).includes(value ?? ''));
    if (!known || !reading) return;
    // What was removed is not moved any more.
    if (reading.state === 'removed') return;
    if (person !== undefined) known.owners.add(person);
    const { decisions } = this.home;
    if (person === undefined) await decisions.removeReading('test', reading.id);
    else await decisions.assignReading('test', reading.id, person);
    known.settled = true;
    known.owners.clear();
    if (person !== undefined) known.owners.add(person);
  }

  async #removePerson(who: number): Promise<void> {
    const person = this.judge.people[who];
    if (!person || person.removed) return;
    for (const given of this.judge.given) {
      if (given.person === person.id) this.judge.endAsked.add(given);
    }
    await this.home.decisions.removePerson('test', person.id);
    person.removed = true;
    for (const given of this.judge.given) if (given.person === person.id) given.withdrawn = true;
    for (const device of this.#devices) device.owners.delete(person.id);
  }

  async #addEvent(act: Extract<Act, { do: 'event' }>): Promise<void> {
    const { home } = this;
    const person = this.judge.people[act.who];
    if (!person) return;
    await home.committer.commit(() =>
      home.events.add(RECIPIENTS[act.to] ?? '', {
        ...{ kind: 'missing', cause: 'not-measured', person: person.id },
        measurement: KINDS[act.kind] === 'blood-pressure' ? 'blood-pressure' : 'body-weight',
      }),
    );
  }

  async #trust(): Promise<void> {
    const { now, uptimeMs } = this.#time;
    this.#time.trusted = true;
    for (const value of this.judge.values.values()) {
      if (value.measuredAt !== undefined) continue;
      value.measuredAt = now - (uptimeMs - value.uptimeMs);
      if (value.settled) continue;
      for (const owner of this.#devices[value.kind]?.owners ?? []) value.owners.add(owner);
    }
    await this.home.round.clockTrusted();
  }

  /** Killed: nothing is flushed, closed or said; what had left has left. */
  async #restart(): Promise<void> {
    const { home } = this;
    this.#receivers.forget();
    home.cut();
    await home.outbox.stop();
    this.judge.restarts += 1;
    this.#open();
    this.#reconcile();
  }

  /** What was asked for and not answered either is on disk or never was. */
  #reconcile(): void {
    const known = new Set(this.judge.given.map(({ id }) => id));
    const stored = this.home.permissions
      .list()
      .filter(({ permission }) => !known.has(permission.id));
    for (const given of this.judge.given.filter(({ id }) => id === undefined)) {
      const at = stored.findIndex(
        ({ person, permission }) =>
          person === given.person &&
          permission.recipient.id === given.recipient &&
          permission.kinds.join() === given.kinds.join() &&
          Date.parse(permission.from) === given.from,
      );
      const [found] = at < 0 ? [] : stored.splice(at, 1);
      if (found) given.id = found.permission.id;
      else this.judge.given.splice(this.judge.given.indexOf(given), 1);
    }
  }

  /** With every way open, whoever may hold what turned out to be another's has been told so. */
  async #judgeTakingBack(): Promise<void> {
    await this.#trust();
    this.#receivers.openAll();
    for (let turn = 0; turn < 4; turn += 1) {
      this.#time.real += ALL_WAITS_MS;
      vi.advanceTimersByTime(10_000);
      await this.#settle();
    }
    this.judge.judgeTakingBack();
  }

  async #judgeTold(): Promise<void> {
    await this.home.round.run();
    this.#time.real += ALL_WAITS_MS;
    await this.home.schedule.sendEvents();
    this.judge.judgeTold();
  }
}
