import { request } from 'node:http';
import { join } from 'node:path';
import { CodedError, codeOf } from '../errors.ts';
import { HOME_MIGRATIONS } from '../home/journal/schema.ts';
import { createViews, type Views } from '../home/views.ts';
import { type Database, openStore } from '../store.ts';
import type { Io } from './io.ts';
import { homeFolder, storeKeyOf, type Where } from './settings.ts';

/** Nobody answers at the control socket: the gateway is not running. */
const DOWN = new Set(['ENOENT', 'ECONNREFUSED']);

type Method = 'GET' | 'POST' | 'DELETE';

/** Asks the running gateway over its control socket. Throws its coded errors, or `gateway-down`. */
export function ask<T>(folder: string, method: Method, path: string, body?: unknown): Promise<T> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const call = request(
      {
        socketPath: join(folder, 'control.sock'),
        // A connection of its own: one kept from before may lead to a gateway that has gone.
        agent: false,
        method,
        path,
        headers: {
          host: 'localhost',
          ...(text === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
        },
      },
      (answer) => {
        const parts: Buffer[] = [];
        answer.on('data', (part: Buffer) => parts.push(part));
        answer.on('error', reject);
        answer.on('end', () => {
          try {
            const value = JSON.parse(Buffer.concat(parts).toString() || 'null') as T;
            if ((answer.statusCode ?? 500) < 300) resolve(value);
            else reject(refusal(value));
          } catch (error) {
            reject(error);
          }
        });
      },
    );
    call.on('error', (error) =>
      reject(
        DOWN.has(codeOf(error))
          ? new CodedError(
              'gateway-down',
              'The gateway is not running',
              'Start it first: iomt home, or npm start for the demo.',
              error,
            )
          : new CodedError(
              'gateway-unreachable',
              `The gateway cannot be asked (${codeOf(error)})`,
              'Run the command as the user that the gateway runs as.',
              error,
            ),
      ),
    );
    call.end(text);
  });
}

function refusal(value: unknown): CodedError {
  const {
    code = 'refused',
    message = 'The gateway refused',
    hint = "See the gateway's log.",
  } = (value ?? {}) as { code?: string; message?: string; hint?: string };
  return new CodedError(code, message, hint);
}

/** Reads: from the running gateway, else from its store opened read-only. */
export async function look<T>(
  where: Where,
  io: Io,
  path: string,
  offline: (views: Views) => T,
): Promise<T> {
  const folder = homeFolder(where, io);
  try {
    return await ask<T>(folder, 'GET', path);
  } catch (error) {
    if (codeOf(error) !== 'gateway-down') throw error;
  }
  const db = openHomeStore(where, io);
  try {
    return offline(createViews(db, { now: Date.now }));
  } finally {
    db.close();
  }
}

/** The gateway's store, to look only. Throws the coded errors of the key and the store. */
export function openHomeStore(where: Where, io: Io): Database {
  const folder = homeFolder(where, io);
  const file = join(folder, 'home.db');
  const key = storeKeyOf(where, folder, io);
  return openStore({ file, key, migrations: HOME_MIGRATIONS, readonly: true });
}
