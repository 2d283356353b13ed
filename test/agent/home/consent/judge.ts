import type { TechnicalEvent } from '../../../../agent/contract/messages.ts';
import type { Envelope } from '../../../../agent/home/transport/transport.ts';
import type { Hand } from '../household.ts';
import { type Given, isCovered, type Standing, standing } from './model.ts';

export const KINDS = ['blood-pressure', 'body-weight'];
export const ADDRESSES = ['00005e005301', '00005e005302'];
export const RECIPIENTS = ['care', 'family'];
export const PURPOSES = ['TREAT', 'HRESCH'];

export interface Value {
  readonly kind: number;
  /** Undefined until the clock is known. */
  measuredAt: number | undefined;
  /** The machine's own time when it was captured. */
  readonly uptimeMs: number;
  /** Whose it may be. */
  readonly owners: Set<string>;
  /** A person said whose it is, or that it is nobody's. */
  settled: boolean;
}

interface Handed {
  readonly envelope: string;
  readonly recipient: string;
  readonly person: string;
  readonly value: string;
  readonly observations: readonly string[];
  /** `refused` is of one try; a receipt is final. */
  fate: 'unknown' | 'refused' | 'held' | 'rejected';
}

interface Told {
  readonly recipient: string;
  readonly person: string;
  readonly id: string;
  readonly cause: string;
  readonly seq: number;
  readonly text: string;
}

const TOLD: Readonly<Record<string, Standing>> = {
  'consent-paused': 'paused',
  'consent-resumed': 'goes on',
  'consent-ended': 'ended',
};

/** Sees every byte that leaves, knows what people did, and writes down what should not have been. */
export class Judge {
  readonly leaks: string[] = [];
  handedOver = 0;
  restarts = 0;
  /** Whose pause, or end, was asked for: it counts from its commit, which is before its answer. */
  readonly pauseAsked = new Set<Given>();
  readonly endAsked = new Set<Given>();
  readonly #told: Told[] = [];
  readonly #eventsTo = new Set<string>();
  /** An act that ends or moves something was not answered: nobody knows whether it was done. */
  isUnsure = false;
  /** A pause was asked for and ended at once: which came first is not known. */
  isMuddled = false;
  purpose = PURPOSES[0] ?? '';
  readonly given: Given[] = [];
  readonly people: { id: string; pseudonyms: string[]; removed: boolean }[] = [];
  readonly values = new Map<string, Value>();
  readonly handed: Handed[] = [];
  readonly #takenBack = new Set<string>();
  readonly #time: Hand;
  #strangers = 0;

  constructor(time: Hand) {
    this.#time = time;
  }

  purposeOf(recipient: string): string {
    return recipient === 'care' ? this.purpose : (PURPOSES[0] ?? '');
  }

  #leak(what: string): void {
    this.leaks.push(`${what} at ${new Date(this.#time.now).toISOString()}`);
  }

  #isCovered(
    recipient: string,
    what: { person: string; kind: string; measuredAt: number | undefined },
  ): boolean {
    const { now, trusted } = this.#time;
    const purpose = this.purposeOf(recipient);
    return isCovered(this.given, { ...what, recipient, purpose, now, trusted });
  }

  /** Bytes are out: judged in this very step. */
  onSocket(recipient: string, { id, body }: Envelope): void {
    const at = RECIPIENTS.indexOf(recipient);
    const person = this.people.find(({ pseudonyms }) => body.includes(pseudonyms[at] ?? '-'));
    const observations = observationsIn(body);
    const values = [...body.matchAll(VALUE)].map(([, text]) => String(Number(text)));
    if (!person || observations.length === 0) {
      this.#leak('what names nobody');
      return;
    }
    if (body.includes('entered-in-error')) {
      if (values.length > 0) this.#leak('a value in taking back');
      for (const name of observations) this.#takenBack.add(`${recipient} ${name}`);
      this.#judgeHolder(recipient, observations);
      return;
    }
    this.handedOver += 1;
    const value = values.find((text) => this.values.has(text)) ?? '';
    const known = this.values.get(value);
    if (!known) {
      this.#leak('an unknown value');
      return;
    }
    if (!known.owners.has(person.id)) this.#leak('another person’s reading');
    const { measuredAt } = known;
    const kind = KINDS[known.kind] ?? '';
    if (!this.#isCovered(recipient, { person: person.id, kind, measuredAt })) {
      this.#leak(`a reading to ${recipient}`);
    }
    const before = this.handed.findIndex((one) => one.envelope === id);
    const [former] = before < 0 ? [] : this.handed.splice(before, 1);
    this.handed.push({
      ...{ envelope: id, recipient, person: person.id, value, observations },
      fate: former?.fate === 'held' || former?.fate === 'rejected' ? former.fate : 'unknown',
    });
  }

  /** Taking back goes to holders, and to who may have been handed something just before a kill. */
  #judgeHolder(recipient: string, observations: readonly string[]): void {
    const holds = this.handed.some(
      (one) => one.recipient === recipient && one.observations.includes(observations[0] ?? ''),
    );
    if (holds) return;
    this.#strangers += 1;
    if (this.#strangers > this.#inDoubt()) {
      this.#leak('a taking back to who holds nothing');
    }
  }

  /** What may have left just before a kill, at most: nobody could note it. Without one, nothing. */
  #inDoubt(): number {
    return this.restarts === 0 ? 0 : Number.POSITIVE_INFINITY;
  }

  /** What is past the hand-over, unanswered, and covered now. */
  reach({ person, recipient }: Given): Handed[] {
    return this.handed.filter((one) => {
      const { kind, measuredAt, owners } = this.values.get(one.value) ?? {};
      return (
        owners?.has(person) &&
        one.fate === 'unknown' &&
        one.person === person &&
        one.recipient === recipient &&
        this.#isCovered(recipient, { person, kind: KINDS[kind ?? -1] ?? '', measuredAt })
      );
    });
  }

  /** The act of ending lists what can no longer be stopped: all of it, and nothing that never left. */
  judgeReceipt(given: Given, before: readonly Handed[], listed: readonly string[]): void {
    const still = this.reach(given);
    for (const one of before) {
      if (!this.isUnsure && !still.includes(one) && !listed.includes(one.envelope)) {
        this.#leak('a hand-over that the receipt does not list');
      }
    }
    const left = new Set(
      this.handed.filter(({ fate }) => fate !== 'held').map((one) => one.envelope),
    );
    const more = listed.filter((id) => !left.has(id)).length;
    // Just before a kill it may have left.
    if (more > this.#inDoubt()) this.#leak('a receipt of what never left');
  }

  /** Taken back wherever it turned out to be another's; asked when every way was open. */
  judgeTakingBack(): void {
    for (const { recipient, person, value, observations, fate } of this.handed) {
      const known = this.values.get(value);
      const mayHold = fate === 'unknown' || fate === 'held';
      const isAnothers = known?.settled && !known.owners.has(person) && mayHold;
      const isToldSo = this.#takenBack.has(`${recipient} ${observations[0]}`);
      if (isAnothers && !isToldSo) this.#leak('another’s reading that was not taken back');
    }
  }

  /** A technical event leaves. */
  onEvent(recipient: string, event: TechnicalEvent): void {
    if (event.kind === 'sharing') {
      this.#onSharing(recipient, event);
      return;
    }
    const { person: pseudonym = '', measurement: kind = '' } = event;
    const person = this.people.find(({ pseudonyms }) => pseudonyms.includes(pseudonym))?.id ?? '';
    const covered = this.#isCovered(recipient, { person, kind, measuredAt: Date.parse(event.at) });
    if (!covered) this.#leak('an event');
    this.#eventsTo.add(`${recipient} ${person}`);
  }

  /** Of these people and this recipient, by consents that name it as it is configured now. */
  #naming(recipient: string, person: string): Given[] {
    const purpose = this.purposeOf(recipient);
    return this.given.filter(
      (one) => one.recipient === recipient && one.person === person && one.purpose === purpose,
    );
  }

  /**
   * The exception: that sharing is paused, goes on or ended may be told although no consent is in
   * force. It is exactly this wide: to whom a consent names, where something was handed over before,
   * with nothing in it but that and its instant, in order, and always in the same words.
   */
  #onSharing(recipient: string, event: TechnicalEvent): void {
    const at = RECIPIENTS.indexOf(recipient);
    const person = this.people.find(({ pseudonyms }) => pseudonyms[at] === event.person)?.id ?? '';
    const named = this.#naming(recipient, person);
    if (named.length === 0) this.#leak('sharing told to whom no consent names');
    if (Object.keys(event).sort().join() !== 'at,cause,id,kind,person,seq,v') {
      this.#leak('more than that sharing is paused, goes on or ended');
    }
    const mayKnow =
      this.#eventsTo.has(`${recipient} ${person}`) ||
      this.handed.some((one) => one.recipient === recipient && one.person === person);
    if (!mayKnow && this.#inDoubt() === 0) this.#leak('sharing told where nothing had left');
    const text = JSON.stringify(event);
    const earlier = this.#told.filter(
      (one) => one.recipient === recipient && one.person === person,
    );
    const same = earlier.find(({ id }) => id === event.id);
    if (same && same.text !== text) this.#leak('the same notice in other words');
    if (same) return;
    const { id, cause, seq = 0 } = event;
    if (earlier.some((one) => one.seq >= seq)) this.#leak('a notice out of order');
    if (!this.isUnsure && !this.#isTrue(cause, named, earlier)) this.#leak(`an untrue ${cause}`);
    this.#told.push({ recipient, person, id, cause, seq, text });
  }

  #isTrue(cause: string, named: readonly Given[], earlier: readonly Told[]): boolean {
    if (cause === 'consent-paused') return named.some((one) => this.pauseAsked.has(one));
    if (cause === 'consent-resumed') return earlier.length > 0;
    // Others may have been given since: how it stands at last is asked for in the end.
    const isOver = (one: Given) => this.endAsked.has(one) || one.until !== undefined;
    return cause === 'consent-ended' && named.some(isOver);
  }

  /** Whoever holds something knows how sharing stands; asked when every way was open, without doubt. */
  judgeTold(): void {
    if (this.isUnsure || this.isMuddled || this.restarts > 0) return;
    for (const recipient of RECIPIENTS) {
      for (const { id: person } of this.people) {
        const holds = this.handed.some(
          (one) => one.recipient === recipient && one.person === person && one.fate === 'held',
        );
        const is = standing(this.#naming(recipient, person), this.#time.now);
        const told = this.#told
          .filter((one) => one.recipient === recipient && one.person === person)
          .at(-1);
        const knows = TOLD[told?.cause ?? 'consent-resumed'];
        if (holds && is !== undefined && knows !== is) this.#leak(`${is}, and not told so`);
      }
    }
  }

  /** The answer of a receiver to one try. */
  onAnswer(envelope: string, fate: 'held' | 'refused'): void {
    for (const one of this.handed) {
      if (one.envelope === envelope && one.fate === 'unknown') one.fate = fate;
    }
  }

  /** Its receipt is stored, which is final; meanwhile it may have been handed over again. */
  onReceipt(envelope: string, fate: 'held' | 'rejected'): void {
    for (const one of this.handed) if (one.envelope === envelope) one.fate = fate;
  }
}

export const valuesIn = (content: unknown) =>
  [...JSON.stringify(content).matchAll(/"value":"([\d.]+)"/g)].map(([, text]) =>
    String(Number(text)),
  );

const VALUE = /"valueQuantity":\{"value":([\d.]+)/g;

interface Resource {
  readonly resourceType: string;
  readonly identifier?: readonly { readonly value: string }[];
}

function observationsIn(body: string): string[] {
  const { entry } = JSON.parse(body) as { entry: { resource: Resource }[] };
  return entry
    .filter(({ resource }) => resource.resourceType === 'Observation')
    .map(({ resource }) => resource.identifier?.[0]?.value ?? '');
}
