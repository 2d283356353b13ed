import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type LoadedConfig, loadConfig, problemsText } from '../../config/load.ts';
import { fc } from '../support/property.ts';

const HOME = 'home: {zone: Europe/Oslo}';

function load(text: string, env: Record<string, string> = {}, overrides = {}): LoadedConfig {
  return loadConfig({ text, env, overrides });
}

/** The problems as `path: message | hint`, one string each. */
function problems(text: string, env: Record<string, string> = {}): string[] {
  const loaded = load(text, env);
  if (loaded.ok) throw new Error('was accepted');
  return loaded.problems.map(({ path, message, hint }) => `${path}: ${message} | ${hint}`);
}

function accepted(text: string, env: Record<string, string> = {}, overrides = {}) {
  const loaded = load(text, env, overrides);
  if (!loaded.ok) throw new Error(problemsText(loaded.problems));
  return loaded.config;
}

test('the least configuration is a time zone; the rest are defaults', () => {
  const config = accepted(HOME);
  expect(config.log).toBe('info');
  expect(config.home).toMatchObject({
    data: '/var/lib/iomt',
    http: { host: '127.0.0.1', port: 8420 },
    bluetooth: { backend: 'bluez', adapter: 'hci0' },
    recipients: [],
    limits: { receiptWaitMs: 60_000 },
    retention: { captureDays: 90 },
  });
  expect(config.municipality).toBeUndefined();
  expect(accepted('municipality: {}').municipality).toMatchObject({
    http: { port: 8430 },
    mqtt: { type: 'embedded', port: 8450 },
    fhir: { type: 'embedded', port: 8440 },
    acceptSimulated: false,
  });
  expect(accepted('')).toEqual({ log: 'info' });
});

test('the configuration is frozen to the bottom', () => {
  const { home } = accepted(`home: {zone: UTC, expectations: [{person: p, kind: glucose}]}`);
  const [first] = home?.expectations ?? [];
  for (const part of [home, home?.http, home?.limits, home?.expectations, first]) {
    expect(Object.isFrozen(part)).toBe(true);
  }
});

test('the command line wins over the environment, the environment over the file', () => {
  const text = 'home: {zone: Europe/Oslo, data: /file, http: {port: 1001}}';
  const env = { IOMT_HOME__DATA: '/env', IOMT_HOME__HTTP__PORT: '1002' };
  expect(accepted(text).home).toMatchObject({ data: '/file', http: { port: 1001 } });
  expect(accepted(text, env).home).toMatchObject({ data: '/env', http: { port: 1002 } });
  const over = { home: { data: '/over', keyFile: undefined } };
  expect(accepted(text, env, over).home).toMatchObject({ data: '/over', http: { port: 1002 } });
});

test('variables reach every depth, whatever their capitals, and keep the type of the setting', () => {
  const config = accepted('', {
    IOMT_LOG: 'debug',
    IOMT_HOME__ZONE: 'Europe/Oslo',
    IOMT_HOME__LIMITS__QUEUE_ROWS_MAX: '7',
    IOMT_home__limits__inFlightMax: '8',
    IOMT_HOME__RECIPIENTS__0__ID: '11',
    IOMT_HOME__RECIPIENTS__0__NAME: '12',
    IOMT_HOME__RECIPIENTS__0__TRANSPORT__TYPE: 'https',
    IOMT_HOME__RECIPIENTS__0__TRANSPORT__URL: 'https://fhir.example.org/r4',
    IOMT_MUNICIPALITY__ACCEPT_SIMULATED: 'true',
    PATH: '/usr/bin',
    IOMT_UNRELATED: 'of another program',
  });
  expect(config.log).toBe('debug');
  expect(config.home?.limits).toMatchObject({ queueRowsMax: 7, inFlightMax: 8 });
  expect(config.home?.recipients[0]).toMatchObject({ id: '11', name: '12' });
  expect(config.municipality?.acceptSimulated).toBe(true);
});

test('a variable that is no setting is a problem, with the name that was meant', () => {
  expect(problems(HOME, { IOMT_HOME__HTTP__PROT: '1' })).toEqual([
    'IOMT_HOME__HTTP__PROT: is no setting: `home.http` has none of that name | ' +
      'Did you mean `home.http.port`? Secrets go in files.',
  ]);
  expect(problems(HOME, { IOMT_HOME____PROTO____POLLUTED: '1' })).toHaveLength(1);
  expect(({} as { polluted?: string }).polluted).toBeUndefined();
});

test('a wrong value from a variable is told with the name of the variable', () => {
  const [text] = problems(HOME, { IOMT_HOME__HTTP__PORT: 'many' });
  expect(text).toContain('home.http.port (IOMT_HOME__HTTP__PORT): must be a number');
});

const MANY = `log: inf
hom: 1
home:
  zone: Oslo
  data: 7
  http: {host: gateway.local, port: 70000}
  bluetooth: {backend: hci, adapter: "00:00:5E:00:53:01"}
  recipients:
    - id: care
      transport: {type: mqtt, url: "mqtts://b.example.org", certFile: /a}
    - {id: care, name: "", transport: {type: mqt}}
    - {id: Care 3, name: C, transport: {type: https, url: "mqtt://b.example.org", tokenfile: /t}}
  expectations: [{person: p, kind: bloodpresure, by: 25:00}]
  limits: {queueBytesMax: 1.5, inFlightMax: 0, retryMinMs: 5, retryMaxMs: 1, in_flight_max: 3}
municipality: {acceptSimulated: yes}
`;

test('every problem is told at once, each with its line and what to do', () => {
  const loaded = load(MANY);
  if (loaded.ok) throw new Error('was accepted');
  const found = loaded.problems.map(({ path, line }) => `${line} ${path}`);
  expect(found.sort()).toEqual(
    [
      '1 log',
      '2 hom',
      '4 home.zone',
      '5 home.data',
      '6 home.http.host',
      '6 home.http.port',
      '7 home.bluetooth.adapter',
      '9 home.recipients[0].name',
      '10 home.recipients[0].transport.keyFile',
      '11 home.recipients[1].id',
      '11 home.recipients[1].name',
      '11 home.recipients[1].transport.type',
      '12 home.recipients[2].id',
      '12 home.recipients[2].transport.url',
      '12 home.recipients[2].transport.url',
      '12 home.recipients[2].transport.tokenfile',
      '13 home.expectations[0].kind',
      '13 home.expectations[0].by',
      '14 home.limits.queueBytesMax',
      '14 home.limits.inFlightMax',
      '14 home.limits.retryMaxMs',
      '14 home.limits.in_flight_max',
      '15 municipality.acceptSimulated',
    ].sort(),
  );
  for (const { message, hint } of loaded.problems) {
    expect(message.length).toBeGreaterThan(5);
    expect(hint.length).toBeGreaterThan(5);
  }
  expect(problemsText(loaded.problems, 'iomt.yaml')).toContain(
    'iomt.yaml:13: home.expectations[0].kind: must be one of blood-pressure',
  );
});

test.each([
  ['hom: {}', '`home`'],
  ['home: {zone: UTC, bluetoth: {}}', '`bluetooth`'],
  ['home: {zone: UTC, key_file: /k}', '`keyFile`'],
  ['home: {zone: UTC, limits: {queueRowMax: 1}}', '`queueRowsMax`'],
  ['home: {zone: UTC, bluetooth: {backend: bluz}}', '`bluez`'],
])('a slip of the pen gets the right name: %s', (text, meant) => {
  expect(problems(text)[0]).toContain(`Did you mean ${meant}?`);
});

test('a name that is like nothing gets the list of names', () => {
  expect(problems('home: {zone: UTC, http: {xylophone: 1}}')[0]).toContain('host, port');
});

/** Invented; none may come back in a problem. */
const SECRETS = ['Sw0rdfish-Canary', `-----BEGIN PRIVATE KEY-----`, 'ab'.repeat(32)];

test.each([
  ['password', 'passwordFile'],
  ['passwd', 'password'],
  ['token', 'tokenFile'],
  ['apiKey', 'file'],
  ['secret', 'file'],
  ['key', 'keyFile'],
])('a secret written as %s is refused with the hint to use a file', (name, hint) => {
  const text = (type: string, scheme: string) =>
    `home: {zone: UTC, recipients: [{id: a, name: A, transport:
      {type: ${type}, url: "${scheme}://b.example.org", ${name}: ${SECRETS[0]}}}]}`;
  for (const written of [text('mqtt', 'mqtts'), text('https', 'https')]) {
    const [problem, ...rest] = problems(written);
    expect(rest).toEqual([]);
    expect(problem).toContain('secrets are not written in the configuration');
    expect(problem).not.toContain(SECRETS[0]);
  }
  expect(
    problems(text('mqtt', 'mqtts'))
      .concat(problems(text('https', 'https')))
      .join(),
  ).toMatch(hint);
});

test('a key, or an address with a password, in place of a file name is refused and not repeated', () => {
  for (const secret of SECRETS.slice(1)) {
    const found = problems(`home: {zone: UTC, keyFile: "${secret}"}`).join('\n');
    expect(found).toContain('home.keyFile: is a key itself');
    expect(found).not.toContain(secret);
  }
  const url = `mqtts://user:${SECRETS[0]}@b.example.org`;
  const found = problems(
    `home: {zone: UTC, recipients: [{id: a, name: A, transport: {type: mqtt, url: "${url}"}}]}`,
  ).join('\n');
  expect(found).toContain('transport.url: holds a user name or password');
  expect(found).not.toContain(SECRETS[0]);
});

test('no problem repeats a value', () => {
  const value = fc.constantFrom(SECRETS[0], [SECRETS[0]], { a: SECRETS[0] });
  const place = fc.constantFrom(
    ...['log', 'home.zone', 'home.clock', 'home.http', 'home.http.port', 'home.bluetooth.backend'],
    ...['home.recipients', 'home.expectations.0.kind', 'home.expectations.0.by', 'home.limits'],
    ...['home.recipients.0.id', 'home.recipients.0.transport', 'municipality.mqtt.type'],
    ...['home.recipients.0.transport.url', 'municipality.acceptSimulated', 'home.password'],
  );
  fc.assert(
    fc.property(place, value, (path, secret) => {
      const parts = path.split('.').reverse();
      const tree = parts.reduce<unknown>(
        (below, part) => (part === '0' ? [below] : { [part]: below }),
        secret,
      );
      expect(problems(JSON.stringify(tree)).join()).not.toContain(SECRETS[0]);
    }),
  );
});

test.each([
  ['a: [1,\nb: "x', 2],
  ['home:\n\tzone: UTC', 2],
  ['home:\n  zone: UTC\n  zone: UTC', 3],
  ['home: {zone: UTC}\n---\nhome: {}', 2],
  ['home:\n  zone: "Sw0rdfish-Canary', 2],
])('a syntax error is told with its line and without the text: %j', (text, line) => {
  const loaded = load(text);
  if (loaded.ok) throw new Error('was accepted');
  expect(loaded.problems.map((problem) => problem.line)).toContain(line);
  expect(JSON.stringify(loaded.problems)).not.toContain('Canary');
});

test('text that is no settings, or expands without end, is a problem', () => {
  expect(problems('- a')[0]).toContain('must hold settings');
  expect(problems('just words')[0]).toContain('must hold settings');
  expect(problems('a: *nowhere')[0]).toContain('alias');
  const bomb = [
    'a: &a [x]',
    'b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]',
    'c: [*b,*b,*b,*b,*b,*b,*b,*b,*b]',
  ];
  for (let at = 0; at < 4; at += 1) bomb[2] = bomb[2]?.replace(']', ',*b,*b,*b]') ?? '';
  expect(problems(bomb.join('\n'))[0]).toContain('alias');
});

test('any text gives a configuration or problems, never an exception', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.json()),
      fc.dictionary(fc.string(), fc.string()),
      (text, env) => {
        const prefixed = Object.fromEntries(
          Object.entries(env).map(([name, value]) => [`IOMT_HOME__${name}`, value]),
        );
        const loaded = load(text, prefixed);
        if (!loaded.ok) expect(loaded.problems.length).toBeGreaterThan(0);
      },
    ),
  );
});

test('a file that is not there, a folder, or a huge file is a problem, not an exception', () => {
  const folder = mkdtempSync(join(tmpdir(), 'iomt-config-'));
  try {
    const of = (file: string) => {
      const loaded = loadConfig({ file, env: {} });
      return loaded.ok ? 'accepted' : loaded.problems.map(({ message }) => message).join();
    };
    expect(of(join(folder, 'none.yaml'))).toBe('is not there');
    expect(of(folder)).toBe('is a folder');
    const file = join(folder, 'iomt.yaml');
    writeFileSync(file, HOME);
    expect(of(file)).toBe('accepted');
    writeFileSync(file, `# ${'x'.repeat(1024 * 1024)}`);
    expect(of(file)).toBe('is too large for a configuration');
    writeFileSync(file, HOME);
    chmodSync(file, 0o000);
    expect(of(file)).toBe(process.getuid?.() === 0 ? 'accepted' : 'may not be read');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

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
