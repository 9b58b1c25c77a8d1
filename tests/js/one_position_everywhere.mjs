// Follows the feed of the server at argv[2] from library to library, each going on where the one
// before stopped, while argv[4] plays of the file argv[3] happen during and between their turns.
// Prints what each heard.
import { EventSource } from 'eventsource';
import { io } from 'socket.io-client';
import WebSocket from 'ws';

const [, , url, file, count] = process.argv;
const topic = 'activity';
const turns = [];
let place;

const play = async () => {
  const answer = await fetch(`${url}/v1/media/${file}/plays`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ playDuration: 30 }),
  });
  if (answer.status !== 201) throw new Error(await answer.text());
};

const plays = async () => {
  for (let one = 0; one < Number(count); one += 1) await play();
};

const listen = (name) => {
  const turn = { name, events: [], gaps: 0 };
  turns.push(turn);
  return turn;
};

const told = (turn, message) => {
  if (message.type === 'GAP') turn.gaps += 1;
  if (message.type !== 'EVENT' || message.topic !== topic) return;
  turn.events.push({ id: message.id, offset: message.offset, seq: message.seq });
  if (message.offset) place = { ...place, offset: message.offset };
};

const heard = async (turn, least) => {
  while (turn.events.length < least) await new Promise((resolve) => setTimeout(resolve, 5));
};

const body = () => ({
  topics: [topic],
  clientId: 'walker',
  options: place ? { resume: { [topic]: place } } : {},
});

const overSocketIo = async (transports) => {
  const turn = listen(`socket.io ${transports}`);
  const socket = io(url, { transports, reconnection: false, forceNew: true });
  socket.onAny((name, message) => {
    (message.type === 'BATCH' ? message.messages : [message]).forEach((one) => told(turn, one));
  });
  const answer = await socket.emitWithAck('subscribe', body());
  const result = answer.topics[topic];
  turn.recovery = result.recovery;
  place ??= { epoch: result.epoch, offset: result.offset };
  await plays();
  await heard(turn, Number(count) * (turns.length > 1 ? 2 : 1));
  turn.transport = socket.io.engine.transport.name;
  socket.close();
};

const overEventSource = async () => {
  const turn = listen('eventsource');
  const from = encodeURIComponent(`${topic}:${place.epoch}:${place.offset}`);
  const source = new EventSource(`${url}/v1/stream?topics=${topic}&resume=${from}`);
  for (const name of ['EVENT', 'GAP']) {
    source.addEventListener(name, (event) => told(turn, JSON.parse(event.data)));
  }
  source.addEventListener('CAUGHT_UP', (event) => {
    const message = JSON.parse(event.data);
    if (message.topic === topic) place = { epoch: message.epoch, offset: message.offset };
  });
  await new Promise((resolve) => source.addEventListener('CAUGHT_UP', resolve));
  await plays();
  await heard(turn, Number(count) * 2);
  source.close();
};

const overPolls = async () => {
  const turn = listen('poll');
  const registered = await fetch(`${url}/v1/poll/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ topics: [topic], resume: { [topic]: place } }),
  });
  let { cursor, messages } = await registered.json();
  messages.forEach((one) => told(turn, one));
  await plays();
  while (turn.events.length < Number(count) * 2) {
    const query = new URLSearchParams({ cursor, waitMs: 2000 });
    ({ cursor, messages } = await (await fetch(`${url}/v1/poll?${query}`)).json());
    messages.forEach((one) => told(turn, one));
  }
};

const overWebSocket = async () => {
  const turn = listen('websocket');
  const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/realtime`, 'groundswell.v1');
  await new Promise((resolve) => socket.addEventListener('open', resolve));
  const subscribed = new Promise((resolve) => {
    socket.addEventListener('message', (event) => {
      const message = JSON.parse(event.data);
      if (message.type === 'SUBSCRIBED') resolve(message.topics[topic]);
      told(turn, message);
    });
  });
  socket.send(JSON.stringify({ type: 'SUBSCRIBE', ...body() }));
  turn.recovery = (await subscribed).recovery;
  await plays();
  await heard(turn, Number(count) * 2);
  socket.close();
};

await overSocketIo(['polling', 'websocket']);
await plays();
await overEventSource();
await plays();
await overPolls();
await plays();
await overWebSocket();
await plays();
await overSocketIo(['polling']);
await plays();
await overEventSource();
await plays();
await overSocketIo(['websocket']);
console.log(JSON.stringify(turns));
