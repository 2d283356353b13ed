/**
 * Runs `work` once in a turn of the event loop, however often it is asked for: the first time at once, and
 * where it is asked for again, in the next turn.
 */
export function onceATurn(work: () => void): () => void {
  let asked: 'no' | 'once' | 'again' = 'no';
  return function ask(): void {
    if (asked !== 'no') {
      asked = 'again';
      return;
    }
    asked = 'once';
    setImmediate(() => {
      const again = asked === 'again';
      asked = 'no';
      if (again) ask();
    });
    work();
  };
}
