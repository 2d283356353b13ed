import { expect, test } from 'vitest';
import type { WayState, WayTo } from '../../../../agent/home/portal/way.ts';
import { wayText } from '../../../../agent/home/portal/way-text.ts';
import { LANGUAGE_TAGS, type Language } from '../../../../agent/pages/language.ts';
import { HOUR, START, ZONE } from '../household.ts';

const NAME = 'Lillehammer hjemmetjeneste';
const way = (state: WayState, over: Partial<WayTo> = {}): WayTo => ({
  ...{ recipient: 'care', state, because: undefined, readyAt: START, at: START + HOUR },
  ...{
    wasTried: false,
    correction: undefined,
    isCorrected: true,
    sentAt: undefined,
    receivedAt: undefined,
  },
  ...over,
});
const said = (ways: WayTo[], language: Language = 'nb') =>
  wayText({ measuredAt: START, arrivedAt: START }, ways, {
    reader: { now: START + 2 * HOUR, zone: ZONE, language },
    nameOf: () => NAME,
  });

test('measured, stored, and where it is with whom', () => {
  expect(said([way('read'), way('withheld', { because: 'paused' })])).toEqual([
    'Målt i dag kl. 10:00.',
    'Lagret her i dag kl. 10:00.',
    `Merket som lest av ${NAME} i dag kl. 11:00. Lest betyr ikke vurdert.`,
    `Blir hjemme, ikke sendt til ${NAME}: tillatelsen din er eller var satt på pause.`,
  ]);
  expect(said([way('queued'), way('queued', { wasTried: true })]).slice(2)).toEqual([
    `Venter på å bli sendt til ${NAME}.`,
    `Venter på å bli sendt til ${NAME}: det ble forsøkt, og forsøkes igjen av seg selv.`,
  ]);
});

test('each step that is known stands with its own instant, and none that is not', () => {
  const steps = { sentAt: START, receivedAt: START + HOUR / 2, at: START + HOUR };
  expect(said([way('read', steps)]).slice(2)).toEqual([
    `Sendt til ${NAME} i dag kl. 10:00.`,
    `Mottatt av ${NAME} i dag kl. 10:30.`,
    `Merket som lest av ${NAME} i dag kl. 11:00. Lest betyr ikke vurdert.`,
  ]);
  expect(said([way('received', steps)]).slice(2)).toEqual([
    `Sendt til ${NAME} i dag kl. 10:00.`,
    `Mottatt av ${NAME} i dag kl. 11:00.`,
  ]);
  // Sent once, and it waits again: what is said is where it is.
  expect(said([way('queued', { ...steps, wasTried: true })])).toHaveLength(3);
  expect(said([way('taken-back', steps)])).toHaveLength(3);
});

test('a correction is told with what it corrects, and not of what was taken back', () => {
  const correction = { state: 'received', because: undefined, at: START + HOUR } as const;
  expect(said([way('received', { correction })]).at(-1)).toContain('Den rettede ble mottatt i dag');
  const late = { ...correction, state: 'queued' } as const;
  expect(said([way('received', { correction: late })]).at(-1)).toBe('En rettet er på vei.');
  expect(said([way('taken-back', { correction })])).toHaveLength(3);
});

test('a change of own words is no correction; one that is kept back says why', () => {
  const isCorrected = false;
  const correction = { state: 'received', because: undefined, at: START + HOUR } as const;
  expect(said([way('read', { correction, isCorrected })]).at(-1)).toBe(
    'Endringen ble mottatt i dag kl. 11:00.',
  );
  const late = { ...correction, state: 'queued' } as const;
  expect(said([way('read', { correction: late, isCorrected })]).at(-1)).toBe(
    'En endring er på vei.',
  );
  const kept = { ...correction, state: 'withheld', because: 'withdrawn' } as const;
  expect(said([way('read', { correction: kept, isCorrected })]).at(-1)).toBe(
    'Endringen blir her hjemme: du har trukket tilbake tillatelsen.',
  );
});

test('every state and every reason has its own words, with no hole left', () => {
  const states: WayState[] = [
    ...(['withheld', 'queued', 'sent', 'received', 'read', 'rejected'] as const),
    ...(['not-sent', 'taking-back', 'taken-back'] as const),
  ];
  const reasons = [
    'none',
    'out-of-scope',
    'expired',
    'paused',
    'withdrawn',
    'clock',
    'constructor',
  ];
  for (const language of LANGUAGE_TAGS) {
    const texts = [
      ...states.map((state) => said([way(state)], language)[2] ?? ''),
      ...reasons.map((because) => said([way('withheld', { because })], language)[2] ?? ''),
    ];
    // Withheld for no known reason is said twice.
    expect(new Set(texts).size).toBe(texts.length - 1);
    for (const text of texts) expect(text).not.toMatch(/\{|undefined|native code/);
  }
});

test('while its time is not certain, no time is told', () => {
  const options = {
    reader: { now: START, zone: ZONE, language: 'nb' },
    nameOf: () => NAME,
  } as const;
  const steps = wayText({ measuredAt: undefined, arrivedAt: START }, [], options);
  expect(steps).toEqual(['Lagret her i dag kl. 10:00.']);
});
