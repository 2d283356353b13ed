import { describe, expect, test } from 'vitest';
import type { SharingPermission } from '../../fhir/consent.ts';
import { createConsentHistory, type Sent } from './consent-history.ts';
import { judge } from './judge.ts';

const NOON = Date.parse('2026-11-20T12:00:00+01:00');

const permission = (over: Partial<SharingPermission> = {}): SharingPermission => ({
  id: 'a',
  version: 1,
  pseudonym: 'p',
  recipient: { id: 'care', name: 'Example care' },
  kinds: ['body-weight'],
  purpose: 'TREAT',
  legalBasis: 'consent',
  givenAt: '2026-11-20T08:00:00+01:00',
  from: '2026-11-20T08:00:00+01:00',
  pauses: [],
  state: 'active',
  sentence: 'Yes.',
  language: 'en',
  ...over,
});

const sent = (over: Partial<Sent> = {}): Sent => ({
  life: 1,
  at: 50,
  envelope: 'e',
  person: 0,
  kind: 'body-weight',
  measuredAt: NOON,
  ...over,
});

/** A home in its first life, with what was given at the instant 1. */
function home(given = permission()) {
  let now = 0;
  const history = createConsentHistory(() => now);
  const change = (at: number, to: SharingPermission, past: readonly string[] = []) => {
    now = at;
    const asked = history.ask();
    now = at + 1;
    asked.done(0, to, past);
  };
  history.begin(true);
  change(1, given);
  return { history, change };
}

describe('what left without a consent', () => {
  const withdrawn = permission({ state: 'withdrawn', version: 2 });

  test('covered by person, kind and measured time', () => {
    const { history } = home();
    expect(history.uncovered([sent()])).toEqual([]);
    for (const over of [
      { person: 1 },
      { kind: 'blood-pressure' as const },
      { measuredAt: NOON - 86_400_000 },
      { at: 0 },
    ]) {
      expect(history.uncovered([sent(over)])).toHaveLength(1);
    }
  });

  test('after a withdrawal only what its receipt lists, and that once', () => {
    const { history, change } = home();
    change(100, withdrawn, ['listed']);
    expect(history.uncovered([sent({ at: 100 })])).toEqual([]);
    expect(history.uncovered([sent({ at: 102 })])).toHaveLength(1);
    const listed = sent({ at: 102, envelope: 'listed' });
    expect(history.uncovered([listed])).toEqual([]);
    expect(history.uncovered([listed, sent({ at: 103, envelope: 'listed' })])).toHaveLength(1);
    // A clock that was being set when the gateway died is no answer to the withdrawal.
    history.askClock(false);
    expect(history.uncovered([listed])).toEqual([]);
    history.begin(true);
    expect(history.uncovered([sent({ at: 110, life: 2, envelope: 'listed' })])).toHaveLength(1);
  });

  test('a withdrawal that was not answered, and was done: from the next life on nothing', () => {
    const { history } = home();
    history.ask();
    history.begin(true);
    history.found(new Map([['a', { person: 0, permission: withdrawn }]]));
    expect(history.uncovered([sent({ at: 50 })])).toEqual([]);
    expect(history.uncovered([sent({ at: 60, life: 2 })])).toHaveLength(1);
    expect(history.vanished()).toBe(0);
  });

  test('a decision that was answered and is gone is counted', () => {
    const { history } = home();
    history.begin(true);
    history.found(new Map());
    expect(history.vanished()).toBe(1);
  });

  test('neither in a pause nor measured in one, unless it was asked for afterwards', () => {
    const pause = { from: '2026-11-20T11:00:00+01:00' };
    const { history, change } = home(permission({ pauses: [pause] }));
    expect(history.uncovered([sent()])).toHaveLength(1);
    const over = { ...pause, until: '2026-11-20T13:00:00+01:00' };
    change(100, permission({ version: 2, pauses: [over] }));
    expect(history.uncovered([sent({ at: 110 })])).toHaveLength(1);
    expect(history.uncovered([sent({ at: 110, measuredAt: NOON + 7_200_000 })])).toEqual([]);
    change(200, permission({ id: 'b', givenAt: '2026-11-20T14:00:00+01:00' }));
    expect(history.uncovered([sent({ at: 210 })])).toEqual([]);
  });

  test('a permission with an end is nothing without a clock', () => {
    const { history } = home(permission({ until: '2099-01-01T00:00:00+01:00' }));
    expect(history.uncovered([sent()])).toEqual([]);
    history.begin(false);
    expect(history.uncovered([sent({ life: 2 })])).toHaveLength(1);
  });
});

test('lost, doubled and unseen are counted apart', () => {
  const facts = {
    answered: new Set([1, 2, 3]),
    stored: new Map([
      [1, 1],
      [2, 2],
      [9, 1],
    ]),
    sent: new Set([1]),
    uncovered: new Set([1]),
    vanished: 1,
  };
  expect(judge(facts)).toEqual({ handedOver: 3, stored: 2, lost: 2, doubled: 2, unconsented: 3 });
});
