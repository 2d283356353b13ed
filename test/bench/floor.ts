import { fdatasyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { createServer } from 'node:net';
import { connectAsync } from 'mqtt';

/**
 * The least that "durable, then acknowledged" can be: each line that comes over the unix socket is
 * appended to a file and synced, then a Bundle is published with QoS 1. A process:
 * `node floor.ts SOCKET FILE BODY URL TOPIC`.
 */
const [socket = '', file = '', bodyFile = '', url = '', topic = ''] = process.argv.slice(2);
const body = readFileSync(bodyFile);
const log = openSync(file, 'a');
const client = await connectAsync(url, { protocolVersion: 5, reconnectPeriod: 0 });

createServer((feeder) => {
  let rest = '';
  feeder.setEncoding('latin1').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      writeSync(log, `${line}\n`);
      fdatasyncSync(log);
      client.publish(topic, body, { qos: 1 });
      feeder.write(`${line.split(' ')[0]} kept\n`);
    }
  });
}).listen(socket);
