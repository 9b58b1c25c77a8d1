// Follows media.{argv[3]} of the service at argv[2] signed, as JSON and as MessagePack, votes, and
// prints what came of the signatures.
import { decode, encode } from '@msgpack/msgpack';
import WebSocket from 'ws';

import { isGenuine, member, parts } from './signature.mjs';

const [, , url, media] = process.argv;
const topic = `media.${media}`;
const { keys } = await (await fetch(`${url}/.well-known/jwks.json`)).json();

const JSON_NOTATION = {
  subprotocol: 'groundswell.v1',
  write: JSON.stringify,
  read: (message) => JSON.parse(message.toString()),
};
const MESSAGEPACK = { subprotocol: 'groundswell.v1.msgpack', write: encode, read: decode };

// A client that keeps what it heard: `raw` as it came, `told` understood.
async function client({ subprotocol, write, read }, signed) {
  const socket = new WebSocket(url.replace('http', 'ws') + '/v1/realtime', subprotocol);
  const heard = [];
  let look = () => {};
  socket.on('message', (raw, binary) => {
    heard.push({ raw, binary, told: read(raw) });
    look();
  });
  const until = (wanted) =>
    new Promise((resolve) => {
      look = () => {
        const found = heard.find(({ told }) => wanted(told));
        if (found) resolve(found);
      };
      look();
    });
  const say = (message) => socket.send(write(message));
  await new Promise((resolve) => socket.on('open', resolve));
  say({ type: 'HELLO', protocol: 1, features: ['batch', 'sig'] });
  const welcome = await until(({ type }) => type === 'WELCOME');
  const options = { history: 10, ...(signed ? { signed } : {}) };
  say({ type: 'SUBSCRIBE', topics: [topic], options, ref: '1' });
  await until(({ type }) => type === 'CAUGHT_UP');
  return { socket, heard, until, say, features: welcome.told.features };
}

const vote = (voteType) =>
  fetch(`${url}/v1/media/${media}/vote`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ voteType }),
  });

const isVote = ({ type, id }, wanted) => type === 'EVENT' && (wanted ? id === wanted : true);

const plain = await client(JSON_NOTATION, false);
const json = await client(JSON_NOTATION, true);
const packed = await client(MESSAGEPACK, true);
await vote('up');

const unsigned = await plain.until((told) => isVote(told));
const { id } = unsigned.told;
const signed = await json.until((told) => isVote(told, id));
const binary = await packed.until((told) => isVote(told, id));
const data = member(signed.raw.toString(), 'data');

const late = await client(JSON_NOTATION, true);
const batch = await late.until(({ type }) => type === 'BATCH');
const recovered = parts(member(batch.raw.toString(), 'messages'));
late.say({ type: 'HISTORY', topic, signed: true, ref: '2' });
const page = await late.until(({ type }) => type === 'HISTORY_PAGE');
const paged = parts(member(page.raw.toString(), 'messages'));
const genuine = (event) => isGenuine(JSON.parse(event), member(event, 'data'), keys);

console.log(
  JSON.stringify({
    features: json.features,
    plain: 'sig' in unsigned.told,
    json: isGenuine(signed.told, data, keys),
    forged: isGenuine(signed.told, data.replace('"up"', '"down"'), keys),
    moved: isGenuine({ ...signed.told, topic: 'media.0' }, data, keys),
    stranger: isGenuine(signed.told, data, []),
    packed: binary.binary && isGenuine(binary.told, binary.told.data, keys),
    sameData: Buffer.from(binary.told.data).toString() === data,
    sameSignature: binary.told.sig === signed.told.sig,
    recovered: recovered.map(genuine),
    paged: paged.map(genuine),
    sameBytes: recovered.includes(signed.raw.toString()),
  }),
);
for (const one of [plain, json, packed, late]) one.socket.close();
