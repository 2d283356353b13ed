import { expect, test } from 'vitest';
import { createAnswers } from '../../../../adapters/bluetooth/proprietary/answers.ts';
import { createScriptedLink } from './scripted-link.ts';

const LONG_MS = 20_000;
const none = async () => undefined;

test('a link that goes, or a cancelled visit, is not waited out', async () => {
  const link = createScriptedLink([]);
  const gone = createAnswers<number>(link, new AbortController().signal, LONG_MS);
  const waiting = gone.ask(none);
  link.drop();
  await expect(waiting).rejects.toMatchObject({ code: 'radio-disconnected' });
  await expect(gone.ask(none)).rejects.toMatchObject({ code: 'radio-disconnected' });

  const abort = new AbortController();
  const cancelled = createAnswers<number>(createScriptedLink([]), abort.signal, LONG_MS);
  const other = cancelled.ask(none);
  abort.abort();
  await expect(other).rejects.toMatchObject({ code: 'radio-aborted' });
});

test('an answer ahead of the end of its own request counts, a late one does not', async () => {
  const answers = createAnswers<number>(createScriptedLink([]), new AbortController().signal, 10);
  answers.offer(1);
  const first = answers.ask(async () => answers.offer(2));
  expect(await first).toBe(2);
  answers.offer(3);
  expect(await answers.ask(none)).toBeUndefined();
  expect(
    await answers.ask(
      async () => answers.offer(4),
      (reply) => reply > 4,
    ),
  ).toBeUndefined();
});

test('a part of an answer renews the wait for the rest', async () => {
  const answers = createAnswers<number>(createScriptedLink([]), new AbortController().signal, 40);
  const asked = answers.ask(none);
  for (let part = 0; part < 4; part += 1) {
    await new Promise((resolve) => setTimeout(resolve, 15));
    answers.renew();
  }
  answers.offer(5);
  expect(await asked).toBe(5);
});
