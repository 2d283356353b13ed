/** The command line, one line per command. */
export async function main(argv: readonly string[]): Promise<number> {
  process.stderr.write(`Unknown command: ${argv[0] ?? ''}\n`);
  return 2;
}
