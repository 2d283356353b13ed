/** `KE` of Kari Eksempel. */
export const initialsOf = (name: string): string =>
  name
    .split(/\s+/)
    .map((word) => Array.from(word)[0] ?? '')
    .join('')
    .toLocaleUpperCase();

/**
 * What stands for each of several people on a browser that they share, before anybody has signed in:
 * initials, and a number where they are the same. Whoever picks up the tablet reads no name; one's own
 * browser greets by name.
 */
export function withoutNames<T extends { readonly name: string }>(accounts: readonly T[]): T[] {
  if (accounts.length < 2) return [...accounts];
  const used = new Map<string, number>();
  return accounts.map((account) => {
    const initials = initialsOf(account.name);
    const n = (used.get(initials) ?? 0) + 1;
    used.set(initials, n);
    return { ...account, name: n === 1 ? initials : `${initials} ${n}` };
  });
}
