import { expect, test } from 'vitest';
import { adviceFor } from '../../../agent/cli/advice.ts';
import { en } from '../../../agent/home/portal/words/box.en.ts';
import { nb } from '../../../agent/home/portal/words/box.nb.ts';
import { nn } from '../../../agent/home/portal/words/box.nn.ts';
import {
  classifyLinkError,
  classifyReason,
  LINK_DROPS,
  LINK_ENDED,
  LINK_FILES_UNREADABLE,
  LINK_SILENT,
  LINK_STARTING,
} from '../../../agent/home/transport/classify-mqtt.ts';

const NODE = ['ECONNREFUSED', 'EPROTO', 'CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'];
const MORE = ['ERR_TLS_CERT_ALTNAME_INVALID', 'SELF_SIGNED_CERT_IN_CHAIN', undefined];

/** Every code that a connection can end with, as the judging gives them. */
const CODES = new Set([
  ...Array.from({ length: 256 }, (_, reason) => classifyReason(reason).code),
  ...Array.from({ length: 256 }, (_, alert) => classifyLinkError('EPROTO', alert).code),
  ...[...NODE, ...MORE].map((code) => classifyLinkError(code).code),
  ...[LINK_DROPS, LINK_ENDED, LINK_FILES_UNREADABLE, LINK_SILENT, LINK_STARTING].map(
    ({ code }) => code,
  ),
  'broker-refused-receipts',
  'own-certificate-ends-soon',
  'authority-ends-soon',
  'authority-ended',
  'certificate-files-unusable',
  'events-stay-home',
  'portal-certificate-unusable',
  'portal-certificate-wrong-name',
  'portal-certificate-ends-soon',
  'portal-certificate-ended',
  'portal-address-missing',
]);

test.each([...CODES])('%s has words of its own in every language and in the doctor', (code) => {
  for (const { advice } of [en, nb, nn]) expect(Object.keys(advice)).toContain(code);
  expect(adviceFor({ name: 'broker', ok: false, code })).not.toBe(en.brokerAdvice);
});

test.each([
  ...['offline', 'timeout', 'no-subscriber', 'busy', 'unavailable', 'unauthorised', 'untrusted'],
  ...['garbage', 'no-receipt'],
])('the doctor has words for a last try that was %s', (because) => {
  const words = adviceFor({ name: 'recipient a', ok: false, code: `last-try-${because}` });
  expect(words).not.toBe(en.otherAdvice);
});

test('every language has the same words', () => {
  expect(Object.keys(nb.advice).sort()).toEqual(Object.keys(en.advice).sort());
  expect(Object.keys(nn.advice).sort()).toEqual(Object.keys(en.advice).sort());
  expect(CODES.size).toBeGreaterThan(15);
});
