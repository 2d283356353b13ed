/**
 * A text without what is drawn at random or counted by a clock: UUIDs, tokens, digests and
 * epoch times. A search for a value ("128") is made in what is left: an identifier may hold any
 * digits, and a test that minds them fails once in a few hundred runs.
 *
 * @param text a page, a log, rows as JSON
 */
export function withoutIds(text: string): string {
  return text
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi, '<id>')
    .replace(/[\w-]{22,}/g, (run) => (/\d/.test(run) ? '<token>' : run))
    .replace(/\b1\d{12}\b/g, '<ms>');
}
