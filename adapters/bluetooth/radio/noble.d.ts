/** noble's only door that opens no socket at import; it ships no types. See `noble-gate.ts`. */
declare module '@abandonware/noble/with-bindings.js' {
  const withBindings: (bindings: unknown) => unknown;
  export = withBindings;
}

/** noble's bindings for Linux, by their files: see `hci-noble.ts`. */
declare module '@abandonware/noble/lib/hci-socket/bindings.js' {
  const bindings: unknown;
  export = bindings;
}

declare module '@abandonware/noble/lib/hci-socket/gatt.js' {
  const gatt: unknown;
  export = gatt;
}
