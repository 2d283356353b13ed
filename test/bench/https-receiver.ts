import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';

/**
 * A FHIR server that only answers, as a process forked for a benchmark: `PORT CERT KEY`. It tells its
 * parent when it listens, and when it was asked for the first time.
 */
const [port = '', cert = '', key = ''] = process.argv.slice(2);
const ENTRY = Buffer.from('"fullUrl"');
const ANSWER = '{"response":{"status":"201 Created"}}';
let asked = false;

const server = createServer(
  { cert: readFileSync(cert), key: readFileSync(key) },
  (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      let count = 0;
      for (let at = body.indexOf(ENTRY); at >= 0; at = body.indexOf(ENTRY, at + 1)) count += 1;
      const entries = Array.from({ length: count }, () => ANSWER).join(',');
      response.writeHead(200, { 'content-type': 'application/fhir+json' });
      response.end(`{"resourceType":"Bundle","type":"transaction-response","entry":[${entries}]}`);
      if (!asked) process.send?.('asked');
      asked = true;
    });
  },
);
server.listen(Number(port), '127.0.0.1', () => process.send?.('listening'));
process.once('disconnect', () => process.exit(0));
