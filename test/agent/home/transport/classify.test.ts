import { expect, test } from 'vitest';
import {
  classifyFailure,
  classifyHttp,
  retryAfter,
} from '../../../../agent/home/transport/classify.ts';
import {
  classifyLinkError,
  classifyPuback,
  classifyReason,
} from '../../../../agent/home/transport/classify-mqtt.ts';
import { fc } from '../../../support/property.ts';

const NOW = Date.parse('2026-11-20T07:31:12Z');
const ASKED = { id: '00000000-0000-4000-8000-000000000001', entries: 2, now: NOW };

const response = (...statuses: unknown[]) => ({
  resourceType: 'Bundle',
  type: 'transaction-response',
  entry: statuses.map((status) => ({ response: { status } })),
});

const judge = (
  status: number,
  body: unknown = {},
  headers: Record<string, string> = {},
  garbled = false,
) => classifyHttp({ status, headers: new Headers(headers), body, garbled }, ASKED);

const deferred = (because: string) => ({ outcome: 'deferred', because });
const rejected = (because: string) => ({ outcome: 'rejected', because });
const received = {
  outcome: 'delivered',
  receipt: { id: ASKED.id, state: 'received', at: '2026-11-20T07:31:12.000Z' },
};

test.each([200, 201])('%i with every entry 2xx is the receipt', (status) => {
  expect(judge(status, response('201 Created', '200'))).toEqual(received);
});

test.each([
  ['400', rejected('invalid')],
  ['401 Unauthorized', deferred('unauthorised')],
  ['403', deferred('unauthorised')],
  ['404 Not Found', rejected('not-found')],
  ['409', rejected('conflict')],
  ['410 Gone', rejected('gone')],
  ['412 Precondition Failed', rejected('ambiguous-at-receiver')],
  ['413', rejected('too-large')],
  ['422', rejected('invalid')],
  ['429', deferred('busy')],
  ['500', deferred('unavailable')],
  ['503', deferred('unavailable')],
  ['304', deferred('unavailable')],
  ['2010', deferred('garbage')],
  ['', deferred('garbage')],
  [201, deferred('garbage')],
  [undefined, deferred('garbage')],
])('one entry %s within a 200', (status, meaning) => {
  expect(judge(200, response('201 Created', status))).toEqual(meaning);
});

test.each([
  ['no body', undefined],
  ['null', null],
  ['a list', []],
  ['an outcome', { resourceType: 'OperationOutcome' }],
  ['the Bundle itself', { ...response('201', '201'), type: 'transaction' }],
  ['a batch-response', { ...response('201', '201'), type: 'batch-response' }],
  ['no entries', response()],
  ['too few entries', response('201')],
  ['too many entries', response('201', '201', '201')],
  ['entries that are none', { ...response(), entry: [null, 3] }],
  ['entries without response', { ...response(), entry: [{}, {}] }],
])('200 with %s is garbage', (_, body) => {
  expect(judge(200, body)).toEqual(deferred('garbage'));
});

const BY_STATUS: Record<number, object> = {
  400: rejected('invalid'),
  401: deferred('unauthorised'),
  403: deferred('unauthorised'),
  407: deferred('unauthorised'),
  408: deferred('timeout'),
  409: deferred('busy'),
  412: rejected('ambiguous-at-receiver'),
  413: rejected('too-large'),
  422: rejected('invalid'),
  425: deferred('busy'),
  429: deferred('busy'),
};

test('every status from 0 to 999 is judged as the table says', () => {
  for (let status = 0; status <= 999; status += 1) {
    const expected =
      BY_STATUS[status] ?? deferred(status >= 300 && status <= 599 ? 'unavailable' : 'garbage');
    expect(judge(status), String(status)).toEqual(expected);
  }
});

test('no answer whatever throws, and delivered needs the whole response', () => {
  fc.assert(
    fc.property(fc.integer(), fc.jsonValue(), fc.boolean(), (status, body, garbled) => {
      const outcome = judge(status, body, {}, garbled);
      expect(outcome.outcome).not.toBe('delivered');
    }),
  );
});

test("a proxy's page with 400 or 422 refuses nothing", () => {
  expect(judge(400, undefined, {}, true)).toEqual(deferred('garbage'));
  expect(judge(422, undefined, {}, true)).toEqual(deferred('garbage'));
});

test.each(['duplicate', 'business-rule'])('409 for %s will not pass', (code) => {
  const outcome = {
    resourceType: 'OperationOutcome',
    issue: [null, { code: 'conflict' }, { code }],
  };
  expect(judge(409, outcome)).toEqual(rejected('conflict'));
});

test.each([429, 425, 503, 500])('%i carries Retry-After', (status) => {
  expect(judge(status, {}, { 'retry-after': '120' })).toMatchObject({ retryAfterMs: 120_000 });
});

test.each([
  ['0', {}, 0],
  [' 30 ', {}, 30_000],
  ['99999999999999999999', {}, 3_600_000],
  ['Fri, 20 Nov 2026 07:31:42 GMT', {}, 30_000],
  ['Fri, 20 Nov 2026 07:00:00 GMT', {}, 0],
  ['Sat, 20 Nov 2027 07:00:00 GMT', {}, 3_600_000],
  // The gateway's clock is a year behind: the answer's own date counts.
  ['Sat, 20 Nov 2027 07:00:10 GMT', { date: 'Sat, 20 Nov 2027 07:00:00 GMT' }, 10_000],
  ['-5', {}, undefined],
  ['1.5', {}, undefined],
  ['soon', {}, undefined],
  ['', {}, undefined],
])('Retry-After %j', (text, headers, meaning) => {
  expect(retryAfter(new Headers({ ...headers, 'retry-after': text }), NOW)).toBe(meaning);
});

test('no Retry-After, no wait', () => {
  expect(judge(503)).toEqual(deferred('unavailable'));
});

test('every failure to ask is deferred', () => {
  expect(classifyFailure('timeout')).toEqual(deferred('timeout'));
  expect(classifyFailure('cancelled')).toEqual(deferred('cancelled'));
  expect(classifyFailure('unreachable')).toEqual(deferred('offline'));
  expect(classifyFailure('cut')).toEqual(deferred('unavailable'));
  expect(classifyFailure('untrusted')).toEqual(deferred('untrusted'));
  expect(classifyFailure('no-token')).toEqual(deferred('unauthorised'));
  expect(classifyFailure('unreadable')).toEqual(deferred('garbage'));
});

const BY_PUBACK: Record<number, object> = {
  0: { outcome: 'delivered' },
  16: deferred('no-subscriber'),
  135: deferred('unauthorised'),
  145: deferred('busy'),
  149: rejected('too-large'),
  151: deferred('busy'),
  153: rejected('invalid'),
};

test('every PUBACK reason is judged as the table says', () => {
  for (let reason = 0; reason <= 255; reason += 1) {
    expect(classifyPuback(reason), String(reason)).toEqual(
      BY_PUBACK[reason] ?? deferred('unavailable'),
    );
  }
});

test.each([
  [1, 'broker-refused-version', 'soon'],
  [132, 'broker-refused-version', 'soon'],
  [4, 'broker-refused-password', 'slow'],
  [5, 'broker-refused-password', 'slow'],
  [134, 'broker-refused-password', 'slow'],
  [135, 'broker-refused-password', 'slow'],
  [3, 'broker-busy', 'soon'],
  [137, 'broker-busy', 'soon'],
  [2, 'broker-refused', 'slow'],
  [133, 'broker-refused', 'slow'],
  [142, 'broker-session-taken', 'slow'],
  [149, 'broker-packet-too-large', 'soon'],
  [139, 'broker-busy', 'soon'],
  [141, 'broker-closed', 'soon'],
  ['ECONNREFUSED', 'broker-unreachable', 'soon'],
  ['ENOTFOUND', 'broker-unreachable', 'soon'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'broker-untrusted', 'slow'],
  ['CERT_HAS_EXPIRED', 'broker-certificate-ended', 'slow'],
  ['CERT_NOT_YET_VALID', 'broker-certificate-not-yet', 'soon'],
  ['CERT_SIGNATURE_FAILURE', 'broker-untrusted', 'slow'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'broker-untrusted', 'slow'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'broker-wrong-name', 'slow'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'broker-tls-failed', 'slow'],
  ['EPROTO', 'broker-tls-failed', 'slow'],
  ['ECONNRESET', 'broker-unreachable', 'soon'],
  [undefined, 'broker-closed', 'soon'],
])('a link that ends with %s', (code, name, retry) => {
  expect(classifyLinkError(code)).toMatchObject({ code: name, retry });
});

test.each([
  [40, 'broker-refused-certificate'],
  [42, 'broker-refused-certificate'],
  [43, 'broker-refused-certificate'],
  [44, 'own-certificate-revoked'],
  [45, 'own-certificate-ended'],
  [46, 'broker-refused-certificate'],
  [48, 'broker-refused-certificate'],
  [49, 'broker-refused-certificate'],
  [70, 'broker-tls-failed'],
  [80, 'broker-tls-failed'],
  [116, 'broker-refused-certificate'],
])('a broker that ends the handshake with alert %i', (alert, code) => {
  expect(classifyLinkError('EPROTO', alert)).toEqual({ code, because: 'untrusted', retry: 'slow' });
});

test('whatever reason ends a link, deliveries are deferred', () => {
  for (let reason = 0; reason <= 255; reason += 1) {
    expect(['offline', 'unavailable', 'unauthorised']).toContain(classifyReason(reason).because);
  }
});
