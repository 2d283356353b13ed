/** JSON with every number as the text that stood there: `6.0` is not `6`. */
export function parseExact(text: string): unknown {
  const reviver = (_key: string, value: unknown, context?: { source?: string }): unknown =>
    typeof value === 'number' ? `number ${context?.source}` : value;
  return JSON.parse(text, reviver as (key: string, value: unknown) => unknown);
}
