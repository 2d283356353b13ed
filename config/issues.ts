import type { z } from 'zod';
import { didYouMean, type Located, type Path, pathText } from './problems.ts';
import { descriptionAt, namesAt } from './shape.ts';

type Issue = z.core.$ZodIssue;

/** What zod found, in plain words. The words never hold the value: it may be a misplaced secret. */
export function issueProblems(issue: Issue): Located[] {
  const path = issue.path as Path;
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const at = [...path, key];
      return { path: at, problem: { path: pathText(at), ...unknownName(path, key) } };
    });
  }
  const said = words(issue, path);
  return [{ path, problem: { path: pathText(path) || 'the file', ...said } }];
}

/** Names under which people write a secret itself. */
const SECRET = /passw|passphrase|pwd|token|secret|credential|key$/i;

function unknownName(path: Path, key: string): { message: string; hint: string } {
  const names = namesAt(path);
  if (SECRET.test(key) && !/file$/i.test(key)) {
    const files = names.filter((name) => name.endsWith('File'));
    const file = didYouMean(`${key}File`, files);
    return {
      message: 'is no setting: secrets are not written in the configuration',
      hint: `Put it in a file that only the service can read${
        file ? `, and name that file: \`${file}: /etc/iomt/…\`` : ''
      }. Change the secret if others have seen this file.`,
    };
  }
  const meant = didYouMean(key, names);
  const hint = meant ? `Did you mean \`${meant}\`?` : `Settings here: ${names.join(', ')}.`;
  return { message: 'is no setting', hint };
}

function words(issue: Issue, path: Path): { message: string; hint: string } {
  const about = descriptionAt(path) ?? 'See config/reference.md.';
  if (issue.input === undefined && issue.code !== 'invalid_union') {
    return { message: 'is missing', hint: about };
  }
  switch (issue.code) {
    case 'invalid_type':
      return { message: `must be ${TYPES[issue.expected] ?? issue.expected}`, hint: about };
    case 'invalid_value':
      return oneOf(issue.values.map(String), issue.input, about);
    case 'invalid_union':
      return oneOf(
        ((issue as { options?: readonly unknown[] }).options ?? []).map(String),
        undefined,
        about,
      );
    case 'too_small':
      return { message: least(issue), hint: about };
    case 'too_big':
      return { message: `must be at most ${issue.maximum}`, hint: about };
    case 'invalid_format':
    case 'custom':
      return { message: issue.message, hint: about };
    default:
      return { message: 'is not as it should be', hint: about };
  }
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a group of settings',
};

function least(issue: Extract<Issue, { code: 'too_small' }>): string {
  if (issue.origin === 'string') return 'must not be empty';
  return `must be ${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}`;
}

function oneOf(values: readonly string[], input: unknown, about: string) {
  const meant = typeof input === 'string' ? didYouMean(input, values) : undefined;
  return {
    message: `must be one of ${values.join(', ')}`,
    hint: meant ? `Did you mean \`${meant}\`?` : about,
  };
}
