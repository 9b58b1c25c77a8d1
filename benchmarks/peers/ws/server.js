// Every POST is told to all clients of its path: a loop over them, as the documentation of `ws` has
// it for all clients.
import { createServer } from 'node:http';
import { WebSocket, WebSocketServer } from 'ws';

const { HOST = '127.0.0.1', PORT } = process.env;
const topics = new Map();

const server = createServer((request, response) => {
  let body = '';
  request.setEncoding('utf8');
  request.on('data', (chunk) => { body += chunk; });
  request.on('end', () => {
    for (const client of topics.get(request.url) ?? []) {
      if (client.readyState === WebSocket.OPEN) client.send(body);
    }
    response.writeHead(202, { 'content-length': 0 }).end();
  });
});

const sockets = new WebSocketServer({ server, perMessageDeflate: false });
sockets.on('connection', (client, { url }) => {
  if (!topics.has(url)) topics.set(url, new Set());
  topics.get(url).add(client);
  client.on('close', () => topics.get(url).delete(client));
  client.on('error', () => {});
});

process.on('SIGTERM', () => process.exit(0));
server.listen({ host: HOST, port: Number(PORT), backlog: 4096 });
