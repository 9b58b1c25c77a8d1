// Uses the door at argv[2] as an application would, over the transports argv[3], with the unmodified
// socket.io-client, and prints what came of it.
import { io } from 'socket.io-client';

const [, , url, names] = process.argv;
const options = { transports: names.split(','), reconnection: false, forceNew: true };
const found = { events: [] };

const once = (emitter, name) =>
  new Promise((resolve) => {
    emitter.once(name, (...told) => resolve(told));
  });

const until = async (isTrue) => {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 5));
};

const connect = (extra = {}, path = '') => io(url + path, { ...options, ...extra });

const refusal = async (socket) => {
  const [error] = await once(socket, 'connect_error');
  socket.close();
  return { message: error.message, data: error.data };
};

const socket = connect({ auth: { token: '7', clientId: 'device-1', features: ['ack'] } });
const upgraded = new Promise((resolve) => {
  socket.io.on('open', () => {
    socket.io.engine.once('upgrade', resolve);
  });
});
socket.onAny((name, message) => found.events.push([name, message]));
await once(socket, 'connect');
found.hasId = typeof socket.id === 'string' && socket.id !== socket.io.engine.id;
if (options.transports.length > 1) await upgraded;
found.transport = socket.io.engine.transport.name;

found.subscribed = await socket.emitWithAck('subscribe', {
  type: 'SUBSCRIBE',
  topics: ['activity'],
  clientId: 'device-1',
  options: { history: 0 },
  ref: 'mine',
});
found.published = await socket.emitWithAck('publish', {
  messages: [
    { key: 'k1', data: { eventType: 'text', text: 'grüße \u001e 🎧' } },
    { key: 'k2', data: { eventType: 'binary', bytes: Buffer.from([1, 2, 3]) } },
  ],
});
await until(() => found.events.filter(([name]) => name === 'event').length === 2);
found.acknowledged = await new Promise((resolve) => {
  socket.emit('ack', { ids: ['msg-1'] }, (...told) => resolve(told));
});
found.unknown = await socket.emitWithAck('whatever', {});
found.wrong = await socket.emitWithAck('subscribe', 'activity', 'hot');
socket.emit('unsubscribe', { topics: ['activity'] });
await until(() => found.events.some(([name]) => name === 'unsubscribed'));

// Silence: the connection lives on its heartbeat alone.
await new Promise((resolve) => setTimeout(resolve, 700));
found.stillConnected = socket.connected;

socket.emit('kick', { code: 4005 });
found.kicked = (await once(socket, 'disconnect'))[0];

const restarted = connect();
await once(restarted, 'connect');
restarted.emit('kick', { code: 4200 });
found.restarted = (await once(restarted, 'disconnect'))[0];
restarted.close();

found.unknownNamespace = await refusal(connect({}, '/nowhere'));
found.badToken = await refusal(connect({ auth: { token: 'bad' } }));

const leaving = connect();
await once(leaving, 'connect');
leaving.close();
console.log(JSON.stringify(found));
