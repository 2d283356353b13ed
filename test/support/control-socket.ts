import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

/** What a command asked. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

/** A gateway's control socket in a folder, where each request is answered as the test says. */
export async function startControlSocket(
  cleanup: { folder(): string; add(end: () => Promise<void>): void },
  answerTo: (asked: Asked) => unknown,
): Promise<string> {
  const data = cleanup.folder();
  mkdirSync(data, { recursive: true });
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    const { method = '', url: path = '' } = request;
    response.end(JSON.stringify(answerTo({ method, path, body })));
  });
  await new Promise<void>((resolve) => server.listen(join(data, 'control.sock'), resolve));
  cleanup.add(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return data;
}
