import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { makeOauthKey } from '../../../agent/home/transport/oauth-key.ts';
import { hasOpenssl, makeAuthority } from '../../support/certificates.ts';
import { startFhirReceiver } from '../../support/fhir-receiver.ts';
import { CLIENT_ID, createGuard, SCOPE, startTokenServer } from '../../support/token-server.ts';
import { until } from '../../support/until.ts';
import { clockFrame, createCleanup, cuffFrame, furnish, startHomeBench } from '../home/bench.ts';

const cleanup = createCleanup();
afterEach(() => cleanup.run());

test.skipIf(!hasOpenssl())(
  'a gateway delivers to a receiver that demands DPoP tokens; what waited while there were none arrives, once',
  async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const folder = cleanup.folder();
    const authority = makeAuthority(folder);
    const pair = authority.server('server');
    const tls = { cert: readFileSync(pair.cert), key: readFileSync(pair.key) };
    const receiver = await startFhirReceiver(tls);
    const { secret, open } = makeOauthKey('ES256');
    const registered = { keys: [open], dpop: true, audience: receiver.url };
    const server = await startTokenServer(tls, {
      ...registered,
      keys: [makeOauthKey('ES256').open],
    });
    cleanup.add(server.stop);
    cleanup.add(receiver.stop);
    const guard = createGuard(server, { url: receiver.url, audience: receiver.url, dpop: true });
    receiver.answer(guard.answer);
    const keyFile = join(folder, 'gateway.jwk');
    writeFileSync(keyFile, JSON.stringify(secret), { mode: 0o600 });
    const bench = await startHomeBench(cleanup, {
      recipients: [
        {
          id: 'ward',
          name: 'Test ward',
          transport: {
            type: 'https',
            url: receiver.url,
            caFile: authority.ca,
            auth: {
              type: 'oauth',
              issuer: server.issuer,
              clientId: CLIENT_ID,
              keyFile,
              scope: SCOPE,
              dpop: true,
              caFile: authority.ca,
            },
          },
        },
      ],
    });
    const { home } = bench;
    const token = () => home.checks().find(({ name }) => name === 'token');
    expect(token()).toEqual({ name: 'token', ok: true });
    await furnish(home, ['ward']);
    for (let n = 0; n < 5; n += 1) {
      const at = bench.now();
      await bench.hand([clockFrame(at), cuffFrame({ systolic: 120 + n, at })]);
    }

    // Not registered yet: all of it waits, and it is said why.
    await until(() => token()?.ok === false, 'it is said');
    expect(token()).toEqual({ name: 'token', ok: false, code: 'token-refused-client' });
    await until(() => home.views.outcomes()[0]?.lastDeferral === 'unauthorised', 'a try is noted');
    expect(receiver.asked).toEqual([]);
    expect(home.views.summary()).toMatchObject({ captured: 5, queued: 5 });

    server.become(registered);
    await until(() => home.views.summary().received === 5, 'all are received');
    expect(token()).toEqual({ name: 'token', ok: true });
    // What was turned away lacked a nonce, and came again: each envelope was taken once.
    expect(new Set(guard.refused)).toEqual(new Set(['use_dpop_nonce']));
    expect(receiver.asked.length - guard.refused.length).toBeLessThanOrEqual(5);
    const log = bench.logLines.join('');
    expect(log).toContain('"event":"no-token","recipient":"ward","code":"token-refused-client"');
    expect(log).toContain('"event":"token-again"');
    // Neither token, proof nor key is in the log.
    for (const { headers } of receiver.asked) {
      expect(log).not.toContain(headers.authorization?.split(' ')[1]);
    }
    expect(log).not.toContain((secret as { d: string }).d);
  },
);
