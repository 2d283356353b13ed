import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig, problemsText } from '../../config/load.ts';
import { fc } from '../support/property.ts';
import { accepted, load, problems } from './loaded.ts';

const HOME = 'home: {zone: Europe/Oslo}';

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
