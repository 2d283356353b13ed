import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';

/**
 * The layers, which are the architecture: first match wins; a file in no row fails.
 * `may` lists what a file may import: folders or files of the tree, `node:` modules, packages.
 */
const LAYERS: { of: RegExp; may: RegExp }[] = [
  // DEVICES IN
  { of: /^adapters\/(measurement|adapter)\.ts$/, may: /^adapters\/(measurement|adapter)\.ts$/ },
  {
    of: /^adapters\/bluetooth\/(gatt|advertisements)\//,
    may: /^adapters\/(measurement\.ts|bluetooth\/(gatt|advertisements)\/)|^node:crypto$/,
  },
  // Writes README's table.
  {
    of: /^adapters\/bluetooth\/models\/document\.ts$/,
    may: /^adapters\/bluetooth\/(models|proprietary|procedures)\/|^node:(fs|path)$/,
  },
  {
    of: /^adapters\/bluetooth\/models\//,
    may: /^adapters\/(measurement\.ts|bluetooth\/(models|gatt)\/)/,
  },
  {
    of: /^adapters\/bluetooth\/radio\//,
    may: /^adapters\/(adapter|measurement)\.ts|^adapters\/bluetooth\/radio\/|^node:|^@abandonware\/noble\/(with-bindings|lib\/hci-socket\/(bindings|gatt))\.js$|^dbus-native$/,
  },
  { of: /^adapters\/typed\//, may: /^adapters\/(measurement\.ts|typed\/)/ },
  { of: /^adapters\/simulated\//, may: /^adapters\/|^node:/ },
  { of: /^adapters\//, may: /^adapters\/|^node:/ },
  // READING TO FHIR
  { of: /^fhir\/(client|dispatcher|gate)\.ts$/, may: /^fhir\/|^fhir-kit-client$|^undici$|^node:/ },
  { of: /^fhir\//, may: /^fhir\/(?!client)|^adapters\/measurement\.ts$|^node:crypto$|^fhir\/r4$/ },
  // CONFIGURATION
  { of: /^config\//, may: /^config\/|^zod$|^yaml$|^node:/ },
  // WHAT RUNS
  { of: /^agent\/log\.ts$/, may: /^agent\/errors\.ts$|^pino$/ },
  { of: /^agent\/(errors|clock)\.ts$/, may: /^node:/ },
  // What both programs' pages say of a measurement and of an instant.
  {
    of: /^agent\/pages\//,
    may: /^agent\/pages\/|^adapters\/measurement\.ts$|^fhir\/(time|number)\.ts$|^(fastify|uqr)$/,
  },
  // Certificates and requests for them, as bytes.
  { of: /^agent\/x509\//, may: /^agent\/(x509\/|errors\.ts$)|^node:|^@peculiar\/asn1-/ },
  { of: /^agent\/contract\//, may: /^agent\/contract\/|^zod$/ },
  {
    of: /^agent\/home\/home\.ts$/,
    may: /^agent\/(home|contract|pages)\/|^agent\/[^/]+\.ts$|^adapters\/|^fhir\/|^config\/|^node:|^[^./]/,
  },
  {
    of: /^agent\/home\//,
    may: /^agent\/(home|contract|pages)\/|^agent\/(log|errors|clock|secrets|identity|store|http|http-door|http-limits|metrics|send-at-once|tls-files)\.ts$|^agent\/x509\/|^adapters\/(measurement|adapter)\.ts$|^adapters\/(typed|bluetooth\/(gatt|advertisements|models))\/|^fhir\/|^config\/(schema|enrolled)\.ts$|^node:|^(mqtt|zod|fastify|better-sqlite3-multiple-ciphers|node-cron|pdfkit|prom-client|oauth4webapi|multicast-dns|@simplewebauthn\/server(\/helpers)?)$/,
  },
  {
    of: /^agent\/municipality\//,
    may: /^agent\/(municipality|contract|pages)\/|^agent\/(log|errors|clock|identity|secrets|store|http|metrics|send-at-once|tls-files)\.ts$|^agent\/x509\/|^fhir\/|^config\/schema\.ts$|^node:|^(mqtt|aedes|zod|fastify|better-sqlite3-multiple-ciphers|prom-client|@medplum\/(core|fhir-router|fhirtypes))$/,
  },
  { of: /^agent\/store\.ts$/, may: /^agent\/errors\.ts$|^node:|^better-sqlite3-multiple-ciphers$/ },
  { of: /^agent\//, may: /^agent\/|^adapters\/|^fhir\/|^config\/|^node:|^[^./]/ },
  // PROOF
  { of: /^(test\/|vitest\.config\.ts$)/, may: /./ },
];

/** Tools and libraries that only one place may import. */
const ONLY: { what: RegExp; in: RegExp }[] = [
  { what: /^@abandonware\/noble/, in: /^adapters\/bluetooth\/radio\/|^test\// },
  { what: /^fhir-kit-client$/, in: /^fhir\/client\.ts$|^test\// },
  { what: /^oauth4webapi$/, in: /^agent\/home\/transport\/|^test\// },
  { what: /^multicast-dns$/, in: /^agent\/home\/portal\/lan\/|^test\// },
  { what: /^@peculiar\//, in: /^agent\/x509\/|^test\// },
  { what: /^@simplewebauthn\//, in: /^agent\/home\/portal\/access\/webauthn\.ts$|^test\// },
  { what: /^uqr$/, in: /^agent\/pages\/qr\.ts$|^test\// },
  { what: /^pdfkit$/, in: /^agent\/home\/portal\/files\/pdf\.ts$|^test\// },
  { what: /^pino$/, in: /^agent\/log\.ts$|^test\// },
  // Anywhere else it would draw another seed at each run.
  { what: /^fast-check$/, in: /^test\/support\/property\.ts$/ },
];

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s[^'";]*?from\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)|(?:^|\n)\s*import\s*['"]([^'"]+)['"]/g;

const root = join(import.meta.dirname, '..');
const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.ts'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file.endsWith('.ts'));

function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(IMPORT)].map((match) => {
    const target = match[1] ?? match[2] ?? match[3] ?? '';
    return target.startsWith('.') ? relative(root, join(root, dirname(file), target)) : target;
  });
}

test('every file belongs to a layer and imports only what its layer may', () => {
  const wrong: string[] = [];
  for (const file of files) {
    const layer = LAYERS.find((row) => row.of.test(file));
    if (!layer) {
      wrong.push(`${file}: no layer in test/tidy.test.ts`);
      continue;
    }
    for (const target of importsOf(file)) {
      if (!layer.may.test(target)) wrong.push(`${file} may not import ${target}`);
      const only = ONLY.find((row) => row.what.test(target));
      if (only && !only.in.test(file)) wrong.push(`${file}: ${target} belongs elsewhere`);
    }
  }
  expect(wrong).toEqual([]);
  expect(files.length).toBeGreaterThan(5);
});

test('home and municipality never import each other', () => {
  const crossing = files.flatMap((file) => {
    const other = /^agent\/home\//.test(file)
      ? /^agent\/municipality\//
      : /^agent\/municipality\//.test(file)
        ? /^agent\/home\//
        : undefined;
    return other
      ? importsOf(file)
          .filter((target) => other.test(target))
          .map((target) => `${file} -> ${target}`)
      : [];
  });
  expect(crossing).toEqual([]);
});

test('top level holds only the agreed folders', () => {
  const folders = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  })
    .split('\n')
    .filter((file) => file.includes('/'))
    .map((file) => file.split('/')[0]);
  expect(
    [...new Set(folders)].filter((folder) => !['.ci', '.github'].includes(folder ?? '')).sort(),
  ).toEqual(expect.arrayContaining(['adapters', 'agent', 'config', 'fhir', 'test']));
  expect(
    new Set(folders).difference(
      new Set(['.ci', '.github', 'adapters', 'agent', 'config', 'fhir', 'test']),
    ).size,
  ).toBe(0);
});
