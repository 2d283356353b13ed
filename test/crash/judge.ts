import { type Observed, readingOf } from './devices.ts';

/** Observations in one page; the server gives no more. */
const PAGE = 200;

export interface Counts {
  readonly handedOver: number;
  /** Readings at the FHIR server, each once. */
  readonly stored: number;
  /** Handed over and not there; and decisions that were answered and are gone. */
  readonly lost: number;
  /** Observations too many: a second one of a reading, or one that nobody measured. */
  readonly doubled: number;
  /** Readings of which an envelope left that no consent covered then, or that came another way. */
  readonly unconsented: number;
}

/** Each reading at a FHIR server, as often as it is there. Over HTTP, page by page. */
export async function storedAt(fhirUrl: string): Promise<Map<number, number>> {
  const stored = new Map<number, number>();
  let url: string | undefined = `${fhirUrl}/Observation?_count=${PAGE}`;
  while (url !== undefined) {
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(`the FHIR server answered ${answer.status}`);
    const page = (await answer.json()) as {
      readonly entry?: readonly { readonly resource: Observed }[];
      readonly link?: readonly { readonly relation: string; readonly url: string }[];
    };
    for (const { resource } of page.entry ?? []) {
      const reading = readingOf(resource);
      if (reading) stored.set(reading.n, (stored.get(reading.n) ?? 0) + 1);
    }
    url = page.link?.find(({ relation }) => relation === 'next')?.url;
  }
  return stored;
}

/** What the devices handed over against what is stored and what was seen to leave. */
export function judge(facts: {
  readonly answered: ReadonlySet<number>;
  readonly stored: ReadonlyMap<number, number>;
  /** Readings that were seen to leave, and those of them that nothing covered. */
  readonly sent: ReadonlySet<number>;
  readonly uncovered: ReadonlySet<number>;
  readonly vanished: number;
}): Counts {
  const { answered, stored } = facts;
  const lost = [...answered].filter((n) => !stored.has(n)).length;
  const doubled = [...stored].reduce(
    (sum, [n, count]) => sum + count - (answered.has(n) ? 1 : 0),
    0,
  );
  const unseen = [...stored.keys()].filter((n) => !facts.sent.has(n));
  return {
    handedOver: answered.size,
    stored: [...stored.keys()].filter((n) => answered.has(n)).length,
    lost: lost + facts.vanished,
    doubled,
    unconsented: new Set([...facts.uncovered, ...unseen]).size,
  };
}
