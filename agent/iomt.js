#!/usr/bin/env node
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `iomt needs Node 22.18 or newer; this is ${process.version}. Run it by npm start.\n`,
  );
  process.exit(2);
} else {
  // Libraries print what they send, which is people's measurements, when DEBUG is set. NODE_DEBUG is
  // read before this line is: it is only kept from the programs that this one starts.
  delete process.env.DEBUG;
  delete process.env.NODE_DEBUG;
  // No await at this level: the bundle is CommonJS.
  void import('./main.ts')
    .then(({ main }) => main(process.argv.slice(2)))
    .then((code) => {
      process.exitCode = code;
    });
}
