/** noble's only door that opens no socket at import; it ships no types. See `noble-gate.ts`. */
declare module '@abandonware/noble/with-bindings.js' {
  const withBindings: (bindings: unknown) => unknown;
  export = withBindings;
}
