import { createHash, createPublicKey, verify } from 'node:crypto';

// The members of a JSON object, or the elements of an array, as they stand in its text.
export function parts(text) {
  const found = [];
  let [depth, start, quoted] = [0, 1, false];
  for (let at = 0; at < text.length; at++) {
    const one = text[at];
    if (quoted && one === '\\') at++;
    else if (one === '"') quoted = !quoted;
    if (quoted) continue;
    if ('{['.includes(one)) depth++;
    if ('}]'.includes(one)) depth--;
    if ((one === ',' && depth === 1) || depth === 0) {
      if (at > start) found.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return found;
}

// The value of a member of a JSON object, as it stands in its text.
export const member = (text, name) =>
  parts(text)
    .find((one) => one.startsWith(`"${name}":`))
    ?.slice(name.length + 3);

// Whether the service that owns `keys` said this event; `data` as it was sent.
export function isGenuine({ topic, id, seq, sig }, data, keys) {
  const [header, , signature] = sig.split('.');
  const { kid } = JSON.parse(Buffer.from(header, 'base64url'));
  const key = keys.find((one) => one.kid === kid);
  if (key === undefined) return false;
  const digest = createHash('sha256').update(data).digest('hex');
  const payload = Buffer.from(`${topic}|${id}|${seq}|${digest}`).toString('base64url');
  return verify(
    null,
    Buffer.from(`${header}.${payload}`),
    createPublicKey({ key, format: 'jwk' }),
    Buffer.from(signature, 'base64url'),
  );
}
