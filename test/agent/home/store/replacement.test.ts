import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  draftOf,
  finishReplacement,
  replaceStore,
  setAside,
} from '../../../../agent/home/store/replacement.ts';
import { cutAt, forEachCut } from './cut.ts';

const TAG = 'corrupt-20260303T100000Z';
const read = (file: string) => readFileSync(file, 'utf8');

function old(): string {
  const file = join(mkdtempSync(join(tmpdir(), 'replace-')), 'home.db');
  for (const suffix of ['', '-wal', '-shm']) writeFileSync(`${file}${suffix}`, `old${suffix}`);
  writeFileSync(draftOf(file), 'new');
  return file;
}

test('cut at any step, a start finds the old store with its log, or the new one and the old kept whole', async () => {
  let file = '';
  let news = 0;
  const steps = await forEachCut(
    (files) => replaceStore(file, TAG, files),
    (step) => {
      finishReplacement(file);
      const isNew = read(file) === 'new';
      const former = isNew ? `${file}.${TAG}` : file;
      for (const suffix of ['', '-wal', '-shm']) {
        expect(read(`${former}${suffix}`), `step ${step}`).toBe(`old${suffix}`);
      }
      expect(existsSync(`${file}-wal`), `step ${step}`).toBe(!isNew);
      expect(setAside(file)).toEqual(isNew ? [former] : []);
      // Nothing else is left behind.
      expect(readdirSync(join(file, '..')), `step ${step}`).toHaveLength(isNew ? 4 : 3);
      news += isNew ? 1 : 0;
    },
    () => {
      file = old();
    },
  );
  expect(steps).toBeGreaterThan(6);
  expect(news).toBeGreaterThan(3);
});

test('also when the finishing is cut, and its finishing', () => {
  for (let first = 0; first < 9; first += 1) {
    for (let second = 0; second < 9; second += 1) {
      const file = old();
      for (const step of [first, second]) {
        try {
          if (step === first && existsSync(draftOf(file))) {
            replaceStore(file, TAG, cutAt(step).files);
          } else finishReplacement(file, cutAt(step).files);
        } catch {
          // As a kill: what was done is done.
        }
      }
      finishReplacement(file);
      const isNew = read(file) === 'new';
      expect(read(isNew ? `${file}.${TAG}-wal` : `${file}-wal`)).toBe('old-wal');
    }
  }
});
