import { expect, test } from 'vitest';
import { accepted, problems } from './loaded.ts';

test('readings do not leave a home unencrypted, except within the machine', () => {
  const text = (type: string, url: string) =>
    `home: {zone: UTC, recipients: [{id: a, name: A, transport: {type: ${type}, url: "${url}"}}]}`;
  for (const host of ['127.0.0.1', 'localhost', '[::1]', '127.9.9.9']) {
    accepted(text('mqtt', `mqtt://${host}:1883`));
    accepted(text('https', `http://${host}:8080/r4`));
  }
  for (const host of ['10.0.0.2', 'b.example.org', '127.0.0.1.example.org', '[::2]']) {
    expect(problems(text('mqtt', `mqtt://${host}`))[0]).toContain('Use mqtts://');
    expect(problems(text('https', `http://${host}`))[0]).toContain('Use https://');
    accepted(text('mqtt', `mqtts://${host}`));
  }
});

test('tokens come from one place, in one way, and never in the open', () => {
  const text = (auth: string, beside = '') =>
    `home: {zone: UTC, recipients: [{id: a, name: A, transport: {type: https, url: "https://r.example.org"${beside}, auth: {type: oauth, clientId: c, keyFile: k, scope: s${auth}}}}]}`;
  const issuer = ', issuer: "https://sts.example.org"';
  const tokenUrl = ', tokenUrl: "https://r.example.org/token"';
  accepted(text(issuer));
  accepted(text(tokenUrl));
  accepted(text(', tokenUrl: "http://127.0.0.1:1/token"'));
  const auth = 'home.recipients[0].transport.auth';
  const first = (...written: Parameters<typeof text>) => problems(text(...written))[0];
  expect(first('')).toContain(`${auth}: needs either`);
  expect(first(`${issuer}${tokenUrl}`)).toContain(`${auth}: needs either`);
  expect(first(', tokenUrl: "http://r.example.org/token"')).toContain(`${auth}.tokenUrl: would`);
  expect(first(', issuer: "http://r.example.org"')).toContain(`${auth}.issuer: would`);
  expect(first(issuer, ', tokenFile: t')).toContain('transport.tokenFile: is there besides');
  expect(first(`${issuer}, algorithm: none`)).toContain(`${auth}.algorithm: must be one of`);
  expect(first(`${issuer}, clientSecret: x`)).toContain('secrets are not written');
  const key = JSON.stringify(JSON.stringify({ kty: 'EC', d: 'AAAA' }));
  expect(first(`${issuer}, keyId: ${key}`)).toContain('is a key itself');
});

test('a gateway has one user name at a broker', () => {
  const text = (first: string, second: string) =>
    `home: {zone: UTC, recipients: [${[first, second].map((username, n) => `{id: r${n}, name: R, transport: {type: mqtt, url: "mqtts://b.example.org", username: ${username}}}`).join(', ')}]}`;
  accepted(text('box', 'box'));
  expect(problems(text('box', 'other'))).toEqual([
    expect.stringMatching(/^home\.recipients\[1\]\.transport\.username: .*same broker/),
  ]);
});

test('two recipients at one broker are let in with the same files', () => {
  const text = (more: string) =>
    `home: {zone: UTC, recipients: [${['', more].map((files, n) => `{id: r${n}, name: R, transport: {type: mqtt, url: "mqtts://b.example.org"${files}}}`).join(', ')}]}`;
  accepted(text(''));
  expect(problems(text(', caFile: /ca.pem'))).toEqual([
    expect.stringMatching(/^home\.recipients\[1\]\.transport\.caFile: .*same broker/),
  ]);
});

test.each([
  ['type: mqtt, url: "mqtt://localhost", caFile: /ca.pem', 'caFile: would not be used'],
  ['type: https, url: "http://localhost", proxy: "http://p.example"', 'proxy: would not be used'],
  [
    'type: https, url: "https://r.example", proxy: "https://p.example"',
    'proxy: must be an http://',
  ],
  ['type: https, url: "https://r.example", proxy: "http://a:b@p.example"', 'proxy: holds a user'],
  ['type: mqtt, url: "mqtts://b.example", passwordFile: /p', 'username: is missing'],
])('what a transport cannot use is said: %s', (transport, said) => {
  const text = `home: {zone: UTC, recipients: [{id: r, name: R, transport: {${transport}}}]}`;
  expect(problems(text)).toEqual([expect.stringContaining(`transport.${said}`)]);
});

test('the home portal listens at an address; a certificate has files and a name', () => {
  const text = (http: string) => `home: {zone: UTC, http: {${http}}}`;
  for (const host of ['127.0.0.1', 'localhost', '::1', '0.0.0.0', '::', '192.168.1.4']) {
    accepted(text(`host: "${host}"`));
  }
  for (const host of ['', 'gateway.local', '*']) {
    expect(problems(text(`host: "${host}"`))).toEqual([
      expect.stringMatching(/^home\.http\.host: must be an address/),
    ]);
  }
  const files = 'certFile: /c.pem, keyFile: /k.pem';
  accepted(text(`name: box.example.org, tls: {${files}}`));
  expect(problems(text(`tls: {${files}}`))).toEqual([
    expect.stringMatching(/^home\.http\.name: is missing/),
  ]);
  expect(problems(text('name: box.example.org, tls: {certFile: /c.pem}'))).toEqual([
    expect.stringMatching(/^home\.http\.tls\.keyFile: /),
  ]);
  for (const name of ['box', 'box.example.org:443', '192.0.2.1', 'a..b', '"*.example.org"']) {
    expect(problems(text(`name: ${name}`))).toEqual([
      expect.stringMatching(/^home\.http\.name: must be a name/),
    ]);
  }
});

test('enrolled stands for one file per address in the data folder, and for no others besides', () => {
  const home = (transports: readonly string[], http = '') => {
    const list = transports.map((one, at) => `{id: r${at}, name: R, transport: {${one}}}`);
    return `home: {zone: UTC, data: /d, http: {${http}}, recipients: [${list.join(', ')}]}`;
  };
  const mqtt = 'type: mqtt, url: "mqtts://b.example", enrolled: true';
  const loaded = accepted(
    home(
      [
        mqtt,
        mqtt,
        'type: mqtt, url: "mqtts://[2001:db8::1]:1883", enrolled: true',
        'type: https, url: "https://b.example/fhir", enrolled: true',
        'type: https, url: "https://c.example"',
        'type: https, url: "https://d.example", enrolled: false',
      ],
      'name: box.example.org, enrolled: true',
    ),
  ).home;
  const files = loaded?.recipients.map(({ transport: { caFile, certFile, keyFile } }) => {
    expect([certFile, keyFile]).toEqual([caFile, caFile]);
    return caFile;
  });
  const at = (name: string) => `/d/enrolment/${name}.pem`;
  expect(files).toEqual([
    at('to-b.example-8883'),
    at('to-b.example-8883'),
    at('to-_2001_db8__1_-1883'),
    at('to-b.example-443'),
    undefined,
    undefined,
  ]);
  expect(loaded?.http.tls).toEqual({ certFile: at('portal'), keyFile: at('portal') });

  const said = (text: string) => problems(text).map((one) => one.split(' | ')[0]);
  const path = 'home.recipients[0].transport';
  expect(said(home([`${mqtt}, caFile: /c, certFile: /d, keyFile: /e`]))).toEqual(
    ['caFile', 'certFile', 'keyFile'].map(
      (name) => `${path}.${name}: is there besides \`enrolled\`, which brings its own`,
    ),
  );
  expect(said(home(['type: mqtt, url: "mqtt://localhost", enrolled: true']))).toEqual([
    `${path}.enrolled: would not be used: the address is one without encryption`,
  ]);
  const tls = 'tls: {certFile: /c.pem, keyFile: /k.pem}';
  expect(said(home([], `name: box.example.org, enrolled: true, ${tls}`))).toEqual([
    'home.http.tls: is there besides `enrolled`',
  ]);
  expect(said(home([], 'enrolled: true'))).toEqual([
    'home.http.name: is missing: a certificate is for a name',
  ]);
});
