// Signs a POST as servers of the fediverse do: node sign_request.mjs KEY_FILE KEY_ID URL BODY
// Prints the headers to send as JSON.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import signatures from '@peertube/http-signature';

const [keyFile, keyId, address, body] = process.argv.slice(2);
const url = new URL(address);
const digest = createHash('sha256').update(body).digest('base64');
const headers = new Map([
  ['host', url.host],
  ['date', new Date().toUTCString()],
  ['digest', `SHA-256=${digest}`],
  ['content-type', 'application/activity+json'],
]);
const request = {
  method: 'POST',
  path: url.pathname + url.search,
  getHeader: (name) => headers.get(name.toLowerCase()),
  setHeader: (name, value) => headers.set(name.toLowerCase(), value),
};
signatures.signRequest(request, {
  key: readFileSync(keyFile, 'utf8'),
  keyId,
  authorizationHeaderName: 'Signature',
  headers: ['(request-target)', 'host', 'date', 'digest', 'content-type'],
});
console.log(JSON.stringify(Object.fromEntries(headers)));
